"""Through a real postfix into a real dovecot, and read back over IMAP: not one byte differs."""

from __future__ import annotations

from email import message_from_bytes, policy
from typing import TYPE_CHECKING, Any

import pytest

from db.engine import reading, writing
from db.tables import MailState, Scope
from notices import outbox, passes
from notices.settings import parse
from notices.smtp import SmtpTransport
from scheduler.assignments import assign
from tests.builders import POLICY, Awaited, Row, morning, store_person, store_sheet
from tests.notices.mail.relay import missing, relaying

if TYPE_CHECKING:
    from pathlib import Path

    from sqlalchemy import Engine

NOW = morning("2018-03-01")
MARCH = Awaited("2018-03-01", "2018-03-31", True, covers="2017-04", stage="final")


@pytest.mark.slow
@pytest.mark.skipif(bool(missing()), reason=missing() or "nothing is missing")
def test_mails_go_through_postfix_and_dovecot_byte_for_byte(
    sqlite_engine: Engine, tmp_path: Path
) -> None:
    settings = parse({"mail": {"connections": 2}}, tmp_path / "config.toml")
    rows = [Row(f"窓口業務の民間委託を行う団体の数 {n}", (MARCH,), text="." * n) for n in range(3)]
    with writing(sqlite_engine) as session:
        sheet = store_sheet(session, rows).sheet
        for name in ("taro", "hanako", "jiro", "nobody"):
            person = store_person(session, f"{name}@example.jp")
            person.name = f"山田 {name} 🗻"
            assign(session, person, Scope.SHEET, str(sheet.id), now=NOW, policy=POLICY)
    with relaying() as relay:
        passes.tick(sqlite_engine, settings, NOW, SmtpTransport("127.0.0.1", relay.smtp, "none"))
        found = {name: relay.wait_for_mails(name) for name in ("taro", "hanako", "jiro")}
    with reading(sqlite_engine) as session:
        mails = outbox.mails(session)
        copies = {mail.person.email: outbox.mail_copy(session, mail.id) for mail in mails}
    states = {mail.person.email: mail.state for mail in mails}
    assert states.pop("nobody@example.jp") is MailState.FAILED
    assert set(states.values()) == {MailState.SENT}
    for name, arrived in found.items():
        [content] = arrived
        copy = copies[f"{name}@example.jp"]
        assert copy is not None
        assert content.endswith(copy.content)
        message: Any = message_from_bytes(content, policy=policy.default)
        assert message["Subject"] == copy.subject
        assert message["To"].addresses[0].display_name == f"山田 {name} 🗻"

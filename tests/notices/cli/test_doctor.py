"""`jikai doctor` finds what is wrong with an installation, and says what to do."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import pytest

from db.tables import Mail, MailKind, MailState, Person
from tests.builders import morning
from tests.notices.cli.sinks import SlowSink, free_port

if TYPE_CHECKING:
    from tests.notices.cli.conftest import Office

DAY = "2018-03-01"


def checks(office: Office, *arguments: str) -> dict[str, dict[str, str]]:
    done = office.call("doctor", "--json", *(arguments or ("--now", DAY)))
    found: list[dict[str, str]] = json.loads(done.stdout)
    failed = any(check["state"] == "fail" for check in found)
    assert done.exit_code == (1 if failed else 0)
    assert all(check["advice"] for check in found if check["state"] != "ok")
    return {check["name"]: check for check in found}


def states(office: Office, *arguments: str) -> dict[str, str]:
    return {name: check["state"] for name, check in checks(office, *arguments).items()}


@pytest.fixture
def well_office(busy_office: Office) -> Office:
    for arguments in (
        ["people", "add", "a@example.jp", "--admin"],
        ["assign", "a@example.jp", "--all"],
        ["tick"],
    ):
        assert busy_office.call(*arguments, "--now", DAY).exit_code == 0
    return busy_office


def test_an_office_that_is_well_is_told_so(well_office: Office) -> None:
    assert set(states(well_office).values()) == {"ok"}
    done = well_office.call("doctor", "--now", DAY)
    assert done.exit_code == 0
    assert "schema is the newest" in done.stdout
    assert "→" not in done.stdout


def test_every_fault_of_the_configuration_is_a_check(office: Office) -> None:
    office.configure("[mail]\nport = 0\nprot = 1\n")
    done = office.call("doctor", "--json")
    assert done.exit_code == 1
    assert [check["state"] for check in json.loads(done.stdout)] == ["fail", "fail"]


def test_a_database_that_is_not_there_is_not_made(office: Office) -> None:
    found = checks(office)["database"]
    assert (found["state"], found["advice"]) == ("fail", "run: jikai upgrade")
    assert not (office.folder / "var" / "jikai.db").exists()


def test_an_empty_database_wants_an_upgrade(office: Office) -> None:
    office.configure('[database]\nurl = "sqlite:///jikai.db"\n')
    (office.folder / "jikai.db").touch()
    assert checks(office)["schema"]["advice"] == "run: jikai upgrade"


def test_a_file_that_is_no_database_is_told(office: Office) -> None:
    office.configure('[database]\nurl = "sqlite:///jikai.db"\n')
    (office.folder / "jikai.db").write_text("this is no database, it is a text\n" * 40)
    assert "not a database" in checks(office)["database"]["text"]


@pytest.mark.parametrize(
    ("now", "state"),
    [
        ("2018-03-01T09:30", "ok"),
        ("2018-03-01T12:00", "warn"),
        ("2018-03-03", "fail"),
        ("2018-02-01", "warn"),
    ],
)
def test_the_last_tick_must_not_be_long_ago(well_office: Office, now: str, state: str) -> None:
    assert states(well_office, "--now", now)["last tick"] == state


def test_before_the_first_tick_it_says_what_to_run(open_office: Office) -> None:
    assert "jikai serve" in checks(open_office)["last tick"]["advice"]


def test_what_nobody_owns_needs_an_admin(busy_office: Office) -> None:
    assert checks(busy_office)["owners"]["state"] == "fail"
    assert busy_office.call("people", "add", "a@example.jp", "--admin").exit_code == 0
    found = checks(busy_office)["owners"]
    assert (found["state"], found["text"][:8]) == ("warn", "12 of 12")


def test_mails_in_doubt_and_failed_ones_are_counted(well_office: Office) -> None:
    with well_office.writing() as session:
        person = session.get_one(Person, 1)
        for mark, state in zip("abc", (MailState.DOUBTFUL, *[MailState.FAILED] * 2), strict=True):
            now = morning(DAY)
            values: dict[str, Any] = {"kind": MailKind.SIGN_IN, "day": now.date(), "attempts": 1}
            session.add(
                Mail(
                    key=mark,
                    message_id=mark,
                    person=person,
                    state=state,
                    run_at=now,
                    created_at=now,
                    **values,
                )
            )
            session.flush()
    found = checks(well_office)["mails"]
    assert (found["state"], found["text"]) == ("warn", "1 sent, 0 waiting, 1 in doubt, 2 failed")


def test_a_mail_server_is_spoken_to_without_sending(open_office: Office) -> None:
    sink = SlowSink(0)
    smtp = f'[mail]\ntransport = "smtp"\nhost = "127.0.0.1"\nport = {sink.port}\n'
    open_office.configure(f'{smtp}security = "none"\n')
    assert checks(open_office)["mail"]["state"] == "fail"
    sink.start()
    assert checks(open_office)["mail"]["state"] == "ok"
    open_office.configure(f'{smtp}security = "starttls"\n')
    assert checks(open_office)["mail"]["state"] == "fail"
    sink.stop()
    assert sink.seen == []


def test_a_missing_password_and_a_readable_key_are_found(
    open_office: Office, monkeypatch: pytest.MonkeyPatch
) -> None:
    smtp = f'transport = "smtp"\nhost = "127.0.0.1"\nport = {free_port()}\n'
    open_office.configure(f'[mail]\n{smtp}username = "jikai"\npassword_env = "POST"\n')
    monkeypatch.delenv("POST", raising=False)
    assert "POST" in checks(open_office)["mail"]["text"]
    key = open_office.folder / "var" / "secret"
    key.write_text("0123456789abcdef")
    key.chmod(0o644)
    assert "chmod 600" in checks(open_office)["signing key"]["advice"]
    key.write_text("short")
    assert checks(open_office)["signing key"]["state"] == "fail"


@pytest.mark.parametrize(
    ("web", "state"),
    [
        ('host = "0.0.0.0"', "warn"),
        ('base_url = "http://jikai.example.jp"', "warn"),
        ('host = "0.0.0.0"\nbase_url = "https://jikai.example.jp"', "ok"),
    ],
)
def test_addresses_that_nobody_else_can_open_are_found(
    open_office: Office, web: str, state: str
) -> None:
    open_office.configure(f"[web]\n{web}\n")
    assert states(open_office)["addresses"] == state


def test_a_password_in_the_file_is_found_and_never_printed(office: Office) -> None:
    office.configure('[database]\nurl = "postgresql://jikai:hunter2@127.0.0.1:1/jikai"\n')
    done = office.call("doctor", "--json")
    assert "hunter2" not in done.stdout
    found = {check["name"]: check["state"] for check in json.loads(done.stdout)}
    assert (found["database password"], found["database"]) == ("warn", "fail")

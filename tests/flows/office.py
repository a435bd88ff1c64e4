"""One office as its people meet it: its commands, a mail server, its pages."""

from __future__ import annotations

import json
import re
import socket
from contextlib import contextmanager
from dataclasses import dataclass, field
from email import message_from_bytes, policy
from pathlib import Path
from typing import TYPE_CHECKING, Any

from aiosmtpd.controller import Controller
from typer.testing import CliRunner

from notices.cli import app

if TYPE_CHECKING:
    from collections.abc import Iterator
    from email.message import EmailMessage

ROOT = Path(__file__).parents[2]
SAMPLE = ROOT / "notices" / "sample" / "progress-sheet.txt"
SEED = ROOT.parent / "shared" / "seeds" / "progress-sheets-16-17.txt"
LINK = re.compile(r"http://127\.0\.0\.1:\d+/a/\S+")


@dataclass
class MailServer:
    """What came in over SMTP, message by message."""

    port: int = 0
    taken: list[EmailMessage] = field(default_factory=list)

    async def handle_DATA(self, _server: Any, _session: Any, envelope: Any) -> str:  # noqa: N802
        """Keep the message."""
        self.taken.append(message_from_bytes(envelope.content, policy=policy.default))
        return "250 taken"


@contextmanager
def mail_server() -> Iterator[MailServer]:
    """A mail server on a free port of this machine."""
    server = MailServer(free_port())
    controller = Controller(server, hostname="127.0.0.1", port=server.port)
    controller.start()
    yield server
    controller.stop()


def free_port() -> int:
    """A port nobody listens on at this moment."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
        return port


@dataclass(frozen=True)
class Office:
    """A folder with a configuration; `web_port` is where its pages say they are."""

    folder: Path
    url: str
    mail_port: int
    web_port: int

    def __post_init__(self) -> None:
        """Write the configuration."""
        self.config.write_text(
            f'[database]\nurl = "{self.url}"\n'
            f'[mail]\ntransport = "smtp"\nhost = "127.0.0.1"\nport = {self.mail_port}\n'
            f'security = "none"\n'
            f'[web]\nport = {self.web_port}\nbase_url = "http://127.0.0.1:{self.web_port}"\n',
            "utf-8",
        )

    @property
    def config(self) -> Path:
        """The configuration's file."""
        return self.folder / "config.toml"

    def run(self, *words: str, now: str) -> str:
        """Run one command at `now` and give what it printed; it must succeed."""
        done = CliRunner().invoke(app, [*words, "--config", str(self.config), "--now", now])
        assert done.exit_code == 0, done.output
        return done.stdout

    def ask(self, *words: str, now: str) -> Any:
        """Run one command with `--json` and give its document."""
        return json.loads(self.run(*words, "--json", now=now))


def text_of(mail: EmailMessage) -> str:
    """A mail's text part."""
    part = mail.get_body(("plain",))
    assert part is not None
    content: str = part.get_content()
    return content


def links_of(mail: EmailMessage) -> list[str]:
    """The pages a mail's text part links to for answering."""
    return LINK.findall(text_of(mail))

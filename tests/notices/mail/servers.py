"""Mail servers that take mails in, or play one fault, for the tests of what we do about it."""

from __future__ import annotations

import asyncio
import socket
import ssl
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from email import message_from_bytes, policy
from ipaddress import ip_address
from socketserver import StreamRequestHandler, ThreadingTCPServer
from threading import Thread
from typing import TYPE_CHECKING, Any

from aiosmtpd.controller import Controller
from aiosmtpd.smtp import SMTP, AuthResult
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID

if TYPE_CHECKING:
    from collections.abc import Iterator
    from email.message import EmailMessage
    from pathlib import Path

USER, PASSWORD = "jikai", "a password for tests"
STALL_SECONDS = 3


@dataclass
class Sink:
    """What a server took in, and the fault it plays.

    `replies` holds what is answered at MAIL, RCPT or the dot (`END`) instead of yes; RCPT may hold
    one address with its answer. `drop` names where the connection is cut: MAIL, DATA (before the
    body) or END (after the mail was taken). `stall` names where no answer comes.
    """

    replies: dict[str, str] = field(default_factory=dict)
    drop: str = ""
    stall: str = ""
    contents: list[bytes] = field(default_factory=list)
    commands: list[str] = field(default_factory=list)
    envelopes: list[tuple[str, str]] = field(default_factory=list)

    @property
    def mails(self) -> list[EmailMessage]:
        """The mails taken in, parsed."""
        found: list[Any] = [message_from_bytes(c, policy=policy.default) for c in self.contents]
        return found

    async def handle_MAIL(  # noqa: N802
        self, server: Any, _session: Any, envelope: Any, address: str, options: list[str]
    ) -> str:
        self.commands.append("MAIL")
        envelope.mail_from = address
        envelope.mail_options.extend(options)
        return await self._answer(server, "MAIL", "250 OK")

    async def handle_RCPT(  # noqa: N802
        self, server: Any, _session: Any, envelope: Any, address: str, _options: list[str]
    ) -> str:
        self.commands.append("RCPT")
        refused = self.replies.get(address)
        if refused:
            return refused
        envelope.rcpt_tos.append(address)
        return await self._answer(server, "RCPT", "250 OK")

    async def handle_DATA(self, server: Any, _session: Any, envelope: Any) -> str:  # noqa: N802
        answer = await self._answer(server, "END", "250 taken")
        if answer.startswith("2"):
            self.contents.append(envelope.original_content)
            self.envelopes.append((envelope.mail_from, envelope.rcpt_tos[0]))
        return answer

    async def _answer(self, server: Any, step: str, yes: str) -> str:
        if self.drop == step:
            _cut(server)
        if self.stall == step:
            await asyncio.sleep(STALL_SECONDS)
        return self.replies.get(step, yes)


class Telling(Sink):
    """Offers what it is told to besides its own."""

    def __init__(self, *offers: str) -> None:
        super().__init__()
        self.offers = offers

    async def handle_EHLO(  # noqa: N802
        self, _server: Any, session: Any, _envelope: Any, host: str, answers: list[str]
    ) -> list[str]:
        self.commands.append("EHLO")
        session.host_name = host
        return [*answers[:-1], *(f"250-{offer}" for offer in self.offers), answers[-1]]


def _cut(server: Any) -> None:
    server.transport.abort()


class _Server(SMTP):
    async def smtp_DATA(self, arg: str) -> None:  # noqa: N802
        sink: Sink = self.event_handler
        if "DATA" in sink.replies:
            await self.push(sink.replies["DATA"])
        elif sink.drop == "DATA":
            await self.push("354 go on")
            _cut(self)
        else:
            await super().smtp_DATA(arg)


class _Controller(Controller):
    def factory(self) -> SMTP:
        return _Server(self.handler, **self.SMTP_kwargs)


@contextmanager
def serving(sink: Sink, **options: Any) -> Iterator[int]:
    """Serve on a free port of this machine, and say which."""
    controller = _Controller(sink, hostname="127.0.0.1", port=free_port(), **options)
    controller.start()
    try:
        yield controller.port
    finally:
        controller.stop()


@contextmanager
def recording(*offers: str) -> Iterator[tuple[int, list[str]]]:
    """A server that offers what it is told to and says yes: its port, and the lines it was sent."""
    lines: list[str] = []

    class Handler(StreamRequestHandler):
        def handle(self) -> None:
            self.wfile.write(b"220 recording\r\n")
            in_body = False
            for line in self.rfile:
                lines.append(line.decode().rstrip("\r\n"))
                in_body = in_body and lines[-1] != "."
                if not in_body:
                    self.wfile.write(_yes(lines[-1], offers))
                    in_body = lines[-1] == "DATA"

    with ThreadingTCPServer(("127.0.0.1", 0), Handler) as server:
        server.daemon_threads = True
        Thread(target=server.serve_forever, daemon=True).start()
        yield server.server_address[1], lines
        server.shutdown()


@contextmanager
def hanging_up(*answers: str) -> Iterator[int]:
    """A server that greets, gives these answers to what it is told first, and leaves: its port."""

    class Handler(StreamRequestHandler):
        def handle(self) -> None:
            self.wfile.write(b"220 hello\r\n")
            for answer in answers:
                self.rfile.readline()
                self.wfile.write(f"{answer}\r\n".encode())

    with ThreadingTCPServer(("127.0.0.1", 0), Handler) as server:
        Thread(target=server.serve_forever, daemon=True).start()
        yield server.server_address[1]
        server.shutdown()


def _yes(line: str, offers: tuple[str, ...]) -> bytes:
    if line.upper().startswith("EHLO"):
        return (
            "".join(f"250-{each}\r\n" for each in ("recording", *offers)).encode() + b"250 HELP\r\n"
        )
    return b"354 go on\r\n" if line == "DATA" else b"250 yes\r\n"


def free_port() -> int:
    """A port nobody listens on."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
        return port


def allow(_server: Any, _session: Any, _envelope: Any, mechanism: str, data: Any) -> AuthResult:
    """Let in whoever has the password."""
    good = mechanism in {"LOGIN", "PLAIN"} and data.login == USER.encode()
    return AuthResult(success=good and data.password == PASSWORD.encode(), handled=False)


def certificate(folder: Path, host: str = "127.0.0.1") -> tuple[Path, ssl.SSLContext]:
    """A certificate for `host` that signs itself: its file, and the server's side of TLS."""
    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "a server for tests")])
    now = datetime.now(UTC)
    made = (
        x509.CertificateBuilder()
        .subject_name(name)
        .issuer_name(name)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(now - timedelta(days=1))
        .not_valid_after(now + timedelta(days=1))
        .add_extension(x509.SubjectAlternativeName([x509.IPAddress(ip_address(host))]), False)
        .add_extension(x509.BasicConstraints(ca=True, path_length=0), True)
        .sign(key, hashes.SHA256())
    )
    files = folder / "server.pem", folder / "server.key"
    files[0].write_bytes(made.public_bytes(serialization.Encoding.PEM))
    files[1].write_bytes(
        key.private_bytes(
            serialization.Encoding.PEM,
            serialization.PrivateFormat.PKCS8,
            serialization.NoEncryption(),
        )
    )
    context = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
    context.load_cert_chain(*files)
    return files[0], context

"""Mail to a server over SMTP (RFC 5321), one step at a time, so that every doubt is a real one."""

from __future__ import annotations

import re
import ssl
from contextlib import suppress
from dataclasses import dataclass, field
from select import POLLIN, poll
from smtplib import (
    SMTP,
    SMTP_SSL,
    SMTPException,
    SMTPHeloError,
    SMTPResponseException,
    SMTPServerDisconnected,
)
from socket import IPPROTO_TCP, MSG_PEEK, TCP_NODELAY, socket
from typing import TYPE_CHECKING, Literal, TypeVar

from notices.message import PLAIN_ADDRESS, one_line
from notices.wire import Conversation, Message, Outcome, RefusedError, UnreachableError, Verdict

if TYPE_CHECKING:
    from collections.abc import Callable

T = TypeVar("T")

TIMEOUT_SECONDS = 30.0
DOT_SECONDS = 600.0  # RFC 5321, 4.5.3.2.6: whoever leaves before brings about mails sent twice
TAKEN = range(200, 300)
CLOSING = 421  # RFC 5321, 3.8: the server is about to close the connection
NOT_IN_XTEXT = re.compile(r"[^!-*,-<>-~]")
LEADING_DOT = re.compile(rb"^\.", re.MULTILINE)
REPLY_LENGTH = 500


@dataclass(frozen=True, slots=True)
class SmtpTransport:
    """A mail server, how the way to it is protected, and who we are to it.

    Certificates are checked against the machine's authorities (`SSL_CERT_FILE` names others);
    without a good one, or where STARTTLS is not offered, no mail leaves.
    """

    host: str
    port: int
    security: Literal["none", "starttls", "tls"]
    username: str = ""
    password: str | None = field(default=None, repr=False)
    timeout: float = TIMEOUT_SECONDS
    dot_timeout: float = DOT_SECONDS

    def open(self) -> Conversation:
        """Connect, protect, log in. Raises `UnreachableError` with the server's words."""
        try:
            return _SmtpConversation(self._connected(), self.dot_timeout)
        except SMTPResponseException as error:
            raise UnreachableError(_said(error.smtp_code, error.smtp_error)) from error
        except (SMTPException, OSError, ValueError) as error:
            raise UnreachableError(f"{self.host}:{self.port}: {_reason(error)}") from error

    def _connected(self) -> SMTP:
        smtp = self._dialled()
        try:
            _greet(smtp)
            if self.security == "starttls":
                smtp.starttls(context=ssl.create_default_context())
                # RFC 3207, 4.2: what was said before TLS holds no more.
                _greet(smtp)
            if self.username:
                smtp.login(self.username, self.password or "")
        except BaseException:
            smtp.close()
            raise
        return smtp

    def _dialled(self) -> SMTP:
        if self.security == "tls":
            context = ssl.create_default_context()
            smtp: SMTP = SMTP_SSL(self.host, self.port, timeout=self.timeout, context=context)
        else:
            smtp = SMTP(self.host, self.port, timeout=self.timeout)
        if smtp.sock is not None:
            # Else the dot waits until the server acknowledged the body: 40 ms for each mail.
            smtp.sock.setsockopt(IPPROTO_TCP, TCP_NODELAY, 1)
        return smtp


def _greet(smtp: SMTP) -> None:
    """Say EHLO, or HELO where that is not understood. Raises `SMTPHeloError`: the server's words.

    The standard library says HELO to a server that has hung up too, and then has no words of it.
    """
    code, words = smtp.ehlo()
    if code not in TAKEN and code != CLOSING:
        with suppress(SMTPServerDisconnected):
            code, words = smtp.helo()
    if code not in TAKEN:
        raise SMTPHeloError(code, words)


class _SmtpConversation:
    """After anything but success the connection is closed; the next mail finds it so."""

    def __init__(self, smtp: SMTP, dot_timeout: float) -> None:
        self._smtp, self._dot_timeout = smtp, dot_timeout
        self._in_body = False

    def begin(self, message: Message) -> None:
        if not PLAIN_ADDRESS.fullmatch(message.recipient):
            raise RefusedError(Outcome(Verdict.NEVER, f"{message.recipient!r} is no address"))
        commands = self._commands(message)
        if self._smtp.has_extn("pipelining"):  # RFC 2920: three answers, one journey
            self._try(lambda: self._smtp.send("".join(f"{each}\r\n" for each in commands)))
            commands = ("", "", "")
        # A refused envelope sender refuses us, whichever mail it is.
        self._step(commands[0], 250, ours=True)
        self._step(commands[1], 250, 251)
        self._step(commands[2], 354)
        self._in_body = True
        self._try(lambda: self._smtp.send(_stuffed(message.content)))

    def finish(self) -> Outcome:
        if self._has_hung_up():
            self._smtp.close()
            return Outcome(Verdict.LATER, "the server hung up before the final dot")
        self._in_body = False
        try:
            code, text = self._answer_to_dot()
        except (SMTPException, OSError) as error:
            self._smtp.close()
            return Outcome(Verdict.UNKNOWN, f"no answer to the final dot: {_reason(error)}")
        outcome = Outcome(_verdict_of_dot(code), _said(code, text))
        if outcome.verdict is not Verdict.ACCEPTED:
            self._smtp.close()
        return outcome

    def _answer_to_dot(self) -> tuple[int, bytes]:
        """What the server says once it has taken the mail over, which may take its time."""
        sock = self._smtp.sock
        self._smtp.send(b".\r\n")
        if sock is None:
            raise OSError("the connection is gone")
        usual = sock.gettimeout()
        sock.settimeout(self._dot_timeout)
        reply = self._smtp.getreply()
        sock.settimeout(usual)
        return reply

    def close(self) -> None:
        if self._in_body:  # QUIT would be one more line of the body
            self._smtp.close()
            return
        try:
            if self._smtp.sock is not None:
                self._smtp.quit()
        except (SMTPException, OSError):
            self._smtp.close()

    def _has_hung_up(self) -> bool:
        """Whether the server left, or spoke out of turn, before it was given the dot.

        Then nothing was delivered; found out only after the dot, it would be doubt.
        """
        sock = self._smtp.sock
        if sock is None:
            return True
        waiting = poll()
        waiting.register(sock, POLLIN)
        if not waiting.poll(0):
            return False
        try:
            # The plain socket's: what TLS has to say may be there at any time.
            said = socket.recv(sock, 1, MSG_PEEK)
        except OSError:
            return True
        return not said or not isinstance(sock, ssl.SSLSocket)

    def _commands(self, message: Message) -> tuple[str, str, str]:
        sender, recipient = f"MAIL FROM:<{message.sender}>", f"RCPT TO:<{message.recipient}>"
        if self._smtp.has_extn("dsn"):  # RFC 3461: the headers come back, not the body
            sender += f" RET=HDRS ENVID={_xtext(message.message_id.strip('<>'))}"
            recipient += f" NOTIFY=FAILURE,DELAY ORCPT=rfc822;{_xtext(message.recipient)}"
        return sender, recipient, "DATA"

    def _step(self, command: str, *good: int, ours: bool = False) -> None:
        """Send a command, unless it is empty because it went before, and read its answer."""
        code, text = self._try(lambda: self._smtp.docmd(command) if command else self._answer())
        if code in good:
            return
        self._smtp.close()
        if ours or code == CLOSING:
            raise UnreachableError(_said(code, text))
        verdict = Verdict.NEVER if code >= 500 else Verdict.LATER
        raise RefusedError(Outcome(verdict, _said(code, text)))

    def _answer(self) -> tuple[int, bytes]:
        return self._smtp.getreply()

    def _try(self, act: Callable[[], T]) -> T:
        try:
            return act()
        except (SMTPException, OSError) as error:
            self._smtp.close()
            raise UnreachableError(_reason(error)) from error


def _stuffed(content: bytes) -> bytes:
    """The body as RFC 5321, 4.5.2 wants it, up to the final dot: leading dots doubled."""
    ended = content if content.endswith(b"\r\n") else content + b"\r\n"
    return LEADING_DOT.sub(b"..", ended)


def _xtext(text: str) -> str:
    """ASCII as RFC 3461, 4 spells it in a parameter."""
    return NOT_IN_XTEXT.sub(lambda found: f"+{ord(found[0]):02X}", text)


def _verdict_of_dot(code: int) -> Verdict:
    by_class = {2: Verdict.ACCEPTED, 4: Verdict.LATER, 5: Verdict.NEVER}
    return by_class.get(code // 100, Verdict.UNKNOWN)


def _said(code: int, text: bytes | str) -> str:
    words = text.decode("utf-8", "replace") if isinstance(text, bytes) else text
    return one_line(f"{code} {words}", REPLY_LENGTH)


def _reason(error: Exception) -> str:
    if isinstance(error, UnicodeError):  # its own words would quote the address or the password
        return "an address or a credential holds characters other than ASCII"
    return one_line(str(error), REPLY_LENGTH) or type(error).__name__

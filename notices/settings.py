"""`config.toml`, read strictly: its sections and keys, their defaults, and what each may be.

Every key may be set in the environment as `JIKAI_SECTION__KEY` (lists as JSON), which wins over the
file. Secrets stand in neither of them: `notices.keys` finds those.
"""

from __future__ import annotations

import tomllib
from datetime import date
from email.errors import HeaderParseError
from email.headerregistry import Address
from email.utils import parseaddr
from pathlib import Path
from typing import Annotated, Any, Literal, Self
from urllib.parse import urlsplit
from zoneinfo import ZoneInfo

from pydantic import (
    AfterValidator,
    BaseModel,
    BeforeValidator,
    ConfigDict,
    Field,
    PrivateAttr,
    ValidationError,
    field_validator,
    model_validator,
)
from pydantic_settings import BaseSettings, PydanticBaseSettingsSource, SettingsConfigDict
from sqlalchemy import make_url
from sqlalchemy.exc import ArgumentError

from notices.closed_days import ClosedDaysError, read_closed_days
from notices.settings_faults import SettingsError, fault_of, passed_over, unknown_sections
from notices.settings_sources import Environment
from scheduler import rules
from scheduler.policy import Policy
from scheduler.workdays import Calendar, Workdays, parse_days

STRICT = ConfigDict(extra="forbid", frozen=True, strict=True)
ADDRESS = "a mail address in ASCII, such as jikai@example.jp or Jikai <jikai@example.jp>"
CLOSED_FILES = ("closed_for_counting", "closed_for_sending")
CLOSED = "a file with days, as text or iCalendar, or empty for none"


def _whole(default: int, low: int, high: int) -> Any:
    allowed = f"a whole number from {low} to {high}"
    return Field(default=default, ge=low, le=high, description=allowed)


def _text(default: str) -> Any:
    return Field(
        default=default, min_length=1, max_length=200, description="a text that is not empty"
    )


def _printable(value: str) -> str:
    if not value.isprintable():
        raise ValueError("control characters")
    return value


def _mailbox(value: str) -> str:
    name, address = parseaddr(value)
    try:
        parsed = Address(display_name=name, addr_spec=address)
    except (HeaderParseError, ValueError, IndexError) as error:
        raise ValueError(ADDRESS) from error
    if not address.isascii() or not parsed.username or "." not in parsed.domain:
        raise ValueError(ADDRESS)
    return value


def _path_text(value: object) -> object:
    if value == "":
        raise ValueError("no path")
    return _printable(value) if isinstance(value, str) else value


def _path_or_none(value: object) -> object:
    return None if value == "" else _path_text(value)


Text = Annotated[str, AfterValidator(_printable)]
Mailbox = Annotated[Text, AfterValidator(_mailbox)]
FilePath = Annotated[Path, Field(strict=False), BeforeValidator(_path_text)]
ClosedFile = Annotated[Path | None, Field(strict=False), BeforeValidator(_path_or_none)]
DayList = Annotated[tuple[Any, ...], Field(strict=False), BeforeValidator(rules.parse_list)]
Count = Annotated[Any, BeforeValidator(parse_days)]
Wait = Annotated[Any, BeforeValidator(rules.parse_wait)]


class Office(BaseModel):
    """Whose days count: the office's zone decides which day it is."""

    model_config = STRICT

    name: Text = _text("Jikai")
    timezone: ZoneInfo = Field(
        default=ZoneInfo("Asia/Tokyo"), description="an IANA time zone such as Asia/Tokyo or UTC"
    )
    language: Literal["ja", "en"] = Field(default="ja", description='"ja" or "en"')
    fiscal_year_starts: int = _whole(4, 1, 12)
    fiscal_year_named_after: Literal["start", "end"] = Field(
        default="start", description='"start" or "end": the calendar year it is named after'
    )


class Database(BaseModel):
    """Where everything is kept. The address may hold a password, so it is never shown."""

    model_config = STRICT

    url: Text = Field(
        default="sqlite:///var/jikai.db",
        repr=False,
        description="sqlite:///FILE or postgresql://USER@HOST/DATABASE",
    )

    @field_validator("url")
    @classmethod
    def _must_last(cls, value: str) -> str:
        try:
            address = make_url(value)
        except ArgumentError as error:
            raise ValueError("not a database address") from error
        backend = address.get_backend_name()
        in_memory = address.database in {None, "", ":memory:"}
        if backend not in {"sqlite", "postgresql", "postgres"} or (
            backend == "sqlite" and in_memory
        ):
            raise ValueError("not a database that lasts")
        return value


class MailSettings(BaseModel):
    """How mail leaves: into a Maildir on this machine, or to a server."""

    model_config = STRICT

    transport: Literal["maildir", "smtp"] = Field(
        default="maildir", description='"maildir" or "smtp"'
    )
    maildir: FilePath = Field(default=Path("var/maildir"), description="a folder's path")
    host: Text = Field(default="", max_length=253, description="the mail server's name")
    port: int = _whole(587, 1, 65535)
    security: Literal["none", "starttls", "tls"] = Field(
        default="starttls", description='"none", "starttls" or "tls"'
    )
    username: Text = Field(
        default="", description="a text, empty where the server asks for no log-in"
    )
    password_env: str = Field(
        default="",
        pattern=r"^([A-Z][A-Z0-9_]*)?$",
        description="the name, in capitals, of the environment variable that holds the password",
    )
    sender: Mailbox = Field(default="Jikai <jikai@example.jp>", description=ADDRESS)
    reply_to: Mailbox | Literal[""] = Field(default="", description=f"empty, or {ADDRESS}")
    connections: int = _whole(2, 1, 50)
    mails_per_connection: int = _whole(100, 1, 10_000)
    mails_per_minute: int = _whole(0, 0, 100_000)
    summary: Literal["none", "weekly"] = Field(default="none", description='"none" or "weekly"')
    templates: Text = Field(default="", description="empty, or a folder's path")

    @property
    def template_folder(self) -> Path | None:
        """Where the office's own templates are; None where it has none."""
        return Path(self.templates) if self.templates else None

    @model_validator(mode="after")
    def _belong_together(self) -> Self:
        if self.transport == "smtp" and not self.host:
            raise ValueError('transport = "smtp" needs host, the name of the mail server')
        if self.username and not self.password_env:
            raise ValueError("username needs password_env, the variable that holds the password")
        return self


class Inbox(BaseModel):
    """Where replies and bounces come in: handed over by a server here, or fetched from one."""

    model_config = STRICT

    way: Literal["none", "lmtp", "imap"] = Field(
        default="none", description='"none", "lmtp" or "imap"'
    )
    address: Mailbox | Literal[""] = Field(default="", description=f"empty, or {ADDRESS}")
    host: Text = Field(default="", max_length=253, description="a machine's name")
    port: int = _whole(2424, 1, 65535)
    security: Literal["none", "tls"] = Field(default="tls", description='"none" or "tls"')
    username: Text = Field(default="", description="a text")
    password_env: str = Field(
        default="",
        pattern=r"^([A-Z][A-Z0-9_]*)?$",
        description="the name, in capitals, of the environment variable that holds the password",
    )
    folder: Text = _text("INBOX")

    @model_validator(mode="after")
    def _belong_together(self) -> Self:
        if self.way != "none" and not (self.address and self.host):
            raise ValueError(f'way = "{self.way}" needs address and host')
        if self.way == "none" and self.address:
            raise ValueError('address needs way, "lmtp" or "imap": else replies would be lost')
        if self.way == "imap" and not (self.username and self.password_env):
            raise ValueError('way = "imap" needs username and password_env')
        return self


class Web(BaseModel):
    """Where the pages listen, and the address under which people reach them."""

    model_config = STRICT

    host: Text = _text("127.0.0.1")
    port: int = _whole(8019, 1, 65535)
    base_url: Text = Field(
        default="http://127.0.0.1:8019",
        description="http:// or https:// with a host and perhaps a port, and no path",
    )
    secret_file: FilePath = Field(default=Path("var/secret"), description="a file's path")

    @field_validator("base_url")
    @classmethod
    def _is_an_origin(cls, value: str) -> str:
        parts = urlsplit(value)
        extra = parts.path.strip("/") or parts.query or parts.fragment or parts.username
        _ = parts.port  # raises ValueError where it is no port
        if parts.scheme not in {"http", "https"} or not parts.hostname or extra:
            raise ValueError("not an origin")
        if not value.isascii() or any(c.isspace() for c in value) or len(value) > 100:
            raise ValueError("not plain ASCII")
        return value.rstrip("/")


class CalendarSettings(BaseModel):
    """Which days the office works, and on which of them mail goes out."""

    model_config = STRICT

    country: Text = Field(
        default="JP",
        pattern=r"^([A-Z]{2}(-[A-Z0-9]{1,4})?)?$",
        description='a country such as "JP", a part of one such as "DE-BY", or "" for none',
    )
    closed_for_counting: ClosedFile = Field(default=None, description=CLOSED)
    closed_for_sending: ClosedFile = Field(default=None, description=CLOSED)

    @field_validator("country")
    @classmethod
    def _is_known(cls, value: str) -> str:
        Calendar(value).is_workday(date(2000, 1, 1))
        return value


class Reminders(BaseModel):
    """When somebody is reminded; see `scheduler.policy.Policy` for how the days are counted."""

    model_config = STRICT

    opening_days: DayList = Field(default=(), description=rules.LIST)
    ahead_days: DayList = Field(default=(30, 7), description=rules.LIST)
    chase_days: DayList = Field(
        default=(1, Workdays(7), Workdays(14), Workdays(28)), description=rules.LIST
    )
    grace_days: Count = Field(default=14, description=rules.COUNT)
    grace_aim_days: Count = Field(default=14, description=rules.COUNT)
    grace_exact_days: Count = Field(default=0, description=rules.COUNT)
    superior_after: Wait = Field(default=Workdays(10), description=rules.WAIT)
    unit_after: Wait = Field(default=Workdays(10), description=rules.WAIT)
    admin_after: Wait = Field(default=Workdays(10), description=rules.WAIT)
    hold_back: bool = Field(default=True, description=rules.TRUTH)
    approve_postponements: bool = Field(default=False, description=rules.TRUTH)
    send_hour: int = _whole(9, 0, 23)


class Feeds(BaseModel):
    """How far a calendar feed looks back and ahead."""

    model_config = STRICT

    past_days: int = _whole(90, 0, 3660)
    future_years: int = _whole(2, 1, 10)


class Settings(BaseSettings):
    """The whole configuration. Paths and the SQLite address are absolute."""

    model_config = SettingsConfigDict(extra="forbid", frozen=True, case_sensitive=True)

    office: Office = Office()
    database: Database = Database()
    mail: MailSettings = MailSettings()
    inbox: Inbox = Inbox()
    web: Web = Web()
    reminders: Reminders = Reminders()
    calendar: CalendarSettings = CalendarSettings()
    feeds: Feeds = Feeds()
    _closed_for_counting: frozenset[date] = PrivateAttr(frozenset())
    _closed_for_sending: frozenset[date] = PrivateAttr(frozenset())

    @classmethod
    def settings_customise_sources(
        cls,
        settings_cls: type[BaseSettings],
        init_settings: PydanticBaseSettingsSource,
        env_settings: PydanticBaseSettingsSource,
        dotenv_settings: PydanticBaseSettingsSource,
        file_secret_settings: PydanticBaseSettingsSource,
    ) -> tuple[PydanticBaseSettingsSource, ...]:
        """The environment wins over the values given, which are the file's."""
        return Environment(settings_cls), init_settings

    def policy(self) -> Policy:
        """The rules for days, as the scheduler takes them."""
        return Policy(
            timezone=self.office.timezone,
            fiscal_year_starts=self.office.fiscal_year_starts,
            fiscal_year_named_after=self.office.fiscal_year_named_after,
            counting=Calendar(self.calendar.country, self._closed_for_counting),
            sending=Calendar(self.calendar.country, self._closed_for_sending),
            **dict(self.reminders),
        )


def load(path: Path) -> Settings:
    """Read the configuration at `path`, with what the environment says over it.

    Raises `SettingsError` with one sentence per fault: file or variable, key, value, and what is
    allowed.
    """
    return parse(_read(path), path)


def parse(values: dict[str, Any], path: Path) -> Settings:
    """The settings of `values` (sections of keys) as though they stood in the file `path`.

    Relative paths count from that file's folder. Raises `SettingsError`.
    """
    known = list(Settings.model_fields)
    faults = unknown_sections(values, known, path) + passed_over(Settings)
    try:
        settings = Settings(**{name: values[name] for name in values if name in known})
    except ValidationError as error:
        faults += dict.fromkeys(fault_of(one, Settings, path) for one in error.errors())
    if faults:
        raise SettingsError(*faults)
    return _with_closed_days(_placed(settings, path.resolve().parent), path)


def _read(path: Path) -> dict[str, Any]:
    try:
        return tomllib.loads(path.read_text("utf-8-sig"))
    except FileNotFoundError as error:
        raise SettingsError(f"{path}: no such file; name one with --config FILE") from error
    except OSError as error:
        raise SettingsError(f"{path}: cannot be read ({error.strerror})") from error
    except UnicodeDecodeError as error:
        raise SettingsError(f"{path}: is not UTF-8 text (byte {error.start})") from error
    except tomllib.TOMLDecodeError as error:
        raise SettingsError(f"{path}: is not TOML: {error}") from error


def _placed(settings: Settings, folder: Path) -> Settings:
    """The same settings with every path absolute."""
    address = make_url(settings.database.url)
    if address.get_backend_name() == "sqlite":
        address = address.set(database=str(folder / str(address.database)))
    url = address.render_as_string(hide_password=False)
    sections = {
        "database": settings.database.model_copy(update={"url": url}),
        "mail": settings.mail.model_copy(update=_mail_folders(settings.mail, folder)),
        "web": settings.web.model_copy(update={"secret_file": folder / settings.web.secret_file}),
        "calendar": settings.calendar.model_copy(update=_closed_files(settings.calendar, folder)),
    }
    return settings.model_copy(update=sections)


def _mail_folders(mail: MailSettings, folder: Path) -> dict[str, Path | str]:
    templates = str(folder / mail.templates) if mail.templates else ""
    return {"maildir": folder / mail.maildir, "templates": templates}


def _closed_files(calendar: CalendarSettings, folder: Path) -> dict[str, Path]:
    named = {name: getattr(calendar, name) for name in CLOSED_FILES}
    return {name: folder / file for name, file in named.items() if file is not None}


def _with_closed_days(settings: Settings, path: Path) -> Settings:
    """The same settings with the closed days read from their files. Raises `SettingsError`."""
    for name in CLOSED_FILES:
        file = getattr(settings.calendar, name)
        try:
            setattr(settings, f"_{name}", read_closed_days(file) if file else frozenset())
        except ClosedDaysError as error:
            raise SettingsError(f"{path}: [calendar] {name}: {error}") from error
    return settings

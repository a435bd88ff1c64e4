"""The secrets of an installation: from the environment or from files, never from `config.toml`."""

from __future__ import annotations

import os
import secrets
from pathlib import Path
from typing import TYPE_CHECKING

from notices.settings_faults import SettingsError

if TYPE_CHECKING:
    from notices.settings import Settings

SIGNING_VARIABLE = "JIKAI_SECRET"
SHORTEST = 16


def signing_key(settings: Settings) -> bytes:
    """The key that signs links: `JIKAI_SECRET`, else the content of `web.secret_file`.

    The file is made on first use, readable by its owner alone. Raises `SettingsError` where either
    is shorter than 16 characters or the file can be neither read nor written.
    """
    given = os.environ.get(SIGNING_VARIABLE)
    source = SIGNING_VARIABLE if given is not None else str(settings.web.secret_file)
    key = given if given is not None else _kept_key(settings.web.secret_file)
    if len(key.strip()) < SHORTEST:
        raise SettingsError(f"{source}: the signing key needs at least {SHORTEST} characters")
    return key.strip().encode()


def mail_password(settings: Settings) -> str | None:
    """The mail server's password, or None where no log-in is asked for.

    It is the value of the variable that `mail.password_env` names, or the content of the file named
    by that variable with `_FILE` behind it. Raises `SettingsError` where neither is there.
    """
    if not settings.mail.username:
        return None
    return _password("mail", settings.mail.password_env)


def inbox_password(settings: Settings) -> str:
    """The password of the mailbox that replies come to, found as `mail_password` is."""
    return _password("inbox", settings.inbox.password_env)


def _password(section: str, name: str) -> str:
    if name in os.environ:
        return os.environ[name]
    if f"{name}_FILE" in os.environ:
        return _content(Path(os.environ[f"{name}_FILE"])).rstrip("\r\n")
    raise SettingsError(
        f"[{section}] password_env = {name!r}: set the variable {name} to the password, "
        f"or {name}_FILE to a file that holds it"
    )


def _kept_key(path: Path) -> str:
    if not path.exists():
        _make_key(path)
    return _content(path)


def _make_key(path: Path) -> None:
    """Write a new key under another name first, so that nobody ever reads half a key."""
    draft = path.with_name(f"{path.name}.{secrets.token_hex(4)}")
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        descriptor = os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
        with os.fdopen(descriptor, "w") as file:
            file.write(secrets.token_hex(32))
            os.fsync(file.fileno())
        _put_unless_there(draft, path)
    except OSError as error:
        raise SettingsError(f"{path}: the signing key cannot be written ({error})") from error


def _put_unless_there(draft: Path, path: Path) -> None:
    try:
        os.link(draft, path)
    except FileExistsError:
        pass  # another process made one a moment ago: that one counts
    finally:
        draft.unlink()


def _content(path: Path) -> str:
    try:
        return path.read_text("utf-8")
    except (OSError, UnicodeDecodeError) as error:
        raise SettingsError(f"{path}: the secret cannot be read ({error})") from error

"""`config.toml` is complete and strict: a fault names its place, its value and what is allowed."""

from __future__ import annotations

import os
import tomllib
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from notices import keys
from notices.clock import SimulatedClock
from notices.settings import Settings, load, parse
from notices.settings_faults import SettingsError
from scheduler.workdays import Workdays

ROOT = Path(__file__).parent.parent.parent
SECTIONS = {name: field.annotation for name, field in Settings.model_fields.items()}
KEYS = sorted(
    (section, key)
    for section, model in SECTIONS.items()
    for key in model.model_fields  # type: ignore[union-attr]
)
FILE = Path("office.toml")


@pytest.fixture(autouse=True)
def _bare_environment(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in [name for name in os.environ if name.startswith("JIKAI_")]:
        monkeypatch.delenv(name)


def faults(values: dict[str, Any], path: Path = FILE) -> tuple[str, ...]:
    with pytest.raises(SettingsError) as caught:
        parse(values, path)
    return caught.value.faults


def written(folder: Path, content: str | bytes) -> Path:
    path = folder / "config.toml"
    path.write_bytes(content.encode() if isinstance(content, str) else content)
    return path


def test_the_file_in_the_repository_is_complete_and_says_the_defaults() -> None:
    path = ROOT / "config.toml"
    content = tomllib.loads(path.read_text("utf-8"))
    named = sorted((section, key) for section, keys in content.items() for key in keys)
    assert named == KEYS
    assert load(path) == parse({}, path)


def test_paths_count_from_the_files_folder(tmp_path: Path) -> None:
    settings = load(written(tmp_path, '[mail]\nmaildir = "post"\n'))
    assert settings.mail.maildir == tmp_path / "post"
    assert settings.database.url == f"sqlite:///{tmp_path}/var/jikai.db"
    assert settings.web.secret_file == tmp_path / "var" / "secret"


def test_an_absolute_path_stays(tmp_path: Path) -> None:
    settings = parse({"database": {"url": "sqlite:////srv/jikai.db"}}, tmp_path / "c.toml")
    assert settings.database.url == "sqlite:////srv/jikai.db"


def test_the_policy_is_what_the_file_says() -> None:
    values = {
        "office": {"timezone": "Europe/Berlin", "fiscal_year_starts": 1},
        "reminders": {"ahead_days": [60], "send_hour": 0},
    }
    policy = parse(values, FILE).policy()
    assert policy.timezone == ZoneInfo("Europe/Berlin")
    chases = (1, Workdays(7), Workdays(14), Workdays(28))
    assert (policy.ahead_days, policy.chase_days) == ((60,), chases)
    assert (policy.send_hour, policy.grace_days, policy.fiscal_year_starts) == (0, 14, 1)


WRONG: tuple[object, ...] = (True, 1.5, {}, "\0", datetime(2018, 1, 1, tzinfo=UTC), [[]])
TRUTHS = {("reminders", "hold_back"), ("reminders", "approve_postponements")}


@pytest.mark.parametrize(
    ("section", "key", "value"),
    [(*key, value) for key in KEYS for value in WRONG if value is not True or key not in TRUTHS],
)
def test_a_wrong_type_names_file_key_and_what_is_allowed(
    section: str, key: str, value: object
) -> None:
    found = faults({section: {key: value}})
    assert found[0].startswith(f"office.toml: [{section}] {key}")
    assert "it takes " in found[0]


@pytest.mark.parametrize(
    ("section", "key", "value"),
    [
        ("office", "timezone", "Asia/Tokio"),
        ("office", "timezone", ""),
        ("office", "timezone", "../../etc/passwd"),
        ("office", "language", "fr"),
        ("office", "name", ""),
        ("office", "fiscal_year_starts", 0),
        ("database", "url", "mysql://localhost/x"),
        ("database", "url", "sqlite://"),
        ("database", "url", "sqlite:///:memory:"),
        ("database", "url", "nonsense"),
        ("mail", "transport", "pigeon"),
        ("mail", "port", "587"),
        ("mail", "port", 70000),
        ("mail", "sender", "jikai"),
        ("mail", "sender", ""),
        ("mail", "sender", "次回@example.jp"),
        ("mail", "sender", "a@example.jp\nBcc: b@example.jp"),
        ("mail", "connections", 0),
        ("mail", "reply_to", "x@"),
        ("mail", "maildir", ""),
        ("web", "secret_file", ""),
        ("web", "port", 0),
        ("web", "base_url", "example.jp"),
        ("web", "base_url", "https://example.jp/jikai"),
        ("web", "base_url", "https://example.jp:99999"),
        ("reminders", "ahead_days", [7, 7]),
        ("reminders", "ahead_days", [0]),
        ("reminders", "chase_days", [1, "8"]),
        ("reminders", "chase_days", [1, "0w"]),
        ("reminders", "superior_after", 0),
        ("reminders", "hold_back", "no"),
        ("calendar", "country", "XX"),
        ("calendar", "country", "Japan"),
        ("reminders", "chase_days", list(range(1, 20))),
        ("reminders", "grace_days", -1),
        ("reminders", "send_hour", 24),
        ("feeds", "future_years", 0),
    ],
)
def test_an_impossible_value_is_refused_in_one_sentence(
    section: str, key: str, value: object
) -> None:
    (fault,) = faults({section: {key: value}})
    assert fault.startswith(f"office.toml: [{section}] {key} = ")
    assert "\n" not in fault


def test_every_fault_is_told_at_once() -> None:
    found = faults({"mail": {"port": 0, "prot": 1}, "web": 3, "wbe": {}, "_env_file": "x"})
    assert found == (
        "office.toml: [wbe] is not a section here; did you mean web?",
        (
            "office.toml: [_env_file] is not a section here; "
            "known are office, database, mail, inbox, web, reminders, calendar, feeds"
        ),
        "office.toml: [mail] port = 0 cannot be used: it takes a whole number from 1 to 65535",
        "office.toml: [mail] prot is not a key here; did you mean port?",
        "office.toml: web = 3: write it as a section, [web]",
    )


def test_keys_that_need_each_other_say_so() -> None:
    assert "needs host" in faults({"mail": {"transport": "smtp"}})[0]
    assert "needs password_env" in faults({"mail": {"username": "jikai"}})[0]


@given(st.sampled_from(KEYS), st.text(max_size=30).filter(lambda text: "\0" not in text))
def test_no_text_gets_past_as_anything_but_what_is_allowed(
    place: tuple[str, str], text: str
) -> None:
    section, key = place
    try:
        settings = parse({section: {key: text}}, FILE)
    except SettingsError as error:
        told = error.faults
    else:
        told = ()
        assert type(getattr(getattr(settings, section), key)) not in {int, tuple}
    assert all(fault.startswith(f"office.toml: [{section}]") for fault in told)


@given(st.sampled_from(sorted(SECTIONS)), st.from_regex(r"[a-z_]{1,20}", fullmatch=True))
def test_an_unknown_key_is_never_overlooked(section: str, key: str) -> None:
    if (section, key) not in KEYS:
        assert key in faults({section: {key: 1}})[0]


@pytest.mark.parametrize(
    ("content", "part"),
    [
        ("[mail\nport = 1", "line 1"),
        ("[mail]\nport = 1\nport = 2", "overwrite a value"),
        (b"[office]\nname = '\x8e\x9f'", "is not UTF-8"),
    ],
)
def test_a_broken_file_says_where(tmp_path: Path, content: str | bytes, part: str) -> None:
    with pytest.raises(SettingsError, match=part):
        load(written(tmp_path, content))


def test_a_byte_order_mark_does_no_harm(tmp_path: Path) -> None:
    assert load(written(tmp_path, b"\xef\xbb\xbf[web]\nport = 81\n")).web.port == 81


def test_a_missing_file_says_how_to_name_one(tmp_path: Path) -> None:
    with pytest.raises(SettingsError, match="--config"):
        load(tmp_path / "config.toml")
    with pytest.raises(SettingsError, match="cannot be read"):
        load(tmp_path)


def test_the_environment_wins_over_the_file(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("JIKAI_MAIL__PORT", "25")
    monkeypatch.setenv("JIKAI_OFFICE__NAME", "1")
    monkeypatch.setenv("JIKAI_REMINDERS__AHEAD_DAYS", "[60, 5]")
    settings = parse({"mail": {"port": 2525, "connections": 7}}, FILE)
    assert (settings.mail.port, settings.mail.connections) == (25, 7)
    assert settings.office.name == "1"
    assert settings.reminders.ahead_days == (60, 5)


@pytest.mark.parametrize(
    ("name", "value", "said"),
    [
        ("JIKAI_MAIL__PORT", "many", 'JIKAI_MAIL__PORT = "many" cannot be used'),
        ("JIKAI_MAIL__PROT", "1", "JIKAI_MAIL__PROT is not a key here; did you mean port?"),
        ("JIKAI_MIAL__PORT", "1", "JIKAI_MIAL__PORT: mial is not a section; did you mean mail?"),
        ("JIKAI_REMINDERS__CHASE_DAYS", "1,8", "JIKAI_REMINDERS__CHASE_DAYS"),
        ("JIKAI_WEB_PORT", "8080", "JIKAI_WEB_PORT: write it as JIKAI_WEB__PORT"),
        ("JIKAI_web__port", "8080", "JIKAI_web__port: write it as JIKAI_WEB__PORT"),
    ],
)
def test_a_wrong_variable_is_named(
    monkeypatch: pytest.MonkeyPatch, name: str, value: str, said: str
) -> None:
    monkeypatch.setenv(name, value)
    (fault,) = faults({})
    assert fault.startswith(said)


def test_no_password_is_ever_shown(monkeypatch: pytest.MonkeyPatch) -> None:
    settings = parse({"database": {"url": "postgresql://jikai:hunter2@db/jikai"}}, FILE)
    assert "hunter2" not in repr(settings)
    wrong = {"url": "mysql://jikai:hunter2@db/jikai"}
    told = faults({"database": wrong, "mail": {"password_env": "hunter2"}})
    assert "hunter2" not in " ".join(told)
    told = faults({"database": {"url": "mysql://jikai:p@ss/hunter2@db/jikai"}})
    assert "hunter2" not in told[0]
    monkeypatch.setenv("JIKAI_MAIL__PASSWORD", "hunter2")
    assert "hunter2" not in faults({})[0]


def test_the_signing_key_is_made_once_for_its_owner_alone(tmp_path: Path) -> None:
    settings = parse({}, tmp_path / "config.toml")
    first = keys.signing_key(settings)
    assert len(first) == 64
    assert keys.signing_key(settings) == first
    assert settings.web.secret_file.stat().st_mode & 0o777 == 0o600
    assert [path.name for path in settings.web.secret_file.parent.iterdir()] == ["secret"]


def test_the_signing_key_may_come_from_the_environment(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    settings = parse({}, tmp_path / "config.toml")
    monkeypatch.setenv("JIKAI_SECRET", "sixteen letters.")
    assert keys.signing_key(settings) == b"sixteen letters."
    assert not settings.web.secret_file.exists()
    monkeypatch.setenv("JIKAI_SECRET", "short")
    with pytest.raises(SettingsError, match="JIKAI_SECRET: the signing key needs at least 16"):
        keys.signing_key(settings)


def test_the_mail_password_comes_from_the_variable_or_its_file(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    settings = parse({"mail": {"username": "jikai", "password_env": "POST"}}, FILE)
    with pytest.raises(SettingsError, match="set the variable POST"):
        keys.mail_password(settings)
    kept = tmp_path / "password"
    kept.write_text("from a file\n")
    monkeypatch.setenv("POST_FILE", str(kept))
    assert keys.mail_password(settings) == "from a file"
    monkeypatch.setenv("POST", "from the environment")
    assert keys.mail_password(settings) == "from the environment"
    assert keys.mail_password(parse({}, FILE)) is None


def test_a_simulated_clock_starts_where_told_and_goes_forward_only() -> None:
    start = datetime(2017, 10, 1, tzinfo=UTC)
    clock = SimulatedClock(start)
    assert start <= clock.now() < start + timedelta(minutes=1)
    assert clock.forward(timedelta(days=7)) >= start + timedelta(days=7)
    with pytest.raises(ValueError, match="forward"):
        clock.forward(timedelta(days=-1))

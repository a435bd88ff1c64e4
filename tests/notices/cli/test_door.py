"""What every command shares: configuration, moment, database, exit codes, one clear sentence."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta, timezone
from typing import TYPE_CHECKING

import pytest
import typer
from hypothesis import given
from hypothesis import strategies as st
from sqlalchemy import text
from sqlalchemy.exc import OperationalError
from typer.testing import CliRunner

from db.upgrade import newest_revision
from notices import __version__
from notices.cli.door import Call, command, parse_moment, say
from notices.clock import RealClock, SimulatedClock

if TYPE_CHECKING:
    from pathlib import Path

    from tests.notices.cli.conftest import Office


def call(folder: Path, given: datetime | date | None, zone: str = "Asia/Tokyo") -> Call:
    config = folder / "config.toml"
    config.write_text(f'[office]\ntimezone = "{zone}"\n', "utf-8")
    return Call(config, given)


def test_a_day_means_nine_in_the_offices_zone(tmp_path: Path) -> None:
    made = call(tmp_path, date(2018, 3, 1))
    assert made.now == datetime(2018, 3, 1, 0, tzinfo=UTC)
    assert made.today == date(2018, 3, 1)
    assert call(tmp_path, date(2018, 3, 1), "America/New_York").now.hour == 14


def test_a_moment_without_a_zone_is_the_offices(tmp_path: Path) -> None:
    naive = datetime(2018, 3, 1, 23, 30)  # noqa: DTZ001
    assert call(tmp_path, naive).now == datetime(2018, 3, 1, 14, 30, tzinfo=UTC)
    aware = datetime(2018, 3, 1, 23, 30, tzinfo=timezone(timedelta(hours=-5)))
    made = call(tmp_path, aware)
    assert made.now == aware
    assert made.today == date(2018, 3, 2)


def test_without_a_moment_it_is_now_once_and_for_all(tmp_path: Path) -> None:
    made = call(tmp_path, None)
    assert abs(made.now - datetime.now(UTC)) < timedelta(minutes=1)
    assert made.now is made.now
    assert isinstance(made.clock(), RealClock)
    assert isinstance(call(tmp_path, date(2018, 3, 1)).clock(), SimulatedClock)


@given(st.text(max_size=30))
def test_a_moment_is_read_or_refused_with_what_to_write(text: str) -> None:
    try:
        assert isinstance(parse_moment(text), date)
    except typer.BadParameter as error:
        told = str(error)
        assert "2018-03-31" in told


def test_the_door_keeps_a_commands_own_parameters_and_help() -> None:
    app = typer.Typer()

    @command(app)
    def greet(call: Call, name: str, loud: bool = False) -> None:
        """Greet somebody."""
        typer.echo(f"{name} {loud} {call.config} {call.given}")

    done = CliRunner().invoke(app, ["次回", "--loud", "--config", "x", "--now", "2018-03-01"])
    assert done.output == "次回 True x 2018-03-01\n"
    told = CliRunner().invoke(app, ["--help"]).output
    assert [p for p in ("Greet somebody.", "--loud", "--config", "--now") if p not in told] == []


def test_a_database_in_trouble_is_one_sentence_without_its_statement(
    capsys: pytest.CaptureFixture[str],
) -> None:
    app = typer.Typer()

    @command(app)
    def break_down(_call: Call) -> None:
        say("working")
        raise OperationalError("SELECT secret", {}, ValueError("disk I/O\n error"))

    done = CliRunner().invoke(app, [])
    assert done.exit_code == 1
    assert done.stderr == "working\njikai: the database cannot be used: disk I/O error\n"


def test_bare_jikai_and_help_explain_the_commands(office: Office) -> None:
    assert "upgrade" in office.run("--help").stdout
    assert office.run("-h").returncode == 0
    assert office.run("--version").stdout == f"jikai {__version__}\n"


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (["upgrade", "--now", "yesterday"], "is not a moment"),
        (["upgrade", "--now", "0001-01-01"], "cannot be meant"),
        (["upgrade", "--now", "9999-12-31T23:00+00:00"], "cannot be meant"),
        (["import", "sheet.txt", "--asof", "9999-12-31"], "'--asof'"),
        (["people", "edit", "a@example.jp"], "name what to change"),
        (["upgrade", "--config", "nowhere.toml"], "nowhere.toml: no such file"),
        (["upgrade", "--colour"], "No such option"),
        (["nonsense"], "No such command"),
    ],
)
def test_wrong_use_exits_with_two(office: Office, arguments: list[str], said: str) -> None:
    done = office.run(*arguments)
    assert (done.returncode, done.stdout) == (2, "")
    assert said in done.stderr
    assert "Traceback" not in done.stderr


def test_each_fault_of_the_configuration_is_a_line(office: Office) -> None:
    office.configure("[mail]\nport = 0\nprot = 1\n")
    done = office.run("upgrade")
    assert done.returncode == 2
    place = "jikai: config.toml: [mail]"
    assert done.stderr.splitlines() == [
        f"{place} port = 0 cannot be used: it takes a whole number from 1 to 65535",
        f"{place} prot is not a key here; did you mean port?",
    ]


def test_upgrade_makes_the_database_and_then_changes_nothing(office: Office) -> None:
    first, second = office.run("upgrade"), office.run("upgrade")
    assert (first.returncode, second.returncode) == (0, 0)
    assert f"now at {newest_revision()}" in first.stderr
    assert f"already at {newest_revision()}" in second.stderr
    assert (office.folder / "var" / "jikai.db").exists()


def test_a_database_of_a_newer_version_is_left_alone(open_office: Office) -> None:
    with open_office.writing() as session:
        session.execute(text("UPDATE alembic_version SET version_num = '9999'"))
    for arguments in (["upgrade"], ["entries"], ["import", "nothing.txt", "--asof", "2017-10-01"]):
        done = open_office.call(*arguments)
        assert (done.exit_code, done.stdout) == (1, "")
        assert "revision 9999" in done.stderr
        assert "install that version" in done.stderr


def test_a_folder_that_cannot_be_made_is_one_sentence(office: Office) -> None:
    (office.folder / "var").write_text("a file where the folder belongs")
    done = office.call("upgrade")
    assert done.exit_code == 1
    assert "cannot be made" in done.stderr


def test_an_import_that_could_not_be_stored_stops_before_it_reads(office: Office) -> None:
    (office.folder / "sheet.csv").write_text("KPI,Timing\na,2018-03\n")
    done = office.call("import", str(office.folder / "sheet.csv"), "--asof", "2017-10-01")
    assert (done.exit_code, done.stdout) == (1, "")
    assert "jikai upgrade" in done.stderr


def test_a_file_that_is_no_database_is_told_plainly(office: Office) -> None:
    (office.folder / "jikai.db").write_text("this is no database, it is a text\n" * 40)
    office.configure('[database]\nurl = "sqlite:///jikai.db"\n')
    done = office.run("upgrade")
    assert done.returncode == 1
    assert done.stderr == "jikai: the database cannot be used: file is not a database\n"

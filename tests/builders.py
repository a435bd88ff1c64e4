"""Sheets, entries and occurrences made directly, for tests that need no file to be read."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import UTC, date, datetime
from hashlib import sha256
from typing import TYPE_CHECKING
from zoneinfo import ZoneInfo

from db.tables import Edition, Entry, Expectation, Line, Occurrence, Outcome, Person, Sheet
from scheduler.lifecycle import Opening, open_first
from scheduler.occurrence import Standing, Window, standing
from scheduler.people import add_person
from scheduler.policy import Policy
from scheduler.steps import overdue_on

if TYPE_CHECKING:
    from collections.abc import Sequence

    from sqlalchemy.orm import Session

TOKYO = ZoneInfo("Asia/Tokyo")
POLICY = Policy(
    timezone=TOKYO,
    ahead_days=(30, 7),
    chase_days=(1, 7, 14, 28),
    grace_days=14,
    send_hour=9,
)
AS_OF = date(2017, 10, 1)


def morning(day: date | str, hour: int = 9) -> datetime:
    """The moment (UTC) of an hour in Tokyo on `day`, a date or its ISO text."""
    day = date.fromisoformat(day) if isinstance(day, str) else day
    return datetime(day.year, day.month, day.day, hour, tzinfo=TOKYO).astimezone(UTC)


@dataclass(frozen=True)
class Awaited:
    """One expectation to be made; days are ISO text, and without any the item has no window."""

    earliest: str | None = None
    latest: str | None = None
    approx: bool = False
    kind: str = "figure"
    covers: str | None = None
    stage: str | None = None
    repeat: str | None = None
    outcome: Outcome | None = None
    hedge: str | None = None

    @property
    def window(self) -> Window | None:
        """The window, None where there is none."""
        if self.earliest is None and self.latest is None:
            return None
        return Window(_day(self.earliest), _day(self.latest), self.approx)


@dataclass(frozen=True)
class Row:
    """One line of a sheet to be made, with what it awaits."""

    name: str
    awaits: tuple[Awaited, ...]
    tier: int | None = 1
    number: str | None = None
    reposted: bool = False
    target: str | None = None
    target_by: str | None = None
    value: str | None = None
    value_asof: str | None = None
    value_stage: str | None = None
    category: str | None = None
    text: str = ""


@dataclass
class Stored:
    """What was made: the entries in order, and all occurrences in order of their rows."""

    sheet: Sheet
    edition: Edition
    entries: list[Entry] = field(default_factory=list)
    occurrences: list[Occurrence] = field(default_factory=list)


def overdue_day(
    latest: date | None, approx: bool, policy: Policy = POLICY, hedge: str | None = None
) -> date | None:
    """The first day on which a window with this last day is overdue."""
    return overdue_on(latest, approx, hedge, policy)


def stands(
    earliest: date | None, latest: date | None, approx: bool, today: date, policy: Policy = POLICY
) -> Standing:
    """Where a window stands on a day."""
    return standing(earliest, latest, overdue_day(latest, approx, policy), today)


def store_sheet(
    session: Session,
    rows: Sequence[Row],
    *,
    reform_item: str = "⑯ an item",
    as_of: date = AS_OF,
    now: datetime | None = None,
    policy: Policy = POLICY,
) -> Stored:
    """Store a new sheet with one edition, an entry for each row, and their first occurrences."""
    now = now or morning(as_of)
    sheet = Sheet(policy_issue="an issue", reform_item=reform_item, created_at=now)
    session.add(sheet)
    session.flush()
    digest = sha256(reform_item.encode()).hexdigest()
    edition = Edition(
        sheet_id=sheet.id, as_of=as_of, source="built", digest=digest, imported_at=now
    )
    session.add(edition)
    session.flush()
    stored = Stored(sheet, edition)
    openings = []
    for position, row in enumerate(rows, start=1):
        entry = Entry(sheet_id=None if row.reposted else sheet.id, name=row.name, created_at=now)
        session.add(entry)
        session.flush()
        stored.entries.append(entry)
        openings += store_line(session, edition, entry, position, row, now)
    stored.occurrences = open_first(session, openings, now, policy)
    return stored


def store_line(
    session: Session, edition: Edition, entry: Entry, position: int, row: Row, now: datetime
) -> list[Opening]:
    """Store a line and its expectations; returns the windows that are to be opened."""
    line = Line(
        edition_id=edition.id,
        entry_id=entry.id,
        position=position,
        place=f"row {position}",
        tier=row.tier,
        number=row.number,
        name=row.name,
        reposted=row.reposted,
        target=row.target,
        target_by=_day(row.target_by),
        value=row.value,
        value_asof=row.value_asof,
        value_stage=row.value_stage,
        category=row.category,
        timing_text=row.text,
    )
    session.add(line)
    session.flush()
    openings = []
    for ordinal, awaited in enumerate(row.awaits, start=1):
        window = awaited.window
        expectation = Expectation(
            entry_id=entry.id,
            line_id=line.id,
            ordinal=ordinal,
            outcome=awaited.outcome or (Outcome.DATED if window else Outcome.UNDATED),
            kind=awaited.kind,
            covers=awaited.covers,
            stage=awaited.stage,
            repeat=awaited.repeat,
            hedge=awaited.hedge,
            text=row.text,
            created_at=now,
        )
        session.add(expectation)
        session.flush()
        if window is not None:
            openings.append(Opening(expectation, window, edition.id))
    return openings


def store_person(
    session: Session,
    email: str = "hanako@example.jp",
    *,
    admin: bool = False,
    timezone: str = "Asia/Tokyo",
    language: str = "ja",
    send_hour: int | None = None,
    now: datetime | None = None,
    policy: Policy = POLICY,
) -> Person:
    """Add a person with what most tests do not care about filled in."""
    return add_person(
        session,
        email,
        language=language,
        timezone=timezone,
        admin=admin,
        send_hour=send_hour,
        now=now or morning(AS_OF),
        policy=policy,
    )


_MARCH_2018 = Awaited("2018-03-01", "2018-03-31", True, covers="2017-04", stage="final")
_NEXT_YEAR = Awaited("2018-04-01", "2019-03-31", kind="continued")


def _kpi(name: str, number: str, target: str, value: str, stage: str | None) -> Row:
    return Row(
        name,
        (_MARCH_2018,),
        number=number,
        target=target,
        target_by="2021-03-31",
        value=value,
        value_asof="2017-04",
        value_stage=stage,
        category="A",
        reposted=True,
    )


ITEM_16 = (
    _kpi("E1", "①", "416", "301", "preliminary"),
    _kpi("E2", "②", "370", "215", "preliminary"),
    _kpi("E3", "③", "286", "413", None),
    Row(
        "E4",
        (Awaited("2019-03-01", "2019-03-31", True, covers="FY2017", stage="final"),),
        number="④",
        target="1000",
        target_by="2018-03-31",
        value="948",
        value_asof="2017-04-01",
        category="A",
        reposted=True,
    ),
    Row("E5", (Awaited(None, "2019-03-31", kind="decision"),), number="⑤", reposted=True),
    Row("E6", (Awaited("2017-04-01", "2018-03-31", kind="evaluation"),), tier=2),
    Row("E9", (_NEXT_YEAR,), tier=None),
    Row("E10", (_NEXT_YEAR,), tier=None),
    Row("E11", (_NEXT_YEAR,), tier=None),
)
ITEM_17 = (
    Row(
        "E7",
        (
            Awaited("2017-11-01", "2017-11-30", True, covers="FY2016", stage="actual"),
            Awaited("2018-11-01", "2018-11-30", True, covers="FY2017", stage="actual"),
        ),
        tier=2,
        value="99.2",
        value_asof="FY2016",
        value_stage="estimate",
    ),
    Row("E12", (Awaited("2017-04-01", "2018-03-31", kind="delivery"),), tier=None),
    Row("E13", (Awaited(kind="continued"),), tier=None),
)


def store_first_sheet(session: Session, now: datetime | None = None) -> tuple[Stored, Stored]:
    """The two sheets that Jikai was first written for, with names E1 to E13 (E8 is E7's second)."""
    return (
        store_sheet(session, ITEM_16, reform_item="⑯ public services", now=now),
        store_sheet(session, ITEM_17, reform_item="⑰ local taxes", now=now),
    )


def _day(text: str | None) -> date | None:
    return date.fromisoformat(text) if text else None

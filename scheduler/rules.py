"""The policy of each entry: what its own rule says, else its sheet's, else the configuration."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Any, NamedTuple

from sqlalchemy import func, select

from db.inserts import ids_query
from db.tables import Edition, Entry, Line, Rule, Sheet
from scheduler.errors import SchedulerError
from scheduler.workdays import Days, Workdays, parse_days, write_days

if TYPE_CHECKING:
    from collections.abc import Callable, Collection, Mapping, Sequence
    from datetime import datetime

    from sqlalchemy.orm import Session

    from scheduler.policy import Policy

MOST_DAYS = 12
Changes = dict[str, Any]
"""Keys of a policy with their values as the configuration spells them."""


class RuleError(SchedulerError):
    """A rule names no key of a policy, or a value it cannot have."""

    def __init__(self, key: str, value: object, allowed: str) -> None:
        super().__init__(f"{key} cannot be {value!r}: it takes {allowed}")
        self.key = key
        self.value = value
        self.allowed = allowed


class Ruled(NamedTuple):
    """One key of a policy as it is written, and who says so: "entry", "sheet" or "config"."""

    key: str
    value: Any
    source: str


def parse_count(written: object) -> Days:
    """A number of days that is not 0. Raises `ValueError`."""
    days = parse_days(written)
    if days in {0, Workdays(0)}:
        raise ValueError("0 days")
    return days


def parse_list(written: object) -> tuple[Days, ...]:
    """Different numbers of days. Raises `ValueError`."""
    days = [parse_count(each) for each in written] if isinstance(written, list | tuple) else None
    if days is None or len(days) > MOST_DAYS or len(set(days)) != len(days):
        raise ValueError("no such list")
    return tuple(days)


def parse_wait(written: object) -> Days | None:
    """A number of days that is not 0, or None for "", never. Raises `ValueError`."""
    return None if written == "" else parse_count(written)


def parse_truth(written: object) -> bool:
    """True or false. Raises `ValueError`."""
    if written is not True and written is not False:
        raise ValueError("neither true nor false")
    return written


COUNT = 'a number of days from 0 to 999, "7w" for working days'
LIST = (
    f'a list of different numbers of days from 1 to 999 ("7w": working days), at most {MOST_DAYS}'
)
WAIT = 'a number of days from 1 to 999, "7w" for working days, or "" for never'
TRUTH = "true or false"
KEYS: dict[str, tuple[Callable[[object], Any], str]] = {
    "opening_days": (parse_list, LIST),
    "ahead_days": (parse_list, LIST),
    "chase_days": (parse_list, LIST),
    "grace_days": (parse_days, COUNT),
    "grace_aim_days": (parse_days, COUNT),
    "grace_exact_days": (parse_days, COUNT),
    "superior_after": (parse_wait, WAIT),
    "unit_after": (parse_wait, WAIT),
    "admin_after": (parse_wait, WAIT),
    "hold_back": (parse_truth, TRUTH),
    "approve_postponements": (parse_truth, TRUTH),
}


def parse(key: str, written: object) -> Any:
    """The value of one key as a policy holds it. Raises `RuleError`."""
    if key not in KEYS:
        raise RuleError(key, written, f"nothing, for no rule has it; known are {', '.join(KEYS)}")
    reader, allowed = KEYS[key]
    try:
        return reader(written)
    except ValueError as error:
        raise RuleError(key, written, allowed) from error


def of_entries(session: Session, entry_ids: Collection[int], policy: Policy) -> dict[int, Policy]:
    """The policy of each of these entries; `policy` is the configuration's."""
    found = _rules(session, entry_ids)
    # Entries of one sheet share one policy, so that what is worked out for it is kept once.
    made: dict[str, Policy] = {}
    return {id_: _with(policy, found.get(id_, []), made) for id_ in entry_ids}


def of_entry(session: Session, entry_id: int, policy: Policy) -> Policy:
    """The policy of one entry."""
    return of_entries(session, [entry_id], policy)[entry_id]


def shown(session: Session, subject: Entry | Sheet | None, policy: Policy) -> list[Ruled]:
    """Every key of the policy of an entry, a sheet or the office (None), with its source."""
    if isinstance(subject, Entry):
        rules = _rules(session, [subject.id]).get(subject.id, [])
    else:
        rules = [rule] if subject and (rule := _rule_of(session, subject)) else []
    return [_ruled(key, rules, policy) for key in KEYS]


def written(policy: Policy) -> list[Ruled]:
    """Every key of the configuration's policy as it is written."""
    return [_ruled(key, [], policy) for key in KEYS]


def any_says(session: Session, key: str) -> bool:
    """Whether any sheet or entry has a rule of its own for this key."""
    return any(key in changes for changes in session.scalars(select(Rule.changes)))


def change(
    session: Session, subject: Entry | Sheet, changes: Mapping[str, Any], now: datetime
) -> Changes:
    """Give an entry or a sheet rules of its own, None takes one back; returns all it has then.

    Whoever calls this brings its occurrences in line (`replanning.replan`). Raises `RuleError`.
    """
    for key, written in changes.items():
        if written is not None or key not in KEYS:
            parse(key, written)
    rule = _rule_of(session, subject)
    if rule is None:
        rule = Rule(changes={}, changed_at=now)
        rule.entry_id = subject.id if isinstance(subject, Entry) else None
        rule.sheet_id = subject.id if isinstance(subject, Sheet) else None
        session.add(rule)
    rule.changes = {k: v for k, v in {**rule.changes, **changes}.items() if v is not None}
    rule.changed_at = now
    session.flush()
    return rule.changes


def _rules(session: Session, entry_ids: Collection[int]) -> dict[int, list[Rule]]:
    """The rules of each entry that has any, its own first, then its sheet's."""
    of_sheets = {
        rule.sheet_id: rule
        for rule in session.scalars(select(Rule).where(Rule.sheet_id.is_not(None)))
    }
    wanted = ids_query(session, entry_ids)
    own = session.scalars(select(Rule).where(Rule.entry_id.in_(wanted)))
    found = {rule.entry_id: [rule] for rule in own if rule.entry_id is not None}
    homes = _homes(session, entry_ids) if of_sheets else {}
    for entry_id, sheet_id in homes.items():
        if sheet_id in of_sheets:
            found.setdefault(entry_id, []).append(of_sheets[sheet_id])
    return found


def _homes(session: Session, entry_ids: Collection[int]) -> dict[int, int]:
    """The sheet whose rule holds for each entry: its home, else the first that reposts it."""
    shown_by = (
        select(Line.entry_id, func.min(Edition.sheet_id).label("sheet_id"))
        .join(Edition, Edition.id == Line.edition_id)
        .where(Line.entry_id.in_(ids_query(session, entry_ids)))
        .group_by(Line.entry_id)
        .subquery()
    )
    home = func.coalesce(Entry.sheet_id, shown_by.c.sheet_id)
    query = select(Entry.id, home).outerjoin(shown_by, shown_by.c.entry_id == Entry.id)
    query = query.where(Entry.id.in_(ids_query(session, entry_ids)), home.is_not(None))
    return dict(session.execute(query).all())


def _rule_of(session: Session, subject: Entry | Sheet) -> Rule | None:
    column = Rule.entry_id if isinstance(subject, Entry) else Rule.sheet_id
    return session.scalars(select(Rule).where(column == subject.id)).one_or_none()


def _with(policy: Policy, rules: Sequence[Rule], made: dict[str, Policy]) -> Policy:
    if not rules:
        return policy
    changes = _merged(rules)
    key = repr(sorted(changes.items()))
    if key not in made:
        parsed = {name: parse(name, written) for name, written in changes.items()}
        made[key] = replace(policy, **parsed)
    return made[key]


def _merged(rules: Sequence[Rule]) -> Changes:
    """What the rules say together; the first has the last word."""
    changes: Changes = {}
    for rule in reversed(rules):
        changes.update(rule.changes)
    return changes


def _ruled(key: str, rules: Sequence[Rule], policy: Policy) -> Ruled:
    for rule in rules:
        if key in rule.changes:
            return Ruled(key, rule.changes[key], "entry" if rule.entry_id else "sheet")
    return Ruled(key, _written(getattr(policy, key)), "config")


def _written(value: Any) -> Any:
    if isinstance(value, tuple):
        return [write_days(days) for days in value]
    if isinstance(value, Workdays):
        return write_days(value)
    return "" if value is None else value

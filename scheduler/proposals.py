"""Windows that wait for somebody's yes: postponements, and next ones that no source names."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING
from unicodedata import normalize

from sqlalchemy import or_, select
from sqlalchemy.orm import joinedload

from db.inserts import ids_query, insert_into, insert_rows
from db.rows import by_id
from db.tables import Occurrence, OccurrenceState, Proposal, Proposed, Reminder, is_open
from scheduler.errors import SchedulerError
from scheduler.lifecycle import hold, open_proposed
from scheduler.occurrence import Window, WindowError
from scheduler.owners import admins
from scheduler.promises import promise
from scheduler.sending import SendTimes
from scheduler.telling import PROPOSAL
from scheduler.timing import PeriodError, shift_period, shift_window

if TYPE_CHECKING:
    from collections.abc import Collection, Sequence
    from datetime import date, datetime

    from sqlalchemy import Select
    from sqlalchemy.orm import Session

    from db.tables import Person
    from scheduler.policy import Policy

A_YEAR = "P1Y"
# Wording that says "the year after" of the year a figure describes, so of any year's figure.
_YEAR_AFTER = re.compile(r"翌々?年|following (?:fiscal )?year|next (?:fiscal )?year|year after")
_YEAR = re.compile(r"(?:FY)?\d{4}")


class ProposalError(SchedulerError):
    """The proposal cannot be decided."""


class UnknownProposalError(ProposalError):
    """No proposal has this number."""

    def __init__(self, number: int) -> None:
        super().__init__(f"there is no proposal {number}: `jikai proposals` shows those that wait")
        self.number = number


class DecidedError(ProposalError):
    """Somebody has decided it, or what it was about is settled."""

    def __init__(self, number: int) -> None:
        super().__init__(f"proposal {number} waits for no answer any more")
        self.number = number


class NotAnAdminError(ProposalError):
    """Only an admin says yes or no."""

    def __init__(self, email: str) -> None:
        super().__init__(f"{email} is no admin: an admin has to decide this")
        self.email = email


def propose(
    session: Session,
    occurrence: Occurrence,
    window: Window,
    reason: str,
    *,
    person: Person,
    now: datetime,
    policy: Policy,
) -> Proposal:
    """Keep a postponement that an admin has to approve, in place of the same person's last one.

    The occurrence stays as it is; every admin is told. The same window again is the same proposal.
    """
    before = session.scalars(_waiting(occurrence, person)).first()
    if before is not None and window_of_proposal(before) == window:
        return before
    if before is not None:
        before.accepted, before.decided_at = False, now
    made = _proposal(occurrence, Proposed.POSTPONE, window, reason, now)
    made.person_id = person.id
    session.add(made)
    session.flush()
    _tell(session, [(made, occurrence.id)], admins(session), now=now, policy=policy)
    return made


def propose_next(
    session: Session, occurrences: Sequence[Occurrence], now: datetime, policy: Policy
) -> list[Proposal]:
    """After confirmed figures of one year: the next year's, where the wording holds for any year.

    Each is proposed once, after the newest year its entry awaits. It stands nowhere in the source,
    so nothing comes of it before a person says yes.
    """
    holding = [each for each in occurrences if _holds_for_any_year(each)]
    if not holding:
        return []
    newest = _newest_years(session, {each.entry_id for each in holding})
    last = [each for each in holding if newest[each.entry_id, each.kind] == each.covers]
    made = [proposal for each in last if (proposal := _next_year(each, now)) is not None]
    session.add_all(made)
    session.flush()
    told = [(proposal, proposal.occurrence_id) for proposal in made]
    _tell(session, told, admins(session), now=now, policy=policy)
    return made


def undecided(session: Session, entry_ids: Collection[int] | None = None) -> list[Proposal]:
    """What waits for a yes, oldest first; of some entries only where they are given."""
    query = (
        _undecided()
        .order_by(Proposal.id)
        .options(
            joinedload(Proposal.occurrence).joinedload(Occurrence.entry),
            joinedload(Proposal.proposer),
        )
    )
    if entry_ids is not None:
        query = query.where(Occurrence.entry_id.in_(entry_ids))
    return list(session.scalars(query))


def find(session: Session, number: int) -> Proposal:
    """The proposal of this number. Raises `UnknownProposalError`."""
    found = by_id(session, Proposal, number)
    if found is None:
        raise UnknownProposalError(number)
    return found


def decide(
    session: Session,
    proposal: Proposal,
    accepted: bool,
    *,
    person: Person | None,
    now: datetime,
    policy: Policy,
) -> Occurrence | None:
    """Say yes or no; returns the occurrence that the yes moved or opened, None after a no.

    Whoever proposed it is told. `person` None is somebody at the keyboard. Raises `DecidedError`,
    `NotAnAdminError`.
    """
    if person is not None and not person.admin:
        raise NotAnAdminError(person.email)
    occurrence = proposal.occurrence
    hold(session, [occurrence.entry_id])
    session.refresh(proposal)
    if session.scalars(_undecided().where(Proposal.id == proposal.id)).first() is None:
        raise DecidedError(proposal.id)
    proposal.accepted, proposal.decided_at = accepted, now
    proposal.decided_by_id = person.id if person else None
    session.flush()
    result = _carry_out(session, proposal, now, policy) if accepted else None
    if proposal.proposer is not None:
        told = [(proposal, (result or occurrence).id)]
        _tell(session, told, [proposal.proposer], now=now, policy=policy)
    return result


def window_of_proposal(proposal: Proposal) -> Window:
    """The window that is proposed."""
    return Window(proposal.earliest, proposal.latest, proposal.approx)


def _carry_out(session: Session, proposal: Proposal, now: datetime, policy: Policy) -> Occurrence:
    occurrence, window = proposal.occurrence, window_of_proposal(proposal)
    if proposal.kind is Proposed.NEXT:
        return open_proposed(session, occurrence, window, proposal.covers, now=now, policy=policy)
    return promise(
        session,
        occurrence,
        window,
        proposal.reason,
        person=proposal.proposer,
        now=now,
        policy=policy,
    )


def _proposal(
    occurrence: Occurrence, kind: Proposed, window: Window, reason: str, now: datetime
) -> Proposal:
    return Proposal(
        occurrence_id=occurrence.id,
        kind=kind,
        earliest=window.earliest,
        latest=window.latest,
        approx=window.approx,
        reason=reason,
        made_at=now,
    )


def _undecided() -> Select[Proposal]:
    """A postponement waits while its occurrence is open; the next one waits after the last."""
    live = or_(Proposal.kind == Proposed.NEXT, is_open())
    return (
        select(Proposal)
        .join(Occurrence, Occurrence.id == Proposal.occurrence_id)
        .where(Proposal.decided_at.is_(None), live)
    )


def _waiting(occurrence: Occurrence, person: Person) -> Select[Proposal]:
    return _undecided().where(
        Proposal.occurrence_id == occurrence.id,
        Proposal.kind == Proposed.POSTPONE,
        Proposal.person_id == person.id,
    )


def _next_year(occurrence: Occurrence, now: datetime) -> Proposal | None:
    try:
        covers = shift_period(occurrence.covers or "", A_YEAR)
        window = Window(
            *shift_window(occurrence.earliest, occurrence.latest, A_YEAR), occurrence.approx
        )
    except (PeriodError, WindowError):
        return None
    made = _proposal(occurrence, Proposed.NEXT, window, occurrence.expectation.text, now)
    made.covers = covers
    return made


def _tell(
    session: Session,
    told: Sequence[tuple[Proposal, int]],
    people: Collection[Person],
    *,
    now: datetime,
    policy: Policy,
) -> None:
    """Let each of these people hear of each proposal, beside the occurrence with this id."""
    today = policy.today(now)
    hours = SendTimes(session, people, today, policy)
    rows = [
        {
            "occurrence_id": occurrence_id,
            "person_id": person.id,
            "step": f"{PROPOSAL}-{proposal.id}",
            "day": today,
            "send_from": hours.first(person, today),
            "quiet": _is_bygone(proposal, today),
            "created_at": now,
        }
        for proposal, occurrence_id in told
        for person in people
    ]
    insert_rows(session, insert_into(session, Reminder).on_conflict_do_nothing(), rows)


def _is_bygone(proposal: Proposal, today: date) -> bool:
    """Whether old editions have brought up what would be over by now."""
    next_one = proposal.kind is Proposed.NEXT
    return next_one and proposal.latest is not None and proposal.latest < today


def _holds_for_any_year(occurrence: Occurrence) -> bool:
    awaited = occurrence.expectation
    return (
        awaited.repeat is None
        and occurrence.kind == "figure"
        and _YEAR.fullmatch(occurrence.covers or "") is not None
        and _YEAR_AFTER.search(normalize("NFKC", awaited.text)) is not None
    )


def _newest_years(session: Session, entry_ids: Collection[int]) -> dict[tuple[int, str], str]:
    """By entry and kind, the newest period that was ever awaited."""
    query = select(Occurrence.entry_id, Occurrence.kind, Occurrence.covers).where(
        Occurrence.entry_id.in_(ids_query(session, entry_ids)),
        Occurrence.covers.is_not(None),
        Occurrence.state != OccurrenceState.POSTPONED,
    )
    found: dict[tuple[int, str], str] = {}
    for entry_id, kind, covers in session.execute(query):
        found[entry_id, kind] = max(covers or "", found.get((entry_id, kind), ""))
    return found

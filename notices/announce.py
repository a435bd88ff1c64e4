"""What people are to be told besides their windows: notices for the mail of a day."""

from __future__ import annotations

from collections import defaultdict
from datetime import timedelta
from typing import TYPE_CHECKING, Any, NamedTuple
from zoneinfo import ZoneInfo

from sqlalchemy import func, or_, select

from db.inserts import ids_query, insert_into, insert_rows
from db.tables import (
    Answer,
    Assignment,
    Expectation,
    Heartbeat,
    Mail,
    MailKind,
    MailState,
    Mute,
    Notice,
    Occurrence,
    Person,
    Reminder,
    Verb,
    is_unresolved,
)
from notices import broken_templates
from notices.admin_digest import affairs_stand, is_troubled
from scheduler.owners import admins, owners
from scheduler.sending import SendTimes

if TYPE_CHECKING:
    from collections.abc import Collection, Iterator, Sequence
    from datetime import date, datetime

    from sqlalchemy import Select
    from sqlalchemy.orm import Session

    from notices.settings import Settings
    from scheduler.policy import Policy

KIND_OF = {Verb.CONFIRM: MailKind.CONFIRMATION, Verb.POSTPONE: MailKind.POSTPONEMENT}
DAILY = "digest"
ONE_DAY = timedelta(days=1)


class _Draft(NamedTuple):
    """A notice to be: `today` says that the mail of this very day may tell it."""

    kind: MailKind
    person: Person
    answer_id: int | None = None
    today: bool = False


def is_due(session: Session, now: datetime, policy: Policy) -> bool:
    """Whether there is anything to note: an answer nobody was told of, or a new working day."""
    today = policy.today(now)
    if session.scalar(select(Answer.id).where(Answer.told_at.is_(None)).limit(1)) is not None:
        return True
    done = session.scalar(select(Heartbeat.at).where(Heartbeat.job == DAILY))
    begun = done is not None and done >= policy.day_start(today)
    return not begun and policy.sending.is_workday(today)


def announce_answers(session: Session, now: datetime, policy: Policy, limit: int = 200) -> int:
    """Note for up to `limit` answers whom to tell of them; returns how many there were.

    Told are the other owners, and everybody who was asked for the figure. Call it again, each time
    in a transaction of its own, until that is 0.
    """
    untold = select(Answer).where(Answer.told_at.is_(None)).order_by(Answer.id).limit(limit)
    answers = session.scalars(untold.with_for_update(skip_locked=True)).all()
    if not answers:
        return 0
    for answer in answers:
        answer.told_at = now
    concerned = _concerned(session, [each for each in answers if each.verb in KIND_OF])
    told = [
        _Draft(KIND_OF[each.verb], one, each.id) for each, people in concerned for one in people
    ]
    _note(session, told, now, policy)
    return len(answers)


def announce_day(session: Session, now: datetime, settings: Settings) -> bool:
    """Once on each working day of the office: note what admins must know, and a week's summary.

    The admins hear on the first working day of a week of all that stands, and on other days where
    something is new. False where the day was done before, or is no working day.
    """
    policy = settings.policy()
    today = policy.today(now)
    if not policy.sending.is_workday(today) or not _begin(session, today, now, policy):
        return False
    first_of_week = _first_of_week(today, policy) == today
    if admins(session) and _is_to_tell(session, settings, first_of_week, now):
        tell_admins(session, now, policy)
    if settings.mail.summary == "weekly" and first_of_week:
        people = session.scalars(_with_a_week()).all()
        week = [_Draft(MailKind.WEEKLY, person, today=True) for person in people]
        _note(session, week, now, policy)
    return True


def tell_admins(session: Session, now: datetime, policy: Policy) -> None:
    """Note that every admin gets the state of affairs with the next mail of a day."""
    told = [_Draft(MailKind.ADMIN, person, today=True) for person in admins(session)]
    _note(session, told, now, policy)


def _concerned(
    session: Session, answers: Sequence[Answer]
) -> Iterator[tuple[Answer, list[Person]]]:
    """With each answer, who owns the entry or was asked for this figure, but for who answered."""
    wanted = ids_query(session, {each.occurrence_id for each in answers})
    places = select(Occurrence.id, Occurrence.entry_id).where(Occurrence.id.in_(wanted))
    entries = {row.id: row.entry_id for row in session.execute(places)}
    owning, asked = owners(session, set(entries.values())), _asked(session, wanted)
    for each in answers:
        found = [*owning.get(entries[each.occurrence_id], ()), *asked[each.occurrence_id]]
        others = {one.id: one for one in found if one.id != each.person_id}
        yield each, list(others.values())


def _asked(session: Session, occurrence_ids: Select[int]) -> dict[int, list[Person]]:
    """The active people whom a mail asked for each of these."""
    query = (
        select(Reminder.occurrence_id, Person)
        .join(Person, Person.id == Reminder.person_id)
        .where(Reminder.occurrence_id.in_(occurrence_ids), Reminder.mail_id.is_not(None))
        .where(Person.active)
        .order_by(Reminder.id)
    )
    found: dict[int, list[Person]] = defaultdict(list)
    for occurrence_id, person in session.execute(query):
        found[occurrence_id].append(person)
    return found


def _note(session: Session, drafts: Collection[_Draft], now: datetime, policy: Policy) -> None:
    times = SendTimes(session, [each.person for each in drafts], policy.today(now), policy)
    rows = [_row(each, times, now, policy.today(now)) for each in drafts]
    statement = insert_into(session, Notice).on_conflict_do_nothing(index_elements=[Notice.key])
    insert_rows(session, statement, rows)


def _row(draft: _Draft, times: SendTimes, now: datetime, day: date) -> dict[str, Any]:
    person = draft.person
    what = f"{draft.answer_id}/{person.id}" if draft.answer_id else f"{person.id}/{day.isoformat()}"
    return {
        "key": f"{draft.kind}/{what}",
        "kind": draft.kind,
        "person_id": person.id,
        "answer_id": draft.answer_id,
        "day": day,
        "send_from": _send_from(draft, times, now),
        "created_at": now,
    }


def _send_from(draft: _Draft, times: SendTimes, now: datetime) -> datetime:
    """The person's hour of today, gone by or not; what can wait, waits for the next to come."""
    today = now.astimezone(ZoneInfo(draft.person.timezone)).date()
    this = times.first(draft.person, today)
    return this if draft.today or this >= now else times.first(draft.person, today + ONE_DAY)


def _begin(session: Session, today: date, now: datetime, policy: Policy) -> bool:
    """Whether this is the day's first call; several processes may ask at the same time."""
    start = policy.day_start(today)
    beat = insert_into(session, Heartbeat).values(job=DAILY, at=now)
    moved = beat.on_conflict_do_update(
        index_elements=[Heartbeat.job], set_={"at": now}, where=Heartbeat.at < start
    )
    return session.scalar(moved.returning(Heartbeat.job)) is not None


def _is_to_tell(session: Session, settings: Settings, all_that_stands: bool, now: datetime) -> bool:
    if broken_templates.known(session, settings):
        return True
    today = settings.policy().today(now)
    return affairs_stand(session, now, today) and (all_that_stands or _is_news(session))


def _first_of_week(today: date, policy: Policy) -> date:
    return policy.sending.next_workday(today - timedelta(days=today.weekday()))


def _is_news(session: Session) -> bool:
    """Whether something came up for the admins since they were told last."""
    last = session.scalar(select(func.max(Notice.created_at)).where(Notice.kind == MailKind.ADMIN))
    sources = (
        select(func.max(Expectation.created_at)).where(is_unresolved()),
        select(func.max(Person.suspended_at)),
        select(func.max(Mute.at)).where(Mute.lifted_at.is_(None)),
        select(func.max(Mail.settled_at)).where(Mail.state == MailState.FAILED),
        select(func.max(Mail.first_tried_at)).where(is_troubled(), Mail.settled_at.is_(None)),
    )
    found = [moment for query in sources if (moment := session.scalar(query)) is not None]
    return last is None or any(moment > last for moment in found)


def _with_a_week() -> Any:
    """Whom a week's summary says anything: owners and admins."""
    owning = Person.id.in_(select(Assignment.person_id))
    return select(Person).where(Person.active, or_(Person.admin, owning)).order_by(Person.id)

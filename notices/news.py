"""What others answered: the parts of a mail that tell of confirmations and postponements."""

from __future__ import annotations

from collections import defaultdict
from typing import TYPE_CHECKING, NamedTuple
from zoneinfo import ZoneInfo

from sqlalchemy import select
from sqlalchemy.orm import joinedload

from db.inserts import ids_query
from db.tables import Answer, MailKind, Notice, Occurrence, OccurrenceState, Person, Verb
from notices import wording
from notices.digest import about, in_subject, plain
from notices.locale import say
from notices.parts import Line, Part, block, entry_line

if TYPE_CHECKING:
    from collections.abc import Collection, Mapping, Sequence

    from sqlalchemy.orm import Session

    from db.tables import Mail
    from notices.settings import Settings

KINDS = (MailKind.CONFIRMATION, MailKind.POSTPONEMENT)


class _Story(NamedTuple):
    """An answer, the occurrence it was about, who gave it (None: a sheet), what stands there now
    or, of a confirmed one, what comes next.
    """

    answer: Answer
    of: Occurrence
    by: Person | None
    then: Occurrence | None


def look_up(
    session: Session, mails: Collection[Mail], settings: Settings
) -> dict[tuple[int, MailKind], Part]:
    """What the notices of these mails tell of answers, by mail and kind."""
    told = _told(session, [mail.id for mail in mails])
    people = {mail.id: mail.person for mail in mails}
    return {
        (mail_id, kind): part(
            kind,
            [_line(story, people[mail_id], settings) for story in stories],
            people[mail_id].language,
        )
        for (mail_id, kind), stories in told.items()
    }


def part(kind: MailKind, lines: Sequence[Line], language: str) -> Part:
    """The part of a mail that tells these lines."""
    name = in_subject(lines[0].name)
    subject = say(language, f"mail.subject.{kind}", name=name)
    if len(lines) > 1:
        subject += say(language, "mail.subject.more", count=len(lines) - 1)
    return Part(kind, subject, blocks=(block(language, kind.value, lines, hinted=False),))


def _told(session: Session, mail_ids: Collection[int]) -> dict[tuple[int, MailKind], list[_Story]]:
    query = (
        select(Notice.mail_id, Notice.kind, Answer, Occurrence, Person)
        .join(Answer, Answer.id == Notice.answer_id)
        .join(Occurrence, Occurrence.id == Answer.occurrence_id)
        .outerjoin(Person, Person.id == Answer.person_id)
        .where(Notice.mail_id.in_(ids_query(session, mail_ids)), Notice.kind.in_(KINDS))
        .order_by(Answer.id)
        .options(joinedload(Occurrence.entry))
    )
    rows = session.execute(query).all()
    standing = _standing(session, {occurrence.expectation_id for _, _, _, occurrence, _ in rows})
    found: dict[tuple[int, MailKind], list[_Story]] = defaultdict(list)
    for mail_id, kind, answer, of, by in rows:
        if mail_id is not None:
            found[mail_id, kind].append(_Story(answer, of, by, _then(of, standing)))
    return found


def _standing(
    session: Session, expectation_ids: Collection[int]
) -> dict[tuple[int, int], Occurrence]:
    """What stands for each repetition of these expectations, postponed windows left out."""
    query = select(Occurrence).where(
        Occurrence.expectation_id.in_(ids_query(session, expectation_ids)),
        Occurrence.state != OccurrenceState.POSTPONED,
    )
    return {(each.expectation_id, each.repetition): each for each in session.scalars(query)}


def _then(of: Occurrence, standing: Mapping[tuple[int, int], Occurrence]) -> Occurrence | None:
    is_over = of.state is OccurrenceState.CONFIRMED
    return standing.get((of.expectation_id, of.repetition + is_over))


def _line(story: _Story, reader: Person, settings: Settings) -> Line:
    of, language = story.of, reader.language
    facts = (
        wording.awaited_words(of, language),
        _outcome(story, language, settings),
        _answered_by(story, reader),
        _why(story.answer, language),
        _following(story, language, settings),
    )
    said = [fact for fact in facts if fact]
    return entry_line(of.entry, settings.web.base_url, said, of.public_id)


def _answered_by(story: _Story, reader: Person) -> str:
    """Who, and when by the reader's own clock."""
    language = reader.language
    when = wording.moment(story.answer.at, ZoneInfo(reader.timezone), language)
    if story.by is None:
        return say(language, "mail.answered_by_sheet", when=when)
    return say(language, "mail.answered_by", who=story.by.name, when=when)


def _why(answer: Answer, language: str) -> str:
    words = plain(answer.note or "")
    if not words:
        return ""
    if answer.verb is Verb.POSTPONE:
        return say(language, "mail.reason_words", text=words)
    return say(language, "mail.note", note=words)


def _outcome(story: _Story, language: str, settings: Settings) -> str:
    """The figure, or the new window."""
    answer, of = story.answer, story.of
    if answer.value:
        said = about(answer.value_asof, answer.value_stage, language)
        key = "mail.known_of" if said else "mail.known"
        return say(language, key, value=answer.value, about=said)
    if of.state is not OccurrenceState.POSTPONED or story.then is None:
        return ""
    old, new = (
        wording.window(one.earliest, one.latest, one.approx, language, settings.policy())
        for one in (of, story.then)
    )
    return say(language, "mail.moved", old=old, new=new)


def _following(story: _Story, language: str, settings: Settings) -> str:
    """What comes after a confirmed one; "" where nothing does."""
    then = story.then
    if story.of.state is not OccurrenceState.CONFIRMED or then is None:
        return ""
    what = wording.awaited(then.kind, then.covers, then.stage, language)
    window = (then.earliest, then.latest, then.approx)
    when = wording.expected(*window, language, settings.policy())
    return say(language, "mail.next", what=what, when=when)

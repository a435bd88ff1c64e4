"""A mail's states, one writer, and claims that nobody can use twice."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from datetime import date, timedelta
from typing import TYPE_CHECKING, Any

import pytest
from sqlalchemy import event

from db.engine import open_engine, reading, writing
from db.tables import Mail, MailKind, MailState
from db.upgrade import upgrade
from notices import outbox
from notices.outbox import Claim, Mark, NewMail
from notices.wire import Outcome, Verdict
from tests.builders import morning, store_person

if TYPE_CHECKING:
    from datetime import datetime

    from sqlalchemy import Engine

NOW = morning("2018-03-01")
SOON = NOW + timedelta(minutes=10)
DAY = date(2018, 3, 1)


def _queue(
    engine: Engine, count: int = 1, people: int | None = None, kind: MailKind = MailKind.REMINDER
) -> None:
    """Queue `count` mails in turn to `people` persons, one each where that is not said."""
    with writing(engine) as session:
        persons = [store_person(session, f"p{i}@example.jp") for i in range(people or count)]
        turns = [persons[i % len(persons)] for i in range(count)]
        new = [NewMail(kind, person.id, f"mail/{i}", DAY) for i, person in enumerate(turns)]
        outbox.enqueue(session, new, "example.jp", NOW)


def _claim(engine: Engine, now: object = NOW, limit: int = 10) -> list[Claim]:
    with writing(engine) as session:
        return outbox.claim(session, NOW if now is NOW else SOON, SOON, limit)


def _mail(engine: Engine, mail_id: int = 1) -> Mail:
    with reading(engine) as session:
        return session.get_one(Mail, mail_id)


def _settle(engine: Engine, claim: Claim, verdict: Verdict, now: datetime = NOW) -> None:
    with writing(engine) as session:
        outbox.settle(session, [(claim, Outcome(verdict, "what was said"))], now)


def _mark(engine: Engine, claim: Claim, content: bytes = b"bytes") -> bool:
    with writing(engine) as session:
        return bool(outbox.mark_doubtful(session, [Mark(claim, "subject", content)], SOON))


def test_a_key_makes_one_mail_only(engine: Engine) -> None:
    _queue(engine)
    with writing(engine) as session:
        outbox.enqueue(session, [NewMail(MailKind.REMINDER, 1, "mail/0", DAY)], "example.jp", SOON)
    with reading(engine) as session:
        [mail] = outbox.mails(session)
    assert mail.created_at == NOW
    assert mail.message_id.startswith("<reminder.20180301.")
    assert mail.message_id.endswith("@example.jp>")


@pytest.mark.parametrize(
    ("verdict", "state"),
    [
        (Verdict.ACCEPTED, MailState.SENT),
        (Verdict.NEVER, MailState.FAILED),
        (Verdict.UNKNOWN, MailState.DOUBTFUL),
        (Verdict.LATER, MailState.QUEUED),
    ],
)
def test_each_outcome_has_its_state(engine: Engine, verdict: Verdict, state: MailState) -> None:
    _queue(engine)
    [claim] = _claim(engine)
    assert _mail(engine).state is MailState.SENDING
    assert _mark(engine, claim)
    assert _mail(engine).state is MailState.DOUBTFUL
    _settle(engine, claim, verdict)
    mail = _mail(engine)
    assert (mail.state, mail.reply) == (state, "what was said")
    assert (mail.settled_at == NOW) == (state in {MailState.SENT, MailState.FAILED})
    assert state is not MailState.QUEUED or mail.run_at > NOW
    assert (mail.lease_until == NOW) == (state is MailState.DOUBTFUL)
    with reading(engine) as session:
        copy = outbox.mail_copy(session, 1)
        assert copy is not None
        assert (copy.subject, copy.content) == ("subject", b"bytes")


def test_a_second_try_keeps_the_date_and_replaces_the_copy(engine: Engine) -> None:
    _queue(engine)
    [first] = _claim(engine)
    _mark(engine, first)
    _settle(engine, first, Verdict.LATER)
    assert _claim(engine) == []
    [second] = _claim(engine, SOON)
    assert _mark(engine, second, b"others")
    mail = _mail(engine)
    assert (mail.first_tried_at, mail.attempts) == (NOW, 2)
    with reading(engine) as session:
        copy = outbox.mail_copy(session, 1)
        assert copy is not None
        assert copy.content == b"others"


def test_whoever_lost_a_claim_can_neither_mark_nor_settle(engine: Engine) -> None:
    _queue(engine)
    [lost] = _claim(engine)
    with writing(engine) as session:
        assert outbox.rescue(session, SOON - timedelta(seconds=1)) == 0
        assert outbox.rescue(session, SOON) == 1
    [held] = _claim(engine, SOON)
    assert not _mark(engine, lost)
    _settle(engine, lost, Verdict.ACCEPTED)
    assert _mail(engine).state is MailState.SENDING
    assert _mark(engine, held)


def test_marks_written_together_are_held_one_by_one(engine: Engine) -> None:
    _queue(engine, 3)
    first, second, third = _claim(engine)
    with writing(engine) as session:
        outbox.release(session, [second])
        marks = [Mark(each, f"mail {each.mail_id}", b"x") for each in (first, second, third)]
        assert outbox.mark_doubtful(session, marks, SOON) == {first, third}
    with reading(engine) as session:
        assert [outbox.mail_copy(session, i) is None for i in (1, 2, 3)] == [False, True, False]
        assert [m.state for m in reversed(outbox.mails(session))] == [
            MailState.DOUBTFUL,
            MailState.QUEUED,
            MailState.DOUBTFUL,
        ]


@pytest.mark.parametrize("fate", ["killed before it was settled", "no answer to the dot"])
@pytest.mark.parametrize(
    ("kind", "state"),
    [
        (MailKind.REMINDER, MailState.DOUBTFUL),
        (MailKind.SIGN_IN, MailState.DOUBTFUL),
        (MailKind.CHASE, MailState.QUEUED),
    ],
)
def test_doubt_is_resolved_by_the_rule_of_its_kind(
    engine: Engine, kind: MailKind, state: MailState, fate: str
) -> None:
    _queue(engine, kind=kind)
    [claim] = _claim(engine)
    _mark(engine, claim)
    if fate == "no answer to the dot":
        _settle(engine, claim, Verdict.UNKNOWN, SOON)
    before = _mail(engine)
    assert before.state is MailState.DOUBTFUL
    with writing(engine) as session:
        assert outbox.rescue(session, SOON) == (state is MailState.QUEUED)
        assert outbox.rescue(session, SOON) == 0
    after = _mail(engine)
    assert (after.state, after.lease_until) == (state, None)
    assert after.message_id == before.message_id


def test_an_idle_look_reads_no_mail_that_is_done_with(sqlite_engine: Engine) -> None:
    asked: list[tuple[str, Any]] = []
    _queue(sqlite_engine)
    event.listen(
        sqlite_engine, "before_cursor_execute", lambda *given: asked.append((given[2], given[3]))
    )
    with writing(sqlite_engine) as session:
        outbox.rescue(session, NOW)
        outbox.count_due(session, NOW, 10)
    (lapsed, at), (due, values) = asked
    with reading(sqlite_engine) as session:
        for statement, given, index in ((lapsed, at, "leased"), (due, values, "queued")):
            plan = session.connection().exec_driver_sql(f"EXPLAIN QUERY PLAN {statement}", given)
            assert f"SEARCH mail USING INDEX ix_mail_{index}" in str(plan.all())


def test_a_mail_in_its_senders_hand_is_no_doubt_to_resolve(engine: Engine) -> None:
    _queue(engine, kind=MailKind.CHASE)
    [claim] = _claim(engine)
    _mark(engine, claim)
    with writing(engine) as session:
        assert outbox.rescue(session, SOON - timedelta(seconds=1)) == 0
    _settle(engine, claim, Verdict.ACCEPTED)
    with writing(engine) as session:
        assert outbox.rescue(session, SOON + timedelta(days=9)) == 0
    assert _mail(engine).state is MailState.SENT


def test_the_rescuer_passes_over_what_somebody_writes_to(postgres_url: str) -> None:
    engine = open_engine(postgres_url)
    upgrade(engine)
    _queue(engine, 2)
    first, _ = _claim(engine)
    later = SOON + timedelta(minutes=10)
    with writing(engine) as marking:
        outbox.mark_doubtful(marking, [Mark(first, "subject", b"bytes")], later)
        with writing(engine) as session:
            assert outbox.rescue(session, SOON) == 1
    assert (_mail(engine).state, _mail(engine).lease_until) == (MailState.DOUBTFUL, later)
    assert _mail(engine, 2).state is MailState.QUEUED
    engine.dispose()


def test_mails_to_one_person_go_one_after_another(engine: Engine) -> None:
    _queue(engine, 3, people=1)
    with writing(engine) as session:
        quick = NewMail(MailKind.SIGN_IN, 1, "sign-in", DAY)
        outbox.enqueue(session, [quick], "example.jp", NOW)
    first, at_once = _claim(engine)
    assert (first.mail_id, at_once.mail_id) == (1, 4)
    assert _claim(engine) == []
    _mark(engine, first)
    [second] = _claim(engine)
    _settle(engine, second, Verdict.LATER)
    assert _claim(engine) == []
    with reading(engine) as session:
        assert outbox.count_due(session, NOW, 10) == 0
    [again] = _claim(engine, SOON)
    assert again.mail_id == second.mail_id == 2


def test_what_cannot_be_sent_for_days_is_given_up(engine: Engine) -> None:
    _queue(engine)
    [claim] = _claim(engine)
    _settle(engine, claim, Verdict.LATER, NOW + outbox.GIVE_UP_AFTER)
    mail = _mail(engine)
    assert (mail.state, mail.reply) == (MailState.FAILED, "given up after 5 days: what was said")


def test_claims_given_back_are_due_again(engine: Engine) -> None:
    _queue(engine, 3)
    claims = _claim(engine, limit=2)
    assert len(claims) == 2
    with writing(engine) as session:
        outbox.release(session, claims)
        assert outbox.count_due(session, NOW, 10) == 3
        assert outbox.count_due(session, NOW, 2) == 2


@pytest.mark.parametrize("how", ["put off", "released"])
def test_a_claim_given_back_untried_is_no_try(engine: Engine, how: str) -> None:
    def give_back(claim: Claim) -> None:
        with writing(engine) as session:
            if how == "put off":
                outbox.put_off(session, claim, NOW, "example.jp rests")
            else:
                outbox.release(session, [claim])

    _queue(engine)
    for _ in range(2):
        [claim] = _claim(engine)
        give_back(claim)
        mail = _mail(engine)
        assert (mail.state, mail.attempts, mail.first_tried_at) == (MailState.QUEUED, 0, None)
    [first] = _claim(engine, SOON)
    _settle(engine, first, Verdict.LATER)
    [second] = _claim(engine, SOON)
    give_back(second)
    mail = _mail(engine)
    assert (mail.attempts, mail.first_tried_at) == (1, SOON)
    with writing(engine) as session:
        outbox.release(session, [second])
    assert _mail(engine).attempts == 1


def test_a_sender_that_fell_silent_gets_nothing_by_a_number_given_out_anew(engine: Engine) -> None:
    _queue(engine)
    [silent] = _claim(engine)
    with writing(engine) as session:
        assert outbox.rescue(session, SOON) == 1
    [given_back] = _claim(engine, SOON)
    with writing(engine) as session:
        outbox.release(session, [given_back])
    [held] = _claim(engine, SOON)
    assert not _mark(engine, silent)
    with writing(engine) as session:
        outbox.release(session, [silent])
        assert not outbox.void(session, silent, "too late", SOON)
    _settle(engine, silent, Verdict.NEVER)
    assert _mail(engine).state is MailState.SENDING
    assert _mark(engine, held)


def test_claimers_at_the_same_time_share_without_overlap(engine: Engine) -> None:
    _queue(engine, 120)

    def take(_: int) -> list[Claim]:
        taken: list[Claim] = []
        while batch := _claim(engine, limit=7):
            taken += batch
        return taken

    with ThreadPoolExecutor(4) as threads:
        found = [claim.mail_id for taken in threads.map(take, range(4)) for claim in taken]
    assert sorted(found) == list(range(1, 121))


def test_why_mails_wait_is_written_on_them(engine: Engine) -> None:
    _queue(engine, 2)
    with writing(engine) as session:
        outbox.explain(session, "no answer from mail.example.jp", NOW)
    assert _mail(engine, 2).reply == "no answer from mail.example.jp"
    assert len(_claim(engine)) == 2


def test_lists_go_back_page_by_page(engine: Engine) -> None:
    _queue(engine, 5)
    with reading(engine) as session:
        newest = outbox.mails(session, limit=2)
        older = outbox.mails(session, limit=2, before=newest[-1].id)
        assert [mail.id for mail in (*newest, *older)] == [5, 4, 3, 2]
        assert newest[0].person.email == "p4@example.jp"
        assert outbox.mails(session, person_id=99) == []


@pytest.mark.parametrize("verdict", [Verdict.LATER, Verdict.NEVER, Verdict.UNKNOWN])
def test_what_was_said_is_kept_on_one_line(engine: Engine, verdict: Verdict) -> None:
    words = "550 no\r\n\x1b[2J\x00\u2028\u202esuch user " + "x" * 900
    _queue(engine, 2)
    first, _ = _claim(engine)
    with writing(engine) as session:
        outbox.settle(session, [(first, Outcome(verdict, words))], NOW)
        outbox.release(session, [Claim(2, 1, NOW)])
        outbox.explain(session, words, NOW)
    for mail_id in (1, 2):
        reply = _mail(engine, mail_id).reply or ""
        assert reply.startswith("550 no [2J such user xxx")
        assert (len(reply), reply.isprintable()) == (outbox.LONGEST_REPLY, True)


def test_waits_grow_to_an_hour_and_differ_from_mail_to_mail() -> None:
    waits = [outbox.backoff(Claim(1, attempt, NOW)) for attempt in range(1, 30)]
    assert timedelta(seconds=45) <= waits[0] <= timedelta(seconds=75)
    assert waits[2] > waits[0]
    assert max(waits) <= timedelta(minutes=75)
    assert len({outbox.backoff(Claim(mail_id, 3, NOW)) for mail_id in range(100)}) > 50
    assert outbox.backoff(Claim(5, 2, NOW)) == outbox.backoff(Claim(5, 2, SOON))

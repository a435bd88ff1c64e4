"""Mails of every kind about figures that do not exist, to look at and to try templates with."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from typing import TYPE_CHECKING

from db.tables import MailKind, Person
from notices import weekly, wording
from notices.digest import about, digests
from notices.echo import Echo, Echoed, echo_letter, read_facts
from notices.letters import day_letter, written
from notices.locale import say
from notices.news import part
from notices.parts import Line, Part, block
from notices.reminded import HANDED_OVER, OWED, Concern, Reminded
from scheduler.lists import Item
from scheduler.occurrence import days_late, standing
from scheduler.timing import stated

if TYPE_CHECKING:
    from notices.message import Letter
    from notices.settings import Settings

KINDS = tuple(kind for kind in MailKind if kind is not MailKind.CHANNEL)
_Window = tuple[date, date, bool]
MARCH = (date(2018, 3, 1), date(2018, 3, 31), True)
APRIL = (date(2018, 4, 1), date(2018, 4, 30), False)
JUNE = (date(2018, 6, 1), date(2018, 6, 30), False)
LATE, DUE, COMING = [(0, MARCH)], [(1, APRIL), (2, APRIL)], [(3, JUNE)]
WINDOWS: dict[MailKind, list[tuple[int, _Window]]] = {
    MailKind.HAND_OVER: LATE,
    MailKind.CHASE: [*LATE, *DUE, *COMING],
    MailKind.REMINDER: [*DUE, *COMING],
}
NAMES = {
    "ja": (
        "地方税の徴収率（市町村）",
        "庁舎の耐震化率",
        "見守り協定を結んだ団体数",
        "窓口業務の民間委託を行う団体数",
    ),
    "en": (
        "Collection rate of local taxes",
        "Share of earthquake-proof offices",
        "Bodies with a watch-over agreement",
        "Bodies that let others run their counters",
    ),
}
TARGETS = {
    "ja": ("99.2％", "100％", "1,741団体", "416団体"),
    "en": ("99.2％", "100％", "1,741", "416"),
}
VALUES = {
    "ja": ("98.6％", "92.3％", "987団体", "301団体"),
    "en": ("98.6％", "92.3％", "987", "301"),
}
TEXTS = {
    "ja": {
        MARCH: "2017年度確報値は、2018年3月頃に公表予定",
        APRIL: "2017年度確報値は、2018年4月に公表予定",
        JUNE: "2017年度確報値は、2018年6月に公表予定",
    },
    "en": {
        MARCH: "the final figure for FY2017 is to be published around March 2018",
        APRIL: "the final figure for FY2017 is to be published in April 2018",
        JUNE: "the final figure for FY2017 is to be published in June 2018",
    },
}
UNCLEAR = {"ja": "調査結果がまとまり次第", "en": "once the survey is done"}
REASONS = {"ja": "集計に時間を要しているため", "en": "Counting takes longer than planned."}
REPLIES = {
    "ja": "確報値 1,012団体 3月23日公表",
    "en": "Final figure 1,012, published 23 March",
}
NOON = datetime(2018, 4, 16, 3, tzinfo=UTC)


def sample(kind: MailKind, language: str, settings: Settings) -> Letter:
    """A letter of this kind in `language`, in the words and the templates of `settings`."""
    name = "山田花子" if language == "ja" else "Hanako Yamada"
    person = Person(
        id=1, email="hanako@example.jp", name=name, language=language, timezone="Asia/Tokyo"
    )
    if kind is MailKind.SIGN_IN:
        address = f"{settings.web.base_url}/sign-in/…"
        subject = say(language, "mail.sign_in.subject")
        return written("sign_in", person, settings, subject, address=address)
    if kind is MailKind.ECHO:
        return _echo(person, settings)
    return day_letter(
        person, [_part(kind, person, settings)], settings, f"{settings.web.base_url}/u/…"
    )


def _echo(person: Person, settings: Settings) -> Letter:
    language = person.language
    said = stated(REPLIES[language], settings.policy().context(date(2018, 3, 24)))
    awaited = wording.sentence(wording.awaited("figure", "FY2017", "final", language))
    link = f"{settings.web.base_url}/a/…"
    line = Echoed(NAMES[language][2], awaited, read_facts(said, language), said.sort, link)
    return echo_letter(person, Echo([line], REPLIES[language], 1), settings)


def _part(kind: MailKind, person: Person, settings: Settings) -> Part:
    """What a mail of one day says of this kind."""
    language = person.language
    if kind in WINDOWS:
        return _figures(kind, person, settings)
    if kind in {MailKind.CONFIRMATION, MailKind.POSTPONEMENT}:
        return part(kind, [_news(kind, language, settings)], language)
    if kind is MailKind.WEEKLY:
        return weekly.part(_week(language, settings), language)
    affairs = _affairs(language, settings)
    blocks = tuple(block(language, key, lines) for key, lines in affairs.items())
    subject = say(language, "mail.subject.admin", first=blocks[0].title)
    return Part(kind, subject, blocks=blocks)


def _figures(kind: MailKind, person: Person, settings: Settings) -> Part:
    """Figures as they stand at `NOON`, of which two share a timing, in the words of a real mail."""
    items = [_item(number, window, person.language) for number, window in WINDOWS[kind]]
    reason = HANDED_OVER if kind is MailKind.HAND_OVER else OWED
    found = Reminded(tuple(Concern(item, reason) for item in items), {item.id: 1 for item in items})
    said = digests(found, person, settings, b"", policy=settings.policy(), now=NOON)[kind]
    return Part(kind, said.subject, said)


def _item(number: int, window: _Window, language: str) -> Item:
    earliest, latest, approx = window
    overdue_on = latest + timedelta(days=1 + 14 * approx)
    return Item(
        id=f"{number + 1}.1",
        entry=NAMES[language][number],
        sheet="",
        tier=None,
        number=None,
        reposted=False,
        category=None,
        target=TARGETS[language][number],
        target_by=None,
        value=VALUES[language][number],
        value_asof="FY2016",
        value_stage="final",
        kind="figure",
        covers="FY2017",
        stage="final",
        earliest=earliest,
        latest=latest,
        approx=approx,
        overdue_on=overdue_on,
        in_source=True,
        repeat=None,
        text=TEXTS[language][window],
        state=standing(earliest, latest, overdue_on, NOON.date()),
        days_late=days_late(latest, NOON.date()),
        owners=("taro@example.jp",),
    )


def _news(kind: MailKind, language: str, settings: Settings) -> Line:
    what = wording.sentence(wording.awaited("figure", "FY2017", "final", language))
    which = about("FY2017", "final", language)
    outcome = say(language, "mail.known_of", value="98.9％", about=which)
    extra = say(
        language,
        "mail.next",
        what=wording.awaited("figure", "FY2018", "final", language),
        when=wording.expected(date(2019, 3, 1), date(2019, 3, 31), True, language),
    )
    if kind is MailKind.POSTPONEMENT:
        old, new = (wording.window(*window, language) for window in (MARCH, JUNE))
        outcome = say(language, "mail.moved", old=old, new=new)
        extra = say(language, "mail.reason_words", text=REASONS[language])
    when = wording.moment(NOON, settings.office.timezone, language)
    who = "佐藤太郎" if language == "ja" else "Taro Sato"
    by = say(language, "mail.answered_by", who=who, when=when)
    facts = (what, outcome, by, extra)
    return Line(NAMES[language][0], facts, f"{settings.web.base_url}/entries/1")


def _affairs(language: str, settings: Settings) -> dict[str, list[Line]]:
    bounced = (
        say(language, "mail.admin.bounced"),
        say(language, "mail.admin.alone", count=2),
        say(language, "mail.admin.resume", email="taro@example.jp"),
    )
    day, kind = wording.day(NOON.date(), language), say(language, "mail.kind.chase")
    failed = say(language, "mail.admin.mail", kind=kind, day=day)
    owner = say(language, "mail.owners", owners="taro@example.jp")
    unclear = say(language, "mail.source_words", text=UNCLEAR[language])
    return {
        "admin.unreached": [Line("taro@example.jp", bounced)],
        "admin.silent": [_entry(0, language, settings, *_standing(0, MARCH, language), owner)],
        "admin.failed": [Line("jiro@example.jp", (failed, "550 5.1.1 user unknown"))],
        "admin.unclear": [_entry(0, language, settings, unclear)],
        "admin.unowned": [_entry(number, language, settings) for number in (1, 2)],
    }


def _week(language: str, settings: Settings) -> dict[str, list[Line]]:
    opened = [
        _entry(number, language, settings, *_standing(number, window, language))
        for number, window in WINDOWS[MailKind.CHASE]
    ]
    known = _entry(0, language, settings, say(language, "mail.known", value="98.9％"))
    return {"overdue": opened[:1], "soon": opened[1:3], "known": [known]}


def _standing(number: int, window: _Window, language: str) -> tuple[str, str]:
    """What is awaited and when, and how many days are left or gone."""
    item = _item(number, window, language)
    what = wording.awaited_words(item, language)
    days = wording.countdown(item.state, item.earliest, item.latest, NOON.date())
    when = wording.expected(*window, language)
    left = wording.standing(item.state, days, language)
    return say(language, "mail.headline", what=what, when=when), left


def _entry(number: int, language: str, settings: Settings, *facts: str) -> Line:
    return Line(NAMES[language][number], facts, f"{settings.web.base_url}/entries/{number + 1}")

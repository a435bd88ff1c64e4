"""What a person should know about a reading, as one plain sentence in their language."""

from scheduler.timing.model import Language, Note

_TEXTS: dict[str, tuple[str, str]] = {
    "impossible": (
        "「{words}」という日付は暦にないため、時期として読み取っていません。",
        "“{words}” is no date that exists, so no time was read from it.",
    ),
    "past": (
        "「{words}」は記載日より前か済んだことのため、今後の時期としていません。",
        "“{words}” is over or lies before the day of writing, so it is not awaited.",
    ),
    "goal": (
        "「{words}」は目標の期限と読み、把握時期としていません。",
        "“{words}” was read as the deadline of a goal, not as a time to wait for.",
    ),
    "survey": (
        "「{words}」は調査や照会の時期と読み、公表の時期としていません。",
        "“{words}” was read as the date of a survey or inquiry, not of its publication.",
    ),
    "law": (
        "「{words}」は法令や会議の時期と読み、把握時期としていません。",
        "“{words}” was read as the date of a law or meeting, not as a time to wait for.",
    ),
    "basis": (
        "「{words}」は根拠とするものの時期と読み、把握時期としていません。",
        "“{words}” was read as the date of what the work is based on, not as a time to wait for.",
    ),
    "fact": (
        "「{words}」は示されている値の時期と読み、把握時期としていません。",
        "“{words}” was read as the date of a value given in the text, not as a time to wait for.",
    ),
    "superseded": (
        "「{words}」は変更前の時期のため、新しい時期だけを読み取りました。",
        "“{words}” is the time before a change; only the new one was read.",
    ),
    "base": (
        "「{words}」は起算の時期として使いました。",
        "“{words}” is what the time is counted from.",
    ),
    "unclear": (
        "「{words}」は何から数えるのかが書かれていません。",
        "“{words}” does not say what it counts from.",
    ),
    "era-overrun": (
        "「{words}」はその元号にない年のため、西暦に読み替えました。",
        "“{words}” is a year that era does not have; it was carried over to the next era.",
    ),
    "era-assumed": (
        "「{words}」には元号がないため、記載日の元号の年としました。",
        "“{words}” names no era; the era of the day of writing was taken.",
    ),
    "year-assumed": (
        "「{words}」には年がないため、記載日や前の時期より後で最も早いものとしました。",
        "“{words}” names no year; the first one after the day of writing or the time before it.",
    ),
    "day-first": (
        "「{words}」は日・月・年の順に読みました。月・日・年の順に読むこともできます。",
        "“{words}” was read as day, month, year; it could be month, day, year.",
    ),
    "counted-from-asof": (
        "「{words}」の前に時期がないため、記載日から数えました。",
        "“{words}” follows no named time, so it was counted from the day of writing.",
    ),
    "counted-from-previous": (
        "「{words}」は直前の時期から数えました。その前の時期から数える読み方もあります。",
        "“{words}” was counted from the time just before it; it could count from an earlier one.",
    ),
    "unset": (
        "「{words}」のものは時期が定まっていないとされています。",
        "The text says that the time of “{words}” is not set.",
    ),
    "counted-from-last": (
        "前回とされる「{words}」から周期を数えて、次の時期としました。",
        "The cycle was counted from the last time, “{words}”, to the next one.",
    ),
    "moved-on": (
        "「{words}」のままでは対象期間が終わる前になるため、1年後としました。",
        "“{words}” would lie within the period the figure covers, so it was moved on a year.",
    ),
    "covers-unread": (
        "対象期間「{words}」は暦にない日付のため、空欄としました。",
        "The period “{words}” is no date that exists; it was left empty.",
    ),
    "undetermined-beside": (
        "時期が定まらないもの（「{words}」）が併記されています。",
        "Beside it the text names something whose time is not determined (“{words}”).",
    ),
    "unfamiliar": (
        "「{words}」のある文は決まった型に当てはまらないため、語のつながりは推定です。",
        "The sentence with “{words}” is built in no familiar way; how its parts belong is a guess.",
    ),
    "stage-of-name": (
        "「{words}」を速報・確報などの段階と読みましたが、名称の一部かもしれません。",
        "“{words}” was read as the stage of the figure, but may be part of a name.",
    ),
    "stage-left": (
        "「{words}」も数値の段階を示す語ですが、どの時期にも結び付けていません。",
        "“{words}” names a stage of the figure too, but was bound to no time.",
    ),
    "no-stage": (
        "「{words}」の数値には段階を示す語がないため、ほかの時期の段階は及ばないと読みました。",
        "No word says the stage of the figure of “{words}”; another time’s was not taken over.",
    ),
    "fiscal-assumed": (
        "「{words}」は年度の区分と読みました。",
        "“{words}” was read as a part of the fiscal year.",
    ),
    "unread": (
        "「{words}」は時期を表すように見えますが、読み取れませんでした。",
        "“{words}” looks like a time but could not be read.",
    ),
    "many-periods": (
        "対象期間が多すぎるため、初めの{words}件だけを読み取りました。",
        "Too many periods share one time; only the first {words} were read.",
    ),
    "or-a-window": (
        "「{words}」を把握時期とする読み方もあります。",
        "“{words}” could also be read as a time to wait for.",
    ),
    "or-nothing": (
        "「{words}」は把握時期ではないとする読み方もあります。",
        "“{words}” could also be read as nothing to wait for.",
    ),
    "or-not-moved": (
        "「{words}」を1年後にずらさない読み方もあります。",
        "“{words}” could also be read without moving it on a year.",
    ),
}


def note(code: str, words: str) -> Note:
    return Note(code, (("words", words),))


def note_text(found: Note, language: Language) -> str:
    """The note as one sentence in Japanese or English."""
    japanese, english = _TEXTS[found.code]
    return (japanese if language == "ja" else english).format(**dict(found.parameters))

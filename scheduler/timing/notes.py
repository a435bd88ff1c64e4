"""What a person should know about a reading, as one plain sentence in their language."""

from scheduler.timing.model import Language, Note

_TEXTS: dict[str, tuple[str, str]] = {
    "impossible": (
        "「{words}」という日付は存在しないため、時期を読み取りませんでした。",
        "“{words}” is no date that exists, so no time was read from it.",
    ),
    "past": (
        "「{words}」は基準日より前のため、今後の時期とはしませんでした。",
        "“{words}” lies before the day the text was written, so it is not awaited.",
    ),
}


def note_text(note: Note, language: Language) -> str:
    """The note as one sentence in Japanese or English."""
    japanese, english = _TEXTS[note.code]
    return (japanese if language == "ja" else english).format(**dict(note.parameters))

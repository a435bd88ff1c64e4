"""Atheris fuzzing of the reader: `make fuzz`, or `python -m tests.scheduler.timing.fuzz` with
libFuzzer's options, once `requirements-fuzz.lock` is installed.

Texts are put together from the reader's own words, numbers and raw characters, since random
characters alone hardly ever name a time.
"""

import importlib
import sys
from datetime import date, timedelta
from typing import Any

from scheduler.timing import Context, Expectation, as_of, deadline, explain, read
from scheduler.timing.languages import tables_for

TIMES = (
    "2018年", "平成30年度", "令和元年", "R6.3", "3月", "13月", "2月30日", "上旬", "第２四半期",
    "5年ごと", "３か月後", "翌年", "同年度", "2018-03", "31/10/2019", "31 March", "FY2018", "H1",
    "Q5", "9999年", "0年",
)  # fmt: skip
SIGNS = ("\n", " ", "（", "）", "～", "・", "：", "、", "。", "※", "〇", "①", "\u200b", "", "’")


def vocabulary(japanese: bool) -> list[str]:
    return [*tables_for(japanese).lexicon.words, *TIMES, *SIGNS]


VOCABULARY = {japanese: vocabulary(japanese) for japanese in (True, False)}


def text_of(provider: Any) -> str:
    japanese = provider.ConsumeBool()
    words = VOCABULARY[japanese]
    parts: list[str] = []
    for _ in range(provider.ConsumeIntInRange(0, 40)):
        if provider.ConsumeIntInRange(0, 9):
            parts.append(words[provider.ConsumeIntInRange(0, len(words) - 1)])
        else:
            parts.append(provider.ConsumeUnicode(8))
    return ("" if japanese else " ").join(parts)


def one_text(data: bytes) -> None:
    """Read what the fuzzer made; any exception is its finding."""
    provider = importlib.import_module("atheris").FuzzedDataProvider(data)
    day = date(1950, 1, 1) + timedelta(days=provider.ConsumeIntInRange(0, 60_000))
    context = Context(day, provider.ConsumeIntInRange(1, 12))
    if provider.ConsumeBool():
        context = context._replace(fiscal_year_named_after="end")
    text = text_of(provider)
    reading = read(text, context)
    others = [other.expectation for other in reading.alternatives if other.expectation]
    for item in (*reading.expect, *others):
        check(item)
    explain(reading, text, "ja")
    as_of(text, context)
    deadline(text, context)


def check(item: Expectation) -> None:
    if item.earliest and item.latest and item.earliest > item.latest:
        raise AssertionError(item)


def main() -> None:
    atheris = importlib.import_module("atheris")
    atheris.instrument_all()
    atheris.Setup(sys.argv, one_text)
    atheris.Fuzz()


if __name__ == "__main__":
    main()

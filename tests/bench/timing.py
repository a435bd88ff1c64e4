"""Texts per second beside ja-timex and dateparser, on the corpus, in one run.

Run as `python -m tests.bench.timing` after `pip install ja-timex dateparser`; a reader that is not
installed is left out. The other two find days in a text; none of them tells windows from goals.
"""

import importlib
import time
from collections.abc import Callable
from datetime import date

from scheduler.timing import Context, read
from tests.scheduler.timing.corpus import Line, lines

SECONDS = 3.0
ASOF = Context(date(2018, 5, 10))
Reader = Callable[[Line], object]


def rate(reader: Reader, texts: list[Line], seconds: float = SECONDS) -> float:
    """Texts per second over at least `seconds`, after a first pass that is not counted."""
    for text in texts[:50]:
        reader(text)
    done, started = 0, time.perf_counter()
    while time.perf_counter() - started < seconds:
        for text in texts:
            reader(text)
            done += 1
            if time.perf_counter() - started > 3 * seconds:
                break
    return done / (time.perf_counter() - started)


def jikai(line: Line) -> object:
    return read(line.text, Context(line.asof))


def ja_timex() -> Reader:
    timex = importlib.import_module("ja_timex")
    pendulum = importlib.import_module("pendulum")
    asof = ASOF.asof
    parser = timex.TimexParser(reference=pendulum.datetime(asof.year, asof.month, asof.day))
    return lambda line: parser.parse(line.text)


def dateparser() -> Reader:
    search = importlib.import_module("dateparser.search")
    return lambda line: search.search_dates(line.text, languages=["ja", "en"])


def microseconds_per_character(base: str, length: int) -> float:
    text = (base * (length // len(base) + 1))[:length]
    started = time.perf_counter()
    read(text, ASOF)
    return (time.perf_counter() - started) / length * 1e6


def main() -> None:
    texts = [line for line in lines() if line.place.startswith("ja")]
    print(f"| reader | texts per second ({len(texts)} Japanese texts) |\n| --- | --- |")
    print(f"| Jikai | {rate(jikai, texts):,.0f} |")
    for make in (ja_timex, dateparser):
        try:
            reader = make()
        except ImportError:
            continue
        print(f"| {make.__name__} | {rate(reader, texts):,.0f} |")
    prose = "関係機関と連携し、2017年度実績は、2018年８月頃に公表予定。"
    print("\n| characters | µs per character |\n| --- | --- |")
    for length in (100, 10_000, 100_000):
        print(f"| {length:,} | {microseconds_per_character(prose, length):.2f} |")


if __name__ == "__main__":
    main()

"""Texts per second beside ja-timex and dateparser, on the corpus, in one run.

Run as `make bench` or `python -m tests.bench.timing` after `pip install ja-timex dateparser`; a
reader that is not installed is left out. The other two find days in a text; none of them tells
windows from goals. CPU seconds are counted, and rounds of the readers take turns, so that what
else the machine does weighs the same on all.
"""

import importlib
import time
from collections.abc import Callable
from datetime import date
from statistics import median

from scheduler.timing import Context, read
from tests.scheduler.timing.corpus import Line, lines

ROUNDS = 5
SECONDS = 1.5
ASOF = Context(date(2018, 5, 10))
Reader = Callable[[Line], object]


def rate(reader: Reader, texts: list[Line], seconds: float = SECONDS) -> float:
    """Texts per CPU second over at least `seconds`."""
    done, started = 0, time.process_time()
    while True:
        for text in texts:
            reader(text)
            done += 1
            spent = time.process_time() - started
            if spent > seconds:
                return done / spent


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
    started = time.process_time()
    read(text, ASOF)
    return (time.process_time() - started) / length * 1e6


def readers() -> dict[str, Reader]:
    found: dict[str, Reader] = {"Jikai": jikai}
    for name, make in (("ja-timex", ja_timex), ("dateparser", dateparser)):
        try:
            found[name] = make()
        except ImportError:
            continue
    return found


def main() -> None:
    texts = [line for line in lines() if line.place.startswith("ja")]
    found = readers()
    for reader in found.values():
        rate(reader, texts[:50], 0.2)
    rounds = [{name: rate(reader, texts) for name, reader in found.items()} for _ in range(ROUNDS)]
    rates = {name: median(round_[name] for round_ in rounds) for name in found}
    print(f"| reader | texts per CPU second ({len(texts)} Japanese texts) | Jikai is faster by |")
    print("| --- | --- | --- |")
    for name, each in rates.items():
        print(f"| {name} | {each:,.0f} | {rates['Jikai'] / each:.1f} |")
    prose = "関係機関と連携し、2017年度実績は、2018年８月頃に公表予定。"
    print("\n| characters | µs per character |\n| --- | --- |")
    for length in (100, 10_000, 100_000):
        each = median(microseconds_per_character(prose, length) for _ in range(5))
        print(f"| {length:,} | {each:.2f} |")


if __name__ == "__main__":
    main()

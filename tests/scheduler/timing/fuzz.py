"""Atheris fuzzing of the reader: `python -m tests.scheduler.timing.fuzz -max_total_time=60`.

Needs `pip install atheris`; the same properties run with hypothesis in the suite.
"""

import importlib
import sys
from datetime import date, timedelta

from scheduler.timing import Context, as_of, deadline, explain, read


def one_text(data: bytes) -> None:
    """Read what the fuzzer made; any exception is its finding."""
    provider = importlib.import_module("atheris").FuzzedDataProvider(data)
    day = date(1950, 1, 1) + timedelta(days=provider.ConsumeIntInRange(0, 60_000))
    context = Context(day, provider.ConsumeIntInRange(1, 12))
    text = provider.ConsumeUnicode(400)
    reading = read(text, context)
    for item in reading.expect:
        if item.earliest and item.latest and item.earliest > item.latest:
            raise AssertionError(item)
    explain(reading, text, "ja")
    as_of(text, context)
    deadline(text, context)


def main() -> None:
    atheris = importlib.import_module("atheris")
    atheris.instrument_all()
    atheris.Setup(sys.argv, one_text)
    atheris.Fuzz()


if __name__ == "__main__":
    main()

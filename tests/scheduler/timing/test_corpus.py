"""Every phrase of the corpus gives its result, and the worked examples theirs."""

import json
from datetime import date
from pathlib import Path

import pytest

from scheduler.timing import Context, read
from tests.scheduler.timing.corpus import Line, actual, expected, lines

EXAMPLES = Path(__file__).parents[4] / "shared" / "timing_examples.jsonl"
CORPUS = lines()


def test_corpus_reads_as_it_says(capsys: pytest.CaptureFixture[str]) -> None:
    wrong = [line for line in CORPUS if _read(line) != expected(line.result)]
    with capsys.disabled():
        print(f"\ncorpus: {len(CORPUS) - len(wrong)} of {len(CORPUS)} phrases right")
    shown = [f"{line.place} {line.text!r}: {_read(line)}, not {line.result}" for line in wrong]
    assert not shown, "\n".join(shown)


def _read(line: Line) -> object:
    return actual(read(line.text, Context(line.asof)))


def test_corpus_is_large_and_names_no_phrase_twice() -> None:
    assert len(CORPUS) >= 600
    assert len({(line.asof, line.text) for line in CORPUS}) == len(CORPUS)


@pytest.mark.skipif(not EXAMPLES.exists(), reason="the worked examples lie beside the project")
def test_worked_examples(capsys: pytest.CaptureFixture[str]) -> None:
    rows = [json.loads(row) for row in EXAMPLES.read_text(encoding="utf-8").splitlines()]
    wrong = []
    for row in rows:
        got = actual(read(row["text"], Context(date.fromisoformat(row["asof"]))))
        items = [tuple(item.values()) for item in row["expect"]]
        if got != (row["outcome"], items):
            wrong.append(f"{row['id']}: {got}")
    with capsys.disabled():
        print(f"\nexamples: {len(rows) - len(wrong)} of {len(rows)} right")
    assert not wrong, "\n".join(wrong)

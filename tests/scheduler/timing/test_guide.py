"""The guide for officials says of each phrase what the reader makes of it."""

from datetime import date
from pathlib import Path

import pytest

from scheduler.timing import Context, read
from tests.scheduler.timing.corpus import actual, expected

GUIDE = Path(__file__).parents[3] / "docs" / "timing.md"
WRITTEN = Context(date(2018, 5, 10))


def rows() -> list[tuple[str, str]]:
    text = GUIDE.read_text(encoding="utf-8")
    table = text.split("| 書き方 phrase | 読み取り reading |\n| --- | --- |\n")[1].split("\n\n")[0]
    cells = [row.strip("| ").split(" | ") for row in table.split("\n")]
    return [(phrase, result) for phrase, result in cells]


@pytest.mark.parametrize(("phrase", "result"), rows())
def test_the_guide_does_not_lie(phrase: str, result: str) -> None:
    assert actual(read(phrase, WRITTEN)) == expected(result)

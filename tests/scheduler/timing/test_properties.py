"""What must hold of any text: spelling and prose around it change nothing, nothing is raised."""

import re
from datetime import date

from hypothesis import given, settings
from hypothesis import strategies as st

from scheduler.timing import Context, Expectation, Reading, as_of, deadline, explain, read
from scheduler.timing.en.numbers import BEGIN as ENGLISH_BEGIN
from scheduler.timing.en.numbers import NUMBERS_IN_ENGLISH
from scheduler.timing.ja.numbers import BEGIN as JAPANESE_BEGIN
from scheduler.timing.ja.numbers import NUMBERS_IN_JAPANESE
from scheduler.timing.languages import tables_for
from scheduler.timing.parsing import parse
from scheduler.timing.roles import asked_for
from scheduler.timing.spelling import spell
from tests.scheduler.timing.corpus import Line, actual, expected, lines

CORPUS = lines()
JAPANESE = [line for line in CORPUS if line.place.startswith("ja")]
DATED_JAPANESE = [line for line in JAPANESE if expected(line.result)[0] == "dated"]
WIDE = {ord("0") + n: chr(ord("０") + n) for n in range(10)}
NARROW = {wide: chr(narrow) for narrow, wide in ((k, ord(v)) for k, v in WIDE.items())}
PROSE = "関係機関と緊密に連携し、必要な支援を着実に推進する。"
ERAS = {"平成": 1988, "令和": 2018}

contexts = st.builds(
    Context,
    asof=st.dates(date(1990, 1, 1), date(2060, 12, 31)),
    fiscal_year_starts=st.integers(1, 12),
    fiscal_year_named_after=st.sampled_from(["start", "end"]),
)
words = [
    *tables_for(True).lexicon.words,
    *tables_for(False).lexicon.words,
    *(
        "2018年",
        "平成30年",
        "３月",
        "15日",
        "13月",
        "2月30日",
        "第２四半期",
        "５年ごと",
        "３か月後",
    ),
    *(
        "2018",
        "31 March",
        "H30.3",
        "FY2018",
        "Q3",
        "9999年",
        "令和0年",
        "\n",
        "（",
        "）",
        " ",
        "1/2",
    ),
]
sentences = st.lists(st.sampled_from(words), max_size=12).map("".join)
spaced = st.lists(st.sampled_from(words), max_size=12).map(" ".join)


def result(line: Line, text: str) -> object:
    return actual(read(text, Context(line.asof)))


@given(st.sampled_from(JAPANESE))
def test_wide_and_narrow_digits_are_the_same(line: Line) -> None:
    assert result(line, line.text.translate(WIDE)) == expected(line.result)
    assert result(line, line.text.translate(NARROW)) == expected(line.result)


@given(st.sampled_from(JAPANESE), st.data())
def test_line_breaks_inside_words_change_nothing(line: Line, data: st.DataObject) -> None:
    if "\n" in line.text:
        return
    at = data.draw(st.integers(0, len(line.text)))
    after = line.text[at : at + 1]
    if after in "・○①②③（(-0123456789" and after:
        return  # at the start of a line these begin an item of a list
    assert result(line, line.text[:at] + "\n" + line.text[at:]) == expected(line.result)


@given(st.sampled_from(DATED_JAPANESE))
def test_policy_prose_around_a_window_changes_nothing(line: Line) -> None:
    if "\n" in line.text:
        return  # before the first of several lines it would be part of that line
    ended = line.text if line.text.endswith("。") else f"{line.text}。"
    assert result(line, PROSE + ended) == expected(line.result)
    assert result(line, ended + PROSE) == expected(line.result)


@given(
    st.integers(2019, 2030),
    st.integers(1, 12),
    st.sampled_from(["に公表", "末までに公表", "頃公表"]),
)
def test_an_era_names_the_same_year(year: int, month: int, tail: str) -> None:
    context = Context(date(2018, 12, 1))
    western = read(f"{year}年{month}月{tail}", context)
    for era, before in ERAS.items():
        japanese = read(f"{era}{year - before}年{month}月{tail}", context)
        assert actual(japanese) == actual(western)


@given(st.integers(2019, 2030), st.integers(1, 12))
def test_a_hedge_changes_one_field(year: int, month: int) -> None:
    context = Context(date(2018, 12, 1))
    plain = read(f"{year}年{month}月に公表", context).expect[0]
    hedged = read(f"{year}年{month}月頃に公表", context).expect[0]
    assert not plain.approx
    assert hedged._replace(approx=False, derivation=()) == plain._replace(derivation=())


@settings(max_examples=300)
@given(st.one_of(sentences, spaced, st.text()), contexts)
def test_nothing_is_raised_and_no_window_is_impossible(text: str, context: Context) -> None:
    reading = read(text, context)
    assert (reading.outcome == "dated") == bool(reading.expect)
    for item in _every_item(reading):
        assert item.earliest is not None or item.latest is not None
        assert not (item.earliest and item.latest) or item.earliest <= item.latest
        assert all(0 <= found.start < found.end <= len(text) for found in item.derivation)
    assert explain(reading, text, "ja")
    assert explain(reading, text, "en")
    as_of(text, context)
    deadline(text, context)


def _every_item(reading: Reading) -> list[Expectation]:
    others = [other.expectation for other in reading.alternatives if other.expectation]
    return [*reading.expect, *others]


@given(st.sampled_from(CORPUS))
def test_the_words_that_gave_a_field_can_be_cut_out_of_the_text(line: Line) -> None:
    for item in read(line.text, Context(line.asof)).expect:
        assert {"earliest", "latest"} <= {found.field for found in item.derivation}
        for found in item.derivation:
            assert line.text[found.start : found.end].strip()
            assert found.rule


@given(st.sampled_from(CORPUS), st.data())
def test_no_number_begins_with_a_sign_that_its_language_does_not_name(
    line: Line, data: st.DataObject
) -> None:
    numbers, begin = data.draw(
        st.sampled_from(
            [(NUMBERS_IN_JAPANESE, JAPANESE_BEGIN), (NUMBERS_IN_ENGLISH, ENGLISH_BEGIN)]
        )
    )
    text = spell(line.text).text
    for number in numbers:
        for found in re.finditer(number.pattern, text):
            assert not found[0] or re.match(f"[{begin}]", found[0])


def test_no_role_fits_a_text_without_the_letters_it_asks_for() -> None:
    for line in CORPUS:
        parsed = parse(line.text, Context(line.asof))
        asked = {role.name for role in asked_for(parsed.tables.roles, parsed.codes)}
        left_out = [role for role in parsed.tables.roles if role.name not in asked]
        for mark in "@#%=9&":
            text = parsed.codes.replace("T", mark, 1)
            assert not [role for role in left_out if role.pattern.search(text)], line.text


def test_periods_beyond_those_read_are_told() -> None:
    years = [f"{year}年度" for year in range(2000, 2014)]
    for count in (12, 13):
        text = "、".join(years[:count]) + "の実績は2018年12月に公表"
        reading = read(text, Context(date(2018, 6, 1)))
        assert len(reading.expect) == 12
        assert ("many-periods" in {note.code for note in reading.notes}) == (count > 12)

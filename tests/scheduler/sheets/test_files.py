"""Files as offices save them: encodings, CSV, XLSX and PDF, and those that are none of these."""

from __future__ import annotations

import csv
import io
import zipfile
from datetime import date
from typing import TYPE_CHECKING

import openpyxl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from reportlab.lib import colors
from reportlab.lib.pagesizes import A4, landscape
from reportlab.lib.styles import ParagraphStyle
from reportlab.pdfbase import pdfmetrics
from reportlab.pdfbase.cidfonts import UnicodeCIDFont
from reportlab.pdfgen.canvas import Canvas
from reportlab.platypus import Flowable, SimpleDocTemplate, Spacer, Table, TableStyle
from reportlab.platypus.paragraph import Paragraph

from scheduler.sheets import LARGEST_FILE, Row, SheetError, read_sheets
from tests.scheduler.sheets.samples import sample

if TYPE_CHECKING:
    from collections.abc import Sequence

HEADINGS = ["重要課題", "改革項目", "階層", "KPI", "目標値", "実績値", "区分", "次回の把握時期"]
ROWS = [
    [
        "財政の改革",
        "①医療",
        "第一階層",
        "①健診の実施率【再掲】",
        "2020年度までに70％",
        "51％（2016年度）",
        "A",
        "2019年３月頃に公表",
    ],
    ["", "", "", "②がん検診の受診率", "－", "－", "N", "未定"],
    [
        "",
        "②介護",
        "第二階層",
        "介護予防の実施",
        "増加",
        "12件（2016年度）",
        "B",
        "2018年度中に検証",
    ],
]
FONT = "HeiseiMin-W3"


def as_csv(rows: Sequence[Sequence[str]], delimiter: str = ",") -> str:
    text = io.StringIO()
    csv.writer(text, delimiter=delimiter).writerows(rows)
    return text.getvalue()


def as_xlsx(*sheets: Sequence[Sequence[object]], merged: Sequence[str] = ()) -> bytes:
    book = openpyxl.Workbook()
    book.remove(book.worksheets[0])
    for number, rows in enumerate(sheets, 1):
        sheet = book.create_sheet(f"Sheet{number}")
        for row in rows:
            sheet.append(list(row))
        for cells in merged:
            sheet.merge_cells(cells)
    file = io.BytesIO()
    book.save(file)
    return file.getvalue()


def as_pdf(*tables: Sequence[Sequence[str]], titles: Sequence[str] = ()) -> bytes:
    pdfmetrics.registerFont(UnicodeCIDFont(FONT))
    style = ParagraphStyle("cell", fontName=FONT, fontSize=8, leading=10, wordWrap="CJK")
    grid = TableStyle([("GRID", (0, 0), (-1, -1), 0.5, colors.black)])
    parts: list[Flowable] = []
    for rows in tables:
        cells = [[Paragraph(cell, style) for cell in row] for row in rows]
        parts += [Table(cells, style=grid, colWidths=[95] * len(rows[0])), Spacer(1, 20)]
    parts += [Paragraph(title, style) for title in titles]
    file = io.BytesIO()
    SimpleDocTemplate(file, pagesize=landscape(A4), leftMargin=20, rightMargin=20).build(parts)
    return file.getvalue()


def as_printed(text: str) -> bytes:
    """A PDF without tables: the lines of a text, one under the other."""
    pdfmetrics.registerFont(UnicodeCIDFont(FONT))
    file = io.BytesIO()
    canvas = Canvas(file, pagesize=A4)
    for start in range(0, len(text.split("\n")), 70):
        canvas.setFont(FONT, 8)
        for at, line in enumerate(text.split("\n")[start : start + 70]):
            canvas.drawString(40, 810 - 11 * at, line)
        canvas.showPage()
    canvas.save()
    return file.getvalue()


def facts(data: bytes, name: str = "sheet") -> list[tuple[object, ...]]:
    return [
        (sheet.policy_issue, sheet.reform_item, *_said(row))
        for sheet in read_sheets(data, name)
        for row in sheet.rows
    ]


def minus(data: bytes) -> list[tuple[object, ...]]:
    """The facts, with the minus sign that the test's font has for the mark of nothing."""
    return [tuple("－" if one == "−" else one for one in fact) for fact in facts(data)]


def _said(row: Row) -> tuple[object, ...]:
    return (
        row.tier,
        row.number,
        row.name,
        row.reposted,
        row.target,
        row.values_text,
        row.category,
        row.timing_text,
    )


EXPECTED = [
    (
        "財政の改革",
        "①医療",
        1,
        "①",
        "健診の実施率",
        True,
        "2020年度までに70％",
        "51％（2016年度）",
        "A",
        "2019年３月頃に公表",
    ),
    ("財政の改革", "①医療", 1, "②", "がん検診の受診率", False, "－", "－", "N", "未定"),
    (
        "財政の改革",
        "②介護",
        2,
        None,
        "介護予防の実施",
        False,
        "増加",
        "12件（2016年度）",
        "B",
        "2018年度中に検証",
    ),
]


def refused(data: bytes, name: str = "sheet.csv") -> str:
    with pytest.raises(SheetError) as caught:
        read_sheets(data, name)
    sentence = str(caught.value)
    assert "\n" not in sentence
    return sentence


@pytest.mark.parametrize("delimiter", [",", ";", "\t"])
@pytest.mark.parametrize(
    "encoding", ["utf-8", "utf-8-sig", "cp932", "euc_jis_2004", "utf-16", "utf-16-le", "utf-16-be"]
)
def test_csv_is_read_in_any_usual_encoding(encoding: str, delimiter: str) -> None:
    assert facts(as_csv([HEADINGS, *ROWS], delimiter).encode(encoding)) == EXPECTED


@pytest.mark.parametrize("encoding", ["cp932", "euc_jis_2004", "utf-16", "utf-16-le", "utf-8-sig"])
def test_the_text_layout_is_read_in_any_usual_encoding(encoding: str) -> None:
    text = sample()
    assert facts(text.encode(encoding)) == facts(text.encode())


def test_xlsx_gives_the_same_rows_as_csv() -> None:
    assert facts(as_xlsx([HEADINGS, *ROWS])) == EXPECTED


def test_a_heading_row_may_stand_further_down_and_titles_above_it() -> None:
    head = [["重要課題：財政の改革"], ["改革項目", "①医療"], [], ["作成日", "x"]]
    rows = [*head, HEADINGS[3:], ROWS[0][3:], [], ROWS[1][3:]]
    plain = [(fact[0], fact[1], *fact[3:]) for fact in facts(as_xlsx(rows))]
    assert plain == [(fact[0], fact[1], *fact[3:]) for fact in EXPECTED[:2]]


def test_english_headings_are_known() -> None:
    rows = [
        [
            "Policy issue",
            "Reform item",
            "Tier",
            "Entry",
            "Target",
            "Latest value",
            "As of",
            "Category",
            "Next confirmation timing",
        ],
        [
            "Finance",
            "Health",
            "2",
            "Check-up rate",
            "70% by FY2020",
            "51%",
            "FY2016",
            "A",
            "around March 2019",
        ],
    ]
    assert facts(as_csv(rows).encode()) == [
        (
            "Finance",
            "Health",
            2,
            None,
            "Check-up rate",
            False,
            "70% by FY2020",
            "51%（FY2016）",
            "A",
            "around March 2019",
        )
    ]


def test_each_worksheet_is_a_sheet_and_one_without_a_table_is_passed_over() -> None:
    data = as_xlsx([["覚え書き"]], [HEADINGS[3:], ROWS[0][3:]], [HEADINGS[3:], ROWS[2][3:]])
    assert [fact[1] for fact in facts(data)] == ["Sheet2", "Sheet3"]
    assert read_sheets(data, "x")[0].rows[0].place == "Sheet2!A2"


def test_merged_cells_of_steps_make_one_row() -> None:
    rows = [
        ["改革工程", "計画期間中の進捗", "今後の進展について"],
        ["会合の開催", "開催した。今後、年度内に公表予定。（順調）", "引き続き助言していく。"],
        ["調査の実施"],
        ["手引の改定", "作成中。（遅れ）", "2018年度に公表予定。"],
    ]
    sheet = read_sheets(as_xlsx(rows, merged=["B2:B3", "C2:C3"]), "x.xlsx")[0]
    assert [(r.number, r.name, r.verdict, r.timing_text) for r in sheet.rows] == [
        ("1-2", "会合の開催／調査の実施", "順調", "引き続き助言していく。"),
        ("3", "手引の改定", "遅れ", "2018年度に公表予定。"),
    ]


def test_a_merged_timing_cell_holds_for_every_figure_beside_it() -> None:
    rows = [HEADINGS[3:], ["甲", "1", "2", "A", "2019年３月に公表"], ["乙", "3", "4", "B"]]
    sheet = read_sheets(as_xlsx(rows, merged=["E2:E3"]), "x.xlsx")[0]
    assert [row.timing_text for row in sheet.rows] == ["2019年３月に公表"] * 2


def test_date_and_percent_cells_read_as_they_are_shown() -> None:
    book = openpyxl.Workbook()
    sheet = book.active
    assert sheet is not None
    sheet.append(["KPI", "実績値", "次回の把握時期"])
    sheet.append(["甲", 0.992, date(2018, 3, 31)])
    sheet.append(["乙", 301.0, date(2018, 3, 1)])
    sheet["B2"].number_format = "0.0%"
    sheet["C2"].number_format = "yyyy-mm-dd"
    sheet["C3"].number_format = 'yyyy"年"m"月"'
    file = io.BytesIO()
    book.save(file)
    rows = read_sheets(file.getvalue(), "x.xlsx")[0].rows
    assert [(r.values_text, r.timing_text) for r in rows] == [
        ("99.2%", "2018-03-31"),
        ("301", "2018-03"),
    ]


def test_a_row_without_a_name_is_told_and_the_rest_is_read() -> None:
    rows = [HEADINGS, ROWS[0], ["", "", "", "", "", "", "", "2019年３月に公表"], ROWS[2]]
    sheets = read_sheets(as_csv(rows).encode(), "sheet.csv")
    assert [row.name for sheet in sheets for row in sheet.rows] == [
        "健診の実施率",
        "介護予防の実施",
    ]
    fault = sheets[0].faults[0]
    assert fault.place == "line 3"
    assert "2019年３月に公表" in fault.reason


def test_the_line_of_a_row_counts_line_breaks_in_cells() -> None:
    rows = [HEADINGS[3:], ["甲\n乙", "", "1", "A", "未定"], ["丙", "", "1", "A", "未定"]]
    sheet = read_sheets(as_csv(rows).encode(), "x.csv")[0]
    assert [(row.name, row.place) for row in sheet.rows] == [("甲乙", "line 2"), ("丙", "line 4")]


def test_a_file_without_a_timing_column_says_what_it_looked_for() -> None:
    sentence = refused(as_csv([row[:-1] for row in [HEADINGS, *ROWS]]).encode())
    assert "次回の把握時期" in sentence
    assert "Next confirmation timing" in sentence


@pytest.mark.parametrize(
    "headings", [["KPI", "次回の把握時期"], ["改革項目", "KPI", "目標値", "次回の把握時期"]]
)
def test_headings_without_rows_are_told_apart_from_no_table(headings: list[str]) -> None:
    assert "no row under them" in refused(as_csv([headings]).encode())
    assert "no row under them" in refused(as_xlsx([headings]), "sheet.xlsx")
    assert "no row under them" in refused(as_csv([headings, [""] * len(headings)]).encode())
    assert "holds no table" in refused(b"a,b\n1,2\n")


def test_an_empty_table_beside_a_full_one_is_told() -> None:
    headings = ["KPI", "次回の把握時期"]
    sheets = read_sheets(as_xlsx([headings, ["健診", "未定"]], [headings]), "sheet.xlsx")
    assert [len(sheet.rows) for sheet in sheets] == [1, 0]
    assert [fault.place for sheet in sheets for fault in sheet.faults][-1].endswith("A1")


def test_a_formula_without_a_stored_result_is_told_with_its_cell() -> None:
    formula = '="2018年"&"３月に公表"'
    rows = [
        ["KPI", "次回の把握時期", "実績値"],
        ["健診", formula, "70％"],
        ["検診", "未定", "=1+1"],
    ]
    sheets = read_sheets(as_xlsx(rows), "sheet.xlsx")
    assert [(row.name, row.timing_text) for row in sheets[0].rows] == [
        ("健診", ""),
        ("検診", "未定"),
    ]
    told = [fault for fault in sheets[0].faults if "stored result" in fault.reason]
    assert [fault.place.rpartition("!")[2] for fault in told] == ["B2"]
    assert "2 cells" in told[0].reason


def test_a_sheet_of_nothing_but_formulas_without_results_says_so() -> None:
    assert "stored result" in refused(as_xlsx([["=A9", "=B9"], ["=C9", "=D9"]]), "sheet.xlsx")


def test_ruled_tables_of_a_pdf_are_read() -> None:
    kpis = [HEADINGS[3:], *(row[3:] for row in ROWS[:2])]
    steps = [
        ["改革工程", "計画期間中の進捗", "今後の進展について"],
        ["会合の開催", "開催した。（順調）", "2018年度も引き続き実施。"],
    ]
    data = as_pdf(kpis, titles=["重要課題：財政の改革", "改革項目：①医療"])
    plain = [(fact[0], fact[1], *fact[3:]) for fact in minus(data)]
    assert plain == [(fact[0], fact[1], *fact[3:]) for fact in EXPECTED[:2]]
    both = read_sheets(as_pdf(kpis, steps), "x.pdf")[0].rows
    assert [row.section for row in both] == ["kpi", "kpi", "step"]
    assert both[2].place == "page 1, row 2"


def test_a_pdf_of_plain_lines_is_read_as_the_text_layout() -> None:
    assert minus(as_printed(sample())) == facts(sample().encode())


def test_a_scanned_pdf_says_that_it_holds_no_text() -> None:
    file = io.BytesIO()
    canvas = Canvas(file)
    canvas.rect(10, 10, 100, 100, fill=1)
    canvas.save()
    assert "no text" in refused(file.getvalue(), "scan.pdf")


def test_a_locked_pdf_says_so() -> None:
    file = io.BytesIO()
    canvas = Canvas(file, encrypt="secret")
    canvas.drawString(10, 10, "x")
    canvas.save()
    assert "password" in refused(file.getvalue(), "locked.pdf")


@pytest.mark.parametrize(
    ("data", "said"),
    [
        (b"", "is empty"),
        (b" \n\r\n\x00", "is empty"),
        (b"\xef\xbb\xbf", "is empty"),
        (b"%PDF-1.7 broken", "damaged PDF"),
        (b"PK\x03\x04broken", "damaged XLSX"),
        (b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + b"\0" * 100, "old Excel"),
        (bytes(range(256)) * 20, "is not text"),
        (b"\x89PNG\r\n\x1a\n" + bytes(range(200)), "is not text"),
        (b"hello world", "no table"),
        ("KPI,次回の把握時期\n甲,未定\n乙".encode()[:-1], "damaged character"),
        ('KPI,次回の把握時期\n"甲,未定\n乙,未定\n'.encode(), "never closed"),
    ],
)
def test_what_cannot_be_read_is_refused_in_one_sentence(data: bytes, said: str) -> None:
    assert said in refused(data)


def test_a_file_too_large_is_refused() -> None:
    assert "up to 50 MB" in refused(b"x" * (LARGEST_FILE + 1))


def test_a_zip_that_is_no_workbook_or_a_bomb_is_refused() -> None:
    for name, size, said in [("a.txt", 10, "no XLSX"), ("xl/workbook.xml", 310_000_000, "unpacks")]:
        file = io.BytesIO()
        with zipfile.ZipFile(file, "w", zipfile.ZIP_DEFLATED) as archive:
            archive.writestr(name, b"\0" * size)
        assert said in refused(file.getvalue(), "x.xlsx")


def test_a_worksheet_that_reaches_too_far_is_refused() -> None:
    book = openpyxl.Workbook()
    book.worksheets[0]["XFD1048576"] = "x"
    file = io.BytesIO()
    book.save(file)
    assert "XFD1048576" in refused(file.getvalue(), "x.xlsx")


def test_control_characters_are_left_out() -> None:
    rows = [HEADINGS[3:], ["甲\x00\x07乙", "", "1", "A", "未定"]]
    assert read_sheets(as_csv(rows).encode(), "x.csv")[0].rows[0].name == "甲乙"


def test_a_title_too_long_to_be_kept_is_cut_and_told() -> None:
    rows = [HEADINGS, ["長" * 600, *ROWS[0][1:]]]
    sheet = read_sheets(as_csv(rows).encode(), "x.csv")[0]
    assert len(sheet.policy_issue) == 500
    assert "600 characters" in sheet.faults[0].reason


@settings(max_examples=150, deadline=None)
@given(st.one_of(st.binary(max_size=400), st.text(max_size=400).map(str.encode)))
def test_no_bytes_crash_the_reader(data: bytes) -> None:
    for start in (b"", b"%PDF-1.4\n", b"PK\x03\x04", "KPI,次回の把握時期\n".encode()):
        try:
            read_sheets(start + data, "any")
        except SheetError:
            continue


@settings(max_examples=60, deadline=None)
@given(st.integers(0, 3000), st.integers(0, 255))
def test_no_damage_to_a_workbook_or_pdf_crashes_the_reader(at: int, byte: int) -> None:
    for data in (WORKBOOK, PDF):
        broken = bytearray(data)
        broken[at % len(broken)] = byte
        try:
            read_sheets(bytes(broken), "any")
        except SheetError:
            continue


WORKBOOK = as_xlsx([HEADINGS, *ROWS])
PDF = as_pdf([HEADINGS[3:], ROWS[0][3:]])
CELLS = st.text(st.sampled_from("甲乙①【再掲】公表2018年３月－-％ab,;\"' "), max_size=12)


@settings(max_examples=60, deadline=None)
@given(st.lists(st.tuples(*[CELLS] * 5), min_size=1, max_size=6))
def test_rows_are_the_same_through_csv_and_xlsx(cells: list[tuple[str, ...]]) -> None:
    rows = [HEADINGS[3:], ["甲", "1", "2", "A", "未定"], *map(list, cells)]
    assert facts(as_csv(rows).encode(), "x") == facts(as_xlsx(rows), "x")

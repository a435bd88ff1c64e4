"""`jikai sheets compare` and `import`: what a new edition changes, before anything is stored."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from tests.scheduler.sheets.samples import SAMPLE, sample

if TYPE_CHECKING:
    from tests.notices.cli.conftest import Office

FIRST, SECOND = ("--asof", "2024-10-01"), ("--asof", "2025-01-10")


@pytest.fixture
def stored(open_office: Office) -> Office:
    open_office.call("import", str(SAMPLE), *FIRST, "--now", "2024-10-01")
    return open_office


def next_edition(office: Office) -> str:
    text = sample().replace("352手続\n（2024年４月速報値）", "361手続\n（2024年４月確報値）")
    text = text.replace("2024年度末確報値は、2025年９月", "2024年度末確報値は、2025年11月")
    path = office.folder / "next.txt"
    path.write_text(text, "utf-8")
    return str(path)


def test_changes_and_what_follows_are_told_and_nothing_is_stored(stored: Office) -> None:
    before = stored.told("entries", "--now", "2025-01-10")
    done = stored.call("sheets", "compare", next_edition(stored), *SECOND, "--now", "2025-01-10")
    assert done.exit_code == 0, done.output
    assert (
        "実績値: ① オンライン申請ができる手続: 352手続（2024年４月速報値） → 361手続" in done.stdout
    )
    assert "2024年4月の確報値 把握済み、361手続" in done.stdout
    assert "時期を変更、2025年9月頃 → 2025年11月頃（61日遅れ）" in done.stdout
    assert "変更なし" in done.stdout  # the other sheet
    assert stored.told("entries", "--now", "2025-01-10") == before


def test_the_document_says_the_same_as_the_import_does(stored: Office) -> None:
    path, now = next_edition(stored), ("--now", "2025-01-10")
    foretold = stored.told("sheets", "compare", path, *SECOND, *now)
    done = stored.told("import", path, *SECOND, *now)
    for told, sheet in zip(foretold["sheets"], done["sheets"], strict=True):
        assert told["changes"] == sheet["stored"]["changes"]
        assert told["effects"] == sheet["stored"]["effects"]
    first = foretold["sheets"][0]
    assert (first["state"], first["since"]) == ("stored", "2024-10-01")
    assert [(each["what"], each["number"]) for each in first["changes"]] == [
        ("value", "①"),
        ("timing", "④"),
    ]
    assert [(each["what"], each["days"], each["value"]) for each in first["effects"]] == [
        ("answered", None, "361手続"),
        ("moved", 61, None),
    ]
    assert {each["id"] for each in stored.told("entries", *now)} >= {"4.2"}
    again = stored.told("sheets", "compare", path, *SECOND, *now)
    assert {each["state"] for each in again["sheets"]} == {"unchanged"}


def test_a_first_and_an_older_edition_are_told_as_such(stored: Office) -> None:
    older = stored.call("sheets", "compare", next_edition(stored), "--asof", "2024-05-01")
    assert "履歴としてのみ" in older.stdout
    path = stored.folder / "new.csv"
    path.write_text("KPI,次回の把握時期\n健診,2025年３月に公表\n", "utf-8")
    first = stored.call("sheets", "compare", str(path), *SECOND)
    assert "保存済みの版がない" in first.stdout


def test_english_has_every_sentence_too(stored: Office) -> None:
    stored.configure('[office]\nlanguage = "en"\n')
    told = stored.call("sheets", "compare", next_edition(stored), *SECOND).stdout
    assert "against the edition as of 1 October 2024" in told
    assert "final figure for April 2024 is known, 361手続" in told
    assert "around September 2025 → around November 2025: 61 days later" in told


def test_without_a_database_it_says_what_to_do(office: Office) -> None:
    done = office.call("sheets", "compare", str(SAMPLE), *FIRST)
    assert done.exit_code == 1
    assert "jikai upgrade" in done.stderr


def test_at_a_terminal_the_next_edition_is_shown_and_asked_about(stored: Office) -> None:
    words = ("import", next_edition(stored), *SECOND, "--now", "2025-01-10")
    before = stored.told("entries", "--now", "2025-01-10")
    code, seen = stored.at_terminal(*words, typed="n\n")
    assert code == 0, seen
    shown = seen.index("（61日遅れ）")
    asked = seen.index("この版を保存しますか")
    assert shown < asked < seen.index("何も保存していません")
    assert stored.told("entries", "--now", "2025-01-10") == before
    code, seen = stored.at_terminal(*words, typed="y\n")
    assert (code, seen.count("（61日遅れ）")) == (0, 1), seen
    assert "4.2" in {each["id"] for each in stored.told("entries", "--now", "2025-01-10")}


def test_at_a_terminal_a_first_edition_and_the_same_again_are_not_asked_about(
    open_office: Office,
) -> None:
    words = ("import", str(SAMPLE), *FIRST, "--now", "2024-10-01")
    for said in ("版を保存しました", "同じ版が保存済み"):
        code, seen = open_office.at_terminal(*words, typed="n\n")
        assert code == 0, seen
        assert said in seen
        assert "保存しますか" not in seen
    assert len(open_office.told("entries")) == 13


def test_whoever_says_yes_beforehand_is_not_asked(stored: Office) -> None:
    words = ("import", next_edition(stored), *SECOND, "--now", "2025-01-10", "--yes")
    code, seen = stored.at_terminal(*words, typed="n\n")
    assert (code, "保存しますか" in seen, "（61日遅れ）" in seen) == (0, False, True), seen
    assert "4.2" in {each["id"] for each in stored.told("entries", "--now", "2025-01-10")}


def test_a_dry_run_compares_with_what_is_stored(stored: Office) -> None:
    path, now = next_edition(stored), ("--now", "2025-01-10")
    before = stored.told("entries", *now)
    done = stored.call("import", path, *SECOND, *now, "--dry-run")
    assert done.stdout.index("（61日遅れ）") < done.stdout.index("何も保存していません")
    told = stored.told("import", path, *SECOND, *now, "--dry-run")
    assert (told["stored"], told["sheets"][0]["stored"]) == (False, None)
    foretold = stored.told("sheets", "compare", path, *SECOND, *now)
    for compared, sheet in zip(foretold["sheets"], told["sheets"], strict=True):
        assert sheet["compared"]["effects"] == compared["effects"]
    assert stored.told("entries", *now) == before


def test_a_dry_run_needs_no_database(office: Office) -> None:
    done = office.told("import", str(SAMPLE), *FIRST, "--dry-run")
    assert {sheet["compared"] for sheet in done["sheets"]} == {None}


def test_what_changes_between_the_question_and_the_answer_stores_nothing(
    stored: Office, monkeypatch: pytest.MonkeyPatch
) -> None:
    def meanwhile(*_words: object, **_how: object) -> bool:
        [answered] = [e["id"] for e in stored.told("entries") if "オンライン" in e["entry"]]
        stored.call("confirm", answered, "--value", "361手続", "--now", "2025-01-10")
        return True

    monkeypatch.setattr("notices.cli.imports._agrees", meanwhile)
    monkeypatch.setattr("notices.cli.imports._asks", lambda *_: True)
    done = stored.call("import", next_edition(stored), *SECOND, "--now", "2025-01-10")
    assert (done.exit_code, done.stderr.count("import it again")) == (1, 1)
    assert {each["id"] for each in stored.told("entries")}.isdisjoint({"4.2"})

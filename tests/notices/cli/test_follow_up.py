"""The commands of the follow-up rules, as a person at the keyboard meets them."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from tests.notices.cli.conftest import Office

NOW = ("--now", "2017-10-02")


def _people(office: Office) -> None:
    for name in ("hanako", "taro", "boss"):
        assert office.call("people", "add", f"{name}@example.jp", *NOW).exit_code == 0
    assert office.call("people", "add", "admin@example.jp", "--admin", *NOW).exit_code == 0


def test_a_policy_is_shown_changed_and_taken_back(busy_office: Office) -> None:
    def rule(key: str) -> tuple[object, str]:
        shown = busy_office.told("policy", "show", "--entry", "1")
        (found,) = [each for each in shown["rules"] if each["key"] == key]
        return found["value"], found["source"]

    assert rule("chase_days") == ([1, "7w", "14w", "28w"], "config")
    busy_office.told("policy", "set", "chase_days=3w,5", "--sheet", "⑯", *NOW)
    busy_office.told("policy", "set", "superior_after=", "hold_back=false", "--entry", "1", *NOW)
    assert rule("chase_days") == (["3w", 5], "sheet")
    assert rule("superior_after") == ("", "entry")
    assert rule("hold_back") == (False, "entry")
    busy_office.told("policy", "reset", "hold_back", "--entry", "1", *NOW)
    assert rule("hold_back") == (True, "config")
    assert "chase_days" in busy_office.call("policy", "show").stdout


def test_a_wrong_rule_is_one_sentence(busy_office: Office) -> None:
    wrong = busy_office.call("policy", "set", "grace_days=soon", "--entry", "1", *NOW)
    assert wrong.exit_code == 1
    assert wrong.stderr.count("\n") == 1
    assert "grace_days cannot be 'soon'" in wrong.stderr
    assert busy_office.call("policy", "set", "grace_days=1", *NOW).exit_code == 2
    assert busy_office.call("policy", "set", "grace_days", "--entry", "1", *NOW).exit_code == 2


def test_people_go_away_come_back_and_leave(busy_office: Office) -> None:
    _people(busy_office)
    office = busy_office
    away = ("people", "absence", "hanako@example.jp")
    dates = ("--from", "2018-03-01", "--to", "2018-03-10", "--delegate", "taro@example.jp")
    told = office.told(*away, *dates, *NOW)
    assert told == [
        {
            "email": "hanako@example.jp",
            "from": "2018-03-01",
            "to": "2018-03-10",
            "delegate": "taro@example.jp",
        }
    ]
    assert office.call(*away, "--from", "2018-03-01", *NOW).exit_code == 2
    assert office.call(*away, *dates, *NOW).exit_code == 1
    assert office.told(*away, "--back", *NOW) == []
    assert office.call("assign", "hanako@example.jp", "--entry", "1", *NOW).exit_code == 0
    (suggested, *_) = office.told("people", "suggest", *NOW)
    assert (suggested["entry"], suggested["person"]) == (2, "hanako@example.jp")
    office.told("people", "leave", "hanako@example.jp", "--to", "taro@example.jp", *NOW)
    (taro,) = [p for p in office.told("people", "list") if p["email"] == "taro@example.jp"]
    assert taro["owns"] == ["entry 1"]


def test_a_figure_is_followed_from_its_first_value_to_its_last(busy_office: Office) -> None:
    office = busy_office
    early = ("confirm", "1.1", "--value", "303", "--stage", "revised", "--now", "2018-03-20")
    assert office.told(*early)["done"] == "noted; the figure promised is still awaited"
    office.told("confirm", "1.1", "--value", "305", "--now", "2018-03-28")
    chain = office.told("chain", "1.1")
    assert chain["closed"]
    said = [(link["stage"], link["value"], link["change"]) for link in chain["links"]]
    assert said == [
        ("preliminary", "301", None),
        ("revised", "303", "+2"),
        ("final", "305", "+2"),
    ]
    shown = office.call("chain", "1.1").stdout
    assert "305 (+2, +0.7 %)" in shown


def test_a_postponement_waits_for_a_yes(busy_office: Office) -> None:
    office = busy_office
    _people(office)
    office.told("policy", "set", "approve_postponements=true", "--sheet", "⑯", *NOW)
    later = ("--latest", "2018-06-30", "--reason", "late", "--by", "hanako@example.jp", *NOW)
    assert office.told("postpone", "1.1", *later)["done"] == "proposed, an admin has to say yes"
    (proposal,) = office.told("proposals")
    assert (proposal["id"], proposal["latest"], proposal["by"]) == (
        *("1.1", "2018-06-30", "hanako@example.jp"),
    )
    refused = office.call("decide", "1", "--yes", "--by", "hanako@example.jp", *NOW)
    assert refused.exit_code == 1
    assert office.told("decide", "1", "--yes", "--by", "admin@example.jp", *NOW)["open"] == "1.2"
    assert office.call("decide", "1", "--no", *NOW).exit_code == 1


def test_a_snooze_a_preview_and_nothing_missed(busy_office: Office) -> None:
    office = busy_office
    _people(office)
    office.call("assign", "hanako@example.jp", "--entry", "1", *NOW)
    quiet = ("snooze", "1.1", "--until", "2018-03-20", "--by", "hanako@example.jp")
    assert office.told(*quiet, "--now", "2018-02-20")["until"] == "2018-03-20"
    ahead = ("preview", "--days", "40", "--person", "hanako@example.jp", "--now", "2018-02-20")
    mails = office.told(*ahead)
    assert [mail["at"][:10] for mail in mails] == ["2018-03-20", "2018-03-26"]
    assert all("E1" in mail["text"] for mail in mails)
    assert "hanako@example.jp" in office.call(*ahead, "--mails").stdout
    assert office.told("missed", "1.1", "--now", "2018-03-01") == []
    assert office.call("fill", "1.1", "305", "--now", "2018-03-01").exit_code == 1


def test_an_item_without_a_window_gets_one_and_is_on_the_lists(busy_office: Office) -> None:
    now = ("--now", "2017-10-02")
    [item] = busy_office.told("undated", *now)
    words = ("window", item["id"], "--latest", "2018-09-30", "--reason", "電話で確認", *now)
    done = busy_office.call(*words)
    assert done.exit_code == 0, done.output
    assert busy_office.told("undated", *now) == []
    [shown] = [e for e in busy_office.told("entries", *now) if e["id"] == f"{item['id']}.1"]
    assert shown["latest"] == "2018-09-30"
    again = busy_office.call(*words)
    assert (again.exit_code, "nothing without a window" in again.stderr) == (1, True)

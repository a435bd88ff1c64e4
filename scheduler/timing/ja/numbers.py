"""Japanese times and amounts that are written with digits."""

import re

from scheduler.timing.ja.words import HALF_YEARLY, MONTHLY, QUARTERLY, YEARLY
from scheduler.timing.lexer import Made, Number
from scheduler.timing.moments import Anchor, Lag, Moment, Step, day, month
from scheduler.timing.numerals import ERA, ERA_NAMES, NUMBERS, named_year


def _full_year(match: re.Match[str]) -> Made:
    fiscal = bool(match["fiscal"])
    return "Y", Moment(named_year(match["year"], match["era"], fiscal=fiscal))


def _first_of_years(match: re.Match[str]) -> Made:
    if match["era"] is None and len(match["year"]) != 4:
        return None
    return _full_year(match)


def _twice_named(match: re.Match[str]) -> Made:
    fiscal = bool(match["fiscal"] or match["inner_fiscal"])
    year = match["year"] if match["era"] else match["inner"]
    return "Y", Moment(named_year(year, match["era"] or match["inner_era"], fiscal=fiscal))


def _short_year(match: re.Match[str]) -> Made:
    return "Y", Moment(Anchor("short", int(match["year"]), fiscal=bool(match["fiscal"])))


def _month(match: re.Match[str]) -> Made:
    return "P", month(int(match["month"]))


def _months(match: re.Match[str]) -> Made:
    return "M", (month(int(match["first"])), month(int(match["last"])))


def _day(match: re.Match[str]) -> Made:
    return "P", day(int(match["day"]))


def _quarter(match: re.Match[str]) -> Made:
    number = int(match["quarter"])
    return "P", Step(1, "slice", 3 * number - 3, 3) if 1 <= number <= 4 else Step(1, "impossible")


def _quarters(match: re.Match[str]) -> Made:
    first, last = (Step(1, "slice", 3 * int(match[name]) - 3, 3) for name in ("first", "last"))
    return "M", (first, last)


def _after(match: re.Match[str]) -> Made:
    return ("j" if match[0] == "後" else "J"), None


def _quantity(match: re.Match[str]) -> Made:
    return ("n" if match[0].isdigit() else "N"), None


def _every(match: re.Match[str]) -> Made:
    number = int(match["number"])
    unit = {"年": "Y", "か": "M", "週": "W", "日": "D"}[match["unit"][0]]
    if unit == "W":
        number, unit = 7 * number, "D"
    fixed = {(1, "Y"): YEARLY, (3, "M"): QUARTERLY, (6, "M"): HALF_YEARLY, (1, "M"): MONTHLY}
    return "R", fixed.get((number, unit), (f"P{number}{unit}", "", False))


def _lag(match: re.Match[str]) -> Made:
    if match["half"]:
        return "L", Lag(6, 0, match["how"] == "以内", bool(match["then"]))
    months, days = _distance(match)
    return "L", Lag(months, days, match["how"] == "以内", bool(match["then"]))


def _distance(match: re.Match[str]) -> tuple[int, int]:
    number, unit = int(match["number"]), match["unit"][0]
    return number * {"年": 12, "か": 1}.get(unit, 0), number * {"週": 7, "日": 1}.get(unit, 0)


def _lag_after(match: re.Match[str]) -> Made:
    return "L", Lag(*_distance(match), bool(match["how"]), False)


def _weekday(match: re.Match[str]) -> Made:
    return "P", Step(3, "weekday", "月火水木金土日".index(match["day"]))


def _days(match: re.Match[str]) -> Made:
    return "P", Step(3, "days", int(match["first"]), int(match["last"]))


def _week(match: re.Match[str]) -> Made:
    number = int(match["week"])
    return "P", Step(3, "days", 7 * number - 6, min(7 * number, 28) if number < 5 else 0)


def _line(_: re.Match[str]) -> Made:
    return "b", None


def _nothing(_: re.Match[str]) -> Made:
    return " ", None


def _share(_: re.Match[str]) -> Made:
    return "B", None


def _duration(_: re.Match[str]) -> Made:
    return "4", None


def _other(_: re.Match[str]) -> Made:
    return "n", None


UNITS = (
    "%|割|か所|箇所|カ所|件|団体|人|者|円|億|兆|万|千|社|校|施設|市|町|村|区|県|都道府県|自治体|世帯|戸|台|基"
    "|km|ha|t|倍|位|ポイント|名|機関|事業|地区|本|棟|床|例|品目|港|路線|か国|橋|園|組織|大学|病院|地域|拠点"
)
_INNER = (
    rf"\((?:(?P<inner_era>{ERA_NAMES})\.?)?(?P<inner>[0-9]{{1,4}}|元)年?(?P<inner_fiscal>度)?\)"
)
_UNIT = "年度?|か月|週間?|日間?"
_ALONE = "(?<![0-9.,])"
BEGIN = (
    r"0-9元令平昭大明rhsfqそさ更半過直今向前第午後次週年例改調実施完終全確月火水木金土日の通計期(\n"
)
# fmt: off
NUMBERS_IN_JAPANESE = (
    Number("year-named-twice", rf"(?:{ERA}\.?)?(?P<year>[0-9]{{1,4}}|元)年?度?{_INNER}(?:年?(?P<fiscal>度)|年)?", _twice_named),
    Number("every-so-often", rf"(?P<number>[1-9][0-9]?)(?P<unit>{_UNIT})(?:に(?:1|1度)(?:度|回)?|ごと|毎|周期|おき)", _every),
    Number("lag", rf"(?P<then>その|さらに|更に)?(?:(?P<half>半年)|(?P<number>[0-9]{{1,3}})(?P<unit>{_UNIT}))(?:間|程度|ほど)?(?P<how>後|以内)", _lag),
    Number("lag-after", rf"(?<=[一-龥)])後(?P<number>[0-9]{{1,3}})(?P<unit>{_UNIT})(?P<how>以内)?(?:を経過した時点|を経過した後|が経過した時点|経過後)?", _lag_after),
    Number("how-many-times", r"[週月年]に?[0-9]+回(?:以上|未満|以下)", _other),
    Number("long-ago", r"(?:過去|直近|今後|向こう|前回から)[0-9]{1,3}(?:か年|年間?|か月間?)|[0-9]{1,3}(?:年連続|年計画|年目|年代)", _other),
    Number("years-together", r"[0-9]{1,2}(?:か年|年間)度?分", _share),
    Number("duration", r"[0-9]{1,3}(?:年間|か年|か月間)", _duration),
    Number("law-number", rf"{ERA}\.?(?P<year>[0-9]{{1,2}}|元)年(?:法律|政令|省令|条例|告示)(?:第[0-9]+号)?", _other),
    Number("era-year", rf"{ERA}\.?(?P<year>[0-9]{{1,3}}|元)(?:年(?P<fiscal>度)?(?!代|間)|(?P<bare>)(?=[春夏秋冬末]))", _full_year),
    Number("year", rf"{_ALONE}(?P<era>(?!))?(?P<year>[0-9]{{4}}|(?<=')[0-9]{{2}})(?:年(?P<fiscal>度)?(?!代|間)|(?=[春夏秋冬末]))", _full_year),
    Number("first-of-years", rf"(?:{ERA}\.?(?=[0-9])|{_ALONE}(?=[0-9]{{2}}))(?P<year>[0-9]{{1,4}})(?=[~-](?:{ERA_NAMES}|[0-9]{{2}})?[0-9]{{1,2}}年(?P<fiscal>度)?(?![0-9]))", _first_of_years),
    Number("year-without-era", rf"{_ALONE}(?P<year>[0-9]{{1,2}})年(?:(?P<fiscal>度)|(?=[0-9]{{1,2}}月))", _short_year),
    *NUMBERS,
    Number("months", rf"{_ALONE}(?P<first>[0-9]{{1,2}})(?:月?[~-]|・)(?P<last>[0-9]{{1,2}})月(?!間)", _months),
    Number("month", rf"{_ALONE}(?P<month>[0-9]{{1,2}})月(?!間|額|号|次)", _month),
    Number("days-taken", r"(?<=を)[0-9]{1,3}日(?=とする|以内とする|に短縮)", _quantity),
    Number("days", rf"{_ALONE}(?P<first>[0-9]{{1,2}})日?[~-](?P<last>[0-9]{{1,2}})日(?!間|以内|後|前(?!後)|数)", _days),
    Number("day", rf"{_ALONE}(?P<day>[0-9]{{1,2}})日(?!間|以内|後|前(?!後)|数)", _day),
    Number("week", r"第(?P<week>[1-5])週", _week),
    Number("quarters", r"第?(?P<first>[1-4])(?:四半期)?[~-]第?(?P<last>[1-4])四半期(?!ごと|毎)", _quarters),
    Number("quarter", r"第?(?P<quarter>[0-9])・?四半期(?!ごと|毎|に1)", _quarter),
    Number("note-mark", r"\((?:注|※|\*)[0-9]{0,2}\)", _nothing),
    Number("line-number", r"\n|\([0-9]{1,2}\)|(?:^|(?<=[み定表。す]))[1-9]\)", _line),
    Number("weekday-in-brackets", r"\([月火水木金土日](?:曜日?)?(?:・?祝)?\)", _nothing),
    Number("weekday", "(?<=毎週)(?P<day>[月火水木金土日])曜日?", _weekday),
    Number("whole-of-year", "(?<=年度)の?(?:通期|全体|通年|計)(?!画)", _nothing),
    Number("clock", "(?:午前|午後)?[0-9]{1,2}(?:時(?:[0-9]{1,2}分|半)?(?!点|期|間)|:[0-9]{2})", _nothing),
    Number("after-that", r"(?<=\))後(?:の|に)?", lambda _: ("Q", None)),
    Number("after", "(?<=[一-龥たのめりえけ])後(?=$|に|、|。|速やか|直ち|公表|集計|取りまとめ|とりまとめ|把握|適宜)", _after),
    Number("as-usual", "例年(?:の)?(?:通り|どおり|同様|並み|時期)(?:の時期)?に?(?=$|、?公表|、?把握|。|の見込)", lambda _: ("J", None)),
    Number("due-in-brackets", r"期限(?=\))", lambda _: ("s", None)),
    Number("on-deciding", "(?<=[一-龥しりちみびきい])次第", _after),
    Number("settled", "確定(?=する|予定|見込|される|し、|を受け|を待|$|。)", lambda _: ("v", "figure")),
    Number("revision", r"(?<![^\n(、:])改[定訂](?=[:)]|は[0-9令平r])", lambda _: ("t", "revised")),
    Number("unnamed-start", r"(?:調査|実施|施行|完了|終了)の?(?=翌)", lambda _: ("S", None)),
    Number("ordinal", "第[0-9]+(?:[回次期条号編章])?", _other),
    Number("all", r"全(?:ての?|施設|都道府県|自治体|市町村|市区町村|校|団体|事業所|省庁|府省|機関|大学|病院|組合|区間|路線)(?!値|計|数)", lambda _: ("N", None)),
    Number("quantity", rf"[0-9][0-9,.]*(?:{UNITS})?", _quantity),
)
# fmt: on

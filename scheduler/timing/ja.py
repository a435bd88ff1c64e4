"""Japanese: the spellings of times, bounds, stages and what is done, as tables."""

import re

from scheduler.timing.clauses import Role
from scheduler.timing.lexer import Made, Number, Word
from scheduler.timing.moments import Anchor, Moment, Step, day, month
from scheduler.timing.numerals import ERA, ERA_NAMES, NUMBERS, named_year
from scheduler.timing.phrases import Grammar


def _year(how: str, number: int, *, fiscal: bool = False) -> Moment:
    return Moment(Anchor(how, number, "year", fiscal))


def _unit(how: str, number: int, unit: str) -> Moment:
    return Moment(Anchor(how, number, unit))


def _season(first_month: int) -> Step:
    return Step(1, "season", first_month)


START, MIDDLE, END = Step(9, "edge", 0), Step(9, "edge", 1), Step(9, "edge", -1)
DECEMBER_OF, JANUARY_OF, JUNE_JULY_OF = END, START, MIDDLE


def _free(*steps: Step, fiscal: bool = False) -> Moment:
    return Moment(Anchor("free", 0, "year", fiscal), steps)


YEARS = (
    Word("this-fiscal-year", "Y", "今年度 本年度 当年度 当該年度内", _year("asof", 0, fiscal=True)),
    Word("this-fiscal-year", "Y", "年度内 年度中", _year("asof", 0, fiscal=True)),
    Word("next-fiscal-year", "Y", "来年度 次年度 明年度", _year("asof", 1, fiscal=True)),
    Word("fiscal-year-after-next", "Y", "再来年度", _year("asof", 2, fiscal=True)),
    Word("last-fiscal-year", "Y", "前年度 昨年度", _year("asof", -1, fiscal=True)),
    Word("fiscal-year-before-last", "Y", "前々年度 一昨年度", _year("asof", -2, fiscal=True)),
    Word("this-year", "Y", "今年 本年 当年 年内 年中", _year("asof", 0)),
    Word("next-year", "Y", "来年 明年", _year("asof", 1)),
    Word("year-after-next", "Y", "再来年", _year("asof", 2)),
    Word("last-year", "Y", "昨年 前年 去年", _year("asof", -1)),
    Word("year-before-last", "Y", "一昨年", _year("asof", -2)),
    Word("same-year", "Y", "同年", _year("before", 0)),
    Word("same-fiscal-year", "Y", "同年度", _year("before", 0, fiscal=True)),
    Word("following-year", "Y", "翌年", _year("before", 1)),
    Word("following-fiscal-year", "Y", "翌年度", _year("before", 1, fiscal=True)),
    Word("year-after-following", "Y", "翌々年 翌翌年", _year("before", 2)),
    Word("fiscal-year-after-following", "Y", "翌々年度 翌翌年度", _year("before", 2, fiscal=True)),
    Word("this-month", "Y", "今月 当月 本月", _unit("asof", 0, "month")),
    Word("next-month", "Y", "来月", _unit("asof", 1, "month")),
    Word("month-after-next", "Y", "再来月", _unit("asof", 2, "month")),
    Word("last-month", "Y", "先月 前月", _unit("asof", -1, "month")),
    Word("same-month", "Y", "同月", _unit("before", 0, "month")),
    Word("following-month", "Y", "翌月", _unit("before", 1, "month")),
    Word("month-after-following", "Y", "翌々月 翌翌月", _unit("before", 2, "month")),
    Word("this-week", "Y", "今週", _unit("asof", 0, "week")),
    Word("next-week", "Y", "来週", _unit("asof", 1, "week")),
    Word("turn-of-year", "Y", "年明け 年始 年初 年頭", _free(JANUARY_OF)),
    Word("end-of-year", "Y", "年末", _free(DECEMBER_OF)),
    Word("middle-of-year", "Y", "年央 年半ば", _free(JUNE_JULY_OF)),
    Word("fiscal-year-end", "Y", "年度末", _free(END, fiscal=True)),
    Word(
        "fiscal-year-start",
        "Y",
        "年度初め 年度始め 年度当初 年度初 年度明け",
        _free(START, fiscal=True),
    ),
    Word("fiscal-year-middle", "Y", "年度半ば 年度央 年度中頃", _free(MIDDLE, fiscal=True)),
)
SEASONS = tuple(
    Word(f"{how}-{name}", "Y", f"{sign}{kanji}", Moment(Anchor("asof", number), (_season(first),)))
    for how, sign, number in (("this", "今", 0), ("next", "来", 1), ("last", "昨", -1))
    for name, kanji, first in (
        ("spring", "春", 3),
        ("summer", "夏", 6),
        ("autumn", "秋", 9),
        ("winter", "冬", 12),
    )
)
PARTS = (
    Word("spring", "P", "春 春季 春期 春頃", _season(3)),
    Word("summer", "P", "夏 夏季 夏期", _season(6)),
    Word("autumn", "P", "秋 秋季 秋期", _season(9)),
    Word("winter", "P", "冬 冬季 冬期", _season(12)),
    Word("first-half", "P", "上半期 上期 上半年 前半期", Step(1, "slice", 0, 6)),
    Word("second-half", "P", "下半期 下期 下半年 後半期", Step(1, "slice", 6, 6)),
    Word("front-half", "P", "前半", Step(9, "half", 0)),
    Word("back-half", "P", "後半", Step(9, "half", 1)),
    Word("first-ten-days", "P", "上旬 初旬", Step(3, "days", 1, 10)),
    Word("middle-ten-days", "P", "中旬", Step(3, "days", 11, 20)),
    Word("last-ten-days", "P", "下旬", Step(3, "days", 21, 0)),
    Word("month-start", "P", "月初 月初め 月はじめ 月頭", Step(3, "days", 1, 10)),
    Word("month-middle", "P", "月半ば 月中頃 月央", Step(3, "days", 11, 20)),
    Word("month-end", "P", "月末", Step(3, "days", 21, 0)),
    Word("last-day", "P", "末日 月末日 晦日", Step(3, "days", 0, 0)),
    Word("start", "P", "初め 始め はじめ 当初 初頭 冒頭 初 明け 頭 早々 早期", START),
    Word("middle", "P", "半ば なかば 中頃 中ごろ 中程 央", MIDDLE),
    Word("end", "P", "末 終わり おわり", END),
    Word("inside", "I", "中 内 中に 内に のうちに うちに 期間中 以内 以内に"),
)
BOUNDS = (
    Word(
        "hedged",
        "A",
        "頃 ごろ 頃に ごろに 前後 前後に 目途 めど 目処 目安 くらい ぐらい あたり 辺り",
    ),
    Word(
        "hedged",
        "A",
        "頃を目途に を目途に をめどに を目処に を目安に を目途として をめどとして を目処として",
    ),
    Word("hedged", "A", "おおむね 概ね おおよそ およそ 約 を目途とし をめどとし を目処とし"),
    Word("until", "U", "まで までに までには までの を期限に を期限として 以前 を期限とし"),
    Word("at-the-latest", "W", "遅くとも 遅くても おそくとも"),
    Word("at-the-earliest", "V", "早ければ 早くて 早くとも 最短で 最速で"),
    Word("from", "F", "から より 以降 以降に 以後 以後に 以降の 以降は からは より順次"),
    Word("range", "~", "~ - ―"),
    Word("to", "X", "にかけて にかけ へかけて"),
    Word("or", "O", "又は または 若しくは もしくは あるいは 或いは か ないし 乃至 ないしは"),
)
REPEATS = (
    Word(
        "every-year",
        "R",
        "毎年 例年 各年 年次 年1回 年に1回 年に1度 年1度 毎年1回 1年ごと 1年に1度",
        ("P1Y", "year", False),
    ),
    Word(
        "every-fiscal-year", "R", "毎年度 各年度 例年度 年度ごと 毎会計年度", ("P1Y", "year", True)
    ),
    Word(
        "every-quarter",
        "R",
        "四半期ごと 4半期ごと 四半期毎 4半期毎 毎四半期 各四半期 四半期に1度 四半期に1回 年4回",
        ("P3M", "quarter", False),
    ),
    Word(
        "every-half",
        "R",
        "半年ごと 半年毎 半期ごと 半期毎 年2回 年に2回 半年に1度 半年に1回 各半期 毎半期",
        ("P6M", "half", False),
    ),
    Word(
        "every-month",
        "R",
        "毎月 月次 月1回 月に1回 各月 毎月1回 月ごと 月毎",
        ("P1M", "month", False),
    ),
    Word("every-week", "R", "毎週 週1回 週に1回 週次 毎週1回", ("P7D", "week", False)),
    Word("every-other-year", "R", "隔年 隔年度 1年おき 2年に1度 2年に1回", ("P2Y", "", False)),
)
STAGES = (
    Word(
        "stage", "t", "速報値 速報 概数 概数値 暫定値 暫定 一次速報 仮集計 仮集計値", "preliminary"
    ),
    Word("stage", "t", "改定値 改訂値 改定後の値", "revised"),
    Word("stage", "t", "確報値 確報 確定値 確定 最終値 確々報 確定数 最終確定値 確定数値", "final"),
    Word(
        "stage", "t", "見込み値 見込値 概算 概算値 推計 推計値 見込額 見込み額 推計結果", "estimate"
    ),
    Word("stage", "t", "実績見込み 実績見込", "estimate"),
    Word("stage", "t", "実績 実績値", "actual"),
    Word("no-stage", "n", "最終とりまとめ 最終取りまとめ 最終報告 最終結果 確定申告"),
)
ACTIONS = (
    Word(
        "release",
        "v",
        "公表 公開 発表 掲載 把握 判明 更新 算出 算定 取りまとめ とりまとめ 取り纏め 刊行 発行",
        "figure",
    ),
    Word("release", "v", "アップデート リリース 入手 公示 結果を得 まとま", "figure"),
    Word("delivery", "z", "提供 報告 配布 送付 配信 通知 還元", "delivery"),
    Word(
        "decision",
        "d",
        "設定 決定 策定 見直 改定 改訂 定める 結論 方針 整理 作成 措置 制定 示す",
        "decision",
    ),
    Word("evaluation", "d", "検証 評価 フォローアップ 点検 分析", "evaluation"),
    Word("going-on", "c", "引き続き 引続き 引きつづき 継続 も同様", "continued"),
    Word(
        "survey",
        "s",
        "調査 照会 アンケート ヒアリング 回収 提出 締切 締め切 〆切 募集 依頼 センサス 実査 期日",
    ),
    Word(
        "law",
        "l",
        "成立 施行 公布 閣議決定 改正 法律 政令 省令 会議 審議会 委員会 国会 開催 締結 告示 会合",
    ),
    Word("handling", "h", "集計 精査 審査 確認"),
    Word("goal", "H", "目標 目標値 目標年度 達成 目指す 目指し めざす 到達 数値目標 kpi"),
    Word("goal-deadline", "n", "目標期限"),
    Word("hereafter", "n", "今後 その後 以後、 今後も"),
    Word(
        "past",
        "p",
        "済み 済 した された しました ところ であった でした ていた ている ており れた した旨",
    ),
    Word(
        "after-doing",
        "j",
        "した上で したうえで した後 したのち した場合 した際 した段階 し次第 次第",
    ),
    Word("estimated", "f", "見込み 見込"),
    Word("expected", "f", "予定 見通し する予定 する見込み 方針である"),
    Word("next", "x", "次回"),
    Word("respectively", "r", "それぞれ 各々 おのおの"),
    Word("as-at", "D", "時点 現在 現時点"),
    Word("share", "B", "分 分の"),
    Word("not-set", "u", "未定 未確定 未設定 集計中 検討中 調整中 精査中 tbd"),
    Word(
        "depends",
        "j",
        "しかるべき時期 然るべき時期 速やかに すみやかに 早期に 後に 後、 適切な時期 随時 順次",
    ),
)
PARTICLES = (
    Word("of", "k", "の"),
    Word("in", "i", "に"),
    Word("topic", "w", "は については に関しては には"),
    Word("object", "o", "を"),
    Word("subject", "g", "が"),
    Word("place", "q", "で において にて"),
    Word("and", "a", "と 及び および 並びに ならびに かつ ・"),
    Word("also", "m", "も"),
    Word("comma", ",", "、 ,"),
    Word("stop", "!", "。 ; ．"),
    Word("colon", ":", ":"),
    Word("open", "<", "("),
    Word("close", ">", ")"),
    Word("quote", "n", "「 」"),
    Word("line", "b", "※ ○ ● ◯ ◎ ■ □ ◆ ◇ ① ② ③ ④ ⑤ ⑥ ⑦ ⑧ ⑨ ⑩"),
)
WORDS = (*YEARS, *SEASONS, *PARTS, *BOUNDS, *REPEATS, *STAGES, *ACTIONS, *PARTICLES)


def _full_year(match: re.Match[str]) -> Made:
    fiscal = bool(match["fiscal"])
    return "Y", Moment(named_year(match["year"], match["era"], fiscal=fiscal))


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


def _every(match: re.Match[str]) -> Made:
    unit = {"年": "Y", "か": "M", "週": "W", "日": "D"}[match["unit"][0]]
    return "R", (f"P{int(match['number'])}{unit}", "", False)


_LENGTHS = {"年": 12, "か": 1, "半": 6}


def _lag(match: re.Match[str]) -> Made:
    months = 6 if match["half"] else int(match["number"]) * _LENGTHS.get(match["unit"][0], 0)
    days = (
        0
        if match["half"] or months
        else int(match["number"]) * (7 if match["unit"][0] == "週" else 1)
    )
    return "L", (months, days, match["how"] == "以内")


_INNER = (
    rf"\((?:(?P<inner_era>{ERA_NAMES})\.?)?(?P<inner>[0-9]{{1,4}}|元)年?(?P<inner_fiscal>度)?\)"
)
NUMBERS_JA = (
    Number(
        "year-named-twice",
        rf"(?:{ERA}\.?)?(?P<year>[0-9]{{1,4}}|元)年?度?{_INNER}(?:年?(?P<fiscal>度)|年)?",
        _twice_named,
    ),
    Number(
        "every-so-often",
        r"(?P<number>[1-9][0-9]?)(?P<unit>年度?|か月|週間?|日)(?:に1(?:度|回)|ごと|毎|周期)",
        _every,
    ),
    Number(
        "lag",
        r"(?:(?P<half>半年)|(?P<number>[0-9]{1,3})(?P<unit>年|か月|週間?|日)(?:間|程度|ほど)?)(?P<how>後|以内)",
        _lag,
    ),
    Number(
        "era-year", rf"{ERA}\.?(?P<year>[0-9]{{1,2}}|元)年(?P<fiscal>度)?(?!代|間|法律)", _full_year
    ),
    Number(
        "year",
        r"(?P<era>(?!))?(?P<year>[0-9]{4}|(?<=')[0-9]{2})年(?P<fiscal>度)?(?!代|間)",
        _full_year,
    ),
    Number(
        "year-without-era",
        r"(?<![0-9.,])(?P<year>[0-9]{1,2})年(?:(?P<fiscal>度)|(?=[0-9]{1,2}月))",
        _short_year,
    ),
    *NUMBERS,
    Number(
        "months",
        r"(?<![0-9.,])(?P<first>[0-9]{1,2})(?:月?[~-]|・)(?P<last>[0-9]{1,2})月(?!間)",
        _months,
    ),
    Number("month", r"(?<![0-9.,])(?P<month>[0-9]{1,2})月(?!間|額|号|次)", _month),
    Number("day", r"(?<![0-9.,])(?P<day>[0-9]{1,2})日(?!間|以内|後|前|数)", _day),
    Number("quarter", r"第?(?P<quarter>[0-9])・?四半期(?!ごと|毎|に)", _quarter),
    Number("line-number", r"\n|\([0-9]{1,2}\)", lambda _: ("b", None)),
    Number("weekday", r"\([月火水木金土日](?:曜日?)?(?:・祝)?\)", lambda _: (" ", None)),
    Number(
        "clock",
        r"(?:午前|午後)?[0-9]{1,2}(?:時(?:[0-9]{1,2}分|半)?|:[0-9]{2})",
        lambda _: (" ", None),
    ),
    Number(
        "quantity", r"[0-9][0-9,.]*(?:[%a-z]|[^0-9ぁ-ん、。()・~:/]){0,3}", lambda _: ("N", None)
    ),
)


_ATOM = r"(?:Y(?:(?:k|w,?)?P)*(?:k?M)?|R(?:,?[kiw]?,?[PYM]|k?P)*|(?:P|M)(?:k?P)*)"
GRAMMAR = Grammar(
    re.compile(rf"[AWV]*{_ATOM}[IA]*(?:[~OF]{_ATOM}[IA]*)*X?[IAUFX]*|A?LA?[U]?"), True
)

_LIST = r"[@#](?:[,a]T)*"
_NO_ACTION = "[^T!bvzde]*"
_TOPIC = r"[nshtdlzveN]{1,6}(?:<[^<>]*>)?"
ROLES = (
    Role("as-at", "covers", re.compile(rf"{_LIST}I?D")),
    Role("share", "covers", re.compile(rf"{_LIST}k?B")),
    Role("goal-topic", "goal", re.compile(r"H[kn]?[:wg]?<?[@#]")),
    Role("goal-quantity", "goal", re.compile(r"#[^T!bvzdes]*N(?![^T!b]*[vzde])")),
    Role("goal-reached", "goal", re.compile(rf"[@#]{_NO_ACTION}H(?!o){_NO_ACTION}(?:[T!b,>]|$)")),
    Role("goal-in-brackets", "goal", re.compile(r"[@#][^T!b]*<H>")),
    Role("done", "past", re.compile(r"[@#][^T!b,]*?p(?!f)|[@#][^T!bj]*p(?:[!>b]|$)")),
    Role(
        "survey", "survey", re.compile(r"s[:wg]?<?[@#]|[@#][^T!bvzde,]*s[^T!bvzde,]*(?:[T!b,>]|$)")
    ),
    Role("law", "law", re.compile(r"[@#]i?[^T!bvzdew,]*l(?!q)")),
    Role("going-on", "window", re.compile(r"[@#].?c")),
    Role("described", "covers", re.compile(rf"{_LIST}k?t(?:>|[^!b]*T)")),
    Role("described", "covers", re.compile(rf"{_LIST}k?{_TOPIC}[w:go],?[^!b]*T")),
    Role("framed", "covers", re.compile(rf"{_LIST}w,?T")),
    Role("described", "covers", re.compile(rf"{_LIST}k?t[wgo:]")),
)
LOOSE = "kiwogqam"

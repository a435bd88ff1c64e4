"""Japanese words of time, bounds, stages and doings."""

from scheduler.timing.lexer import Word
from scheduler.timing.moments import Anchor, Moment, Step


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


# fmt: off
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
    Word("new-year-season", "Y", "年末年始", _free(Step(1, "slice", 11, 2))),
    Word("whole-year", "Y", "通期 年度計 年度通期", _year("before", 0, fiscal=True)),
    Word("turn-of-year", "Y", "年明け 年始 年初 年頭 年明け早々 年始早々 年初早々", _free(JANUARY_OF)),
    Word("end-of-year", "Y", "年末", _free(DECEMBER_OF)),
    Word("middle-of-year", "Y", "年央 年半ば", _free(JUNE_JULY_OF)),
    Word("fiscal-year-end", "Y", "年度末", _free(END, fiscal=True)),
    Word("fiscal-year-start", "Y", "年度初め 年度始め 年度当初 年度初 年度明け", _free(START, fiscal=True)),
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
    Word("spring", "P", "春 春季 春期", _season(3)),
    Word("summer", "P", "夏 夏季 夏期", _season(6)),
    Word("autumn", "P", "秋 秋季 秋期", _season(9)),
    Word("winter", "P", "冬 冬季 冬期", _season(12)),
    Word("first-half", "P", "上半期 上期 上半年 前半期", Step(1, "slice", 0, 6)),
    Word("second-half", "P", "下半期 下期 下半年 後半期", Step(1, "slice", 6, 6)),
    Word("front-half", "C", "前半", Step(9, "half", 0)),
    Word("back-half", "C", "後半", Step(9, "half", 1)),
    Word("first-ten-days", "P", "上旬 初旬", Step(3, "days", 1, 10)),
    Word("middle-ten-days", "P", "中旬", Step(3, "days", 11, 20)),
    Word("last-ten-days", "P", "下旬", Step(3, "days", 21, 0)),
    Word("month-start", "P", "月初 月初め 月はじめ 月頭", Step(3, "days", 1, 10)),
    Word("month-middle", "P", "月半ば 月中頃 月央", Step(3, "days", 11, 20)),
    Word("month-end", "P", "月末", Step(3, "days", 21, 0)),
    Word("last-day", "P", "末日 月末日 晦日", Step(3, "days", 0, 0)),
    Word("start", "C", "初め 始め はじめ 当初 初頭 冒頭 初 明け 頭 早々 早期", START),
    Word("middle", "C", "半ば なかば 中頃 中ごろ 中程 央", MIDDLE),
    Word("end", "C", "末 終わり おわり", END),
    Word("inside", "I", "中 内 のうち うち の間 の間に 期間中 いっぱい 一杯 を通じ を通じて"),
)
BOUNDS = (
    Word("hedged", "A", "頃 ごろ 前後 目途 めど 目処 メド 目安 くらい ぐらい あたり 辺り おおむね 概ね"),
    Word("hedged", "A", "を目途 をめど を目処 をメド を目安 おおよそ およそ 約 ころ 程度"),
    Word("until", "U", "まで 以内 を期限 を期限として 以前 を期限とし を限度"),
    Word("at-the-latest", "W", "遅くとも 遅くても おそくとも"),
    Word("at-the-earliest", "V", "早ければ 早くて 早くとも 最短で 最速で 早くても"),
    Word("from", "F", "から より 以降 以後"),
    Word("before", "7", "より前 よりも前 より以前"),
    Word("range", "~", "~ - ―"),
    Word("to", "X", "にかけて にかけ へかけて"),
    Word("or", "O", "又は または 若しくは もしくは あるいは 或いは か ないし 乃至 ないしは"),
)
YEARLY, FISCAL_YEARLY = ("P1Y", "year", False), ("P1Y", "year", True)
QUARTERLY, HALF_YEARLY = ("P3M", "quarter", False), ("P6M", "half", False)
MONTHLY = ("P1M", "month", False)
REPEATS = (
    Word("every-year", "R", "毎年 例年 各年 年次 年1回 年に1回 年に1度 年1度 毎年1回 1年に1回", YEARLY),
    Word("every-year", "R", "1年に1度 1年ごと 年ごと 年毎", YEARLY),
    Word("every-fiscal-year", "R", "毎年度 各年度 例年度 年度ごと 年度毎 毎会計年度", FISCAL_YEARLY),
    Word("every-quarter", "R", "四半期ごと 四半期毎 毎四半期 各四半期 四半期に1度 四半期に1回", QUARTERLY),
    Word("every-quarter", "R", "年4回 年に4回 四半期別に", QUARTERLY),
    Word("every-half", "R", "半年ごと 半年毎 半期ごと 半期毎 年2回 年に2回 半年に1度", HALF_YEARLY),
    Word("every-half", "R", "半年に1回 各半期 毎半期", HALF_YEARLY),
    Word("every-month", "R", "毎月 月次 月1回 月に1回 各月 毎月1回 月ごと 月毎 月に1度", MONTHLY),
    Word("month-of-survey", "R", "調査月 対象月 各調査月 調査対象月 各対象月", MONTHLY),
    Word("every-week", "R", "毎週 週1回 週に1回 週次 毎週1回", ("P7D", "week", False)),
    Word("every-other-year", "R", "隔年 隔年度 1年おき", ("P2Y", "", False)),
    Word("every-other-month", "R", "隔月", ("P2M", "", False)),
    Word("year-of-survey", "S", "調査を実施した年 調査実施年 調査実施年度 調査を行った年 調査した年 実施した年 調査年 対象年 実施年 調査年度 対象年度 実施年度 当該年 当該年度 基準年"),
)
STAGES = (
    Word("stage", "t", "速報値 速報 概数 概数値 暫定値 暫定 1次速報 2次速報 一次速報 二次速報", "preliminary"),
    Word("stage", "t", "速報ベース 仮集計 仮集計値", "preliminary"),
    Word("stage", "t", "改定値 改訂値 改定後の値 改定数値", "revised"),
    Word("stage", "t", "確定実績 実績確定値 確報値 確報 確定値 確定 最終値 確々報 確定数 最終確定値 確定数値", "final"),
    Word("stage", "t", "見込み値 見込値 概算 概算値 推計 推計値 見込額 見込み額 推計結果", "estimate"),
    Word("stage", "t", "実績見込み 実績見込 実績見込値 見込み実績", "estimate"),
    Word("stage", "t", "実績 実績値", "actual"),
    Word("no-stage", "n", "確定前 前回速報値 前回確報値 前回公表値 前回値 前回実績 決算 決算額 年次報告 年次報告書 年次計画 年次大会 最終とりまとめ 最終取りまとめ 最終報告 最終結果 確定申告 確定拠出"),
)
FIGURES = "公表 公開 発表 掲載 把握 判明 更新 算出 算定 取りまとめ とりまとめ 取り纏め 刊行 発行"
ACTIONS = (
    Word("release", "v", FIGURES, "figure"),
    Word("release", "v", "アップデート リリース 入手 公示 まとま 明らかに 得られ 公刊 周知 共有", "figure"),
    Word("delivery", "z", "提供 提出 報告 配布 送付 配信 通知 還元", "delivery"),
    Word("decision", "d", "設定 決定 策定 講ずる 講じる 講じ 見直 見直し 改定 改訂 定め 結論 整理 作成 措置 制定 改める 改正する 改正を", "decision"),
    Word("decision", "d", "方針を示 提示 示した上で まとめた上で 示す 示し 決め 検討 導入 開始 着手 完了 運用開始 構築 設置 閣議決定", "decision"),
    Word("evaluation", "d", "検証 評価 フォローアップ 点検 分析", "evaluation"),
    Word("going-on", "c", "引き続き 引続き 引きつづき 継続 も同様 も実施", "continued"),
    Word("survey", "s", "調査 照会 報告を受け 報告を求め アンケート 調査票の提出 調査票の提出期限 調査票を提出 締め ヒアリング 聴取 回収 提出を求め 報告させ 国へ報告 国に報告 報告することとされ 提出することとされ 報告される 報告された 提出させ 提出いただ 提出依頼 締切 締め切 〆切 募集 依頼 実査"),
    Word("survey", "s", "調査期日 調査期間 調査日 調査時期 提出期限 回答期限 提出締切 調査時点 実態調査"),
    Word("survey", "s", "国勢調査 センサス 意見募集 パブリックコメント パブコメ 調査票 回答 調査基準日 報告期限 申請期限 申込期限 応募期限 入力期限 登録期限 回収期限 照会期限 報告締切 締切日 募集期間"),
    Word("carried-out", "3", "実施 実施する 実施予定の 行う 実施される 実施予定 行われる"),
    Word("carried-out-share", "n", "実施状況 実施率 実施件数 実施計画 実施団体 実施要領 実施主体 実施割合 実施者"),
    Word("survey-result", "2", "調査結果 調査の結果 その結果 アンケート結果 アンケートの結果"),
    Word("no-survey", "n", "調査分析 集計結果 回収量 回収数 回収率 調査研究 回答率 提出状況"),
    Word("law", "l", "成立 施行 公布 改正法 法律 政令 省令 会議 審議会 委員会 国会"),
    Word("law", "l", "開催 締結 告示 会合 大会 総会 シンポジウム 説明会 検討会 協議会 施行日"),
    Word("no-law", "n", "施行状況 開催状況 開催実績 法律上"),
    Word("handling", "h", "集計 精査 審査 審議 照合 確認"),
    Word("by-way-of", "K", "を経て を経た上で を経たうえで した上で したうえで った上で 上で うえで"),
    Word("original-plan", "E", "例年どおりであれば 例年であれば 例年なら 通常であれば 当初は 当初の予定 従来は 当初計画"),
    Word("budget", "l", "当初予算 補正予算 予算案 予算 概算要求 税制改正 税制改正大綱"),
    Word("goal-set", "G", "ことを目標 を目標とする ことを目指す ことを目標とし を目標として を目標に掲げ を始期とする を初年度とする を期間とする を計画期間とする を期間とし"),
    Word("towards", "1", "できるよう に向けて に向け に向けた へ向けて"),
    Word("goal", "H", "目標 目標値 目標期限 目標年度 達成 目指す 目指し めざす 到達 数値目標 (kpi) kpi: 目標年 とする目標"),
    Word("goal-compared", "6", "目標に対する とする目標に対する を目標とする取組に対する 目標値に対する 目標に対しての"),
    Word("goal-progress", "n", "達成状況 達成度 目標の達成状況 達成率"),
    Word("no-time", "n", "契約 条約 規約 公約 要約 節約 予約 誓約 協約 集約 確約 制約 中間 中央 中心 中止 中小 中核 中期 中学 中長期 集中"),
    Word("no-time", "n", "内容 内閣 内部 毎月勤労統計 毎月勤労統計調査 内訳 内定 内示 端末 末端 初回 初年度 初期 秋田 春日 春闘 分野 分類 分科会 分担 分布 区分 十分 処分 成分"),
    Word("ends", "l", "終了予定 終了する 終了し 廃止"),
    Word("no-time", "n", "県内 国内 域内 市内 都内 府内 管内 区内 町内 圏内 庁内 省内 院内 学内 校内 社内 構内 室内 屋内 例年より 例年に比べ 例年と比べ 前年より 昨年より"),
    Word("based-figure", "n", "同時に に基づく値 に基づく数値 に基づく指標"),
    Word("except", "4", "を除く を除き を除いて 以外"),
    Word("term", "l", "契約期間 事業期間 計画期間 申告期間 確定申告期間 受付期間 実施期間 工期 会期 任期 工事"),
    Word("hereafter", "n", "今後 その後 今後も 部分 最後 午後 直後 前後して"),
    Word("past", "p", "済み 済 した された しました ところ であった でした ていた された旨"),
    Word("habit", "y", "ている ており しており している されている されており"),
    Word("past", "p", "していた しており されており した旨 行った まとめた 示した 開いた 始めた 終えた"),
    Word("past", "p", "おこなった 実施した 図った 進めた 終了した だった"),
    Word("by-quarter", "n", "四半期別"),
    Word("after-doing", "K", "確定後 した後 したのち した場合 した際 した段階 した後に した時点で"),
    Word("depends-strongly", "J", "次第 し次第 確定次第 しかるべき時期 然るべき時期 適切な時期 適当な時期 時期を見て しかるべきタイミング 適切なタイミング 適切な時機 時宜"),
    Word("depends-strongly", "J", "適時 折を見て"),
    Word("depends", "j", "おって 追って 後日 速やかに すみやかに 早期に 早急に 可及的速やか 随時 順次 適宜 近日 近く できるだけ早 なるべく早"),
    Word("depends", "j", "段階で 際に た時点で る時点で う時点で ときに を待って に合わせて に併せて 時に 都度 早い時期"),
    Word("estimated", "f", "見込み 見込 見込まれ"),
    Word("resolved", "0", "こととしている こととしており こととする"),
    Word("expected", "f", "こととした したい ことになっている ことを予定している 予定 見通し 予定している 予定しており 予定されている 予定であった 見込んでいる 想定 想定している"),
    Word("given-up", "/", "行わない 実施しない 公表しない 把握しない 公表されない 実施されない 行われない 発行されない 更新されない 把握されない 予定はない 取りやめ 廃止した 廃止され"),
    Word("postponed", "Z", "延期 変更 先送り 後ろ倒し 繰り延べ 繰下げ 繰り下げ 前倒し"),
    Word("was-planned", "Z", "予定であったが 予定だったが 予定していたが 予定でしたが を予定していたが"),
    Word("same-season", "j", "同時期 同じ時期 毎年同時期"),
    Word("next", "x", "次回 次期 次の"),
    Word("last-time", "5", "前回 前回公表 前回の公表 前回は 前回公表は 前回調査 前回の調査 前回調査は 直近は 直近の公表は 直近では"),
    Word("respectively", "r", "それぞれ 各々 おのおの"),
    Word("all-of-them", "8", "いずれも どちらも 両方とも すべて 全て"),
    Word("as-at", "D", "時点 現在 現時点"),
    Word("share", "B", "分"),
    Word("subject", ";", "対象: 対象期間: 対象年度: 対象年: 対象時期:"),
    Word("not-set", "u", "未定 未確定 未設定 集計中 検討中 調整中 精査中 tbd 協議中 確認中 準備中"),
)
PARTICLES = (
    Word("of", "k", "の での における に係る に関する についての にかかる に対する"),
    Word("based-on", "Q", "によれば によると に基づき に基づく を踏まえ を踏まえて に沿って に則り を受けて を受け を見据え を前提 の上、 のうえ、 を基に をもとに を元に ことから ため、 の影響により の影響で の影響から の影響を の影響が を教訓に を契機に をきっかけに を機に を背景に を念頭に"),
    Word("in", "i", "に"),
    Word("topic", "w", "は については について に関して に関しては には につき にあっては に係るものは"),
    Word("object", "o", "を"),
    Word("subject", "g", "が"),
    Word("place", "q", "で において にて"),
    Word("and", "a", "と 及び および 並びに ならびに かつ ・"),
    Word("also", "m", "も に続き に続いて"),
    Word("comma", ",", "、 , / |"),
    Word("stop", "!", "。 ; ．"),
    Word("colon", ":", ": → ⇒ ➡ ⇨"),
    Word("open", "<", "("),
    Word("close", ">", ")"),
    Word("quote", "n", "「 」"),
    Word("line", "b", "※ ○ ● ◯ ◎ ■ □ ◆ ◇ ① ② ③ ④ ⑤ ⑥ ⑦ ⑧ ⑨ ⑩"),
)
# fmt: on
WORDS = (*YEARS, *SEASONS, *PARTS, *BOUNDS, *REPEATS, *STAGES, *ACTIONS, *PARTICLES)

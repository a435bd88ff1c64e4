"""Words by which a statement is none: it is asked, taken back, unsure, or not about a figure."""

from scheduler.timing.lazily import Pattern

# Polite words that ask, deny or excuse nothing of what is said beside them.
_POLITE = Pattern(
    r"(?:申し訳|申しわけ|問題|差し支え|相違)(?:は|が)?(?:ござい|あり)ません|すみません|"
    r"[ごお御](?:確認|対応|査収|教示|連絡|返信|知らせ)[^。\n]{0,14}?(?:ます|ません)(?:でしょう)?か|"
    r"(?:do not|don't) hesitate|\bif (?:you|there|any)[^.\n]*\bquestions?[^.\n]*"
)
_ASKED = Pattern(
    r"[?？]|でしょうか|(?:です|でした|ます|ません|ました)か(?:[。、\s]|$)|"
    r"^\s*(?:is|are|was|were|do|does|did|can|could|should|what|which|when) "
    r"(?:it|this|that|these|they|there|the|you|we|i|figures?)\b"
)
_DENIED = Pattern(
    r"(?:では|じゃ|には)(?:な|ありません|ございません)|でな[いく]|[てれしせけえきり]な[いくか]|ません|"
    r"(?:間)?違[いうっ]|誤[りっ]|取り?消|撤回|訂正(?!値|後)|無視|破棄|"
    r"\bnot\b|n't\b|\bcannot\b|\bno longer\b|\bnever\b|\bwithout\b|"
    r"\bdisregard|\bignore|\bwithdraw|\bretract|\bwrong|\bmistake|\bincorrect|\berror|\binstead\b"
)
_UNSURE = Pattern(
    r"可能性|かもしれ|と(?:思|存じ|考え)|はず|たぶん|多分|おそらく|恐らく|聞い|らしい|よう(?:です|だ|に思)|"
    r"という話|そう(?:です|だ[。、\s])|確認中|精査中|要確認|確認(?:が|を)?必要|再確認|推測|予測|達成|仮の|仮に|もし|"
    r"未[^\s]{0,4}(?:定|了|済|認)|"
    r"修正[のがを中予さし]|変更[のがを予さ]|目標|\btargets?\b|\bgoals?\b|"
    r"\bexpect|\bmaybe\b|\bperhaps\b|\bprobabl|\blikely\b|\bthink\b|\bbelieve\b|\bguess\b|\bmight\b|"
    r"\bmay (?:be|have|change|still)\b|\b(?:could|should|would) be\b|\bseems?\b|\bif\b|\bunless\b|"
    r"\bverif|\bunverified|\bunconfirmed|\bsubject to|\bpending\b|\bto be confirmed|\btbc\b|"
    r"\bhowever\b|\bbut\b|\bwait\b|\bforecast"
)
# A change, a part or another time's value is not the figure asked for.
_ASIDE = Pattern(
    r"比べ|比較|(?:前|昨|対)[年月期回](?:度|同月|同期|度同月|度同期)?(?:と|の)?比|対前|同様|と同じ|並み|"
    r"増[え加減、。）)\s]|減[っ少り、。）)\s]|[増減]$|上昇|低下|増減|うち|内訳|前回|次回|次は|赤字|"
    r"\bcompared\b|\bincreas|\bdecreas|"
    r"\b(?:up|down|rose|fell|grew|higher|lower) (?:by |than |from )?\d|"
    r"\d\S* (?:\S+ )?(?:higher|lower|more|less|fewer) than|\bof which\b|\bout of\b|"
    r"\blast time\b|\bsame as\b|\bnext\b|\bdeficit\b|\bloss\b"
)
_NOT_YET = Pattern(
    r"まだ|未(?:公表|把握|集計|定|確定|発表|公開)|(?:\bnot\b|n't\b)[^.]{0,40}\byet\b|"
    r"unpublished|still (?:waiting|open)"
)
# No figure at all, but where its writer is reached.
_REACHED = Pattern(
    r"内線|直通|号室|〒|電話|\btel\b|℡|\bfax\b|\bext\b|\broom\b|\bphone\b|\bmobile\b|@|https?:|www\."
)


def _meant(text: str) -> str:
    return _POLITE.sub(" ", text.lower())


def asked(text: str) -> bool:
    """Whether it asks something."""
    return _ASKED.search(_meant(text)) is not None


def denied(text: str) -> bool:
    """Whether it takes something back, or says that it is not so."""
    return _DENIED.search(_meant(text)) is not None


def unsure(text: str) -> bool:
    """Whether it leaves open that something is so, or tells of a change, a part, another time."""
    meant = _meant(text)
    return _UNSURE.search(meant) is not None or _ASIDE.search(meant) is not None


def still_out(text: str) -> bool:
    """Whether it says of something that it is not known yet."""
    return _NOT_YET.search(text.lower()) is not None


def where_reached(text: str) -> bool:
    """Whether it tells where its writer is reached, as signatures do."""
    return _REACHED.search(text.lower()) is not None

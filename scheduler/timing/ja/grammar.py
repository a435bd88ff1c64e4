"""How Japanese puts times together, and what tells what each of them is for."""

_ATOM = r"(?:Y(?:(?:k|m|w,?)?A?[PC])*(?:k?Y)?(?:k?M)?|R(?:[,kiwA]{0,3}(?:Y(?=k?[PC]|[^k])|P|M|C)(?:k?[PC])*)?|(?:P|M)(?:k?[PC])*)"
_RUN = rf"{_ATOM}[IA]*"
PHRASE = rf"[AWV]{{0,3}}{_RUN}(?:[~OF]{_RUN})*[XIAUF]*|A?LA?U?"
COARSE_FIRST = True

_ANY = "[@#%=]"
_ACT = "vzde"
_LIST = "@I?(?:[,a]T)*"
_TOPIC = "[nshtdlzveNDhxf]{1,6}(?:k[nshtdlzveN]{1,4})?(?:<[^<>T]*>)?"


ROLES = (
    ("goal-reached", "goal", rf"[@#%&][^T!b{_ACT}f]*H(?!o)[^T!b{_ACT}]*(?:[T!b,>]|$)"),
    ("lag-base", "base", r"@>?[^T!b,L]{0,4},?L"),
    ("lag-unnamed", "unclear", "^[^T]*&"),
    ("unnamed-start", "unclear", rf"Sk?{_ANY}"),
    ("postponed", "superseded", f"{_ANY}[^T!b]*T[^T!b]*Z"),
    ("survey-next", "survey", "s[^!T]*x[wngk]*@,[^!b]*T|s[^!Tv]*x[wngk]*@>?(?:[!b]|$)"),
    ("original-plan", "superseded", rf"E[^T!b]*{_ANY}"),
    ("goal-set", "goal", "[@#%&][^T!bv]*G"),
    ("towards", "goal", "[@#%]1"),
    ("of-the-topic", "window", "T[^T!b]*[w:]@,?T"),
    ("after-its-window", "covers", rf"Ti,?{_LIST}(?:k?[tBn]|k{_TOPIC})"),
    ("value-of-a-day", "fact", rf"{_LIST}D[qn,]*N"),
    ("value-in-brackets", "fact", "N<@>"),
    ("value-of-a-period", "fact", rf"{_LIST}k?(?:{_TOPIC})?[w:g],?n?N"),
    ("as-at", "covers", rf"{_LIST}D"),
    ("share", "covers", rf"{_LIST}k?B"),
    ("goal-topic", "goal", rf"H[kn]?[:wg]?<?{_ANY}"),
    ("goal-quantity", "goal", rf"#[^T!b{_ACT}s]*N(?![^T!b]*[{_ACT}])"),
    ("goal-quantity", "goal", rf"@i?N[^T!b{_ACT}]*(?:[!b]|$)"),
    ("goal-in-brackets", "goal", "[@#%][^T!b]*<H>"),
    ("done", "past", r"[@#%][^T!b,]*?[py](?!f)|[@#%][^T!bjf]*[py](?:[!>b]|$)|=[^T!b]*p"),
    ("basis", "basis", rf"{_ANY}I?[knlsdp<h][^T!b,]*[QK]"),
    (
        "survey",
        "survey",
        rf"s[:wg]?n?<?{_ANY}|{_ANY}[^T!b{_ACT},]*s(?:[^T!b{_ACT},]*(?:[T!b,>]|$)|q)",
    ),
    ("law", "law", rf"l[:wg]<?{_ANY}|{_ANY}i?[^T!b{_ACT}w,]*l(?!q)[^T!b{_ACT},]*(?:[T!b,>]|$)"),
    ("going-on", "window", rf"{_ANY}.?c"),
    ("each-described", "covers", rf"=k?(?:{_TOPIC})[wgo:],?[^!b]*T"),
    ("described", "covers", rf"{_LIST}k?t(?:n?(?:<[^<>T]*>)?[wgo:>ai]|k).*T"),
    ("described", "covers", rf"{_LIST}k?tT"),
    ("described", "covers", rf"{_LIST}k?t<[^>]*T"),
    ("described", "covers", rf"{_LIST}k?t,T[^t!b]*(?:[!b]|$)"),
    ("described", "covers", rf"{_LIST}k?{_TOPIC}<?[w:go]?,?<T"),
    ("described", "covers", rf"{_LIST}k?{_TOPIC}[w:go],?[^!b]*T"),
    ("named-in-brackets", "covers", r"n<@t?>[wgo:],?[^!b]*T"),
    ("described", "covers", rf"{_LIST}<[^<>T]*t[^<>T]*>[wgo:]"),
    ("framed", "covers", rf"{_LIST}w,?T"),
    ("described", "covers", rf"{_LIST}k?t(?:[wgo:>]|v)"),
)
UNCLEAR = r"J|K[^!K]*[vzde]|j[^!j]*[vzdeht]|xk?s"
LOOSE = "kiwogqam"

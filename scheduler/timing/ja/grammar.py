"""How Japanese puts times together, and what tells what each of them is for."""

_ATOM = r"(?:Y(?:(?:k|m|w,?)?A?[PC])*(?:k?Y(?:k?[PC])*)?(?:k?M)?|R(?:[,kiwA]{0,3}(?:Y(?=k?[PC]|[^k])|P|M|C)(?:k?[PC])*)?|(?:P|M)(?:k?[PC])*)"
_RUN = rf"{_ATOM}[IA]*"
PHRASE = rf"[AWV]{{0,3}}{_RUN}(?:[~OF]{_RUN})*[XIAUF7]*~?|A?LA?U?"
COARSE_FIRST = True

_ANY = "[@#%=9]"
_ACT = "vzde"
_LIST = "@I?(?:[,a]T)*"
_TOPIC = "[nshtdlzveNDhxf23Q]{1,6}(?:k[nshtdlzveN]{1,4})?(?:<[^<>T]*>)?"


# fmt: off
ROLES = (
    ("last-time", "last", rf"5[:wg]?i?{_ANY}"),
    ("goal-reached", "goal", rf"[@#%9&][^T!b{_ACT}f]*[H6](?!o)[^T!b{_ACT}]*(?:[T!b,>]|$)"),
    ("lag-base", "base", r"[@%9]>?[^T!b,L]{0,4},?L"),
    ("lag-unnamed", "unclear", "^[^T]*&"),
    ("unnamed-start", "unclear", rf"Sk?{_ANY}"),
    ("from-then-on", "fact", "9k[^vzd]"),
    ("until-then", "fact", "#k[nslN4H]"),
    ("for-so-long", "fact", f"{_ANY}k?4"),
    ("postponed", "superseded", f"{_ANY}[^T!b]*T[^T!b]*Z"),
    ("survey-next", "survey", "s[^!Tv]*T[^!Tv]*x[wngk]*@>[^Tb]*![^Tb]*T[^Tb]*v|s[^!Tv]*<x[wngk]*@I?i?3?>[^!b]*T[^!b]*v|s[^!Tv]*<x[wngk]*@I?i?3?>[^T!]*![^T!]*v[^T!]*T|s[^!T]*x[wngk]*@,[^!b]*T|s[^!Tv]*x[wngk]*@>?(?:[!b]|$)|xk?s[wg:]@[!b]"),
    ("was-planned", "superseded", rf"{_ANY}i?[vzdeo]{{0,3}}Z,[^!b]*T"),
    ("postponed-to", "window", rf"[TE][^!b]*{_ANY}i?Z"),
    ("not-set", "unset", rf"{_LIST}k?[nvzdsthxB]{{0,4}}[wg:]?[vnk,]{{0,3}}u[^T!b]*(?:[!b]|$)"),
    ("original-plan", "superseded", rf"E[^T!b]*{_ANY}"),
    ("goal-set", "goal", "[@#%9&][^T!bv]*G"),
    ("towards", "goal", "[@#%9]1"),
    ("of-the-topic", "window", "T[^T!b]*[w:]@,?T"),
    ("of-a-period", "window", rf"{_ANY}I?[vzdef]{{0,2}}<T[nk]{{0,2}}[BtD][^<>T]*>"),
    ("after-its-window", "covers", rf"Ti,?{_LIST}(?:k?[tBn]|k{_TOPIC})"),
    ("note-of-a-period", "covers", r"T[^T]*b@(?:k[nt]+|n?t)(?:[!b]|$)"),
    ("value-of-a-day", "fact", rf"{_LIST}D[qn,]*N|[wg]{_LIST}D!|[pN][^T!b]{{0,2}}<{_LIST}D[^<>T]*>"),
    ("restated", "restated", rf"T[^T!b<>]*[{_ACT}f][^T!b<>]*<(?:vw)?[@%#]I?k?f?>"),
    ("value-in-brackets", "fact", "N<@>"),
    ("value-of-a-period", "fact", rf"{_LIST}k?(?:{_TOPIC})?[w:g],?n?N"),
    ("paired", "window", rf"T(?:[Bt]|D?kn{{1,3}})[wgo:],?{_ANY}I?,T(?:[BtD]|k)"),
    ("as-at", "covers", rf"{_LIST}D"),
    ("share", "covers", rf"{_LIST}k?B"),
    ("goal-topic", "goal", rf"H[kn]?(?::|<|:<|>)?{_ANY}|H[wg]{_ANY}(?![^T!b,]*d)"),
    ("goal-quantity", "goal", rf"#[^T!b{_ACT}s]*N(?![^T!b]*[{_ACT}])"),
    ("goal-resolved", "goal", "#[^T!b]*N[^T!b]*0"),
    ("goal-quantity", "goal", rf"@i?N[^T!b{_ACT}]*(?:[!b]|$)"),
    ("goal-quantity", "goal", "[@#%9][^T!b,vze]*N[^T!b,vze]*H"),
    ("goal-in-brackets", "goal", "[@#%9][^T!b]*<H>"),
    ("done", "past", r"[@#%9][^T!b,]*?[py](?!f)|[@#%9][^T!bjf]*[py](?:[!>b]|$)|=[^T!b]*p"),
    ("basis", "basis", rf"{_ANY}(?:i?[vzdel][fp]{{1,2}}|[vf]{{0,2}}>)[^T!b,]*Q|{_ANY}I?[knlsdp<h][^T!b,]*[QK](?![^T!b,]*t)"),
    ("going-on", "window", rf"{_ANY}.?c"),
    ("submitted", "window", rf"{_ANY}i?t[on]s"),
    ("survey-of-a-year", "covers", rf"{_LIST}k?s[wg],?[^!b]*T[^T!b]*v|{_LIST}k?[na]{{0,4}}[s2][kntwgo:]{{0,4}}<[^<>T]*T[^<>T]*v|{_LIST}k?[na]{{0,4}}s<T[^<>T]*>k?[n2t]{{1,3}}[wgo],?[^T!b]*T[^T!b]*v"),
    ("survey-published", "window", rf"[s2][kntwgo:]{{0,4}}<[^<>T]*{_ANY}I?[^<>T]*v[^<>T]*>"),
    ("survey", "survey", rf"s[:wgo]?n?<?{_ANY}|{_ANY}i?3n?,?[s2l]|{_ANY}i?T[kDBt][^T!b{_ACT},]*s[^T!b{_ACT},]*[!b,>]|{_ANY}[^T!b{_ACT},]*s(?:[^T!b{_ACT},]*(?:[T!b,>]|$)|q)"),
    ("law", "law", rf"l[:wg]<?{_ANY}|l<{_ANY}[^<>T]{{0,3}}>|{_ANY}I?i?n,T[^T!b{_ACT}w,]*l|{_ANY}iln?l(?!q)|{_ANY}i?[^T!b{_ACT}w,]*l(?!q)[^T!b{_ACT},]*(?:[T!b,>]|$)"),
    ("each-described", "covers", rf"=k?(?:{_TOPIC})[wgo:],?[^!b]*T"),
    ("described", "covers", rf"{_LIST}k?t(?:n?(?:<[^<>T]*>)?[wgo:>aim]|k).*T"),
    ("headed", "covers", rf"(?:^|[!b,:])a?n?{_ANY}:[^T!b]*T|(?:^|[!b])a?n?{_ANY}T|(?:^|b)n?{_ANY}k[nt]{{1,2}}![^T!b]*T"),
    ("described", "covers", rf"{_LIST}k?tT"),
    ("described", "covers", rf"{_LIST}k?t[,a]Tk?t[wgoam]{{1,2}},?[^t!b]*T"),
    ("described", "covers", rf"{_LIST}(?:k|(?![vzde]))(?:{_TOPIC})?<?[nt:]*<[nt:]*T"),
    ("described", "covers", rf"{_LIST}k?t<[^>]*T"),
    ("described", "covers", rf"{_LIST}k?t,T[^t!b]*(?:[!b]|$)"),
    ("described", "covers", rf"{_LIST}(?:k|(?![vzde])){_TOPIC}<?[w:go]?,?<T"),
    ("described", "covers", rf"{_LIST}(?:<[^<>T]*>)?k?{_TOPIC}[w:go],?[^!b]*T"),
    ("named-in-brackets", "covers", r"n<@t?>[wgo:],?[^!b]*T|t<@>[wgo:]?,?T"),
    ("described", "covers", rf"{_LIST}<[^<>T]*t[^<>T]*>[wgo:]"),
    ("framed", "covers", rf"{_LIST}w,?T"),
    ("described", "covers", rf"{_LIST}k?t(?:[wgo:>]|v)"),
)
# fmt: on
PLAIN = "[^TLtDBNHpysl3QKcZSE1G4256u]*T(?!k)[^TLtDBNHpysl3QKcZSE1G4256u]*"
UNCLEAR = (
    r"^(?=[^T]*$)[^T]*Z|J|K[^!K]*[vzde]|j[^!j]*[vzdeht3]|x[kn]{0,2}[s2]|[vz]w[^!Tw]*j|[vzdehs]Dq"
)
LOOSE = "kiwogqam"

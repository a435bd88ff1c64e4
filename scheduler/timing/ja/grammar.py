"""How Japanese puts times together, and what tells what each of them is for."""

_ATOM = r"(?:Y(?:(?:k|m|w,?)?A?[PC])*(?:k?Y(?:k?[PC])*)?(?:k?M)?|R(?:[,kiwA]{0,3}(?:Y(?=k?[PC]|[^k])|P|M|C)(?:k?[PC])*)?|(?:P|M)(?:k?[PC])*)"
_RUN = rf"{_ATOM}[IA]*"
PHRASE = rf"[AWV]{{0,3}}{_RUN}(?:[~OF]{_RUN})*[XIAUF7]*~?|A?LA?U?"
COARSE_FIRST = True

_ANY = "[@#%=9]"
_ACT = "vzde"
_LIST = "@I?(?:[,a]T)*"
_TOPIC = "[nshtdlzveNDhxf23QB]{1,6}(?:k[nshtdlzveN]{1,4})?(?:<[^<>T]*>)?"


# fmt: off
ROLES = (
    ("last-time", "last", "5", rf"5[:wg]?i?{_ANY}"),
    ("goal-reached", "goal", "6H", rf"[@#%9&][^T!b{_ACT}f]*[H6](?!o)[^T!b{_ACT}]*(?:[T!b,>]|$)"),
    ("goal-reached", "goal", "HNz", "[@#%9][^T!b,]*zoH|@i?T[^T!b]*N[^T!b]*H|H[wg][@#%9][^T!b]*N"),
    ("lag-base", "base", "", r"[@%9]>?[^T!b,L]{0,4},?L"),
    ("lag-unnamed", "unclear", "", "^[^T]*&"),
    ("unnamed-start", "unclear", "S", rf"Sk?{_ANY}"),
    ("from-then-on", "fact", "k", "9k[^vzd]"),
    ("until-then", "fact", "k", "#k[nslN4H]"),
    ("for-so-long", "fact", "4", f"{_ANY}k?4"),
    ("postponed", "superseded", "Z", f"{_ANY}(?!k?[nthv]{{0,4}}w)[^T!b<]*T[^T!b,]*Z|{_ANY}i?[{_ACT}]fT[^!b]*Z"),
    ("survey-next", "survey", "sx", "s<[^<>]*x[wngk:]*@>|s[^!b]*x[wngk:]*@I?i?3,?[^!b]*T|x[wngk:]*@I?i?3n?,[^!b]*T[^!b]*v|s[^!b]*[@%]I?k?3iZ[^!b]*T|s[^!Tv]*T[^!Tv]*x[wngk]*@,[^!b]*v|s[^!Tv]*T[^!Tv]*x[wngk]*@>[^Tb]*![^Tb]*T[^Tb]*v|s[^!Tv]*<x[wngk]*@I?i?3?>[^!b]*T[^!b]*v|s[^!Tv]*<x[wngk]*@I?i?3?>[^T!]*![^T!]*v[^T!]*T|s[^!T]*x[wngk]*@,[^!b]*T|s[^!Tv]*x[wngk]*@>?(?:[!b]|$)|xk?s[wg:]@[!b]"),
    ("was-planned", "superseded", "Z", rf"{_ANY}i?[vzdeo]{{0,3}}Z,[^!b]*T|{_ANY}[ik]?[vzdeof]{{1,4}}Zn,[^!b]*T"),
    ("postponed-to", "window", "Z", rf"[TE][^!b]*(?<!s[wgo:]){_ANY}i?Z"),
    ("not-set", "unset", "u", rf"{_LIST}(?:k[nvzdsthxB]{{0,4}}[wg:]?|[nvzdsthxB]{{0,4}}[wg]?|:)[vnk,]{{0,3}}u[^T!b]*(?:[!b]|$)"),
    ("original-plan", "superseded", "E", rf"E[^T!b]*{_ANY}"),
    ("goal-set", "goal", "G", "[@#%9&][^T!bv]*G"),
    ("towards", "goal", "1", f"[@#%9](?!i)[^T!b,i{_ACT}]{{0,6}}1"),
    ("towards", "goal", "1<", rf"#[^T!b,]*1|<{_ANY}>k?[^T!b,]*1"),
    ("given-up", "past", "/", rf"{_ANY}[^T!b]*/|=[^!b]*/"),
    ("of-the-topic", "window", ":w", "T[^T!b]*[w:]@,?T"),
    ("labelled", "window", ":", rf"[tnv]:{_ANY}[vf]{{0,2}}[tn]{{1,2}}:T"),
    ("of-a-period", "window", "<", rf"{_ANY}I?(?:i?[vzdefn]{{0,4}})<T(?:[nk,]{{0,4}}[BtD]|kn)[^<>T]*>"),
    ("after-its-window", "covers", ",:<Bi", rf"B{_ANY}|T<@kn>|T:@k?[tB]|T[^!b]*,[^T!b]*n<@>(?:[!b]|$)|Ti,?{_LIST}(?:k?[tBn]|k{_TOPIC})"),
    ("note-of-a-period", "covers", "b", r"T[^T]*b@(?:k[nt]+|n?t)(?:[!b]|$)|T[^T]*bn?@tn?[nq]{1,2},[^!b]*T"),
    ("value-of-a-day", "fact", "<D", rf"{_LIST}D[qn,]*N|[wg]{_LIST}D!|[pNs][^T!b]{{0,2}}<{_LIST}D[^<>T]*>"),
    ("restated", "restated", "<", rf"T[^T!b<>]*[{_ACT}f][^T!b<>]*<(?:vw)?[@%#]I?k?f?>"),
    ("value-in-brackets", "fact", "N", "N<@>"),
    ("value-of-a-period", "fact", "<N", rf"{_LIST}k?(?:{_TOPIC})?(?:[w:g],?n?N|<n?N[^<>T]*>)"),
    ("paired", "window", ",", rf"T(?:[Bt]|D?kn{{1,3}})[wgo:],?{_ANY}I?,T(?:[BtD]|k)"),
    ("as-at", "covers", "D", rf"{_LIST}D"),
    ("share", "covers", "8B", rf"{_LIST}k?n?B|8@>"),
    ("goal-topic", "goal", "H", rf"H[kn]?(?::|<|:<|>)?{_ANY}|H[wg]{_ANY}(?![^T!b,]*d)"),
    ("goal-quantity", "goal", "N", rf"#[^T!b{_ACT}s]*N(?![^T!b]*[{_ACT}])"),
    ("goal-resolved", "goal", "N", "#[^T!b]*N[^T!b]*0"),
    ("goal-quantity", "goal", "N", rf"@(?:i?|:n?)N[^T!b{_ACT}]*(?:[!b]|$)"),
    ("goal-quantity", "goal", "N", "[@#%9][^T!b,vze]*N[^T!b,vze]*H"),
    ("goal-in-brackets", "goal", "<", "[@#%9][^T!b]*<H>"),
    ("habitual", "past", "y", "[@#%9][^T!b,p]*?y(?!f)"),
    ("done", "past", ",py", r"[@#%9]i?,t[ow]T[^T!b,]*p(?!f)|[@#%9][^T!b,]*?[py](?!f)|[@#%9][^T!bjf]*[py](?:[!>b]|$)|=[^T!b]*p"),
    ("basis", "basis", "<KQiknv", rf"<{_ANY}I?i?[dl3]>k|{_ANY}i?vnt|{_ANY}i[vzde]n?Q|{_ANY}i?hQ|n<{_ANY}>iF|{_ANY}(?:i?[vzdel][fp]{{1,2}}|[vf]{{0,2}}>)[^T!b,]*Q|{_ANY}Q|{_ANY}k[^T!b,]{{0,4}}j,[^!b]*T|{_ANY}I?i?[knlsp<h][^T!b,{_ACT}]*K|{_ANY}i?[^T!b,]*g[^T!b,]*K|{_ANY}I?[knlsdp<h][^T!b,]*Q(?![^T!b,]*t)"),
    ("going-on", "window", "c", rf"{_ANY}.?c"),
    ("released", "window", "v", rf"{_ANY}i?vk[nt]{{1,2}}[wgo:][^!b]*T"),
    ("survey-of-a-year", "covers", "<s", rf"{_LIST}k?s[wg],?[^!b]*T[^T!b]*v|{_LIST}k?[na]{{0,4}}[s2][kntwgo:]{{0,4}}<[^<>T]*T[^<>T]*v|{_LIST}k?[na]{{0,4}}s<T[^<>T]*>k?[n2t]{{1,3}}[wgo],?[^T!b]*T[^T!b]*v"),
    ("survey-published", "window", "<", rf"[s2][kntwgo:]{{0,4}}<[^<>T]*{_ANY}I?[^<>T]*v[^<>T]*>"),
    ("survey", "survey", "3hs", rf"h<{_ANY}>|s[:wgo]?n?<?{_ANY}|{_ANY}i?soz|{_ANY}i?3n?,?[s2l]|{_ANY}i?T[kDBt][^T!b{_ACT},]*s[^T!b{_ACT},]*[!b,>]|{_ANY}[^T!b{_ACT},]*s(?:[^T!b{_ACT},]*(?:[T!b,>]|$)|q)"),
    ("law", "law", "iln", rf"l<[^<>]*{_ANY}[^<>]*>q|l[:wg]<?{_ANY}|l<{_ANY}[^<>T]{{0,3}}>|{_ANY}I?i?n,T[^T!b{_ACT}w,]*l|{_ANY}iln?l(?!q)|{_ANY}i?[^T!b{_ACT}w,]*l(?!q|kn[og])[^T!b{_ACT},]*(?:[T!b,>]|$)"),
    ("each-described", "covers", ":Dgow", rf"=k?(?:{_TOPIC})[wgo:],?[^!b]*T|=D[^!b]*T"),
    ("described", "covers", "t", rf"{_LIST}k?t(?:n?(?:<[^<>T]*>)?[wgo:>aim]|k).*T"),
    ("headed", "covers", "", rf"(?:^|[!b,:])a?n?{_ANY}:[^T!b]*T(?!k?[tB])|(?:^|[!b])a?n?[@%]T|[@%]:[nt]{{0,2}}T|(?:^|b)n?{_ANY}k[nt]{{1,2}}![^T!b]*T"),
    ("described", "covers", "t", rf"{_LIST}k?tT"),
    ("described", "covers", "t", rf"{_LIST}k?t[,a]Tk?t[wgoam]{{1,2}},?[^t!b]*T"),
    ("described", "covers", "<", rf"{_LIST}(?:k|(?![vzde]))(?:{_TOPIC})?<?[nt:]*<[nt:]*T(?![^<>]*>[IA]*[ivzde])"),
    ("described", "covers", "t", rf"{_LIST}k?t<[^>]*T|{_LIST}k?t<[nt]*>T"),
    ("described", "covers", "t", rf"{_LIST}k?t,T[^t!b]*(?:[!b]|$)"),
    ("described", "covers", "<", rf"{_LIST}(?:k|(?![vzde])){_TOPIC}<?[w:go]?,?<T"),
    ("described", "covers", ":gow", rf"{_LIST}(?:<[^<>T]*>)?k?{_TOPIC}[w:go],?[^!b]*[TL]"),
    ("named-in-brackets", "covers", "nt", r"n<@[a,]?t?>[wgo:],?[^!b]*T|t<@>[wgo:]?,?T"),
    ("described", "covers", "<", rf"{_LIST}<[^<>T]*t[^<>T]*>[wgo:]"),
    ("framed", "covers", "w", rf"{_LIST}w,?(?:t[ow])?T"),
    ("described", "covers", "t", rf"{_LIST}k?t[wgo:>]"),
    ("released-stage", "covers", "t", rf"{_LIST}k?tv"),
)
# fmt: on
PLAIN = "[^TLtDBNHpysl3QKcZSE1G4256u]*T(?!k)[^TLtDBNHpysl3QKcZSE1G4256u]*"
UNCLEAR = r"^(?=[^T]*$)[^T]*Z(?!n?p)|J|K[^!K]*[vzde]|j[^!j]*[vzdeht3]|x[kn]{0,2}[s2](?![^!]*u)|[vz]w[^!Tw]*j|[vzdehs]Dq"
LOOSE = "kiwogqam"
_PROSE = "[^WRCA]*"
_PERIODS = "C(?:[,a]?C)*"
_GLUE = "[wgo:],?"
_OF = "[kntDB]{0,4}"
_DONE = "[vzdec3]"
FAMILIAR = (
    rf"{_PROSE}{_PERIODS}k?[nhDB2tdvzke<>]{{0,6}}{_GLUE}r?[nh,]?[WR]I?[ikn]{{0,2}}[nvzd]{_PROSE}",
    rf"a?n?{_PERIODS}{_OF}:[WR]i?[vz]?f?",
    rf"{_PROSE}[WR]i?[nokmg]{{0,4}}{_DONE}{_PROSE}",
    rf"{_PROSE}[WR](?:A|[knoi])*t{_PROSE}",
    r"(?:x?[nvk]{0,3}[w:])?[WR](?:<f>|[fi]{0,3})",
    rf"(?:{_PROSE}{_PERIODS}{_OF}{_GLUE})?n{{0,2}}(?:t[wgo:]?[WR]i?[vn]{{0,2}},?){{1,3}}{_PROSE}",
    rf"(?:{_PROSE}{_PERIODS}{_OF}{_GLUE})?(?:[WR]I?i?[ntok]{{1,4}}v?n?,?){{1,3}}{_PROSE}",
    rf"{_PERIODS}{_OF}{_GLUE}[WR]i?(?:,t{_GLUE}[WR]){{1,2}}i?{_PROSE}",
    rf"(?:C{_OF}{_GLUE}[WR]i?,?){{1,3}}{_PROSE}",
    rf"(?:[WR]i?[nko]{{0,4}}{_DONE}n?,?){{2,3}}",
    rf"RW?i?[nokt]{{0,3}}{_DONE}{_PROSE}",
    rf"R{_PROSE}[<,]x[nvwk:]*W>?{_PROSE}",
    rf"[WR]i?C{_OF}o[nvzd]{_PROSE}",
    rf"[WR]v?f?<C{_OF}>",
)

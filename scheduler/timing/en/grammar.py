"""How English puts times together, and what tells what each of them is for."""

_ATOM = r"(?:(?:Pk?)+,?[kiI]?Y(?:,?Y)?|Y(?:,?P(?![Pk,i]*Y))*(?:,?Y)?|(?:Pk?i?)*P|R(?:,?i?[AU]{0,2}(?:(?:Pk?)*P|Y))?)"
_RUN = rf"[AUFVGBI]{{0,4}}{_ATOM}"
PHRASE = rf"[AUFVGBIi]{{0,4}}E(?:{_ATOM})a(?:{_ATOM})|{_RUN}(?:[~O]i?[AUFVGBI]{{0,4}}{_ATOM})*(?:[AU](?![YPMR])|F(?![YPMR]))*|A?L[GF]?"
COARSE_FIRST = False
_ANY = "[@#%=9]"
_ACT = "vzde"
_NO_PERIOD = "(?<!C)(?<![toSv]k)[@#%=9](?!t?n?o)"


# Rows of one name are the shapes of one rule: name, role, the letters it asks for, the shape.
# fmt: off
ROLES = (
    ("last-time", "last", "", "T9(?:[!b]|$)"),
    ("last-time", "last", "5", f"5[^T!b]{{0,4}}{_ANY}"),
    ("survey-next", "survey", "x", "xsi?@[^Tb]*!?[^Tb]*v[^T]*T"),
    ("survey-next", "survey", "s", "s[^!]*<x[^T!]*@>[^Tb]*v[^T]*T"),
    ("survey-next", "survey", "s", "s[^!]*x[^T!]*@>?[^Tb]*![^Tb]*v[^T]*T"),
    ("survey-next", "survey", "s", "s[^!T]*T[^!T]*!?[^!T]*x[^T!]*@[,!a][^Tb]*[ov][^Tb]*T"),
    ("denied", "superseded", "6", f"6[^T!b]{{0,3}}{_ANY}"),
    ("not-set", "unset", "u", "(?:@[ot]{0,3}[:f]?|[to]k@[^T!bv]{0,3}|C@[^T!bv]{0,3})u[^T!b]*(?:[!b]|$)"),
    ("given-up", "past", "/", f"{_ANY}[^T!b]*/"),
    ("value-in-brackets", "fact", "N", "<@[:f,]N[^<>T]*>"),
    ("lag-base", "base", "", "L[^T!b]{0,5}[@%9=]"),
    ("lag-unnamed", "unclear", "", "&[^T]*$"),
    ("postponed", "superseded", "Z", f"{_ANY}[^T!b]*T[^T!b]{{0,2}}Z(?:[!b]|$)"),
    ("postponed", "superseded", "Z", f"Z,?[^T!b,]*{_ANY}[^T!b]*T"),
    ("postponed", "superseded", "Z", f"Z[^T!b]*T[an]{{1,3}}C?{_ANY}[^T!b]*T"),
    ("postponed", "superseded", "Z", f"(?:^|!)Z[^T!b]*{_ANY}![^T!b]*T"),
    ("postponed", "superseded", "Z", f"{_NO_PERIOD}[^!b]*Z[^T!b]*T"),
    ("value-of-a-day", "fact", "D", "D@,[^T!b]*p"),
    ("value-of-a-day", "fact", "N", "N<@>"),
    ("value-of-a-day", "fact", "D", "D@[^T!b]*N[^T!b]*(?:[!b]|$)"),
    ("value-of-a-day", "fact", "N", "N[^T!b]*<D@>!"),
    ("value-of-a-day", "fact", "N", "N[^T!b]{0,2}D@"),
    ("value-of-a-day", "fact", "<", "<nD@"),
    ("restated", "restated", "q", "q,?i?@"),
    ("as-at", "covers", "D", "D@"),
    ("done", "past", "p", "p[^Tf!bZ,]*?[@#%9]"),
    ("done", "past", ",", "[@#%9],[^T!bfJGQ]*p"),
    ("done", "past", "p", "9[^T!bf]*p"),
    ("note-of-a-period", "covers", "b", "T[^T]*b[n~Co]{0,5}@t?n?o?(?:[!b]|$)"),
    ("of-a-period", "window", "<", "@<[^<>T]*(?:[Ck]T[^<>T]*|T[to][^<>T]*)>"),
    ("covered", "covers", "C", "C[@=]"),
    ("covered", "covers", "k", "[toSv]k[@=](?!i)"),
    ("titled", "covers", "n", "(?:^|[!b])@n[nf]{0,2}i?T"),
    ("headed", "covers", ",", "<[^<>T]*,@>[:nfi]{0,3}T"),
    ("headed", "covers", "<", "<@,?t?o?>[:nfi]{0,3}[^!b]*T"),
    ("headed", "covers", "<", "<t,@>:"),
    ("headed", "covers", ":~", "(?:^|[!b,<]|(?<!t):)@[,:~]?t?n?o?[:~][^T!b]*T"),
    ("headed", "covers", ":", "(?:^|[!b,])(?:T[,a]{1,2})*@(?:[,a]{1,2}T)*[tno]{0,3}(?:<[^T>]*>)?[:~][^T!b]*T"),
    ("headed", "covers", ",", "(?:^|[!b:,])[no]?@,T(?:,?[!b]|,*$|,,)"),
    ("headed", "covers", ":", "n@:[no]{0,2}T"),
    ("headed", "covers", "i", "i@:[^T!b]*T"),
    ("headed", "covers", "<", "@<[^<>T]*[to][^<>T]*>[:~]"),
    ("headed", "covers", ":", "(?:^|[!b,])@(?:<[^T>]*>)?:(?:[^T!bt]*|t[^T!b,]*)T"),
    ("covered-list", "covers", "Ck", "(?:C|[to]k)T(?:[,a]{0,2}T)*[,a]{0,2}@(?![!b]|$)"),
    ("covered-list", "covers", "i", "[no]i@(?:[,a]{1,2}iT)+n?f"),
    ("covered-list", "covers", "i", "[no]iT(?:[,a]{1,2}iT)*[,a]{1,2}i@n?f"),
    ("described", "covers", "o", "(?<!i)@(?:[,a]{1,2}T)*t?n?o"),
    ("described", "covers", "t", "#tn?o"),
    ("described", "covers", "f", "(?<!i)@n?f[^!b]*T"),
    ("described", "covers", "i", "[no]i@f[^!b]*T"),
    ("described", "covers", "i", "[no]i@i[^T!b]?T"),
    ("described", "covers", "<", "<@>[^!b]*T"),
    ("described", "covers", "t", "@t(?![^T!b]*$)"),
    ("goal-to-be-done", "goal", "0", f"0[^T!b,{_ACT}]*#"),
    ("goal-of-a-year", "goal", "H", "[@#%9]H"),
    ("goal-being-set", "window", "H", f"d[^T!bHN]{{0,6}}H[^T!b{_ACT}N]*{_ANY}"),
    ("goal-topic", "goal", "H", f"<H>[^T!b<]*{_ANY}"),
    ("goal", "goal", "H", f"H[^T!b{_ACT}>]*(?:T[^!b{_ACT},>]*)?{_ANY}"),
    ("goal", "goal", ",", f"#,[^T!b{_ACT}]*[HN]"),
    ("goal-quantity", "goal", "N", f"N[^T!b{_ACT}f,]*#"),
    ("goal-by-then", "goal", "N", f"#[^T!b{_ACT}]*N[^T{_ACT}]*$"),
    ("survey-of-a-year", "covers", "s", "[to]k?[@9]n?s"),
    ("results-expected", "window", "s", f"[to]k?Tn?s[^T!b]*f[^T!b]*{_ANY}"),
    ("survey", "survey", "s", "sn?on?#"),
    ("survey", "survey", "s", f"s[^T!b{_ACT}ot]*{_ANY}"),
    ("survey", "survey", "s", f"[@#%9],?[^T!b{_ACT}oJQ]*s[^!bo]*(?:[!T]|$)"),
    ("delivered-at", "window", "z", f"z[^T!b]*l[^T!b{_ACT}]*{_ANY}"),
    ("acted-upon-at", "window", "l", f"f[de][^T!b{_ACT}]*l[^T!b{_ACT}]*{_ANY}"),
    ("acted-upon-by", "window", "l", f"[vzde]n?l[^T!b{_ACT}]{{0,2}}#"),
    ("law", "law", "l", "lfi?[@#%9],"),
    ("law", "law", "l", f"l[^T!b{_ACT}f,:]*{_ANY}"),
    ("going-on", "window", "c", f"c[^T!b]*{_ANY}"),
)
# fmt: on
PLAIN = "[^TLtoCDHNplsZc5]*T[^TLtoCDHNplsZc5]*"
UNCLEAR = "^(?=[^T]*$)[^T]*Z|J(?![^!b]*u)|[GVB][^T]|x[^Tx!]*s(?![^!b]*u)"
_PROSE = "[^WRCA]*"
_PERIODS = "(?:C[,a]{0,2})+"
FAMILIAR = (
    rf"{_PROSE}[to]{{1,2}}[Ck]{_PERIODS}[nfv<>]{{0,6}}i?[WR]i?{_PROSE}",
    rf"{_PROSE}{_PERIODS}t?n?o{{0,2}}[:nfv]{{0,6}}i?[WR]i?{_PROSE}",
    rf"(?=.*[vzdecotx:])(?:{_PROSE}[WR]{_PROSE})",
    r"[fi,aA]{0,3}[WR][^n]*",
    r"(?:[to]{0,2}(?:[Ck]C)?[nfv:]{0,4}i?[WR][,a]{0,2}){1,3}",
    rf"R{_PROSE}[<!,]?x{_PROSE}[WR]>?{_PROSE}",
)

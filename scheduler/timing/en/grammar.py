"""How English puts times together, and what tells what each of them is for."""

_ATOM = r"(?:(?:Pk?)+,?[ki]?Y(?:,?Y)?|Y(?:,?P(?![Pk,i]*Y))*(?:,?Y)?|(?:Pk?i?)*P|R(?:,?i?[AU]{0,2}(?:(?:Pk?)*P|Y))?)"
_RUN = rf"[AUFVGBI]{{0,4}}{_ATOM}"
PHRASE = rf"[AUFVGBIi]{{0,4}}E(?:{_ATOM})a(?:{_ATOM})|{_RUN}(?:[~O]i?[AUFVGBI]{{0,4}}{_ATOM})*(?:[AU]|F(?![YPMR]))*|A?L[GF]?"
COARSE_FIRST = False
_ANY = "[@#%=9]"
_ACT = "vzde"
_NO_PERIOD = "(?<!C)(?<![to]k)[@#%=9](?!t?n?o)"


# fmt: off
ROLES = (
    ("last-time", "last", "", rf"T9(?:[!b]|$)|5[^T!b]{{0,4}}{_ANY}"),
    ("survey-next", "survey", "s", "s[^!]*x[^T!]*@>?[^Tb]*![^Tb]*v[^T]*T|s[^!T]*T[^!T]*!?[^!T]*x[^T!]*@[,!a][^Tb]*[ov][^Tb]*T"),
    ("denied", "superseded", "6", f"6[^T!b]{{0,3}}{_ANY}"),
    ("not-set", "unset", "u", "(?:@[ot]{0,3}[:f]?|[to]k@[^T!bv]{0,3}|C@[^T!bv]{0,3})u[^T!b]*(?:[!b]|$)"),
    ("lag-base", "base", "", "L[^T!b]{0,5}[@%9]"),
    ("lag-unnamed", "unclear", "", "&[^T]*$"),
    ("postponed", "superseded", "Z", f"{_ANY}[^T!b]*T[^T!b]{{0,2}}Z(?:[!b]|$)|Z[^T!b]*{_ANY}[^T!b]*T|{_NO_PERIOD}[^!b]*Z[^T!b]*T"),
    ("value-of-a-day", "fact", "<DN", r"N<@>|D@[^T!b]*N[^T!b]*(?:[!b]|$)|N[^T!b]*<D@>!|N[^T!b]{0,2}D@|<nD@"),
    ("as-at", "covers", "D", "D@"),
    ("done", "past", ",p", "p[^Tf!bZ]*?[@#%9]|[@#%9],[^T!bfJ]*p|9[^T!bf]*p"),
    ("of-a-period", "window", "<", "@<[^<>T]*[Ck]T[^<>T]*>"),
    ("covered", "covers", "Ck", "C[@=]|[to]k[@=]"),
    ("note-of-a-period", "covers", "b", "T[^T]*b[n~]{0,3}@t?n?o?(?:[!b]|$)"),
    ("headed", "covers", ":<i~", "<@,?t?>[:nf]{0,3}[^!b]*T|<t,@>:|(?:^|[!b,<:])@[,:~]?t?n?o?[:~][^T!b]*T|i@:[^T!b]*T|@<[^<>T]*[to][^<>T]*>:|(?:^|[!b,])@(?:<[^T>]*>)?:(?:[^T!bt]*|t[^T!b,]*)T"),
    ("covered-list", "covers", "Cik", "(?:C|[to]k)T(?:[,a]{0,2}T)*[,a]{0,2}@(?![!b]|$)|[no]i@(?:[,a]{1,2}iT)+n?f|[no]iT(?:[,a]{1,2}iT)*[,a]{1,2}i@n?f"),
    ("described", "covers", "<fiot", "(?<!i)@(?:[,a]{1,2}T)*t?n?o|#tn?o|(?<!i)@n?f[^!b]*T|[no]i@f[^!b]*T|<@>[^!b]*T|@t(?![^T!b]*$)"),
    ("goal-of-a-year", "goal", "H", "[@#%9]H"),
    ("goal", "goal", ",H", rf"H[^T!b{_ACT}>]*(?:T[^!b{_ACT},>]*)?{_ANY}|#,[^T!b{_ACT}]*[HN]"),
    ("goal-quantity", "goal", "N", rf"N[^T!b{_ACT}f,]*#"),
    ("goal-by-then", "goal", "N", rf"#[^T!b{_ACT}]*N[^T{_ACT}]*$"),
    ("survey-of-a-year", "covers", "s", "[to]k?[@9]n?s"),
    ("results-expected", "window", "s", rf"[to]k?Tn?s[^T!b]*f[^T!b]*{_ANY}"),
    ("survey", "survey", "s", rf"sn?on?#|s[^T!b{_ACT}o]*{_ANY}|[@#%9],?[^T!b{_ACT}oJ]*s[^!bo]*(?:[!T]|$)"),
    ("delivered-at", "window", "z", rf"z[^T!b]*l[^T!b{_ACT}]*{_ANY}"),
    ("law", "law", "l", rf"l[^T!b{_ACT}f,]*{_ANY}"),
    ("going-on", "window", "c", f"c[^T!b]*{_ANY}"),
)
# fmt: on
PLAIN = "[^TLtoCDHNplsZc5]*T[^TLtoCDHNplsZc5]*"
UNCLEAR = "^(?=[^T]*$)[^T]*Z|J(?![^!b]*u)|[GVB][^T]|x[^Tx!]*s"
_PROSE = "[^WRCA]*"
_PERIODS = "(?:C[,a]{0,2})+"
FAMILIAR = (
    rf"{_PROSE}[to]{{1,2}}[Ck]{_PERIODS}[nfv<>]{{0,6}}i?[WR]i?{_PROSE}",
    rf"{_PROSE}{_PERIODS}t?n?o{{0,2}}[:nfv]{{0,6}}i?[WR]i?{_PROSE}",
    rf"{_PROSE}[WR]{_PROSE}",
    r"(?:[to]{0,2}(?:[Ck]C)?[nfv:]{0,4}i?[WR][,a]{0,2}){1,3}",
    rf"R{_PROSE}[<!,]?x{_PROSE}[WR]>?{_PROSE}",
)

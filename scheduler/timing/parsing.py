"""A text taken apart, before anything is decided about what it awaits."""

from typing import NamedTuple

from scheduler.timing.brackets import with_brackets
from scheduler.timing.clauses import Mention, mentions
from scheduler.timing.counting import days_of_all
from scheduler.timing.days import Days
from scheduler.timing.languages import Tables, tables_for
from scheduler.timing.lexer import Token, codes_of, lex
from scheduler.timing.model import Context
from scheduler.timing.phrases import phrases
from scheduler.timing.spelling import Spelled, spell


class Parsed(NamedTuple):
    """A text taken apart: its tokens with their letters, and every time with its role and days."""

    spelled: Spelled
    tables: Tables
    tokens: list[Token]
    codes: str
    found: list[Mention]
    days: list[Days | None]

    def words(self, token: Token) -> str:
        """The characters of a token, in plain spelling."""
        return self.spelled.text[token.start : token.end]


def parse(text: str, context: Context) -> Parsed:
    """Take a text apart; of the days, None where no calendar has them."""
    spelled = spell(text)
    tables = tables_for(spelled.japanese)
    tokens = with_brackets(phrases(lex(spelled.text, tables.lexicon), tables.grammar))
    codes = codes_of(tokens)
    found = mentions(tokens, codes, tables.roles, tables.plain)
    return Parsed(spelled, tables, tokens, codes, found, days_of_all(found, context))

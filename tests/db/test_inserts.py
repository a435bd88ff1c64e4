"""Many rows at once are the rows that were given, on either database."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlalchemy import delete, select

from db.engine import writing
from db.inserts import insert_into, insert_rows
from db.tables import Person
from tests.builders import morning

if TYPE_CHECKING:
    from sqlalchemy import Engine

# Few values, so that often a whole column holds the same one.
VARIED = {
    "name": st.sampled_from(["山田 花子", 'O\'Neil, {"a"}', ""]),
    "admin": st.booleans(),
    "send_hour": st.sampled_from([None, 8]),
    "created_at": st.sampled_from([morning("2018-03-01"), morning("2018-03-02")]),
}
SAME = {"language": "ja", "timezone": "Asia/Tokyo", "active": True}


@settings(max_examples=40, deadline=None, suppress_health_check=list(HealthCheck))
@given(rows=st.lists(st.fixed_dictionaries(VARIED), max_size=5))
def test_rows_come_in_as_they_were_given(engine: Engine, rows: list[dict[str, Any]]) -> None:
    given_rows = [{"email": f"p{n}@example.jp", **row, **SAME} for n, row in enumerate(rows)]
    names = ["email", *VARIED, *SAME]
    columns = [getattr(Person, name) for name in names]
    with writing(engine) as session:
        session.execute(delete(Person))
        insert_rows(session, insert_into(session, Person), given_rows)
        stored = session.execute(select(*columns).order_by(Person.email)).all()
    assert [dict(zip(names, row, strict=True)) for row in stored] == given_rows

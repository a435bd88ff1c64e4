"""A sheet with names and words as long as real ones, for the pages to show."""

from __future__ import annotations

from typing import TYPE_CHECKING

from db.tables import Outcome, Person, Scope
from scheduler.assignments import assign
from scheduler.people import add_person
from tests.builders import AS_OF, POLICY, Awaited, Row, Stored, morning, store_sheet

if TYPE_CHECKING:
    from sqlalchemy.orm import Session

MARCH = Awaited("2018-03-01", "2018-03-31", True, covers="2017-04", stage="final")
NEXT_YEAR = Awaited("2018-04-01", "2019-03-31", kind="continued")
LIBRARIES = (
    Row(
        "夜間開館を行う公立図書館の数",
        (MARCH,),
        number="①",
        reposted=True,
        target="2020年度までに416館",
        target_by="2021-03-31",
        value="301館",
        value_asof="2017-04",
        value_stage="preliminary",
        category="A",
        text="2017年４月確報値は、\n2018年３月頃に公表",
    ),
    Row(
        "電子書籍の貸出しを始めた公立図書館の数",
        (Awaited("2019-03-01", "2019-03-31", True, covers="FY2017", stage="final"),),
        number="②",
        target="2017年度までに約1000館",
        target_by="2018-03-31",
        value="948館",
        value_asof="2017-04-01",
        category="A",
        text="2017年度末確報値は、2019年３月頃に公表予定",
    ),
    Row(
        "図書館業務の共同化による費用の圧縮",
        (Awaited(None, "2019-03-31", kind="decision"),),
        number="③",
        target="３割圧縮（期限は今後定める）",
        category="N",
        text="2018年度までに目標期限を設定予定",
    ),
    Row(
        "先進的な図書館の取組を紹介する説明会の開催",
        (NEXT_YEAR,),
        tier=None,
        text="2018年度も引き続き同様の取組を実施。",
    ),
)
PARKS = (
    Row(
        "公園使用料の収納率（事後的に検証する指標）",
        (
            Awaited("2017-11-01", "2017-11-30", True, covers="FY2016", stage="actual"),
            Awaited("2018-11-01", "2018-11-30", True, covers="FY2017", stage="actual"),
        ),
        tier=2,
        value="99.2%",
        value_asof="FY2016",
        value_stage="estimate",
        category="A",
        text="2016年度、2017年度実績については、翌年11月頃把握・公表。",
    ),
    Row(
        "調査結果の市町村への提供",
        (Awaited("2017-04-01", "2018-03-31", kind="delivery"),),
        tier=None,
        text="調査の結果を年度内に市町村へ提供する。",
    ),
    Row("助言の継続", (Awaited(kind="continued"),), tier=None, text="引き続き助言を行う。"),
    Row(
        "緑地率",
        (Awaited(outcome=Outcome.UNCLEAR),),
        number="②",
        text="確報値は確定次第公表",
    ),
)


def store_sample(session: Session) -> tuple[Stored, Stored]:
    """Two sheets as of 2017-10-01."""
    libraries = store_sheet(session, LIBRARIES, reform_item="⑯図書館サービスの先進事例の全国展開")
    parks = store_sheet(session, PARKS, reform_item="⑰公園使用料の収納率向上の取組")
    return libraries, parks


def store_people(session: Session) -> tuple[Person, Person, Person]:
    """An admin, an owner of the libraries who reads Japanese, one of entry 5 who reads English."""
    admin = _person(session, "kanri@example.org", "管理 花子", "ja", admin=True)
    sato = _person(session, "sato@example.org", "佐藤 太郎", "ja")
    brown = _person(session, "brown@example.org", "Emma Brown", "en")
    now = morning(AS_OF)
    assign(session, sato, Scope.SHEET, "図書館", now=now, policy=POLICY)
    assign(session, brown, Scope.ENTRY, "5", now=now, policy=POLICY)
    return admin, sato, brown


def _person(session: Session, email: str, name: str, language: str, admin: bool = False) -> Person:
    return add_person(
        session,
        email,
        name=name,
        language=language,
        timezone="Asia/Tokyo",
        admin=admin,
        now=morning(AS_OF),
        policy=POLICY,
    )

"""What PDF programs make of text: radicals where the sheet has ideographs."""

from __future__ import annotations

import logging

from scheduler.sheets.pdf import RADICALS


def test_radicals_become_the_ideographs_they_look_like() -> None:
    assert (
        "地⽅財政の⺠営化、⻑期⼝座、11⽉".translate(RADICALS) == "地方財政の民営化、長期口座、11月"
    )
    assert "①２０１７年１１月　％".translate(RADICALS) == "①２０１７年１１月　％"


def test_the_pdf_library_does_not_talk_of_fonts() -> None:
    assert not logging.getLogger("pdfminer.pdffont").isEnabledFor(logging.WARNING)

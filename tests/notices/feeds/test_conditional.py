"""If-None-Match and Accept-Encoding lines as clients and proxies really write them."""

from __future__ import annotations

import gzip

import pytest

from notices.web import conditional

TAG = "0123abc"


@pytest.mark.parametrize(
    "lines",
    [
        ['"0123abc"'],
        ['W/"0123abc"'],
        ['"0123abc-gzip"'],
        ['W/"0123abc-gzip"'],
        ['"x", "0123abc"'],
        ['"x,y" ,W/"0123abc","z"'],
        ['"x"', '"0123abc"'],
        ["*"],
        [" * "],
    ],
)
def test_a_client_that_has_the_current_copy_is_known(lines: list[str]) -> None:
    assert conditional.has_current(lines, TAG)


@pytest.mark.parametrize(
    "lines",
    [
        [],
        [""],
        ["0123abc"],
        ['"0123ab"'],
        ['"0123abcd"'],
        ['"a0123abc"'],
        ['"x,0123abc"'],
        ['"*"'],
        ['"0123abc'],
        ['w/0123abc"'],
    ],
)
def test_any_other_line_asks_for_the_whole(lines: list[str]) -> None:
    assert not conditional.has_current(lines, TAG)


@pytest.mark.parametrize(
    ("line", "taken"),
    [
        ("gzip", True),
        ("gzip, deflate, br, zstd", True),
        ("gzip;q=1.0, identity; q=0.5, *;q=0", True),
        ("GZIP", True),
        ("br, *", True),
        ("*;q=0.1", True),
        ("", False),
        ("identity", False),
        ("deflate, br", False),
        ("gzip;q=0", False),
        ("gzip; q=0.000, *", False),
        ("*;q=0", False),
        ("gzip;q=high", False),
        ("notgzip", False),
    ],
)
def test_gzip_is_sent_to_who_takes_it(line: str, taken: bool) -> None:
    assert conditional.takes_gzip(line) is taken


def test_the_same_body_is_the_same_gzip() -> None:
    assert gzip.decompress(conditional.compress(b"calendar")) == b"calendar"
    assert conditional.compress(b"calendar") == conditional.compress(b"calendar")


def test_each_form_has_a_tag_of_its_own() -> None:
    plain, gzipped = conditional.headers(TAG, False), conditional.headers(TAG, True)
    assert (plain["ETag"], gzipped["ETag"]) == ('"0123abc"', '"0123abc-gzip"')
    assert conditional.has_current([gzipped["ETag"]], TAG)

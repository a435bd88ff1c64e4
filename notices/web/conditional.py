"""Answers to GET and HEAD that know their tag: 304 where the client has it, gzip on request."""

from __future__ import annotations

import gzip
import re
from typing import TYPE_CHECKING

from fastapi import Response

if TYPE_CHECKING:
    from collections.abc import Iterable

# One entity tag of a list (RFC 9110, 8.8.3), with the mark of our gzip form or a proxy's apart.
_ENTITY_TAG = re.compile(r'(?:W/)?"([\x21\x23-\x7e\x80-\xff]*?)(?:-gzip)?"')
_WEIGHT = re.compile(r"\s*q\s*=\s*([01](?:\.\d{0,3})?)\s*", re.IGNORECASE)


def has_current(if_none_match: Iterable[str], tag: str) -> bool:
    """Whether a client's If-None-Match lines name `tag` (unquoted), compared weakly, or say `*`."""
    lines = list(if_none_match)
    return any(line.strip() == "*" or tag in _ENTITY_TAG.findall(line) for line in lines)


def takes_gzip(accept_encoding: str) -> bool:
    """Whether an Accept-Encoding line (RFC 9110, 12.5.3) lets the answer be gzip."""
    weights = dict(_weighted(coding) for coding in accept_encoding.lower().split(","))
    return weights.get("gzip", weights.get("*", 0.0)) > 0


def compress(body: bytes) -> bytes:
    """`body` as gzip; the same body gives the same octets."""
    return gzip.compress(body, compresslevel=6, mtime=0)


def headers(tag: str, gzipped: bool) -> dict[str, str]:
    """What a 200 and a 304 both say. The gzip form has its own tag, as a strong one must."""
    return {
        "ETag": f'"{tag}-gzip"' if gzipped else f'"{tag}"',
        "Cache-Control": "private, no-cache",
        "Vary": "Accept-Encoding",
        "X-Robots-Tag": "noindex",
        "X-Content-Type-Options": "nosniff",
        "Referrer-Policy": "no-referrer",
    }


def not_modified(tag: str, gzipped: bool) -> Response:
    """304: the client's copy is the current one."""
    return Response(status_code=304, headers=headers(tag, gzipped))


def whole(tag: str, body: bytes, media_type: str, gzipped: bool) -> Response:
    """200 with `body`, which is compressed already where `gzipped` says so."""
    encoding = {"Content-Encoding": "gzip"} if gzipped else {}
    return Response(body, media_type=media_type, headers=headers(tag, gzipped) | encoding)


def _weighted(coding: str) -> tuple[str, float]:
    name, _, parameter = coding.partition(";")
    if not parameter:
        return name.strip(), 1.0
    weight = _WEIGHT.fullmatch(parameter)
    return name.strip(), float(weight[1]) if weight else 0.0

"""Forms of a page, as a browser would send them."""

from __future__ import annotations

import re
from urllib.parse import urlsplit

FORM = re.compile(r'<form([^>]*)>.*?name="csrf" value="([0-9a-f]+)"', re.DOTALL)


def token_of(page: str, path: str) -> str:
    """The token in the form of `page` that goes to `path`, or to the page itself."""
    forms = FORM.findall(page)
    action = f'action="{urlsplit(path).path}"'
    there = [token for start, token in forms if action in start]
    here = [token for start, token in forms if "action=" not in start or 'action=""' in start]
    return str([*there, *here, *(token for _, token in forms)][0])

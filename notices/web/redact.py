"""Keeps tokens out of the server's access log: who reads a log must not be able to read a feed."""

from __future__ import annotations

import logging
import re

# A feed's token, whoever made it up, and any part of a path as long as a token: signed links too.
_TOKEN = re.compile(r"(?<=/feeds/)[^/?]+|(?<=/)[\w.~%-]{24,}")


class _HideTokens(logging.Filter):
    """Blackens tokens in the arguments of a record, of which the requested path is one."""

    def filter(self, record: logging.LogRecord) -> bool:
        """Let every record pass, without its tokens."""
        if isinstance(record.args, tuple):
            record.args = tuple(hide(one) if isinstance(one, str) else one for one in record.args)
        return True


_FILTER = _HideTokens()


def hide(text: str) -> str:
    """`text` with every token in its paths replaced by `-`."""
    return _TOKEN.sub("-", text)


def install() -> None:
    """Hide tokens in uvicorn's access log from now on; a second time changes nothing."""
    logging.getLogger("uvicorn.access").addFilter(_FILTER)

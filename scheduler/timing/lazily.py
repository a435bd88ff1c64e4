"""Patterns that are compiled when they are first used, so that importing them costs nothing."""

import re
from collections.abc import Callable, Iterator


class Pattern:
    """A regular expression; the first use of any of its methods compiles it and binds them all."""

    match: Callable[..., re.Match[str] | None]
    search: Callable[..., re.Match[str] | None]
    fullmatch: Callable[..., re.Match[str] | None]
    finditer: Callable[..., Iterator[re.Match[str]]]
    sub: Callable[..., str]

    def __init__(self, source: str) -> None:
        self.source = source

    def __getattr__(self, name: str) -> object:
        if name.startswith("__"):
            raise AttributeError(name)
        compiled = re.compile(self.source)
        self.match, self.search = compiled.match, compiled.search
        self.fullmatch, self.finditer = compiled.fullmatch, compiled.finditer
        self.sub = compiled.sub
        return getattr(compiled, name)

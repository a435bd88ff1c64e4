"""Evolution's data server, started for one test in a D-Bus session of its own."""

from __future__ import annotations

import json
import shutil
import subprocess
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

READER = Path(__file__).with_name("evolution_reader.py")
EVOLUTION = "evolution-data-server gir1.2-ecal-2.0 python3-gi dbus"


def has_evolution() -> bool:
    """Whether the Debian packages that it takes are installed."""
    typelib = Path("/usr/lib").glob("*/girepository-1.0/ECal-2.0.typelib")
    server = Path("/usr/libexec/evolution-calendar-factory")
    bindings = Path("/usr/lib/python3/dist-packages/gi")
    there = server.exists() and bindings.exists() and any(typelib)
    return there and shutil.which("dbus-run-session") is not None


@contextmanager
def evolution(
    folder: Path, url: str, backend: str = "webcal"
) -> Iterator[Callable[[], dict[str, str]]]:
    """A function that refreshes the subscription to `url` and gives its titles by uid."""
    address = urlsplit(url)
    command = ["dbus-run-session", "--", "/usr/bin/python3", str(READER)]
    command += [str(address.hostname), str(address.port), address.path, backend]
    environment = {"PATH": "/usr/bin:/bin", "HOME": str(folder), "XDG_RUNTIME_DIR": str(folder)}
    environment |= {"LANG": "C.UTF-8", "GIO_USE_VFS": "local"}
    with (folder / "said").open("wb") as said:
        running = subprocess.Popen(
            command,
            env=environment,
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=said,
            text=True,
        )
        assert running.stdin
        assert running.stdout

        def refreshed() -> dict[str, str]:
            print("refresh", file=running.stdin, flush=True)
            assert running.stdout
            line = running.stdout.readline()
            assert line, (folder / "said").read_text("utf-8")
            titles: dict[str, str] = json.loads(line)
            return titles

        try:
            yield refreshed
        finally:
            running.stdin.close()
            running.wait(30)
            running.stdout.close()

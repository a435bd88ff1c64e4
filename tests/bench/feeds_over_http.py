"""How many requests a second the feeds answer through uvicorn, beside an empty application.

Run it as `python -m tests.bench.feeds_over_http [EVENTS] [--postgres URL]`; it needs `wrk`
(`apt-get install wrk`). Fifty connections ask for fifty feeds of the same events; Radicale serves
them from files, too.
"""

from __future__ import annotations

import os
import re
import socket
import subprocess
import sys
import tempfile
import time
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple

import httpx
import uvicorn
from starlette.responses import FileResponse

from db.engine import open_engine, writing
from notices import feed_copies
from notices.clock import SimulatedClock
from notices.process import settle_in
from notices.settings import parse
from notices.web.app import create
from tests.bench.feeds import NOW, arguments, database, store
from tests.notices.feeds.publishing import SETTINGS, add, ask, render

if TYPE_CHECKING:
    from collections.abc import Iterator

    from starlette.types import ASGIApp, Receive, Scope, Send

CONNECTIONS = 50
SECONDS = 8
# Each request asks for the next feed, with the tag that its client has.
SCRIPT = """
local feeds, next = {{{feeds}}}, 0
request = function()
  next = next % #feeds + 1
  return wrk.format("GET", feeds[next][1], {{["If-None-Match"] = feeds[next][2]}})
end
"""


class Rate(NamedTuple):
    """What wrk saw: requests a second, and the time within which 99 of 100 were answered."""

    requests: float
    p99_ms: float
    wrong: str


async def _empty(scope: Scope, receive: Receive, send: Send) -> None:
    await send({"type": "http.response.start", "status": 200, "headers": []})
    await send({"type": "http.response.body", "body": b""})


def _app(kind: str, argument: str) -> ASGIApp:
    if kind == "empty":
        return _empty
    if kind == "file":
        return FileResponse(argument)
    settings = parse({"web": {"base_url": SETTINGS.web.base_url}}, Path("config.toml"))
    return create(open_engine(argument), settings, SimulatedClock(NOW))


def serve(kind: str, argument: str, port: int) -> None:
    """Serve one of the applications until the process is told to end."""
    # As `notices.service` does.
    app = _app(kind, argument)
    settle_in()
    uvicorn.run(app, port=port, log_config=None, access_log=False)


@contextmanager
def _serving(kind: str, argument: str = "") -> Iterator[tuple[int, int]]:
    """Serve in a process of its own: its port and its id."""
    with socket.create_server(("127.0.0.1", 0)) as free:
        port = free.getsockname()[1]
    command = [sys.executable, "-m", __spec__.name, "serve", kind, argument, str(port)]
    environment = os.environ | {"JIKAI_SECRET": "x" * 64}
    process = subprocess.Popen(command, env=environment)
    for _ in range(200):
        time.sleep(0.05)
        with socket.socket() as knocking:
            if knocking.connect_ex(("127.0.0.1", port)) == 0:
                break
    yield port, process.pid
    process.terminate()
    process.wait(20)


def _mebibytes(process: int, name: str) -> float:
    """`VmRSS` (now) or `VmHWM` (the most so far) of a process."""
    status = Path(f"/proc/{process}/status").read_text("ascii")
    found = re.search(rf"{name}:\s+(\d+) kB", status)
    assert found
    return int(found[1]) / 1024


def _rate(port: int, path: str = "/", script: str = "", connections: int = CONNECTIONS) -> Rate:
    with tempfile.NamedTemporaryFile("w", suffix=".lua") as file:
        file.write(script)
        file.flush()
        options = ["-t1", f"-c{connections}", f"-d{SECONDS}", "--latency", "--timeout", "20"]
        options += ["-s", file.name] if script else []
        url = f"http://127.0.0.1:{port}{path}"
        said = subprocess.run(
            ["wrk", *options, url], check=True, capture_output=True, text=True
        ).stdout
    seen = re.search(r"99%\s+([\d.]+)(us|ms|s)", said)
    rate = re.search(r"Requests/sec:\s+([\d.]+)", said)
    assert seen
    assert rate
    wrong = " ".join(re.findall(r"(?:Non-2xx or 3xx responses|Socket errors).*", said))
    p99 = float(seen[1]) * {"us": 0.001, "ms": 1, "s": 1000}[seen[2]]
    return Rate(float(rate[1]), p99, wrong)


def _conditional(port: int, tokens: list[str]) -> str:
    paths = [f"/feeds/{token}.ics" for token in tokens]
    tags = [ask(port, path).headers["etag"] for path in paths]
    pairs = (f"{{{path!r}, '{tag}'}}" for path, tag in zip(paths, tags, strict=True))
    return SCRIPT.format(feeds=", ".join(pairs))


def measure(url: str, tokens: list[str], body: bytes) -> None:
    """Print the rates of the feeds of one database, and what they are measured against."""
    with tempfile.NamedTemporaryFile(suffix=".ics") as file:
        file.write(body)
        file.flush()
        with _serving("file", file.name) as (port, _):
            from_file = _rate(port, connections=4)
    with _serving("empty") as (port, _):
        empty = _rate(port)
    with _serving("feeds", url) as (port, process):
        ask(port, "/robots.txt")
        before = _mebibytes(process, "VmRSS")
        ask(port, f"/feeds/{tokens[0]}.ics")
        print(f"the first calendar takes {_mebibytes(process, 'VmHWM') - before:.1f} MiB at most")
        script = _conditional(port, tokens)
        not_modified = _rate(port, script=script)
        full = _rate(port, f"/feeds/{tokens[0]}.ics", connections=4)
    for name, rate, base in (
        ("an empty application", empty, empty),
        ("304, fifty feeds", not_modified, empty),
        ("the bytes from a file", from_file, from_file),
        ("200, the same bytes from a feed", full, from_file),
    ):
        print(
            f"{name:34} {rate.requests:9.0f}/s {rate.requests / base.requests:6.2f} of it;"
            f" p99 {rate.p99_ms:8.1f} ms {rate.p99_ms / base.p99_ms:5.1f} x {rate.wrong}"
        )


def _radicale(body: bytes) -> float:
    """Seconds in which Radicale gives the same events from files."""
    with tempfile.TemporaryDirectory() as folder:
        with socket.create_server(("127.0.0.1", 0)) as free:
            port = free.getsockname()[1]
        options = [
            f"--server-hosts=127.0.0.1:{port}",
            "--server-max-content-length=100000000",
            f"--storage-filesystem-folder={folder}",
            "--auth-type=none",
            "--logging-level=error",
        ]
        running = subprocess.Popen([sys.executable, "-m", "radicale", *options])
        try:
            return _served_by_radicale(port, body)
        finally:
            running.terminate()
            running.wait(20)


def _served_by_radicale(port: int, body: bytes) -> float:
    url = f"http://127.0.0.1:{port}/bench/feed/"
    for _ in range(100):
        time.sleep(0.1)
        with socket.socket() as knocking:
            if knocking.connect_ex(("127.0.0.1", port)) == 0:
                break
    headers = {"Content-Type": "text/calendar; charset=utf-8"}
    httpx.request("MKCOL", url.removesuffix("feed/")).raise_for_status()
    httpx.put(url, content=body, headers=headers, timeout=600).raise_for_status()
    taken = []
    for _ in range(3):
        start = time.perf_counter()
        httpx.get(url, timeout=600).raise_for_status()
        taken.append(time.perf_counter() - start)
    return min(taken)


def main() -> None:
    """Measure on a SQLite file of its own, or an empty PostgreSQL database."""
    given = arguments(__doc__)
    print(f"{given.events} events")
    with database(given.postgres) as engine:
        first = store(engine, given.events)
        with writing(engine) as session:
            others = [add(session, None, "ja", NOW) for _ in range(CONNECTIONS - 1)]
        feed_copies.refresh(engine, SETTINGS, NOW)
        body = render(engine, first)[1]
        print(f"{len(body) / 1e6:.1f} MB a calendar")
        print(f"Radicale gives the same events in {_radicale(body) * 1000:.0f} ms")
        measure(engine.url.render_as_string(hide_password=False), [first, *others], body)


if __name__ == "__main__":
    if sys.argv[1:2] == ["serve"]:
        serve(sys.argv[2], sys.argv[3], int(sys.argv[4]))
    else:
        main()

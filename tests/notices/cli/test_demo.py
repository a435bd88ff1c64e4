"""The command `demo`, as somebody runs it who has just cloned the repository."""

from __future__ import annotations

import re
import signal
import subprocess
import sys
import time
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING

import httpx2
import pytest

from notices.demonstration import AS_OF, FolderTakenError, prepare
from tests.notices.web.forms import token_of

if TYPE_CHECKING:
    from collections.abc import Iterator

ROOT = Path(__file__).parents[3]


class Shown:
    """A demonstration that runs, seen through a browser's eyes."""

    def __init__(self, printed: list[str]) -> None:
        self.sign_in, *feeds = printed
        self.feeds = dict(line.split("\t") for line in feeds)
        base = self.sign_in.partition("/sign-in/")[0]
        self.web = httpx2.Client(base_url=base, follow_redirects=True, timeout=30)

    def come_in(self) -> None:
        self.push(self.sign_in, self.sign_in)
        self.web.post("/language", data={"language": "en", "back": "/"})

    def push(self, path: str, shown_at: str = "/", **fields: str) -> str:
        """Send a form of the page `shown_at`; the text of the page that follows."""
        token = token_of(self.web.get(shown_at).text, path)
        answer = self.web.post(path, data={"csrf": token, **fields})
        assert answer.status_code == 200
        return read(answer.text)


def read(page: str) -> str:
    return " ".join(re.sub(r"<[^>]+>", " ", page).split())


@contextmanager
def running(folder: Path, *options: str) -> Iterator[Shown]:
    """`jikai demo` in a process of its own, stopped with SIGTERM."""
    command = [sys.executable, "-m", "notices.cli", "demo", "--folder", str(folder), *options]
    process = subprocess.Popen(
        command, cwd=ROOT, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True
    )
    try:
        assert process.stdout is not None
        shown = Shown([process.stdout.readline().strip() for _ in range(4)])
        with shown.web:
            wait_for(shown)
            yield shown
    finally:
        process.send_signal(signal.SIGTERM)
        _, told = process.communicate(timeout=10)
    assert "Traceback" not in told


def wait_for(shown: Shown) -> None:
    deadline = time.monotonic() + 20
    while time.monotonic() < deadline:
        try:
            assert shown.web.get("/health").json()["status"] == "ok"
        except httpx2.TransportError:
            time.sleep(0.1)
        else:
            return
    pytest.fail("the demonstration did not start")


def test_within_a_few_clicks_one_sees_all_of_it(tmp_path: Path) -> None:
    with running(tmp_path / "demo") as shown:
        shown.come_in()
        assert "Nothing is overdue" in read(shown.web.get("/").text)
        assert "mails sent" in shown.push("/demo/forward", step="month", back="/")
        for _ in range(2):
            shown.push("/demo/forward", step="month", back="/")
        page = shown.push("/demo/forward", step="month", back="/")
        assert "are overdue" in page
        assert "no owner yet" in page
        mails = re.findall(r"/mails/\d+", shown.web.get("/mails").text)
        links = (
            re.search(r'href="(http://[^"]+/a/[^"]+)"', shown.web.get(mail).text)
            for mail in reversed(mails)
        )
        link = next(link for link in links if link)
        assert "confirmed it on" in shown.push(link[1], link[1], verb="confirm", value="17分")
        calendar = shown.web.get(next(iter(shown.feeds.values())))
        assert calendar.headers["content-type"].startswith("text/calendar")
        assert "BEGIN:VEVENT" in calendar.text
        assert any((tmp_path / "demo" / "maildir" / "new").iterdir())
        yearly = shown.push("/occurrences/3.1", "/entries/3", verb="confirm", value="19分")
        assert "The next is already waiting: Figure, around November 2025." in yearly


def test_stopped_and_started_again_it_goes_on(tmp_path: Path) -> None:
    folder = tmp_path / "demo"
    with running(folder) as shown:
        shown.come_in()
        shown.push("/demo/forward", step="week", back="/")
        feeds = {label: address.rpartition("/")[2] for label, address in shown.feeds.items()}
    with running(folder) as again:
        again.come_in()
        assert "Simulated day: 8 October 2024" in read(again.web.get("/").text)
        same = {label: address.rpartition("/")[2] for label, address in again.feeds.items()}
        assert same == feeds
    with running(folder, "--fresh", "--now", "2024-12-01") as anew:
        anew.come_in()
        assert "Simulated day: 1 December 2024" in read(anew.web.get("/").text)
        assert anew.feeds != shown.feeds


def test_a_folder_of_somebody_elses_is_left_alone(tmp_path: Path) -> None:
    (tmp_path / "config.toml").write_text("[office]\n")
    with pytest.raises(FolderTakenError):
        prepare(tmp_path, 8000, AS_OF, fresh=True)
    assert [path.name for path in tmp_path.iterdir()] == ["config.toml"]

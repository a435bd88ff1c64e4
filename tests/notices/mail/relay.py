"""A real relay and a real mailbox: postfix hands everything to dovecot, each in its own folder."""

from __future__ import annotations

import os
import shutil
import socket
import subprocess
import tempfile
from contextlib import contextmanager
from dataclasses import dataclass
from imaplib import IMAP4
from pathlib import Path
from time import monotonic, sleep
from typing import TYPE_CHECKING

from tests.notices.mail.servers import free_port

if TYPE_CHECKING:
    from collections.abc import Iterator

POSTFIX, DOVECOT = Path("/usr/sbin/postfix"), Path("/usr/sbin/dovecot")
PASSWORD = "for-tests-alone"
PATIENCE_SECONDS = 20
AS_ROOT = () if os.geteuid() == 0 else ("sudo", "-n")
MAIN = """
compatibility_level = 3.6
queue_directory = {folder}/queue
data_directory = {folder}/data
maillog_file = {folder}/postfix.log
maillog_file_prefixes = /tmp, /var
inet_interfaces = 127.0.0.1
inet_protocols = ipv4
myhostname = relay.example.jp
mydestination =
alias_maps =
local_recipient_maps =
mynetworks = 127.0.0.0/8
smtpd_relay_restrictions = permit_mynetworks, reject
recipient_delimiter = +
virtual_mailbox_domains = example.jp
virtual_mailbox_maps = regexp:{folder}/known
virtual_transport = lmtp:inet:127.0.0.1:{lmtp}
transport_maps = regexp:{folder}/routes
"""
MASTER = """
127.0.0.1:{smtp} inet n - n - - smtpd
pickup unix n - n 60 1 pickup
cleanup unix n - n - 0 cleanup
qmgr unix n - n 300 1 qmgr
rewrite unix - - n - - trivial-rewrite
bounce unix - - n - 0 bounce
defer unix - - n - 0 bounce
trace unix - - n - 0 bounce
verify unix - - n - 1 verify
flush unix n - n 1000? 0 flush
proxymap unix - - n - - proxymap
error unix - - n - - error
retry unix - - n - - error
lmtp unix - - n - - lmtp
smtp unix - - n - - smtp
anvil unix - - n - 1 anvil
scache unix - - n - 1 scache
postlog unix-dgram n - n - 1 postlogd
"""
DOVECOT_CONF = """
protocols = imap lmtp
base_dir = {folder}/run
state_dir = {folder}/state
log_path = {folder}/dovecot.log
listen = 127.0.0.1
ssl = no
disable_plaintext_auth = no
recipient_delimiter = +
lmtp_save_to_detail_mailbox = no
mail_location = maildir:{folder}/mail/%n
first_valid_uid = 1
first_valid_gid = 1
passdb {{
  driver = static
  args = password={password}
}}
userdb {{
  driver = static
  args = uid=mail gid=mail home={folder}/mail/%n allow_all_users=yes
}}
service imap-login {{
  inet_listener imap {{
    port = {imap}
  }}
  inet_listener imaps {{
    port = 0
  }}
}}
service lmtp {{
  inet_listener lmtp {{
    port = {lmtp}
  }}
}}
"""


@dataclass(frozen=True)
class Relay:
    """Where postfix takes mails for example.jp, and where dovecot shows what arrived."""

    smtp: int
    imap: int

    def mails(self, user: str) -> list[bytes]:
        """The bytes of what lies in this user's mailbox."""
        with IMAP4("127.0.0.1", self.imap, timeout=10) as box:
            box.login(user, PASSWORD)
            box.select("INBOX", readonly=True)
            numbers = box.search(None, "ALL")[1][0].split()
            found = [box.fetch(number.decode(), "(BODY.PEEK[])")[1][0] for number in numbers]
            return [each[1] for each in found if isinstance(each, tuple)]

    def wait_for_mails(self, user: str) -> list[bytes]:
        """As `mails`, after waiting until there is one."""
        until = monotonic() + PATIENCE_SECONDS
        while monotonic() < until:
            if found := self.mails(user):
                return found
            sleep(0.1)
        return []


def missing() -> str:
    """What keeps a relay from being started here; "" where nothing does."""
    if not (POSTFIX.exists() and DOVECOT.exists()):
        return "install Debian's postfix, dovecot-imapd and dovecot-lmtpd"
    if AS_ROOT and (not shutil.which("sudo") or subprocess.call(["sudo", "-n", "true"])):
        return "postfix is started by root: run as root, or let sudo ask for no password"
    return ""


@contextmanager
def relaying() -> Iterator[Relay]:
    """A relay that takes mail for anybody at example.jp whose name does not start with `nobody`.

    Mail for `gone` is taken and comes back: it would go round and round.
    """
    folder = Path(tempfile.mkdtemp(prefix="jikai-relay-"))
    ports = {each: free_port() for each in ("smtp", "lmtp", "imap")}
    _configure(folder, ports)
    dovecot = (str(DOVECOT), "-c", str(folder / "dovecot.conf"))
    postfix = (str(POSTFIX), "-c", str(folder / "postfix"))
    _run(*dovecot)
    try:
        _run(*postfix, "start")
        try:
            for port in ports.values():
                _wait_for(port)
            yield Relay(ports["smtp"], ports["imap"])
        finally:
            _run(*postfix, "stop")
    finally:
        _run(*dovecot, "stop")
        _run("rm", "-r", str(folder))


def _configure(folder: Path, ports: dict[str, int]) -> None:
    for each in ("postfix", "queue", "data", "mail", "run", "state"):
        (folder / each).mkdir()
    folder.chmod(0o755)
    values = {"folder": folder, "password": PASSWORD, **ports}
    (folder / "postfix" / "main.cf").write_text(MAIN.format(**values))
    (folder / "postfix" / "master.cf").write_text(MASTER.format(**values).lstrip())
    (folder / "known").write_text("/^[^n@]|^n[^o]/ known\n")
    (folder / "routes").write_text(f"/^gone@/ smtp:[127.0.0.1]:{ports['smtp']}\n")
    (folder / "dovecot.conf").write_text(DOVECOT_CONF.format(**values))
    for owner, each in (("root:root", ""), ("postfix:root", "data"), ("mail:mail", "mail")):
        _run("chown", "-R", owner, str(folder / each))


def _run(*command: str) -> None:
    """Run a command as root. What it starts keeps its output open, so that goes into a file."""
    with tempfile.TemporaryFile() as said:
        done = subprocess.run(
            [*AS_ROOT, *command], stdin=subprocess.DEVNULL, stdout=said, stderr=said, check=False
        )
        said.seek(0)
        if done.returncode:
            raise RuntimeError(f"{command}: {said.read().decode(errors='replace')}")


def _wait_for(port: int) -> None:
    until = monotonic() + PATIENCE_SECONDS
    while True:
        try:
            socket.create_connection(("127.0.0.1", port), timeout=1).close()
        except OSError:
            if monotonic() > until:
                raise
            sleep(0.05)
        else:
            return

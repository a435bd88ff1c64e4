"""Evolution's data server subscribed to a feed: run by Debian's Python inside a D-Bus session.

Arguments: host, port and path of the feed, and how it is read ("webcal" or "caldav"). For each
line on standard input it refreshes, and answers with one line of JSON: titles by uid.
"""

from __future__ import annotations

import json
import sys
import time
from typing import Any

import gi

gi.require_version("EDataServer", "1.2")
gi.require_version("ECal", "2.0")
# A version must be named before the import.
from gi.repository import ECal, EDataServer  # noqa: E402

SETTLE_SECONDS = 1.0


def _client(host: str, port: str, path: str, backend: str) -> Any:
    registry = EDataServer.SourceRegistry.new_sync(None)
    source = EDataServer.Source.new_with_uid("jikai", None)
    source.set_parent(f"{backend}-stub")
    source.get_extension("Calendar").set_backend_name(backend)
    address = source.get_extension("Authentication")
    address.set_host(host)
    address.set_port(int(port))
    address.set_method("none")
    source.get_extension("Security").set_method("none")
    source.get_extension("WebDAV Backend").set_resource_path(path)
    source.get_extension("Refresh").set_enabled(False)
    registry.commit_source_sync(source, None)
    for _ in range(100):
        known = registry.ref_source("jikai")
        if known is not None:
            return ECal.Client.connect_sync(known, ECal.ClientSourceType.EVENTS, 20, None)
        time.sleep(0.1)
    raise SystemExit("the source was not taken")


def main() -> None:
    """Refresh and answer until standard input ends."""
    client = _client(*sys.argv[1:5])
    for _ in sys.stdin:
        client.refresh_sync(None)
        time.sleep(SETTLE_SECONDS)
        _, found = client.get_object_list_sync("#t", None)
        print(json.dumps({one.get_uid(): one.get_summary() for one in found}), flush=True)


if __name__ == "__main__":
    main()

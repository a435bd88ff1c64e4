"""How a process that has much to do, in many threads, is set up for it."""

from __future__ import annotations

import gc
import sys

# What a thread computes may wait this long for another that has just heard from a server.
TURN_SECONDS = 0.0002


def settle_in() -> None:
    """Call it once everything is loaded.

    Keeps the garbage collector from passing over all that is loaded by now, which stays for good:
    it would walk through some hundred thousand objects every few seconds of load, and all threads
    would wait a tenth of a second. And lets threads take turns more often, or one that composes
    would keep those waiting that talk to servers and browsers.
    """
    gc.collect()
    gc.freeze()
    sys.setswitchinterval(TURN_SECONDS)

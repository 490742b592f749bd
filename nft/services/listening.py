"""Having a chain looked at as soon as its node's websocket tells of a new block, instead of at the next beat.

A hint for `watching.py` and nothing else: however long the websocket is dead, silent or wrong, the beat goes on looking
every NFT_WATCH_PERIOD seconds.
"""

from __future__ import annotations

import logging
import random
from collections.abc import Callable
from threading import Event

from nft.clients.chain_errors import ChainUnavailable
from nft.clients.new_heads import hear_new_heads

log = logging.getLogger(__name__)

PAUSE = 1.0
"""Seconds between two looks: chains with blocks every 0.2 s, and nodes that tell of blocks without end, get no more."""
SHORTEST_WAIT, LONGEST_WAIT = 1.0, 60.0
"""Seconds until a lost connection is made again, doubled each time in vain."""


def listen(chain_id: int, url: str, wake: Callable[[], None], stop: Event) -> None:
    """Calls `wake` for new blocks until `stop` is set; that is looked at between blocks."""
    wait = SHORTEST_WAIT
    while not stop.is_set():
        try:
            for _ in hear_new_heads(url):
                wait = SHORTEST_WAIT
                if stop.is_set():
                    return
                wake()
                stop.wait(PAUSE)
        except ChainUnavailable as error:
            log.warning("Chain %s: %s The beat goes on looking; trying again in %.0f s.", chain_id, error, wait)
        stop.wait(wait * random.uniform(0.5, 1.0))  # noqa: S311 - no secret
        wait = min(LONGEST_WAIT, wait * 2)

"""Wake the watcher of a chain as soon as a node's websocket announces a block, instead of at the next beat.

This is only a hint: if the websocket is closed, silent or wrong, beat still starts the watcher every NFT_WATCH_PERIOD
seconds. The module loads no models, so that a process of its own stays small.
"""

from __future__ import annotations

import logging
import random
import signal
from collections.abc import Callable
from functools import partial
from threading import Event, Thread

from nft.clients.evm.errors import ChainUnavailable
from nft.clients.evm.heads import subscribe_new_heads
from nft.settings import conf
from nft.settings.chains import chains

log = logging.getLogger(__name__)

# The job `watch_chain`, by its name: its module loads all models.
WATCH_CHAIN, QUEUE = "nft.watching.watcher.watch_chain", "watch"
# Seconds between two wakes: some chains have a block every 0.2 s, and a node may announce blocks without end.
PAUSE = 1.0
# Seconds until a lost connection is made again, doubled after each failure.
SHORTEST_WAIT, LONGEST_WAIT = 1.0, 60.0


def listen(chain_id: int, url: str, wake: Callable[[], None], stop: Event) -> None:
    """Call `wake` for new blocks until `stop` is set, which is checked between blocks."""
    wait = SHORTEST_WAIT
    while not stop.is_set():
        try:
            for _ in subscribe_new_heads(url):
                wait = SHORTEST_WAIT
                if stop.is_set():
                    return
                wake()
                stop.wait(PAUSE)
        except ChainUnavailable as error:
            log.warning("Chain %s: %s Connecting again in %.0f s.", chain_id, error, wait)
        stop.wait(wait * random.uniform(0.5, 1.0))  # noqa: S311 - no secret
        wait = min(LONGEST_WAIT, wait * 2)


def wake_watcher(chain_id: int) -> None:
    """Queue the watcher of a chain. The job is useless once beat has started it anyway."""
    # Loaded here, so that importing this module sets up no queue.
    from celery import current_app
    from kombu.exceptions import KombuError, OperationalError

    try:
        current_app.send_task(WATCH_CHAIN, args=[chain_id], queue=QUEUE, expires=conf().watch_period, retry=False)
    except (KombuError, OperationalError, OSError) as error:
        log.warning("The queue takes no work (%s); beat starts the watcher of chain %s.", error, chain_id)


def run(write: Callable[[str], object]) -> None:
    """Listen to every chain that has a `ws_url` until SIGTERM or SIGINT."""
    stop = Event()
    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, lambda *_: stop.set())
    urls = {chain.id: chain.ws_url for chain in chains().values() if chain.ws_url}
    for chain_id, url in urls.items():
        Thread(target=listen, args=(chain_id, url, partial(wake_watcher, chain_id), stop), daemon=True).start()
    # Without any it waits too: a supervisor would start it again and again.
    heard = ", ".join(map(str, urls)) or "none; NFT_CHAINS has no ws_url"
    write(f"Listening to chains: {heard}")
    stop.wait()

"""`manage.py listen_to_chains`: has chains looked at as soon as they have a new block. It runs until it is stopped."""

from __future__ import annotations

import signal
from functools import partial
from threading import Event, Thread
from typing import Any

from django.core.management.base import BaseCommand

from nft.settings.chains import chains
from nft.watching.watcher import listen, wake_watcher


class Command(BaseCommand):
    help = "Listens to the websocket of each chain that has a ws_url and wakes the watcher. Two at once do no harm."
    requires_system_checks = ()

    def handle(self, *_: Any, **__: Any) -> None:
        stop = Event()
        for number in (signal.SIGTERM, signal.SIGINT):
            signal.signal(number, lambda *_: stop.set())
        urls = {chain.id: chain.ws_url for chain in chains().values() if chain.ws_url}
        for chain_id, url in urls.items():
            Thread(target=listen, args=(chain_id, url, partial(wake_watcher, chain_id), stop), daemon=True).start()
        # Where there is none it waits as well, lest whatever starts it starts it for ever.
        heard = ", ".join(map(str, urls)) or "none; NFT_CHAINS has no ws_url"
        self.stdout.write(f"Listening to chains: {heard}")
        stop.wait()

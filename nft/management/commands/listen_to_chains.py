"""Wake the watcher at each new block of a chain, until stopped: `manage.py listen_to_chains`."""

from __future__ import annotations

from django.core.management.base import BaseCommand

from nft.watching.listener import run


class Command(BaseCommand):
    help = "Listens to the websocket of each chain that has a ws_url and wakes the watcher. Two at once do no harm."
    requires_system_checks = ()

    def handle(self, *_: object, **__: object) -> None:
        run(self.stdout.write)

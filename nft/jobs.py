"""Handing work to the workers. The database is the truth and the queue only a hint: what gets lost here is found again
by the sweeps, so a broker that is down must never fail the request that wanted the work done."""

from __future__ import annotations

import logging
import time
from typing import Any
from uuid import UUID

from celery import current_app
from django.db import transaction
from kombu.exceptions import KombuError, OperationalError

from nft.settings import conf

log = logging.getLogger(__name__)

VERIFY_CLAIM = "nft.tasks.verify_claim"
FETCH_MEDIA = "nft.tasks.fetch_media"
FOLLOW_MINT = "nft.tasks.follow_mint"
CHECK_NAME = "nft.tasks.check_name"
SEARCH_TOKENS = "nft.tasks.search_tokens"
LOOK_AT_PICTURE = "nft.tasks.look_at_picture"
FETCH_HELD_PICTURE = "nft.tasks.fetch_held_picture"
WATCH_CHAIN = "nft.tasks.watch_chain"

QUIET_SECONDS = 30.0
"""After a failure nobody waits for the broker again for so long: connecting in vain takes seconds."""


class _Broker:
    is_down_until = 0.0  # time.monotonic()


def enqueue(task: str, row_id: UUID, delay: float = 0) -> None:
    """Runs `task` for a row once the present transaction is committed, at the earliest after `delay` seconds."""

    def send() -> None:  # with a name of its own, by which Django would say what failed
        _send(task, str(row_id), countdown=delay or None)

    transaction.on_commit(send, robust=True)


def wake_watcher(chain_id: int) -> None:
    """Has a chain looked at now. Of no use once the beat has looked anyway."""
    _send(WATCH_CHAIN, chain_id, expires=conf().watch_period)


def _send(task: str, about: str | int, **options: Any) -> None:
    if time.monotonic() < _Broker.is_down_until:
        return
    try:
        current_app.send_task(task, args=[about], retry=False, **options)
    except (KombuError, OperationalError, OSError) as error:
        _Broker.is_down_until = time.monotonic() + QUIET_SECONDS
        log.warning("The queue takes no work (%s); a sweep will find %s %s.", error, task, about)

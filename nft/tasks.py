"""What the workers do. Ids in, one service called, nothing decided here; the database says whether there is work."""

from __future__ import annotations

from uuid import UUID

from celery import shared_task
from django.core.cache import cache
from django.utils import timezone

from nft.accounts import challenges, sessions, sign_in
from nft.claims import checking, history, new_picture, picture, policy, sweeping
from nft.clients.clients import get_clients
from nft.files import publishing, store, upkeep
from nft.gallery import pictures, search
from nft.minting import outbox, steps
from nft.names import primary
from nft.watching import watcher

SWEEP_SECONDS = 180
"""After so long without a word a sweep counts as dead; two at once do no harm, they share the pages."""


@shared_task(name="nft.tasks.verify_claim")
def verify_claim(claim_id: str) -> None:
    checking.verify_claim(UUID(claim_id), timezone.now(), get_clients())


@shared_task(name="nft.tasks.fetch_media")
def fetch_media(claim_id: str) -> None:
    picture.fetch_media(UUID(claim_id), timezone.now(), get_clients())


@shared_task(name="nft.tasks.sweep_claims")
def sweep_claims() -> None:
    """Sets a sweep in motion wherever claims are due and none is running."""
    for chain_id, alone in sweeping.find_due(timezone.now()):
        if cache.add(_running(chain_id, alone), 1, SWEEP_SECONDS):
            sweep_page.delay(chain_id, alone)


@shared_task(name="nft.tasks.sweep_page")
def sweep_page(chain_id: int, alone: bool) -> None:
    """One page; where more is due, the next page is another task, so that others get their turn between."""
    cache.touch(_running(chain_id, alone), SWEEP_SECONDS)
    if sweeping.sweep_page(chain_id, timezone.now(), get_clients(), alone=alone):
        sweep_page.delay(chain_id, alone)
    else:
        cache.delete(_running(chain_id, alone))


@shared_task(name="nft.tasks.watch_chain")
def watch_chain(chain_id: int) -> None:
    """Reads on; a watcher that has much to catch up goes on as another task, so that others get their turn."""
    watch = watcher.watch_chain(chain_id, timezone.now(), get_clients())
    if watch is not None and watch.is_behind:
        watch_chain.delay(chain_id)


def _running(chain_id: int, alone: bool) -> str:
    return f"nft.sweep.{chain_id}.{alone}"


@shared_task(name="nft.tasks.keep_history")
def keep_history() -> None:
    history.keep(timezone.now())


@shared_task(name="nft.tasks.forget_old_challenges")
def forget_old_challenges() -> None:
    challenges.forget_old(timezone.now())
    sign_in.forget_old(timezone.now())


@shared_task(name="nft.tasks.recheck_wallet_sessions")
def recheck_wallet_sessions() -> None:
    sessions.recheck_due(get_clients().chain, timezone.now())


@shared_task(name="nft.tasks.forget_unused_blocks")
def forget_unused_blocks() -> None:
    store.forget_unused_blocks(timezone.now())


@shared_task(name="nft.tasks.rehash_kept")
def rehash_kept() -> None:
    upkeep.rehash_due(timezone.now(), get_clients().ipfs)


@shared_task(name="nft.tasks.forget_unused_objects")
def forget_unused_objects() -> None:
    upkeep.forget_unused_objects(timezone.now())


@shared_task(name="nft.tasks.follow_mint")
def follow_mint(mint_id: str) -> None:
    steps.follow_mint(UUID(mint_id), timezone.now(), get_clients())


@shared_task(name="nft.tasks.sweep_mints")
def sweep_mints() -> None:
    steps.sweep_mints(timezone.now(), get_clients())
    outbox.sweep_outbox(timezone.now(), get_clients())


@shared_task(name="nft.tasks.sweep_copies")
def sweep_copies() -> None:
    publishing.sweep_copies(timezone.now())


@shared_task(name="nft.tasks.search_tokens")
def search_tokens(search_id: str) -> None:
    search.run_search(UUID(search_id), timezone.now(), get_clients())


@shared_task(name="nft.tasks.fetch_held_picture")
def fetch_held_picture(held_id: str) -> None:
    pictures.fetch_held_picture(UUID(held_id), timezone.now(), get_clients())


@shared_task(name="nft.tasks.look_at_picture")
def look_at_picture(claim_id: str) -> None:
    new_picture.look_at_picture(UUID(claim_id), timezone.now(), get_clients())


@shared_task(name="nft.tasks.sweep_gallery")
def sweep_gallery() -> None:
    now = timezone.now()
    search.find_lost_searches(now)
    pictures.find_lost_pictures(now)
    new_picture.find_lost_looks(now)


@shared_task(name="nft.tasks.apply_policy")
def apply_policy() -> None:
    """Finds what a changed setting, or a fetch that overlapped with a decision, left as it was."""
    policy.apply_policy(timezone.now())


@shared_task(name="nft.tasks.check_name")
def check_name(account_id: str) -> None:
    primary.check_name(UUID(account_id), timezone.now(), get_clients())


@shared_task(name="nft.tasks.sweep_names")
def sweep_names() -> None:
    primary.sweep_names(timezone.now(), get_clients())

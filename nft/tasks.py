"""What the workers do. Ids in, one service called, nothing decided here; the database says whether there is work."""

from __future__ import annotations

from uuid import UUID

from celery import shared_task
from django.utils import timezone

from nft.services import challenges, claim_media, forgetting, mint_steps, pinning, rehash, verification
from nft.services.doors import get_doors


@shared_task(name="nft.tasks.verify_claim")
def verify_claim(claim_id: str) -> None:
    verification.verify_claim(UUID(claim_id), timezone.now(), get_doors())


@shared_task(name="nft.tasks.fetch_media")
def fetch_media(claim_id: str) -> None:
    claim_media.fetch_media(UUID(claim_id), timezone.now(), get_doors())


@shared_task(name="nft.tasks.sweep_claims")
def sweep_claims() -> None:
    verification.sweep_claims(timezone.now(), get_doors())


@shared_task(name="nft.tasks.forget_old_challenges")
def forget_old_challenges() -> None:
    challenges.forget_old(timezone.now())


@shared_task(name="nft.tasks.forget_unused_blocks")
def forget_unused_blocks() -> None:
    pinning.forget_unused_blocks(timezone.now())


@shared_task(name="nft.tasks.rehash_kept")
def rehash_kept() -> None:
    rehash.rehash_due(timezone.now(), get_doors().ipfs)


@shared_task(name="nft.tasks.forget_unused_objects")
def forget_unused_objects() -> None:
    forgetting.forget_unused_objects(timezone.now())


@shared_task(name="nft.tasks.follow_mint")
def follow_mint(mint_id: str) -> None:
    mint_steps.follow_mint(UUID(mint_id), timezone.now(), get_doors())


@shared_task(name="nft.tasks.sweep_mints")
def sweep_mints() -> None:
    mint_steps.sweep_mints(timezone.now(), get_doors())

"""Fetch the pictures of held tokens, on the same path as those of claims. Only their person sees them.

For a hidden account the hosts that a token names are not asked until the person agrees: the sender of the token could
learn from such a request that its holder is a user of this site. Files on chain and in our own store need no consent.
"""

from __future__ import annotations

import uuid
from dataclasses import replace
from datetime import datetime, timedelta

from django.contrib.auth.models import User
from django.db import transaction
from django.db.models import Q, QuerySet

from nft.clients.bundle import Clients
from nft.clients.ipfs.gateways import Gateways
from nft.clients.web.addresses import OutboundRules
from nft.clients.web.fetch import GuardedHttp
from nft.core.evm.token import Token, TokenStandard
from nft.models import Collection, HeldToken, LinkedAccount, TokenClaim
from nft.tokens.collection_policy import get_spam_sign
from nft.tokens.lookalikes import record_likeness, warning_of
from nft.tokens.media import FetchedPicture, MediaError, fetch_token_picture
from profiles.jobs import job
from profiles.leases import fresh, lease_row
from profiles.limits import spend
from profiles.models import StoredImage
from profiles.row_queue import queue_due
from profiles.sentences import gettext as _
from profiles.store.purge import offer_to_purge

TRIES = 4
# Pictures that are fetched after a search without being asked for.
FIRST_PICTURES = 48
PER_PAGE = 24
# Requests of one person per hour, each for a page of pictures.
PICTURES_PER_HOUR = 20
NOT_ASKED = _("Its picture is kept elsewhere, and was not asked for yet.")


def request_first_pictures(account: LinkedAccount, chain_id: int, now: datetime) -> None:
    """Queue the newest confirmed tokens that don't look like spam, within the caller's transaction."""
    here = HeldToken.objects.filter(account=account, chain_id=chain_id, seen_at_block__isnull=False)
    untried = here.filter(image=None, due_at=None, tries=0, spam="").exclude(shelf=HeldToken.Shelf.HIDDEN)
    _queue(list(untried.values_list("pk", flat=True)[:FIRST_PICTURES]), now, may_ask_hosts=account.is_public)


def request_pictures_of(tokens: QuerySet[HeldToken], now: datetime) -> None:
    """Queue those of these tokens that have no picture and don't look like spam, the newest few."""
    wanted = tokens.filter(image=None, spam="").exclude(shelf=HeldToken.Shelf.HIDDEN)
    for is_public in (False, True):
        some = wanted.filter(account__is_public=is_public).values_list("pk", flat=True)[:FIRST_PICTURES]
        _queue(list(some), now, may_ask_hosts=is_public)


def request_pictures(user: User, held_ids: list[uuid.UUID], now: datetime) -> int:
    """Queue a person's choice of tokens; any host may be asked. Return how many were queued. Raise TooMany."""
    spend("pictures", user.pk, PICTURES_PER_HOUR)
    mine = HeldToken.objects.filter(account__user=user, pk__in=held_ids[:PER_PAGE], image=None)
    with transaction.atomic():
        return _queue(list(mine.values_list("pk", flat=True)), now, may_ask_hosts=True)


def _queue(held_ids: list[uuid.UUID], now: datetime, *, may_ask_hosts: bool) -> int:
    if not held_ids:
        return 0
    rows = HeldToken.objects.filter(pk__in=held_ids)
    rows.update(**fresh(now), **({"may_ask_hosts": True} if may_ask_hosts else {}))
    queue_due(fetch_held_picture)
    return len(held_ids)


@job(queue="ipfs", rows=HeldToken)
def fetch_held_picture(held_id: uuid.UUID, now: datetime, clients: Clients) -> None:
    """Fetch one token's picture, if it is due. A failure is recorded as a sentence, and retried if that may help."""
    row = lease_row(HeldToken.objects.filter(pk=held_id), now)
    if row is None:
        return
    with row.attempting(now):
        if _copy_known_picture(row, now):
            return
        try:
            found = _fetch_picture(row, clients)
        except MediaError as error:
            _record_failure(row, error, now)
        else:
            _record_picture(row, found.facts["name"], found.facts["collection"], found.image, now)


def _fetch_picture(row: HeldToken, clients: Clients) -> FetchedPicture:
    """Fetch the token's picture; unless hosts may be asked, from the chain and our own store only."""
    if not row.may_ask_hosts:
        clients = replace(clients, ipfs=Gateways([]), http=GuardedHttp(OutboundRules(schemes=frozenset())))
    token = Token(row.contract, row.token_id, TokenStandard(row.standard))
    waits = row.may_ask_hosts and row.tries < TRIES
    return fetch_token_picture(clients.chain(row.chain_id), token, clients, waits_for_outages=waits)


def _copy_known_picture(row: HeldToken, now: datetime) -> bool:
    """Copy the picture that a claim or another gallery has of the same token. Return whether there was one."""
    same = Q(chain_id=row.chain_id, contract=row.contract, token_id=row.token_id)
    shown = TokenClaim.objects.filter(same, avatar__image__isnull=False)
    claim = shown.select_related("picture", "avatar__image").first()
    if claim is not None and claim.avatar is not None:
        _record_picture(row, claim.name, claim.collection, claim.avatar.image, now)
        return True
    other = HeldToken.objects.filter(same, image__isnull=False).select_related("image").first()
    if other is None or other.image is None:
        return False
    _record_picture(row, other.name, other.collection, other.image, now)
    return True


def _record_picture(row: HeldToken, name: str, collection: str, image: StoredImage, now: datetime) -> None:
    replaced = row.image_id
    row.name, row.collection = name or row.name, collection or row.collection
    decided = Collection.objects.filter(chain_id=row.chain_id, contract=row.contract).first()
    likeness = record_likeness(row, image, now)
    row.release(
        name=row.name,
        collection=row.collection,
        spam=get_spam_sign(decided, row.spam, row.name, row.collection),
        image_id=image.pk,
        warning=warning_of(likeness, row.account.user) if likeness else "",
    )
    if replaced != image.pk:
        offer_to_purge([replaced], now)


def _record_failure(row: HeldToken, error: MediaError, now: datetime) -> None:
    if error.retry_after is not None:
        row.postpone(now, timedelta(seconds=error.retry_after))
    elif not row.may_ask_hosts:
        row.fail(NOT_ASKED)
    elif error.permanent or row.tries >= TRIES:
        row.fail(error)
    else:
        row.retry(error, now)

"""Pictures for the tokens to choose from: fetched once by the path that claims use, and shown to their person alone.

Of a hidden account nothing is asked of the hosts that a token names until its person says so: whoever sent the token
could read from such a request that its holder is known here. What lies on the chain, or in our own store, needs none.
"""

from __future__ import annotations

import uuid
from dataclasses import replace
from datetime import datetime, timedelta

from django.contrib.auth.models import User
from django.db import transaction
from django.db.models import Q, QuerySet

from nft.clients.clients import Clients
from nft.clients.ipfs.gateways import Gateways
from nft.clients.web.addresses import OutboundRules
from nft.clients.web.fetch import GuardedHttp
from nft.core.evm.token import Token, TokenStandard
from nft.models import Collection, HeldToken, LinkedAccount, TokenClaim
from nft.tokens.collections import spam_sign_of
from nft.tokens.lookalikes import record_likeness, warning_of
from nft.tokens.media import FetchedPicture, MediaError, fetch_token_picture
from profiles.jobs import enqueue, job
from profiles.leases import fresh, lease_row
from profiles.limits import spend
from profiles.models import StoredImage

TRIES = 4
FIRST = 48
"""Pictures that are fetched by themselves after a search."""
PER_PAGE = 24
PICTURES_PER_HOUR = 20
"""Pages of pictures a person may ask for."""
NOT_ASKED = "Its picture is kept elsewhere, and was not asked for yet."


def ask_for_first_pictures(account: LinkedAccount, chain_id: int, now: datetime) -> None:
    """The newest tokens that are confirmed and don't look like spam, within the caller's transaction."""
    confirmed = _without_picture().filter(account=account, chain_id=chain_id, seen_at_block__isnull=False)
    wanted = confirmed.filter(spam="").exclude(shelf="hidden")
    _ask(list(wanted.values_list("pk", flat=True)[:FIRST]), now, may_ask_hosts=account.is_public)


def ask_for_pictures(user: User, held_ids: list[uuid.UUID], now: datetime) -> int:
    """Those a person asks for, wherever they are kept; how many are looked for. Raises TooMany."""
    spend("pictures", user.pk, PICTURES_PER_HOUR)
    mine = HeldToken.objects.filter(account__user=user, pk__in=held_ids[:PER_PAGE], image=None)
    with transaction.atomic():
        return _ask(list(mine.values_list("pk", flat=True)), now, may_ask_hosts=True)


def _without_picture() -> QuerySet[HeldToken]:
    return HeldToken.objects.filter(image=None, due_at=None, tries=0)


def _ask(held_ids: list[uuid.UUID], now: datetime, *, may_ask_hosts: bool) -> int:
    rows = HeldToken.objects.filter(pk__in=held_ids)
    rows.update(**fresh(now), **({"may_ask_hosts": True} if may_ask_hosts else {}))
    for held_id in held_ids:
        enqueue(fetch_held_picture, held_id)
    return len(held_ids)


@job(queue="ipfs", rows=HeldToken)
def fetch_held_picture(held_id: uuid.UUID, now: datetime, clients: Clients) -> None:
    """Looks for one token's picture. What fails leaves a sentence, and is tried again where that may help."""
    row = lease_row(HeldToken.objects.filter(pk=held_id), now)
    if row is None:
        return
    with row.attempting(now):
        if _share_known(row, now):
            return
        try:
            found = _fetch(row, clients if row.may_ask_hosts else _closed(clients))
        except MediaError as error:
            _fail(row, error, now)
        else:
            _spread(row, found.facts["name"], found.facts["collection"], found.image, now)


def _closed(clients: Clients) -> Clients:
    """The chain and our own store, and no other host."""
    return replace(clients, ipfs=Gateways([]), http=GuardedHttp(OutboundRules(schemes=frozenset())))


def _fetch(row: HeldToken, clients: Clients) -> FetchedPicture:
    token = Token(row.contract, row.token_id, TokenStandard(row.standard))
    return fetch_token_picture(clients.chain(row.chain_id), token, clients)


def _share_known(row: HeldToken, now: datetime) -> bool:
    """Whether somebody's claim, or another's gallery, has this very token's picture already."""
    same = Q(chain_id=row.chain_id, contract=row.contract, token_id=row.token_id)
    shown = TokenClaim.objects.filter(same, avatar__image__isnull=False)
    claim = shown.select_related("picture", "avatar__image").first()
    if claim is not None and claim.avatar is not None:
        _spread(row, claim.name, claim.collection, claim.avatar.image, now)
        return True
    twin = HeldToken.objects.filter(same, image__isnull=False).select_related("image").first()
    if twin is None or twin.image is None:
        return False
    _spread(row, twin.name, twin.collection, twin.image, now)
    return True


def _spread(row: HeldToken, name: str, collection: str, image: StoredImage, now: datetime) -> None:
    row.name, row.collection = name or row.name, collection or row.collection
    decided = Collection.objects.filter(chain_id=row.chain_id, contract=row.contract).first()
    likeness = record_likeness(row, image, now)
    row.release(
        name=row.name,
        collection=row.collection,
        spam=spam_sign_of(decided, row.spam, row.name, row.collection),
        image_id=image.pk,
        warning=warning_of(likeness) if likeness else "",
    )


def _fail(row: HeldToken, error: MediaError, now: datetime) -> None:
    if error.retry_after is not None:
        row.postpone(now, timedelta(seconds=error.retry_after))
    elif not row.may_ask_hosts:
        row.fail(NOT_ASKED)
    elif error.permanent or row.tries >= TRIES:
        row.fail(error)
    else:
        row.retry(error, now)

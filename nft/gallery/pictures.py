"""Pictures for the tokens to choose from: fetched once by the path that claims use, and shown to their person alone.

Of a hidden account nothing is asked of the hosts that a token names until its person says so: whoever sent the token
could read from such a request that its holder is known here. What lies on the chain, or in our own store, needs none.
"""

from __future__ import annotations

import random
import uuid
from dataclasses import replace
from datetime import datetime, timedelta

from django.contrib.auth.models import User
from django.db import transaction
from django.db.models import F, Q, QuerySet

from nft import jobs
from nft.claims.picture import PUT_OFF_SECONDS, is_expected
from nft.clients.clients import Clients
from nft.clients.ipfs.gateways import Gateways
from nft.clients.web.addresses import OutboundRules
from nft.clients.web.fetch import GuardedHttp
from nft.core.evm.token import Token, TokenStandard
from nft.models import Collection, HeldToken, LinkedAccount, TokenClaim
from nft.tokens.collections import spam_sign_of
from nft.tokens.lookalikes import record_likeness, warning_of
from nft.tokens.media import MediaPostponed, TokenMedia, fetch_token_media
from profiles.limits import spend
from profiles.models import StoredImage
from profiles.store.images import keep_image

LEASE = timedelta(minutes=3)
TRIES = 4
FIRST = 48
"""Pictures that are fetched by themselves after a search."""
PER_PAGE = 24
PICTURES_PER_HOUR = 20
"""Pages of pictures a person may ask for."""
AT_ONCE = 200
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
    return HeldToken.objects.filter(image=None, picture_due_at=None, picture_tries=0)


def _ask(held_ids: list[uuid.UUID], now: datetime, *, may_ask_hosts: bool) -> int:
    rows = HeldToken.objects.filter(pk__in=held_ids)
    rows.update(picture_due_at=now, picture_tries=0, picture_attempt=None, picture_trouble="")
    if may_ask_hosts:
        rows.update(may_ask_hosts=True)
    for held_id in held_ids:
        jobs.enqueue(jobs.FETCH_HELD_PICTURE, held_id)
    return len(held_ids)


def find_lost_pictures(now: datetime) -> None:
    due = HeldToken.objects.filter(picture_due_at__lte=now).order_by("picture_due_at")
    for held_id in list(due.values_list("pk", flat=True)[:AT_ONCE]):
        jobs.enqueue(jobs.FETCH_HELD_PICTURE, held_id)


def fetch_held_picture(held_id: uuid.UUID, now: datetime, clients: Clients) -> None:
    """Looks for one token's picture. What fails leaves a sentence, and is tried again where that may help."""
    row = _take(held_id, now)
    if row is None or _share_known(row, now):
        return
    try:
        media = _fetch(row, clients if row.may_ask_hosts else _closed(clients))
        image = keep_image(media.image.data, svg_allowed=True).row
    except Exception as error:
        if not is_expected(error):
            raise
        _fail(row, error, now)
        return
    _spread(row, media.name, media.collection, image, now)


def _take(held_id: uuid.UUID, now: datetime) -> HeldToken | None:
    attempt = uuid.uuid4()
    due = HeldToken.objects.filter(pk=held_id, picture_due_at__lte=now)
    taken = due.update(picture_attempt=attempt, picture_due_at=now + LEASE, picture_tries=F("picture_tries") + 1)
    return HeldToken.objects.filter(pk=held_id, picture_attempt=attempt).first() if taken else None


def _closed(clients: Clients) -> Clients:
    """The chain and our own store, and no other host."""
    return replace(clients, ipfs=Gateways([]), http=GuardedHttp(OutboundRules(schemes=frozenset())))


def _fetch(row: HeldToken, clients: Clients) -> TokenMedia:
    token = Token(row.contract, row.token_id, TokenStandard(row.standard))
    return fetch_token_media(clients.chain(row.chain_id), token, clients)


def _share_known(row: HeldToken, now: datetime) -> bool:
    """Whether somebody's claim, or another's gallery, has this very token's picture already."""
    same = Q(chain_id=row.chain_id, contract=row.contract, token_id=row.token_id)
    claim = TokenClaim.objects.filter(same, avatar__image__isnull=False).select_related("avatar__image").first()
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
    HeldToken.objects.filter(pk=row.pk, picture_attempt=row.picture_attempt).update(
        name=row.name,
        collection=row.collection,
        spam=spam_sign_of(decided, row.spam, row.name, row.collection),
        image_id=image.pk,
        warning=warning_of(likeness) if likeness else "",
        picture_due_at=None,
        picture_attempt=None,
        picture_trouble="",
    )


def _fail(row: HeldToken, error: Exception, now: datetime) -> None:
    mine = HeldToken.objects.filter(pk=row.pk, picture_attempt=row.picture_attempt)
    if isinstance(error, MediaPostponed):
        delay = timedelta(seconds=random.uniform(*PUT_OFF_SECONDS))  # noqa: S311 - no secret
        mine.update(picture_due_at=now + delay, picture_tries=F("picture_tries") - 1, picture_attempt=None)
        return
    is_over = not row.may_ask_hosts or getattr(error, "permanent", False) or row.picture_tries >= TRIES
    sentence = str(error) if row.may_ask_hosts else NOT_ASKED
    mine.update(
        picture_due_at=None if is_over else now + timedelta(seconds=10 * 2**row.picture_tries),
        picture_attempt=None,
        picture_trouble=sentence[:300],
    )

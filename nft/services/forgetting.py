"""Files of strangers that nobody shows any more. Their blocks follow (pinning.forget_unused_blocks)."""

from __future__ import annotations

from datetime import datetime, timedelta

from django.db import transaction
from django.db.models import Q

from nft.core.uri import IpfsUri
from nft.models import CachedObject, TokenClaim
from nft.services.rehash import place_of

KEPT_UNUSED = timedelta(days=7)
BATCH = 500


def forget_unused_objects(now: datetime) -> int:
    """How many went. A file that somebody begins to use meanwhile is touched first, and so stays."""
    cutoff = now - KEPT_UNUSED
    fetched = CachedObject.objects.filter(origin=CachedObject.Origin.FETCHED, used_at__lt=cutoff)
    by_uri = {str(IpfsUri(*place_of(found))): found.pk for found in fetched.order_by("used_at")[:BATCH]}
    named = {by_uri[uri] for uri in _named(list(by_uri))}
    fetched.filter(pk__in=named).update(used_at=now)  # looked at again only after as long
    with transaction.atomic():  # locked: who touches one now waits, and then finds it gone
        doomed = fetched.select_for_update().filter(pk__in=set(by_uri.values()) - named).values_list("pk", flat=True)
        _, deleted = CachedObject.objects.filter(pk__in=list(doomed)).delete()
    return deleted.get("nft.CachedObject", 0)


def _named(uris: list[str]) -> set[str]:
    """Those that a claim names as its metadata or its picture."""
    claims = TokenClaim.objects.filter(Q(token_uri__in=uris) | Q(image_uri__in=uris))
    pairs = claims.values_list("token_uri", "image_uri")
    return {uri for pair in pairs for uri in pair} & set(uris)

"""When the picture behind a token changes, its person sees old and new and decides; until then the old one stays.

A contract's event (ERC-4906, ERC-1155's `URI`) or the person has the metadata and image fetched again.
"""

from __future__ import annotations

import uuid
from collections import defaultdict
from collections.abc import Iterable, Sequence
from datetime import datetime, timedelta

from django.contrib.auth.models import User
from django.db import transaction

from nft.claims.claiming import lock_claim, spend_check
from nft.claims.errors import COLLECTION_REFUSED, NOTHING_NEW, ClaimError, NoSuchClaim
from nft.claims.picture import end_fetch, fetch_picture, show_picture
from nft.core.evm.abi.logs import Log
from nft.core.evm.abi.metadata_events import MetadataChange, parse_metadata_log
from nft.core.evm.errors import BadAnswer
from nft.models import ClaimPicture, TokenClaim
from nft.tokens.collection_policy import get_refusal
from profiles.audit import record
from profiles.leases import fresh
from profiles.models import Avatar
from profiles.people.profiles import profile_of
from profiles.pictures.rights import withdraw_avatar
from profiles.row_queue import queue_due
from profiles.sentences import gettext as _

State = ClaimPicture.State
#: Between two fetches that events ask for: a contract can log one in every block.
PAUSE = timedelta(minutes=10)


def request_new_picture(user: User, claim_id: uuid.UUID, now: datetime) -> None:
    """Queue a look for a new picture, as its person asks.

    Raise NoSuchClaim, or ClaimError if there is no picture yet or the rate limit is used up.
    """
    claim = TokenClaim.objects.filter(user=user, pk=claim_id).select_related("picture").first()
    if claim is None:
        raise NoSuchClaim
    if claim.state != TokenClaim.State.OWNED or claim.avatar_id is None:
        raise ClaimError(_("This token has no picture here yet; “Check again” looks for it."), NOTHING_NEW)
    spend_check(user)
    _request([claim], now)


def record_metadata_logs(chain_id: int, logs: Iterable[Log], now: datetime) -> int:
    """Like `record_changes`, for raw logs. Malformed ones are skipped: any contract may log anything."""
    changes = []
    for entry in logs:
        try:
            change = parse_metadata_log(entry)
        except BadAnswer:
            continue
        if change is not None:
            changes.append(change)
    return record_changes(chain_id, changes, now) if changes else 0


def record_changes(chain_id: int, changes: Sequence[MetadataChange], now: datetime) -> int:
    """Queue a look at each picture whose metadata changed by its contract's events. Return how many.

    Also at those that could not be fetched: a reveal is such an event.
    """
    by_contract: dict[bytes, list[MetadataChange]] = defaultdict(list)
    for change in changes:
        by_contract[change.contract].append(change)
    owned = TokenClaim.objects.filter(chain_id=chain_id, state=TokenClaim.State.OWNED)
    claims = owned.filter(contract__in=list(by_contract)).select_related("picture")
    if all(change.first_id == change.last_id for change in changes):  # as with each mint of ours: not all claims
        claims = claims.filter(token_id__in={change.first_id for change in changes})
    named = [
        claim
        for claim in claims
        if any(change.first_id <= claim.token_id <= change.last_id for change in by_contract[claim.contract])
    ]
    missing = [claim for claim in named if claim.avatar_id is None]
    shown = [claim for claim in named if claim.avatar_id is not None]
    return _request(shown, now, pause=PAUSE) + _wake(missing, now)


def _wake(claims: Sequence[TokenClaim], now: datetime) -> int:
    """Fetch the first pictures that were given up again, and those that are tried again later within PAUSE."""
    given_up = [claim.pk for claim in claims if claim.get_picture().state == State.FAILED]
    with transaction.atomic():
        rows = ClaimPicture.objects.select_for_update().filter(pk__in=[claim.pk for claim in claims])
        rows.filter(state=State.FIRST, attempt=None, due_at__gt=now + PAUSE).update(due_at=now + PAUSE)
        for row in rows.filter(pk__in=given_up, state=State.FAILED):
            due_at = max(now, row.compared_at + PAUSE) if row.compared_at else now
            columns = fresh(due_at) | {"state": State.FIRST, "step": TokenClaim.Step.METADATA}
            ClaimPicture.objects.filter(pk=row.pk).update(**columns)
    queue_due(fetch_picture)
    return len(claims)


def _request(claims: Sequence[TokenClaim], now: datetime, *, pause: timedelta = timedelta(0)) -> int:
    """Queue a look at each. A new picture that waits for its person stays until the look ends."""
    for claim in claims:
        picture = claim.get_picture()
        due_at = max(now, picture.compared_at + pause) if picture.compared_at else now
        columns = fresh(due_at) | ({} if picture.state == State.CHANGED else {"state": State.LOOKING})
        ClaimPicture.objects.update_or_create(claim=claim, defaults=columns)
    queue_due(fetch_picture)
    return len(claims)


def use_new_picture(user: User, claim_id: uuid.UUID, now: datetime) -> Avatar:
    """Replace the old picture by the new one.

    Raise NoSuchClaim, or ClaimError: nothing new, a refused collection, or a picture that the site's team removed.
    """
    with transaction.atomic():
        claim = lock_claim(user, claim_id)
        if refusal := get_refusal(claim.chain_id, claim.contract):
            raise ClaimError(refusal, COLLECTION_REFUSED)
        picture = _lock_changed(claim)
        if picture is None or claim.state != TokenClaim.State.OWNED:
            raise ClaimError(_("There is no new picture to use any more."), NOTHING_NEW)
        image, facts, old = picture.new_image, picture.new_facts, claim.avatar_id
        assert image is not None and facts is not None  # noqa: S101, PT018  # by the constraint of this state
        end_fetch(picture, now)
        avatar = show_picture(picture, image, facts)
        if old is not None and old != avatar.pk:
            withdraw_avatar(old, _("You chose the new picture of this token."), actor=user)
        picture.state, picture.changed_at, picture.compared_at = State.SAME, None, now
        picture.save()
    return avatar


def keep_old_picture(user: User, claim_id: uuid.UUID, now: datetime) -> None:
    """Decline the new picture: the same one is not offered again. Raise NoSuchClaim."""
    with transaction.atomic():
        claim = lock_claim(user, claim_id)
        picture = _lock_changed(claim)
        if picture is not None and picture.new_image is not None:
            record(profile_of(user), "claim.keep_picture", user, claim=str(claim.pk))
            picture.declined_sha256 = picture.new_image.sha256
            end_fetch(picture, now)
            picture.state, picture.compared_at = State.KEPT, now
            picture.save()


def _lock_changed(claim: TokenClaim) -> ClaimPicture | None:
    """Return the claim's picture, locked, if another one waits for approval."""
    changed = ClaimPicture.objects.select_for_update(of=("self",)).select_related("new_image")
    picture = changed.filter(pk=claim.pk, state=State.CHANGED).first()
    if picture is not None:
        picture.claim = claim
    return picture

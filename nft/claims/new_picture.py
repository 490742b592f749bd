"""When the picture behind a token changes, its person sees old and new and decides; until then the old one stays.

A contract's event (ERC-4906, ERC-1155's `URI`) or the person has the metadata and image fetched again.
"""

from __future__ import annotations

import uuid
from collections import defaultdict
from collections.abc import Iterable, Sequence
from datetime import datetime, timedelta
from typing import Any

from django.contrib.auth.models import User
from django.db import transaction
from django.db.models import F

from nft import jobs
from nft.claims.claiming import ClaimError, CollectionRefused, NoSuchClaim, spend_check
from nft.claims.picture import SOURCE, carry_doubt, is_expected
from nft.claims.receipt import build_provenance, when_checked
from nft.clients.clients import Clients
from nft.core.evm.abi.logs import Log
from nft.core.evm.abi.metadata_events import MetadataChange, parse_metadata_log
from nft.core.evm.errors import BadAnswer
from nft.core.evm.token import Token, TokenStandard
from nft.models import PictureCheck, TokenClaim
from nft.tokens.collections import refusal_of
from nft.tokens.media import MediaPostponed, fetch_token_media
from profiles.audit import record
from profiles.models import Avatar, StoredImage
from profiles.people.people import profile_of
from profiles.pictures.changing import AvatarNotShowable
from profiles.pictures.history import AvatarDetails, attach_avatar
from profiles.pictures.rights import withdraw_avatar
from profiles.store.images import keep_image

State = PictureCheck.State
LEASE = timedelta(minutes=3)
TRIES = 5
PAUSE = timedelta(minutes=10)
"""Between two looks that events ask for: a contract can log one in every block."""
AT_ONCE = 200
REPLACED = "You chose the new picture of this token."
CHANGED_AT = "metadata_changed_at"


class NothingNew(ClaimError):
    slug = "nothing-new"


def look_for_new_picture(user: User, claim_id: uuid.UUID, now: datetime) -> None:
    """At the person's wish. Raises NoSuchClaim, TooManyChecks, NothingNew where there is no picture yet."""
    claim = _own(user, claim_id)
    if claim.state != TokenClaim.State.OWNED or claim.avatar_id is None:
        raise NothingNew("This token has no picture here yet; “Check again” looks for it.")
    spend_check(user)
    _ask([claim], now)


def note_changes(chain_id: int, changes: Sequence[MetadataChange], now: datetime) -> int:
    """Has the pictures looked at again whose metadata the contracts say is another now; how many."""
    by_contract: dict[bytes, list[MetadataChange]] = defaultdict(list)
    for change in changes:
        by_contract[change.contract].append(change)
    shown = TokenClaim.objects.filter(chain_id=chain_id, state=TokenClaim.State.OWNED, avatar__isnull=False)
    claims = shown.filter(contract__in=list(by_contract))
    if all(change.first_id == change.last_id for change in changes):  # as with each mint of ours: not all claims
        claims = claims.filter(token_id__in={change.first_id for change in changes})
    return _ask([claim for claim in claims if _is_meant(claim, by_contract[claim.contract])], now, pause=PAUSE)


def note_metadata_logs(chain_id: int, logs: Iterable[Log], now: datetime) -> int:
    """`note_changes` for what the watcher read; strangers' contracts log what they like."""
    changes = []
    for entry in logs:
        try:
            change = parse_metadata_log(entry)
        except BadAnswer:
            continue
        if change is not None:
            changes.append(change)
    return note_changes(chain_id, changes, now) if changes else 0


def find_lost_looks(now: datetime) -> None:
    for claim_id in list(PictureCheck.objects.filter(due_at__lte=now).values_list("pk", flat=True)[:AT_ONCE]):
        jobs.enqueue(jobs.LOOK_AT_PICTURE, claim_id)


def look_at_picture(claim_id: uuid.UUID, now: datetime, clients: Clients) -> PictureCheck | None:
    """None where there is nothing due, or the claim went meanwhile."""
    check = _take(claim_id, now)
    if check is None:
        return None
    claim = check.claim
    token = Token(claim.contract, claim.token_id, TokenStandard(claim.standard) if claim.standard else None)
    try:
        media = fetch_token_media(clients.chain(claim.chain_id), token, clients)
        image = keep_image(media.image.data, svg_allowed=True).row
    except Exception as error:
        if not is_expected(error):
            raise
        _fail(check, error, now)
    else:
        _compare(check, image, build_provenance(claim, media), now)
    return PictureCheck.objects.filter(pk=claim_id).first()


def last_look(claim_id: uuid.UUID) -> PictureCheck | None:
    return PictureCheck.objects.filter(pk=claim_id).select_related("image").first()


def use_new_picture(user: User, claim_id: uuid.UUID, now: datetime) -> Avatar:
    """Puts the new picture in the place of the old one. Raises NoSuchClaim, NothingNew, CollectionRefused, and
    ClaimError where the site's team removed that picture from this person's history."""
    with transaction.atomic():
        claim = _own(user, claim_id, lock=True)
        if refusal := refusal_of(claim.chain_id, claim.contract):
            raise CollectionRefused(refusal)
        check = PictureCheck.objects.select_for_update().filter(pk=claim.pk, state=State.CHANGED).first()
        if check is None or check.image is None or claim.state != TokenClaim.State.OWNED:
            raise NothingNew("There is no new picture to use any more.")
        old = claim.avatar_id
        try:
            avatar = _attach(claim, check.image, check.receipt)
        except AvatarNotShowable as error:
            raise ClaimError(error.sentence) from error
        if old is not None and old != avatar.pk:
            withdraw_avatar(old, REPLACED, actor=user)
        _settle(check, now, state=State.SAME)
    return avatar


def keep_old_picture(user: User, claim_id: uuid.UUID, now: datetime) -> None:
    """The same new picture is not offered again. Raises NoSuchClaim."""
    with transaction.atomic():
        claim = _own(user, claim_id, lock=True)
        check = PictureCheck.objects.select_for_update().filter(pk=claim.pk, state=State.CHANGED).first()
        if check is not None and check.image is not None:
            record(profile_of(user), "claim.keep_picture", user, claim=str(claim.pk))
            _settle(check, now, state=State.KEPT, kept_over=check.image.sha256)


def _own(user: User, claim_id: uuid.UUID, *, lock: bool = False) -> TokenClaim:
    claims = TokenClaim.objects.filter(user=user, pk=claim_id)
    claim = (claims.select_for_update(of=("self",)) if lock else claims).first()
    if claim is None:
        raise NoSuchClaim
    return claim


def _is_meant(claim: TokenClaim, changes: Iterable[MetadataChange]) -> bool:
    return any(change.first_id <= claim.token_id <= change.last_id for change in changes)


def _ask(claims: Sequence[TokenClaim], now: datetime, *, pause: timedelta = timedelta(0)) -> int:
    """A change that waits for the person's word stays until the look ends."""
    for claim in claims:
        check, _ = PictureCheck.objects.get_or_create(claim=claim, defaults={"due_at": now})
        due = max(now, check.finished_at + pause) if check.finished_at else now
        fresh: dict[str, Any] = {} if check.state == State.CHANGED else {"state": State.LOOKING}
        PictureCheck.objects.filter(pk=claim.pk).update(due_at=due, attempt=None, tries=0, trouble="", **fresh)
        if due <= now:
            jobs.enqueue(jobs.LOOK_AT_PICTURE, claim.pk)
    return len(claims)


def _take(claim_id: uuid.UUID, now: datetime) -> PictureCheck | None:
    attempt = uuid.uuid4()
    due = PictureCheck.objects.filter(pk=claim_id, due_at__lte=now)
    taken = due.update(attempt=attempt, due_at=now + LEASE, tries=F("tries") + 1)
    mine = PictureCheck.objects.filter(pk=claim_id, attempt=attempt).select_related("claim__avatar__image")
    return mine.first() if taken else None


def _compare(check: PictureCheck, image: StoredImage, receipt: dict[str, Any], now: datetime) -> None:
    with transaction.atomic():
        claim = TokenClaim.objects.select_for_update(of=("self",)).select_related("avatar").filter(pk=check.pk).first()
        mine = PictureCheck.objects.select_for_update().filter(pk=check.pk, attempt=check.attempt).first()
        if claim is None or mine is None:
            return
        shown = claim.avatar
        if shown is None or shown.image_id == image.pk:
            _settle(mine, now, state=State.SAME)
            _note_in_receipt(shown, None)
        elif mine.kept_over == image.sha256:
            _settle(mine, now, state=State.KEPT)
        else:
            _settle(mine, now, state=State.CHANGED, image=image, receipt=receipt)
            _note_in_receipt(shown, now)


def _note_in_receipt(avatar: Avatar | None, changed_at: datetime | None) -> None:
    """The receipt of what is shown says since when the token's metadata leads to another picture."""
    if avatar is None or avatar.provenance is None:
        return
    noted = {key: value for key, value in avatar.provenance.items() if key != CHANGED_AT}
    if changed_at is not None:
        noted[CHANGED_AT] = changed_at.isoformat()
    Avatar.objects.filter(pk=avatar.pk).update(provenance=noted)


def _attach(claim: TokenClaim, image: StoredImage, receipt: dict[str, Any]) -> Avatar:
    claim.name, claim.collection = receipt["token_name"], receipt["collection"]
    claim.token_uri, claim.image_uri = receipt["token_uri"], receipt["image_uri"]
    claim.image_cid, claim.proof = receipt["image_cid"], receipt["proof"]
    details = AvatarDetails(
        title=str(claim),
        alt_text=f"{claim}, {claim.collection}" if claim.collection else str(claim),
        attested_at=claim.checked_at,
        provenance={**receipt, **when_checked(claim)},
    )
    avatar = attach_avatar(profile_of(claim.user), image, SOURCE, details=details, actor=claim.user)
    carry_doubt(claim, avatar)
    claim.avatar = avatar
    fields = ["name", "collection", "token_uri", "image_uri", "image_cid", "proof", "avatar", "moved_at_block"]
    claim.save(update_fields=fields)
    return avatar


def _settle(check: PictureCheck, now: datetime, **columns: Any) -> None:
    ended = {"due_at": None, "attempt": None, "finished_at": now, "trouble": "", "image": None, "receipt": None}
    for name, value in (ended | columns).items():
        setattr(check, name, value)
    check.save()


def _fail(check: PictureCheck, error: Exception, now: datetime) -> None:
    """A new picture that was found before still waits; an outage takes nothing away."""
    mine = PictureCheck.objects.filter(pk=check.pk, attempt=check.attempt)
    if isinstance(error, MediaPostponed):
        mine.update(due_at=now + timedelta(seconds=10), tries=F("tries") - 1, attempt=None)
        return
    is_over = getattr(error, "permanent", False) or check.tries >= TRIES
    state = check.state if check.state == State.CHANGED else State.FAILED if is_over else State.LOOKING
    mine.update(
        state=state,
        trouble=str(error)[:300],
        due_at=None if is_over else now + timedelta(seconds=15 * 2**check.tries),
        attempt=None,
        finished_at=now if is_over else check.finished_at,
    )

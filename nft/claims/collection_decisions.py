"""Apply decisions about collections to what is shown already.

Pictures of a refused collection are withdrawn with the reason; those of one that is allowed again come back.
"""

from __future__ import annotations

from datetime import datetime, timedelta

from django.contrib.auth.models import User
from django.db import transaction
from django.db.models import Q, QuerySet

from nft.claims import history
from nft.claims.errors import ClaimError
from nft.claims.provenance import build_stored_provenance
from nft.core.tokens.spam import SpamSign
from nft.models import Collection, HeldToken, TokenClaim, WatchedContract
from nft.tokens.collection_policy import Standing, decide_refusal, get_spam_sign
from profiles.audit import record
from profiles.jobs import job
from profiles.models import Avatar
from profiles.people.profiles import profile_of
from profiles.pictures.rights import reinstate_avatar, withdraw_avatar
from profiles.sentences import gettext, to_english

PAGE = 500
#: Longer than any transaction or job that began by the policy before.
SETTLED = timedelta(hours=1)


def decide_collection(
    chain_id: int, contract: bytes, standing: str, reason: str, *, actor: User, now: datetime, name: str = ""
) -> Collection:
    """Record what staff decide about a collection, and apply it at once.

    reason: shown to the people whose pictures are withdrawn. Raise ClaimError without one.
    """
    reason = reason.strip()[:200]
    if not reason:
        raise ClaimError(gettext("Write why: people whose picture goes by it will read it."))
    facts = {"standing": Standing(standing), "reason": reason, "decided_at": now} | ({"name": name} if name else {})
    with transaction.atomic():
        row, _ = Collection.objects.update_or_create(chain_id=chain_id, contract=contract, defaults=facts)
        what = {"chain": chain_id, "contract": "0x" + contract.hex(), "standing": standing, "reason": reason}
        record(profile_of(actor), "collection.decide", actor, **what)
        _mark_spam(row)
    refusal = decide_refusal(row, chain_id, contract)
    _apply_to(TokenClaim.objects.filter(chain_id=chain_id, contract=contract), refusal, now, actor=actor)
    return row


@job(every=timedelta(minutes=5))
def apply_policy(now: datetime) -> tuple[int, int]:
    """Apply the policy where it has changed. Return how many pictures went, and came back.

    Compares what was last applied to each contract that claims name. A contract is applied to again for SETTLED, for
    pictures that were shown or withdrawn by the policy before it, at the same moment.
    """
    gone = back = 0
    decisions = {(row.chain_id, row.contract): row for row in Collection.objects.all()}
    for row in WatchedContract.objects.order_by("pk").iterator():
        refusal = decide_refusal(decisions.get((row.chain_id, row.contract)), row.chain_id, row.contract)
        if to_english(refusal) != row.refusal:
            WatchedContract.objects.filter(pk=row.pk).update(refusal=to_english(refusal), refusal_at=now)
        elif row.refusal_at is None or now - row.refusal_at > SETTLED:
            continue
        claims = TokenClaim.objects.filter(chain_id=row.chain_id, contract=row.contract)
        changed = _apply_to(claims, refusal, now)
        gone, back = gone + changed[0], back + changed[1]
    return gone, back


def _apply_to(
    claims: QuerySet[TokenClaim], refusal: str, now: datetime, *, actor: User | None = None
) -> tuple[int, int]:
    shown = Q(state=TokenClaim.State.OWNED, avatar__isnull=False) | Q(avatar__lost_at__isnull=False)
    gone = back = 0
    for claim in claims.filter(shown).select_related("avatar").order_by("pk").iterator(chunk_size=PAGE):
        assert claim.avatar is not None  # noqa: S101  # by the filter; tells the type checker
        if refusal:
            gone += _block(claim, claim.avatar, refusal, actor, now)
        elif claim.avatar.state == Avatar.State.WITHDRAWN:
            back += _bring_back(claim, actor)
    return gone, back


def _bring_back(claim: TokenClaim, actor: User | None) -> bool:
    """Reinstate a picture by the claim's present state: the token may have left since the row was read (V1)."""
    with transaction.atomic():
        mine = TokenClaim.objects.select_for_update(of=("self",)).select_related("avatar", "picture")
        held = mine.filter(pk=claim.pk, state=TokenClaim.State.OWNED).first()
        if held is None or held.avatar is None or held.checked_at is None:
            return False
        return reinstate_avatar(held.avatar.pk, held.checked_at, build_stored_provenance(held), actor)


def _block(claim: TokenClaim, avatar: Avatar, refusal: str, actor: User | None, now: datetime) -> bool:
    with transaction.atomic():
        is_gone = withdraw_avatar(avatar.pk, refusal, actor=actor, notify=True)
        if is_gone:
            history.record_refusal(claim, refusal, now)
    return is_gone


def _mark_spam(row: Collection) -> None:
    """Mark the collection's listed tokens as spam or not, by the new decision."""
    tokens = list(HeldToken.objects.filter(chain_id=row.chain_id, contract=row.contract))
    for token in tokens:
        said = token.spam if token.spam == SpamSign.INDEXER else ""
        token.spam = get_spam_sign(row, said, token.name, token.collection)
    HeldToken.objects.bulk_update(tokens, ["spam"], batch_size=PAGE)

"""Tokens that arrived in a person's account: ask the person whether to show them.

Only tokens that a person here has listed are asked about, so that senders can't flood anybody.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime

from django.contrib.auth.models import User
from django.db import transaction
from django.db.models import Q, QuerySet
from django.utils import timezone

from nft.claims.claiming import claim_asset
from nft.core.evm.abi.transfer_events import TransferEvent
from nft.core.evm.token import TokenStandard
from nft.core.tokens.paste import AssetReference
from nft.errors import NotYours
from nft.models import LinkedAccount, ReceivedToken, TokenClaim
from nft.models.accounts import accounts_at
from nft.names.people import get_name_of_address
from profiles.models import Notice
from profiles.notices.recording import NewNotice, delete_notices, mark_read, record_notice
from profiles.people.profiles import profile_of
from profiles.sentences import gettext

Token = tuple[bytes, int]
Events = Mapping[Token, Sequence[TransferEvent]]
#: Addresses in one query.
PAGE = 1000
#: Received tokens kept for one person; the oldest are deleted.
MAX_RECEIVED = 20


def record_received(chain_id: int, moved: Events) -> None:
    """Record who here received tokens. `moved`: each token's transfers in order.

    The next transfer of an ERC-721 token deletes earlier entries: the token has left that person.
    """
    _delete_passed_on(chain_id, moved)
    last = {token: events[-1] for token, events in moved.items()}
    people = _get_people(chain_id, sorted({event.recipient for event in last.values()}))
    wanted = {token: event for token, event in last.items() if event.recipient in people}
    for token, name in _get_names(chain_id, wanted).items():
        _record(people[wanted[token].recipient], wanted[token], chain_id, name)


def undo_received_after(chain_id: int, block_number: int) -> None:
    """Delete what was received after this block, which a reorg replaced."""
    _delete(ReceivedToken.objects.filter(chain_id=chain_id, block_number__gt=block_number), is_undone=True)


def get_received(user: User) -> list[ReceivedToken]:
    """Return the tokens to ask about, newest first, without those that the person lists already."""
    held = user.nft_token_claims.filter(state__in=[TokenClaim.State.OWNED, TokenClaim.State.PENDING])
    known = {(claim.chain_id, claim.contract, claim.token_id) for claim in held}
    waiting = user.nft_received_tokens.filter(answered_at=None)[:MAX_RECEIVED]
    return [one for one in waiting if (one.chain_id, one.contract, one.token_id) not in known]


def accept_received(user: User, received_id: int, now: datetime) -> TokenClaim:
    """Claim the token as the person's picture. Raise NotYours, ClaimError."""
    received = _get_own(user, received_id)
    standard = TokenStandard(received.standard)
    claim = claim_asset(user, AssetReference(received.chain_id, received.contract, received.token_id, standard), now)
    _close(received, now)
    return claim


def decline_received(user: User, received_id: int, now: datetime) -> None:
    """Don't ask about the token again. Raise NotYours."""
    _close(_get_own(user, received_id), now)


def _get_own(user: User, received_id: int) -> ReceivedToken:
    received = ReceivedToken.objects.filter(user=user, pk=received_id).first()
    if received is None:
        raise NotYours(gettext("This token is no longer offered to you."))
    return received


def _close(received: ReceivedToken, now: datetime) -> None:
    with transaction.atomic():
        received.answered_at = now
        received.save(update_fields=["answered_at"])
        mark_read(profile_of(received.user).pk, now, _notices_of([received.pk]))


def _get_people(chain_id: int, addresses: Sequence[bytes]) -> dict[bytes, int]:
    """Return the user id of each address that is linked here and exists on the chain."""
    linked = LinkedAccount.objects.filter(accounts_at(chain_id))
    found: dict[bytes, int] = {}
    for start in range(0, len(addresses), PAGE):
        accounts = linked.filter(address__in=addresses[start : start + PAGE]).only("address", "user_id")
        found |= {account.address: account.user_id for account in accounts}
    return found


def _get_names(chain_id: int, wanted: Mapping[Token, TransferEvent]) -> dict[Token, str]:
    """Return the name of each token that a person has listed, "" if it has none."""
    contracts, token_ids = {contract for contract, _ in wanted}, {token_id for _, token_id in wanted}
    listed = TokenClaim.objects.filter(chain_id=chain_id, contract__in=contracts, token_id__in=token_ids)
    names: dict[Token, str] = {}
    for claim in listed.select_related("picture").only("contract", "token_id", "picture__name"):
        token = (claim.contract, claim.token_id)
        if token in wanted:
            names[token] = names.get(token) or claim.name
    return names


def _record(user_id: int, event: TransferEvent, chain_id: int, name: str) -> None:
    if event.sender == event.recipient:
        return
    seen = {"sender": event.sender, "block_number": event.block_number, "seen_at": timezone.now()}
    with transaction.atomic():
        received, is_new = ReceivedToken.objects.get_or_create(
            user_id=user_id,
            chain_id=chain_id,
            contract=event.contract,
            token_id=event.token_id,
            defaults={"standard": event.standard, "name": name, **seen},
        )
        if not is_new:
            if received.block_number >= event.block_number:
                return
            _receive_again(received, seen)
        _notify(received)
        stale = ReceivedToken.objects.filter(user_id=user_id).values_list("pk", flat=True)[MAX_RECEIVED:]
        ReceivedToken.objects.filter(pk__in=list(stale)).delete()


def _receive_again(received: ReceivedToken, seen: Mapping[str, object]) -> None:
    for column, value in seen.items():
        setattr(received, column, value)
    received.answered_at = None
    received.save(update_fields=[*seen, "answered_at"])


def _notify(received: ReceivedToken) -> None:
    """Notify the person, unless they sent it to themselves from another account of theirs."""
    user = received.user
    if user.nft_linked_accounts.filter(accounts_at(received.chain_id), address=received.sender).exists():
        return
    sender = get_name_of_address(received.sender, received.chain_id, received.seen_at)
    facts = {"name": received.name, "sender": sender}
    new = NewNotice(Notice.Kind.RECEIVED, received.seen_at, str(received.pk), facts=facts)
    record_notice(profile_of(user).pk, new)


def _notices_of(received_ids: Iterable[int]) -> Q:
    return Q(kind=Notice.Kind.RECEIVED, subject__in=[str(received_id) for received_id in received_ids])


def _delete_passed_on(chain_id: int, moved: Events) -> None:
    single = [token for token, events in moved.items() if events[-1].standard is TokenStandard.ERC721]
    if not single:
        return
    contracts, token_ids = {contract for contract, _ in single}, {token_id for _, token_id in single}
    entries = ReceivedToken.objects.filter(chain_id=chain_id, contract__in=contracts, token_id__in=token_ids)
    passed_on = [
        entry.pk
        for entry in entries
        if (entry.contract, entry.token_id) in moved
        and entry.block_number < moved[entry.contract, entry.token_id][-1].block_number
    ]
    _delete(ReceivedToken.objects.filter(pk__in=passed_on), is_undone=False)


def _delete(entries: QuerySet[ReceivedToken], *, is_undone: bool) -> None:
    """Delete entries. Their notices are out of date, or if it is undone that they came, deleted as well."""
    with transaction.atomic():
        gone = dict(entries.values_list("pk", "user__avatar_profile__pk"))
        if not gone:
            return
        ReceivedToken.objects.filter(pk__in=gone).delete()
        profile_ids = sorted(set(filter(None, gone.values())))
        if is_undone:
            delete_notices(profile_ids, _notices_of(gone))
            return
        for profile_id in profile_ids:
            mark_read(profile_id, timezone.now(), _notices_of(gone))

"""What seen transfers mean for claims. A log is a hint only: it takes a mark away at once and has the chain asked, and
what the chain then says at a confirmed block decides."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Iterator, Sequence
from datetime import datetime

from django.utils import timezone

from nft.claims import history
from nft.claims.checking import verify_claim
from nft.core.evm.abi.delegations import parse_delegation_log
from nft.core.evm.abi.logs import Log
from nft.core.evm.abi.transfer_events import TransferEvent, parse_transfer_log
from nft.core.evm.errors import BadAnswer
from nft.core.evm.token import TokenStandard
from nft.models import TokenClaim
from nft.transfers.received import note_received, undo_received_after
from profiles.jobs import enqueue
from profiles.pictures.rights import doubt_avatars, trust_avatars

State = TokenClaim.State
KEYS = 1000
"""So many tokens are looked up by one query."""
AT_ONCE = 500
"""So many checks are queued at once; the sweep finds the others, which are due as well."""


def note_logs(chain_id: int, logs: Iterable[Log]) -> int:
    """Doubts the claims whose token moved; how many of them were held until then."""
    moved: dict[tuple[bytes, int], list[TransferEvent]] = defaultdict(list)
    revoked: dict[tuple[bytes, bytes], int] = {}
    for log in logs:
        try:
            for event in parse_transfer_log(log):
                moved[event.contract, event.token_id].append(event)
            delegation = parse_delegation_log(log)
        except BadAnswer:
            continue  # strangers' contracts log what they like; the sweep reads their state
        if delegation is not None:
            revoked[delegation.vault, delegation.to] = delegation.block_number
    note_received(chain_id, moved)
    return _note_moves(chain_id, moved) + _note_delegations(chain_id, revoked)


def settle_confirmed(chain_id: int, block_number: int, now: datetime) -> None:
    """Has claims checked whose transfer is confirmed by now."""
    seen = TokenClaim.objects.filter(chain_id=chain_id, moved_at_block__lte=block_number)
    due = seen.filter(due_at__gt=now, attempt__isnull=True)
    ids = list(due.values_list("pk", flat=True)[:AT_ONCE])
    due.update(due_at=now)
    for claim_id in ids:
        enqueue(verify_claim, claim_id)


def undo_moves_after(chain_id: int, block_number: int, now: datetime) -> None:
    """A reorg replaced the blocks after this one: transfers seen there did not happen, unless they are seen again.

    They are checked, too: what had moved before may have been confirmed while it waited for the later block.
    """
    undone = TokenClaim.objects.filter(chain_id=chain_id, moved_at_block__gt=block_number)
    trust_avatars(undone.filter(avatar__isnull=False).values_list("avatar_id", flat=True))
    undone.update(moved_at_block=None, due_at=now)
    undo_received_after(chain_id, block_number)


def _note_moves(chain_id: int, moved: dict[tuple[bytes, int], list[TransferEvent]]) -> int:
    """Of tokens that come, too: what is said of them next may be of a block before they went on."""
    doubted: list[TokenClaim] = []
    for claim in _claims_of(chain_id, moved):
        events = moved[claim.contract, claim.token_id]
        moved_at = max((event.block_number for event in events if _matters(event, claim)), default=None)
        if moved_at is not None:
            claim.moved_at_block = max(moved_at, claim.moved_at_block or 0)
            doubted.append(claim)
    return _doubt(doubted)


def _claims_of(chain_id: int, moved: dict[tuple[bytes, int], list[TransferEvent]]) -> Iterator[TokenClaim]:
    keys = sorted(moved)
    for start in range(0, len(keys), KEYS):
        page = keys[start : start + KEYS]
        wanted = set(page)
        contracts, token_ids = {contract for contract, _ in page}, {token_id for _, token_id in page}
        claims = TokenClaim.objects.filter(chain_id=chain_id, contract__in=contracts, token_id__in=token_ids)
        for claim in claims.select_related("account"):
            if (claim.contract, claim.token_id) in wanted:
                yield claim


def _matters(event: TransferEvent, claim: TokenClaim) -> bool:
    """Of a token with one owner every transfer does, whoever is said to have sent it. Of copies that are held, those
    that their holder sends."""
    if event.sender == event.recipient:
        return False
    if event.standard is TokenStandard.ERC721 or claim.state != State.OWNED:
        return True
    holder = claim.vault or (claim.account.address if claim.account else None)
    return event.sender == holder


def _note_delegations(chain_id: int, revoked: dict[tuple[bytes, bytes], int]) -> int:
    vaults = {vault for vault, _ in revoked}
    if not vaults:
        return 0
    claims = TokenClaim.objects.filter(chain_id=chain_id, vault__in=vaults, state=State.OWNED)
    doubted = []
    for claim in claims.select_related("account"):
        if claim.account is not None and claim.vault is not None:
            block_number = revoked.get((claim.vault, claim.account.address))
            if block_number is not None:
                claim.moved_at_block = max(block_number, claim.moved_at_block or 0)
                doubted.append(claim)
    return _doubt(doubted)


def _doubt(claims: Sequence[TokenClaim]) -> int:
    """Writes their `moved_at_block`; how many of them were held."""
    by_block: dict[int, list[TokenClaim]] = defaultdict(list)
    for claim in claims:
        by_block[claim.moved_at_block or 0].append(claim)
    for block_number, group in by_block.items():
        TokenClaim.objects.filter(pk__in=[claim.pk for claim in group]).update(moved_at_block=block_number)
    history.record_moves(claims, timezone.now())
    doubt_avatars(claim.avatar_id for claim in claims if claim.avatar_id is not None)
    return sum(claim.state == State.OWNED for claim in claims)

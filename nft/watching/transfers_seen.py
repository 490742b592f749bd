"""Apply seen token transfers and revoked delegations to claims and to the tokens that people hold.

A log is only a hint: the claim's verified mark is hidden at once, and a check at a confirmed block decides.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Iterator, Sequence
from datetime import datetime

from django.utils import timezone

from nft.claims import history
from nft.claims.sweeping import request_check
from nft.core.evm.abi.delegations import parse_delegation_log
from nft.core.evm.abi.logs import Log
from nft.core.evm.abi.transfer_events import TransferEvent, parse_transfer_log
from nft.core.evm.errors import BadAnswer
from nft.core.evm.token import TokenStandard
from nft.gallery.moves import queue_moved, record_moves, undo_moves_after
from nft.models import TokenClaim
from nft.transfers.received import record_received, undo_received_after
from profiles.pictures.rights import doubt_avatars, trust_avatars

State = TokenClaim.State
#: Tokens in one query.
PAGE = 1000


def record_logs(chain_id: int, logs: Iterable[Log]) -> int:
    """Record the transfers and revocations in `logs`. Return how many owned claims are now in doubt."""
    now = timezone.now()
    moved: dict[tuple[bytes, int], list[TransferEvent]] = defaultdict(list)
    revoked: dict[tuple[bytes, bytes], int] = {}
    for log in logs:
        try:
            events = parse_transfer_log(log)
            delegation = None if events else parse_delegation_log(log)  # a log is one event
        except BadAnswer:
            continue  # a contract may log anything; the sweep reads its state
        for event in events:
            moved[event.contract, event.token_id].append(event)
        if delegation is not None:
            revoked[delegation.vault, delegation.to] = delegation.block_number
    record_received(chain_id, moved)
    record_moves(chain_id, moved, now)
    return _doubt_transferred(chain_id, moved) + _doubt_revoked(chain_id, revoked)


def queue_confirmed(chain_id: int, block_number: int, now: datetime) -> None:
    """Ask for a check of what was transferred in the confirmed block `block_number` or an earlier one."""
    queue_moved(chain_id, block_number, now)
    seen = TokenClaim.objects.filter(chain_id=chain_id, moved_at_block__lte=block_number)
    if seen.filter(due_at__gt=now, attempt__isnull=True).update(due_at=now, asked_at=now):
        request_check(chain_id)
        request_check(chain_id, alone=True)


def undo_transfers_after(chain_id: int, block_number: int, now: datetime) -> None:
    """Forget the transfers seen in blocks after this one, which a reorg replaced. They may be seen again.

    Their claims are checked too: an earlier transfer of the same token may be confirmed by now.
    """
    undone = TokenClaim.objects.filter(chain_id=chain_id, moved_at_block__gt=block_number)
    trust_avatars(undone.filter(avatar__isnull=False).values_list("avatar_id", flat=True))
    undone.update(moved_at_block=None, due_at=now)
    undo_received_after(chain_id, block_number)
    undo_moves_after(chain_id, block_number)


def _doubt_transferred(chain_id: int, moved: dict[tuple[bytes, int], list[TransferEvent]]) -> int:
    """Doubt the claims to transferred tokens.

    Also for incoming tokens: the next confirmed answer may predate a further transfer.
    """
    doubted: list[TokenClaim] = []
    for claim in _get_claims(chain_id, moved):
        events = moved[claim.contract, claim.token_id]
        moved_at = max((event.block_number for event in events if _concerns(event, claim)), default=None)
        if moved_at is not None:
            claim.moved_at_block = max(moved_at, claim.moved_at_block or 0)
            doubted.append(claim)
    return _doubt(doubted)


def _get_claims(chain_id: int, moved: dict[tuple[bytes, int], list[TransferEvent]]) -> Iterator[TokenClaim]:
    keys = sorted(moved)
    for start in range(0, len(keys), PAGE):
        page = keys[start : start + PAGE]
        wanted = set(page)
        contracts, token_ids = {contract for contract, _ in page}, {token_id for _, token_id in page}
        claims = TokenClaim.objects.filter(chain_id=chain_id, contract__in=contracts, token_id__in=token_ids)
        for claim in claims.select_related("account"):
            if (claim.contract, claim.token_id) in wanted:
                yield claim


def _concerns(event: TransferEvent, claim: TokenClaim) -> bool:
    """Return whether the transfer may change the claim's state.

    For ERC-721 every transfer may. An owned ERC-1155 claim changes only if its holder sends.
    """
    if event.sender == event.recipient:
        return False
    if event.standard is TokenStandard.ERC721 or claim.state != State.OWNED:
        return True
    holder = claim.vault or (claim.account.address if claim.account else None)
    return event.sender == holder


def _doubt_revoked(chain_id: int, revoked: dict[tuple[bytes, bytes], int]) -> int:
    """Doubt the claims whose delegation changed. `revoked`: the block number by vault and delegate."""
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
    """Write `moved_at_block` of the claims and hide their marks. Return how many of them were owned."""
    by_block: dict[int, list[TokenClaim]] = defaultdict(list)
    for claim in claims:
        by_block[claim.moved_at_block or 0].append(claim)
    for block_number, group in by_block.items():
        TokenClaim.objects.filter(pk__in=[claim.pk for claim in group]).update(moved_at_block=block_number)
    history.record_moves(claims, timezone.now())
    doubt_avatars(claim.avatar_id for claim in claims if claim.avatar_id is not None)
    return sum(claim.state == State.OWNED for claim in claims)

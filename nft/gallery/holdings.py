"""Record the tokens that a search finds, and verify on chain which of them the account holds."""

from __future__ import annotations

import time
from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime, timedelta

from django.db.models import Case, Q, QuerySet, When

from nft.clients.evm.batch_calls import call_many
from nft.clients.evm.chain import ChainClient
from nft.core.evm.abi.multicall import Call
from nft.core.evm.abi.token_calls import build_name, parse_name
from nft.core.evm.errors import BadAnswer
from nft.core.evm.token import Token, TokenStandard
from nft.core.text import clean_text
from nft.core.tokens.verdict import BlockRef, Verdict
from nft.gallery.sources import FoundToken
from nft.models import Collection, HeldToken, LinkedAccount, TokenSearch
from nft.tokens.collection_policy import get_spam_sign
from nft.tokens.contract_texts import NAME_CHARACTERS
from nft.tokens.facts import Check, Question
from nft.tokens.ownership import check_many, check_ownership

# Tokens kept for one account on one chain, the newest. Any other can still be pasted.
MAX_TOKENS = 5000
PAGE = 500
# Checks without an answer after which a token that moved is checked rarely: its contract may never give one.
MANY_CHECKS = 10
# Tokens of one page that are checked one by one, because the batch gave no plain answer.
MAX_SINGLE_CHECKS = 50


def record_found_tokens(account: LinkedAccount, chain_id: int, found: Iterable[FoundToken], now: datetime) -> int:
    """Add the new ones of these tokens, the latest arrival first. Return how many were new.

    Names of known tokens are only set if they were empty.
    """
    latest: dict[tuple[bytes, int], FoundToken] = {}
    for token in sorted(found, key=lambda each: each.block):
        latest[token.contract, token.token_id] = token
    here = HeldToken.objects.filter(account=account, chain_id=chain_id)
    known = {(row.contract, row.token_id): row for row in here}
    collections = _get_collections(chain_id)
    changed: dict[tuple[str, ...], list[HeldToken]] = defaultdict(list)
    for key, row in known.items():
        if key in latest and (columns := _update_row(row, latest[key], collections)):
            changed[columns].append(row)
    for columns, rows in changed.items():  # no other columns: a worker may have fetched the name meanwhile
        HeldToken.objects.bulk_update(rows, columns)
    added = [token for key, token in latest.items() if key not in known][-MAX_TOKENS:]
    rows = [
        _build_row(account, chain_id, token, now + timedelta(microseconds=place), collections)
        for place, token in enumerate(added)
    ]
    HeldToken.objects.bulk_create(rows, ignore_conflicts=True)
    if len(known) + len(added) > MAX_TOKENS:
        _delete_surplus(here)
    return len(added)


def _delete_surplus(here: QuerySet[HeldToken]) -> None:
    """Delete what exceeds MAX_TOKENS: first what looks like spam, then what arrived longest ago."""
    wanted = Q(spam="") | Q(shelf=HeldToken.Shelf.SHOWN)
    ranked = here.annotate(is_wanted=Case(When(wanted, then=1), default=0))
    surplus = ranked.order_by("-is_wanted", "-logged_at_block", "-first_seen_at", "pk").values_list("pk", flat=True)
    here.filter(pk__in=list(surplus[MAX_TOKENS:])).delete()


# The collections of a chain that staff decided about, by contract.
Collections = Mapping[bytes, Collection]


def _get_collections(chain_id: int) -> Collections:
    return {row.contract: row for row in Collection.objects.filter(chain_id=chain_id)}


def _build_row(
    account: LinkedAccount, chain_id: int, token: FoundToken, at: datetime, collections: Collections
) -> HeldToken:
    return HeldToken(
        account=account,
        chain_id=chain_id,
        contract=token.contract,
        token_id=token.token_id,
        standard=token.standard,
        name=token.name[:NAME_CHARACTERS],
        collection=token.collection[:NAME_CHARACTERS],
        logged_at_block=token.block,
        first_seen_at=at,
        spam=get_spam_sign(collections.get(token.contract), token.spam, token.name, token.collection),
    )


def _update_row(row: HeldToken, token: FoundToken, collections: Collections) -> tuple[str, ...]:
    """Set what `token` knows better, without saving. Return the columns that changed."""
    columns = ("logged_at_block", "name", "collection", "spam")
    before = [getattr(row, column) for column in columns]
    row.logged_at_block = max(row.logged_at_block, token.block)
    row.name, row.collection = row.name or token.name, row.collection or token.collection
    row.spam = get_spam_sign(collections.get(row.contract), row.spam or token.spam, row.name, row.collection)
    return tuple(column for column, old in zip(columns, before, strict=True) if getattr(row, column) != old)


def verify_holdings(search: TokenSearch, view: ChainClient, now: datetime, ends_at: float) -> bool:
    """Verify the tokens that were not verified since the search began, and delete those the account does not hold.

    Stop at `ends_at`, by `time.monotonic()`. Return whether all were verified. Raise ChainUnavailable.
    """
    address = search.account.address
    # A token whose last block was not confirmed is due again, but once per attempt.
    arriving = Q(seen_at_block__isnull=True, logged_at_block__gt=0, checked_at__lt=now)
    unverified = Q(checked_at__isnull=True) | Q(checked_at__lt=search.started_at) | arriving
    due = HeldToken.objects.filter(unverified, account_id=search.account_id, chain_id=search.chain_id)
    while rows := list(due.order_by("-logged_at_block", "pk")[:PAGE]):
        check_tokens(view, [(row, address) for row in rows], now)
        if time.monotonic() > ends_at:
            return not due.exists()
    return True


def check_tokens(view: ChainClient, held: Sequence[tuple[HeldToken, bytes]], now: datetime) -> None:
    """Check tokens with the address of each one's account. Delete those it does not hold. Raise ChainUnavailable.

    A token about which nothing is known stays as it is.
    """
    questions = [
        Question(Token(row.contract, row.token_id, TokenStandard(row.standard)), (address,)) for row, address in held
    ]
    batch = check_many(view, questions)
    checks = _add_single_checks(view, questions, batch.checks)
    _record_checks([row for row, _ in held], checks, batch.block, now)


def has_unconfirmed_tokens(search: TokenSearch) -> bool:
    """Return whether a token arrived in a block that was not confirmed yet."""
    here = HeldToken.objects.filter(account_id=search.account_id, chain_id=search.chain_id, logged_at_block__gt=0)
    return here.filter(seen_at_block__isnull=True).exists()


def _add_single_checks(
    view: ChainClient, questions: Sequence[Question], checks: Sequence[Check | None]
) -> list[Check | None]:
    """Check one by one what the batch left open, as it does for burned tokens; a few only, to bound the time."""
    found = list(checks)
    for place in [place for place, check in enumerate(checks) if check is None][:MAX_SINGLE_CHECKS]:
        question = questions[place]
        found[place] = check_ownership(view, question.token, question.holders, look_at_head=False)
    return found


def _record_checks(rows: Sequence[HeldToken], checks: Sequence[Check | None], block: BlockRef, now: datetime) -> None:
    gone, answered = [], []
    for row, check in zip(rows, checks, strict=True):
        verdict = Verdict.UNKNOWN if check is None else check.decision.verdict
        row.checked_at = now
        if verdict is Verdict.UNKNOWN:
            row.move_checks = min(row.move_checks + 1, MANY_CHECKS)
        else:
            answered.append(row.pk)
        if verdict is Verdict.OWNED:
            row.seen_at_block = block.number
        elif verdict is Verdict.NOT_OWNED:
            row.seen_at_block = None
            gone.append(row.pk)
    HeldToken.objects.bulk_update(rows, ["checked_at", "seen_at_block", "move_checks"])
    # By what is stored now: the watcher may have seen a later transfer meanwhile, which is not confirmed yet.
    HeldToken.objects.filter(pk__in=answered, moved_at_block__lte=block.number).update(moved_at_block=None)
    HeldToken.objects.filter(pk__in=gone, logged_at_block__lte=block.number).delete()


def update_collection_names(search: TokenSearch, view: ChainClient, block: BlockRef) -> None:
    """Ask each contract whose tokens have no collection name for its own. Raise ChainUnavailable."""
    here = HeldToken.objects.filter(account_id=search.account_id, chain_id=search.chain_id, collection="")
    # Ordered by the contract alone: any other ordering would make the rows of one contract distinct.
    unnamed = here.order_by("contract").values_list("contract", flat=True).distinct()
    contracts = [bytes(contract) for contract in unnamed[:PAGE]]
    answers = call_many(view, [Call(contract, build_name()) for contract in contracts], block).answers
    collections = _get_collections(search.chain_id)
    for contract, answer in zip(contracts, answers, strict=True):
        if name := _parse_collection_name(answer):
            rows = here.filter(contract=contract)
            if sign := get_spam_sign(collections.get(contract), "", "", name):
                rows.filter(spam="").update(spam=sign)
            rows.update(collection=name)


def _parse_collection_name(answer: object) -> str:
    try:
        return clean_text(parse_name(answer), NAME_CHARACTERS) if isinstance(answer, bytes) else ""
    except BadAnswer:
        return ""

"""What was found, written down, and what the chain says about it: a token is held, gone, or not known."""

from __future__ import annotations

import time
from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime, timedelta

from django.db.models import Case, Q, QuerySet, When

from nft.clients.evm.chain import ChainClient
from nft.clients.evm.many import call_many
from nft.core.evm.abi.multicall import Call
from nft.core.evm.abi.token_calls import build_name, parse_name
from nft.core.evm.errors import BadAnswer
from nft.core.evm.token import Token, TokenStandard
from nft.core.text import clean_text
from nft.core.tokens.verdict import BlockRef, Verdict
from nft.gallery.sources import Found
from nft.models import Collection, HeldToken, LinkedAccount, TokenSearch
from nft.tokens.collections import spam_sign_of
from nft.tokens.facts import Check, Question
from nft.tokens.media import NAME_CHARACTERS
from nft.tokens.ownership import check_many, check_ownership

MOST = 5000
"""Tokens kept for one account on one chain: whoever is sent more finds the newest here, and can paste any other."""
PAGE = 500
CLOSER_LOOKS = 50


def note_found(account: LinkedAccount, chain_id: int, found: Iterable[Found], now: datetime) -> int:
    """Adds what is new, the latest arrival on top; how many were. Names only fill what was empty."""
    latest: dict[tuple[bytes, int], Found] = {}
    for one in sorted(found, key=lambda each: each.block):
        latest[one.contract, one.token_id] = one
    here = HeldToken.objects.filter(account=account, chain_id=chain_id)
    known = {(row.contract, row.token_id): row for row in here}
    decided = _decided(chain_id)
    changed = [row for key, row in known.items() if key in latest and _update(row, latest[key], decided)]
    HeldToken.objects.bulk_update(changed, ["logged_at_block", "name", "collection", "spam"])
    fresh = [one for key, one in latest.items() if key not in known][-MOST:]
    HeldToken.objects.bulk_create(
        [_row(account, chain_id, one, now + timedelta(microseconds=place), decided) for place, one in enumerate(fresh)],
        ignore_conflicts=True,
    )
    if len(known) + len(fresh) > MOST:
        _drop_surplus(here)
    return len(fresh)


def _drop_surplus(here: QuerySet[HeldToken]) -> None:
    """What looks like spam goes first, then what came longest ago."""
    wanted = Q(spam="") | Q(shelf=HeldToken.Shelf.SHOWN)
    ranked = here.annotate(is_wanted=Case(When(wanted, then=1), default=0))
    surplus = ranked.order_by("-is_wanted", "-logged_at_block", "-first_seen_at", "pk").values_list("pk", flat=True)
    here.filter(pk__in=list(surplus[MOST:])).delete()


Decided = Mapping[bytes, Collection]


def _decided(chain_id: int) -> Decided:
    return {row.contract: row for row in Collection.objects.filter(chain_id=chain_id)}


def _row(account: LinkedAccount, chain_id: int, one: Found, at: datetime, decided: Decided) -> HeldToken:
    return HeldToken(
        account=account,
        chain_id=chain_id,
        contract=one.contract,
        token_id=one.token_id,
        standard=one.standard,
        name=one.name[:NAME_CHARACTERS],
        collection=one.collection[:NAME_CHARACTERS],
        logged_at_block=one.block,
        first_seen_at=at,
        spam=spam_sign_of(decided.get(one.contract), one.spam, one.name, one.collection),
    )


def _update(row: HeldToken, one: Found, decided: Decided) -> bool:
    before = (row.logged_at_block, row.name, row.collection, row.spam)
    row.logged_at_block = max(row.logged_at_block, one.block)
    row.name, row.collection = row.name or one.name, row.collection or one.collection
    row.spam = spam_sign_of(decided.get(row.contract), row.spam or one.spam, row.name, row.collection)
    return before != (row.logged_at_block, row.name, row.collection, row.spam)


def ask_who_holds(search: TokenSearch, view: ChainClient, now: datetime, ends_at: float) -> bool:
    """Asks the chain about what was not asked since the search began; whether all of it was, by `time.monotonic()`.

    Raises ChainUnavailable.
    """
    address = search.account.address
    open_ones = HeldToken.objects.filter(_unasked(search, now), account_id=search.account_id, chain_id=search.chain_id)
    while rows := list(open_ones.order_by("-logged_at_block", "pk")[:PAGE]):
        questions = [Question(_token(row), (address,)) for row in rows]
        batch = check_many(view, questions)
        checks = _look_closer(view, questions, batch.checks)
        _record(rows, checks, batch.block, now)
        if time.monotonic() > ends_at:
            return not open_ones.exists()
    return True


def _unasked(search: TokenSearch, now: datetime) -> Q:
    """Not since the search began; of what came so late that it was not confirmed, not in this turn."""
    arriving = Q(seen_at_block__isnull=True, logged_at_block__gt=0, checked_at__lt=now)
    return Q(checked_at__isnull=True) | Q(checked_at__lt=search.started_at) | arriving


def awaits_confirmation(search: TokenSearch) -> bool:
    """Whether a token came whose block was not confirmed yet."""
    here = HeldToken.objects.filter(account_id=search.account_id, chain_id=search.chain_id, logged_at_block__gt=0)
    return here.filter(seen_at_block__isnull=True).exists()


def _token(row: HeldToken) -> Token:
    return Token(row.contract, row.token_id, TokenStandard(row.standard))


def _look_closer(
    view: ChainClient, questions: Sequence[Question], checks: Sequence[Check | None]
) -> list[Check | None]:
    """One by one where a contract gave no plain answer, as for a burned token; for a few, to bound the time."""
    closer = [place for place, check in enumerate(checks) if check is None][:CLOSER_LOOKS]
    found = list(checks)
    for place in closer:
        question = questions[place]
        found[place] = check_ownership(view, question.token, question.holders, look_at_head=False)
    return found


def _record(rows: Sequence[HeldToken], checks: Sequence[Check | None], block: BlockRef, now: datetime) -> None:
    gone = []
    for row, check in zip(rows, checks, strict=True):
        verdict = Verdict.UNKNOWN if check is None else check.decision.verdict
        row.checked_at = now
        if verdict is Verdict.OWNED:
            row.seen_at_block = block.number
        elif verdict is Verdict.NOT_OWNED:
            row.seen_at_block = None
            if row.logged_at_block <= block.number:  # else it only just came
                gone.append(row.pk)
    HeldToken.objects.bulk_update(rows, ["checked_at", "seen_at_block"])
    HeldToken.objects.filter(pk__in=gone).delete()


def name_collections(search: TokenSearch, view: ChainClient, block: BlockRef) -> None:
    """Asks each contract that has no name here for its own. Raises ChainUnavailable."""
    here = HeldToken.objects.filter(account_id=search.account_id, chain_id=search.chain_id)
    contracts = [bytes(one) for one in here.filter(collection="").values_list("contract", flat=True).distinct()]
    answers = call_many(view, [Call(contract, build_name()) for contract in contracts[:PAGE]], block).answers
    for contract, answer in zip(contracts, answers, strict=False):
        name = _name(answer)
        if name:
            _name_all(here.filter(contract=contract, collection=""), name)


def _name_all(rows: QuerySet[HeldToken], name: str) -> None:
    row = rows.first()
    if row is not None:
        decided = _decided(row.chain_id).get(row.contract)
        sign = spam_sign_of(decided, "", "", name)
        if sign:
            rows.filter(spam="").update(spam=sign)
    rows.update(collection=name)


def _name(answer: object) -> str:
    try:
        return clean_text(parse_name(answer), NAME_CHARACTERS) if isinstance(answer, bytes) else ""
    except BadAnswer:
        return ""

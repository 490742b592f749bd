"""Sessions that a wallet began: which account it was, and whether it still vouches for them.

The session of the site names a row here. Ending the row ends the session, whatever key it has by then; the person is
told the reason at their next request. The contract of a contract account may stop accepting a signature, so it is asked
again every NFT_SESSION_RECHECK seconds. During an outage of the chain a session goes on for NFT_SESSION_UNCHECKED_MAX.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from uuid import UUID

from django.conf import settings
from django.contrib.sessions.backends.base import SessionBase
from django.db.models import Q

from nft.accounts import signatures
from nft.accounts.signatures import SignatureKind, Signed
from nft.clients.bundle import Clients
from nft.clients.evm.budget import take_requests
from nft.clients.evm.chain import ChainClient
from nft.clients.evm.errors import ChainError
from nft.models import LinkedAccount, WalletSession
from nft.settings import conf
from profiles.audit import record
from profiles.jobs import enqueue, job
from profiles.leases import fresh, lease_rows
from profiles.people.profiles import profile_of
from profiles.sentences import gettext, gettext_noop

Chains = Callable[[int], ChainClient]
SESSION_KEY = "wallet_session"
# What a proof leaves in the session until the login is complete, which may take a second factor.
STARTED = "wallet_session_started"
BATCH = 200
# Requests that a batch may take: some contracts are asked alone.
BATCH_REQUESTS = 30
RETRY = timedelta(hours=1)
SEEN_WRITTEN_EVERY = timedelta(days=1)

NOT_VOUCHED = gettext(
    "You were signed out: the contract of the account you signed in with no longer accepts that signature. "
    "Sign in again with a signature it accepts, or in another way."
)
UNCHECKED = gettext_noop(
    "You were signed out: the chain of the account you signed in with could not be asked for %(days)s days whether the "
    "account still accepts your signature. Sign in again."
)
UNLINKED = gettext("You were signed out: the account you signed in with is no longer linked to your profile.")
MOVED = gettext(
    "You were signed out: the account you signed in with was moved to another profile by somebody who signed for it. "
    "Was it not you? Then somebody else has the key of this account."
)
GONE = gettext_noop("You were signed out, as the account you signed in with is not known here any more. Sign in again.")


def remember_proof(session: SessionBase, account: LinkedAccount, text: str, signature: str) -> None:
    """Store in the session which account was proved. `begin_session` makes it a row once the person is logged in."""
    started: dict[str, str | int] = {"account": str(account.pk), "user": str(account.user.pk)}
    if account.is_contract_account:
        started |= {"text": text, "signature": signature}
    session[STARTED] = started


def begin_session(session: SessionBase, user_id: int, now: datetime) -> None:
    """Record the wallet that `remember_proof` stored for this login. A login in another way ends what was before."""
    started = session.pop(STARTED, None)
    session.pop(SESSION_KEY, None)
    if not isinstance(started, dict) or started.get("user") != str(user_id):
        return
    row = WalletSession(user_id=user_id, begun_at=now, seen_at=now, checked_at=now)
    account = LinkedAccount.objects.filter(pk=started["account"], user_id=user_id)
    if account.update(last_used_at=now):
        row.account_id = UUID(started["account"])
        _set_signature(row, str(started.get("text", "")), str(started.get("signature", "")), now)
    else:  # unlinked or moved since it signed, as while a second factor was looked for
        row.ended_at, row.ended_because = now, UNLINKED
    row.save(force_insert=True)
    session[SESSION_KEY] = str(row.pk)


def discard_proof(session: SessionBase) -> None:
    """Drop what `remember_proof` stored: the person goes on in another way."""
    session.pop(STARTED, None)


def renew_signature(session: SessionBase, account: LinkedAccount, text: str, signature: str, now: datetime) -> None:
    """Replace the stored signature by a fresh one of the account that began this session."""
    row = _row_of(session)
    if row is not None and row.account_id == account.pk and row.text:
        _set_signature(row, text, signature, now)
        # Whatever a worker finds out about the old signature does not count any more.
        row.checked_at, row.attempt = now, None
        row.save(update_fields=["text", "signature", "checked_at", "due_at", "attempt"])


def get_end_reason(session: SessionBase, now: datetime) -> str:
    """Return the reason to end this session, empty if there is none. Needs no worker."""
    if SESSION_KEY not in session:
        return ""
    row = _row_of(session)
    if row is None:
        return gettext(GONE)
    if row.ended_at is not None:
        return row.ended_because
    if row.due_at is not None and now - row.checked_at > _unchecked_max():
        return _unchecked()
    if now - row.seen_at > SEEN_WRITTEN_EVERY:
        WalletSession.objects.filter(pk=row.pk).update(seen_at=now)
    return ""


def delete_session(session: SessionBase) -> None:
    """Delete what was kept of the wallet's signature: the person signed out."""
    row = _row_of(session)
    if row is not None:
        row.delete()


def delete_sessions(keys: Iterable[str]) -> None:
    """Delete the same of sessions that are ended from elsewhere. `keys` are what they hold under SESSION_KEY."""
    WalletSession.objects.filter(pk__in=list(keys)).delete()


def delete_all_sessions() -> None:
    WalletSession.objects.all().delete()


def end_sessions_of(account: LinkedAccount, reason: str, now: datetime, keep: str | None = None) -> None:
    """End all sessions this account began except the one that `keep` names, and drop their signatures.

    Call within the transaction that takes the account away.
    """
    begun = WalletSession.objects.filter(account=account)
    others = begun.exclude(pk=keep) if keep else begun
    others.filter(ended_at=None).update(ended_at=now, ended_because=reason)
    begun.update(text="", signature=b"", **fresh(None))


@job(queue="chain", every=timedelta(minutes=1))
def recheck_wallet_sessions(now: datetime, clients: Clients) -> None:
    """Recheck a batch of sessions on each chain.

    Any number of workers may run it at once: where more is due it is queued again, within the chain's budget.
    """
    taken = 0
    chain_ids = WalletSession.objects.filter(_due(now)).values_list("account__chain_id", flat=True)
    for chain_id in sorted(set(chain_ids[: 2 * BATCH])):
        if take_requests(chain_id, BATCH_REQUESTS):
            taken = max(taken, recheck_due(clients.chain, now, chain_id).checked)
    if taken == BATCH:
        enqueue(recheck_wallet_sessions, expires=60)


@job(every=timedelta(hours=1), expires=None)
def delete_old_sessions(now: datetime) -> int:
    """Delete the rows of sessions whose cookie has expired. Return how many."""
    return WalletSession.objects.filter(seen_at__lt=now - _cookie_age() - 2 * SEEN_WRITTEN_EVERY).delete()[0]


@dataclass(frozen=True)
class Rechecked:
    """How many sessions were checked, and how many of them ended."""

    checked: int
    ended: int


def recheck_due(chains: Chains, now: datetime, chain_id: int) -> Rechecked:
    """Ask the contracts of a batch of sessions on one chain that are due."""
    rows = WalletSession.objects.select_related("user").order_by("due_at")
    here = LinkedAccount.objects.filter(chain_id=chain_id)
    leased = lease_rows(rows.filter(ended_at=None, account__in=here), now, BATCH)
    accounts = LinkedAccount.objects.in_bulk([row.account_id for row in leased])
    known = [(row, accounts[row.account_id]) for row in leased if row.account_id in accounts]
    ended = 0
    for (row, _), kind in zip(known, _verify(chains, chain_id, known), strict=True):
        with row.attempting(now):
            ended += _record_kind(row, kind, now)
    return Rechecked(len(leased), ended)


def _due(now: datetime) -> Q:
    return Q(due_at__lte=now, ended_at=None, account__isnull=False)


def _verify(chains: Chains, chain_id: int, rows: Sequence[tuple[WalletSession, LinkedAccount]]) -> list[SignatureKind]:
    signed = [Signed(account.address, row.text, bytes(row.signature)) for row, account in rows]
    try:
        return signatures.verify_many(chains(chain_id), signed)
    except ChainError:  # the chain is not configured now
        return [SignatureKind.UNKNOWN] * len(rows)


def _record_kind(row: WalletSession, kind: SignatureKind, now: datetime) -> bool:
    """Return whether the session was ended."""
    if kind is SignatureKind.WRONG:
        return _end(row, NOT_VOUCHED, now)
    if kind is not SignatureKind.UNKNOWN:
        row.release(now + _recheck_every(), checked_at=now)
        return False
    if now - row.checked_at > _unchecked_max():
        return _end(row, _unchecked(), now)
    row.retry(gettext("The chain did not answer."), now, RETRY)
    return False


def _end(row: WalletSession, reason: str, now: datetime) -> bool:
    ended = row.release(None, ended_at=now, ended_because=reason, text="", signature=b"")
    if ended:
        record(profile_of(row.user), "session.end", None, account=str(row.account_id))
    return ended


def _set_signature(row: WalletSession, text: str, signature: str, now: datetime) -> None:
    row.text, row.signature = text, signatures.read_signature(signature) if text else b""
    row.due_at = now + _recheck_every() if text else None


def _row_of(session: SessionBase) -> WalletSession | None:
    try:
        key = UUID(str(session.get(SESSION_KEY)))
    except ValueError:
        return None
    return WalletSession.objects.filter(pk=key).first()


def _recheck_every() -> timedelta:
    return timedelta(seconds=conf().session_recheck)


def _unchecked_max() -> timedelta:
    return timedelta(seconds=conf().session_unchecked_max)


def _unchecked() -> str:
    return gettext(UNCHECKED, days=_unchecked_max().days)


def _cookie_age() -> timedelta:
    return timedelta(seconds=settings.SESSION_COOKIE_AGE)

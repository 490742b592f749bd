"""Sessions that a wallet began: which account it was, and whether it still vouches for them.

The session of the site names a row here. Ending the row ends the session, whatever key it has by then; the person is
told the reason at their next request. The contract of a contract account may stop accepting a signature, so it is asked
again every NFT_SESSION_RECHECK seconds. During an outage of the chain a session goes on for NFT_SESSION_UNCHECKED_MAX.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from datetime import datetime, timedelta
from uuid import UUID

from django.conf import settings
from django.contrib.sessions.backends.base import SessionBase

from nft.accounts import signatures
from nft.accounts.signatures import SignatureKind
from nft.clients.bundle import Clients
from nft.clients.evm.chain import ChainClient
from nft.clients.evm.errors import ChainError
from nft.models import LinkedAccount, WalletSession
from nft.settings import conf
from profiles.audit import record
from profiles.jobs import job
from profiles.people.profiles import profile_of

Chains = Callable[[int], ChainClient]
SESSION_KEY = "wallet_session"
# What a proof leaves in the session until the login is complete, which may take a second factor.
STARTED = "wallet_session_started"
BATCH = 200
RETRY = timedelta(hours=1)
SEEN_WRITTEN_EVERY = timedelta(days=1)

NOT_VOUCHED = (
    "You were signed out: the contract of the account you signed in with no longer accepts that signature. "
    "Sign in again with a signature it accepts, or in another way."
)
UNCHECKED = (
    "You were signed out: the chain of the account you signed in with could not be asked for {days} days whether the "
    "account still accepts your signature. Sign in again."
)
UNLINKED = "You were signed out: the account you signed in with is no longer linked to your profile."
MOVED = (
    "You were signed out: the account you signed in with was moved to another profile by somebody who signed for it. "
    "Was it not you? Then somebody else has the key of this account."
)
GONE = "You were signed out, as the account you signed in with is not known here any more. Sign in again."


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
    account = LinkedAccount.objects.filter(pk=started["account"], user_id=user_id).first()
    row = WalletSession(user_id=user_id, account=account, begun_at=now, seen_at=now, checked_at=now)
    if account is None:  # unlinked or moved since it signed, as while a second factor was looked for
        row.ended_at, row.ended_because = now, UNLINKED
    else:
        _set_signature(row, str(started.get("text", "")), str(started.get("signature", "")), now)
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
        row.checked_at = now
        row.save(update_fields=["text", "signature", "checked_at", "next_check_at"])


def get_end_reason(session: SessionBase, now: datetime) -> str:
    """Return the reason to end this session, empty if there is none. Needs no worker."""
    if SESSION_KEY not in session:
        return ""
    row = _row_of(session)
    if row is None:
        return GONE
    if row.ended_at is not None:
        return row.ended_because
    if row.next_check_at is not None and now - row.checked_at > _unchecked_max():
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
    begun.update(text="", signature=b"", next_check_at=None)


@job(queue="chain", every=lambda: min(_recheck_every(), timedelta(minutes=10)))
def recheck_wallet_sessions(now: datetime, clients: Clients) -> None:
    recheck_due(clients.chain, now)


def recheck_due(chains: Chains, now: datetime) -> int:
    """Ask the contracts of sessions that are due; delete rows whose cookie has expired. Return how many it ended."""
    WalletSession.objects.filter(seen_at__lt=now - _cookie_age() - 2 * SEEN_WRITTEN_EVERY).delete()
    due = WalletSession.objects.filter(next_check_at__lte=now, ended_at=None, account__isnull=False)
    rows = list(due.select_related("account", "user").order_by("next_check_at")[:BATCH])
    return sum(_recheck(row, chains, now) for row in rows)


def _recheck(row: WalletSession, chains: Chains, now: datetime) -> bool:
    """Return whether the session was ended."""
    kind = _verify(row, chains)
    if kind is SignatureKind.WRONG:
        return _end(row, NOT_VOUCHED, now)
    if kind is not SignatureKind.UNKNOWN:
        WalletSession.objects.filter(pk=row.pk).update(checked_at=now, next_check_at=now + _recheck_every())
        return False
    if now - row.checked_at > _unchecked_max():
        return _end(row, _unchecked(), now)
    WalletSession.objects.filter(pk=row.pk).update(next_check_at=now + RETRY)
    return False


def _verify(row: WalletSession, chains: Chains) -> SignatureKind:
    account = row.account
    assert account is not None  # noqa: S101  # the query of recheck_due; tells the type checker
    try:
        return signatures.verify(chains(account.chain_id), account.address, row.text, bytes(row.signature))
    except ChainError:  # the chain is not configured now
        return SignatureKind.UNKNOWN


def _end(row: WalletSession, reason: str, now: datetime) -> bool:
    standing = WalletSession.objects.filter(pk=row.pk, ended_at=None, checked_at=row.checked_at)
    ended = standing.update(ended_at=now, ended_because=reason, text="", signature=b"", next_check_at=None)
    if ended:
        record(profile_of(row.user), "session.end", None, account=str(row.account_id))
    return bool(ended)


def _set_signature(row: WalletSession, text: str, signature: str, now: datetime) -> None:
    row.text, row.signature = text, signatures.read_signature(signature) if text else b""
    row.next_check_at = now + _recheck_every() if text else None


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
    return UNCHECKED.format(days=_unchecked_max().days)


def _cookie_age() -> timedelta:
    return timedelta(seconds=settings.SESSION_COOKIE_AGE)

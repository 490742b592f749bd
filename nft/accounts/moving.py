"""Move an account from one profile to another, by a signature of the account that names the profile it goes to.

Both profiles usually belong to the same person: one made by signing in with the wallet, one with a password. The
earlier profile keeps everything except the account and its tokens. If it has no other way to sign in, the account signs
in to it again as soon as it is linked to nobody (`AccountReturn`).
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from django.contrib.auth.models import User
from django.db import transaction

from nft.accounts import linking, sessions
from nft.accounts.linking import Proof
from nft.models import AccountReturn, LinkedAccount


@dataclass(frozen=True)
class Moved:
    """The moved account. `leaves_behind`: the profile it came from has no other way to sign in."""

    account: LinkedAccount
    was_elsewhere: bool
    leaves_behind: bool


def move_account(user: User, proof: Proof, now: datetime) -> Moved:
    """Link a proved account to `user`, and take it from whoever has it.

    In one transaction the earlier profile loses the account, its token pictures and the sessions it began. Raise
    AccountError of the kind ACCOUNT_DISABLED.
    """
    with transaction.atomic():
        held = _hold(user, proof)
        if held is None:
            return Moved(linking.link_account(user, proof, now), was_elsewhere=False, leaves_behind=False)
        leaves_behind = _is_last_login(held)
        _take(held, actor=user, now=now)
        if leaves_behind:
            _remember_way_back(held.user, proof, now)
        return Moved(linking.create_account(user, proof, now), was_elsewhere=True, leaves_behind=leaves_behind)


def _hold(user: User, proof: Proof) -> LinkedAccount | None:
    """Lock both people's ways to sign in and return the account, or None if it is nobody else's."""
    found = linking.find_account(proof)
    if found is None or found.user.pk == user.pk:
        return None
    if not found.user.is_active:
        raise linking.account_disabled()  # nobody leaves a profile the site has closed by way of another
    _lock_both(found.user, user)
    return LinkedAccount.objects.select_related("user").filter(pk=found.pk, user=found.user).first()


def _lock_both(one: User, other: User) -> None:
    """Lock in a fixed order, so that two people who move accounts to each other can't deadlock."""
    for user in sorted((one, other), key=lambda each: str(each.pk)):
        linking.lock_logins(user)


def _is_last_login(account: LinkedAccount) -> bool:
    others = account.user.nft_linked_accounts.exclude(pk=account.pk)
    return not others.exists() and not linking.has_other_login(account.user)


def _take(account: LinkedAccount, actor: User, now: datetime) -> None:
    sessions.end_sessions_of(account, sessions.MOVED, now)
    linking.remove_account(account, "move", actor=actor, now=now)


def _remember_way_back(user: User, proof: Proof, now: datetime) -> None:
    AccountReturn.objects.update_or_create(
        user=user,
        defaults={
            "address": proof.address,
            "chain_id": proof.chain_id,
            "is_contract_account": proof.is_contract_account,
            "left_at": now,
        },
    )

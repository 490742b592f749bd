"""Moving an account from one profile to another, by a signature of the account that names the profile it goes to.

Both profiles are usually the same person's: one made by signing in with the wallet, one with a password. The earlier
profile keeps everything but the account and the tokens it holds. Where it has no other way in, it is not lost: the
account leads back to it as soon as it is linked to nobody (`AccountReturn`).
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
    """`leaves_behind`: the profile the account came from, if it `was_elsewhere`, has no other way to sign in."""

    account: LinkedAccount
    was_elsewhere: bool
    leaves_behind: bool


def move_account(user: User, proof: Proof, now: datetime) -> Moved:
    """Gives a proved account to `user`, whoever had it; links it where nobody had. Raises AccountDisabled.

    In one transaction the earlier profile loses the account, its token pictures and the sessions it began.
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
    """The account, if it is another person's, with both people's ways to sign in locked. Raises AccountDisabled."""
    found = linking.find_account(proof)
    if found is None or found.user.pk == user.pk:
        return None
    if not found.user.is_active:
        raise linking.account_disabled()  # nobody leaves a profile the site has closed by way of another
    _lock_both(found.user, user)
    return LinkedAccount.objects.select_related("user").filter(pk=found.pk, user=found.user).first()


def _lock_both(one: User, other: User) -> None:
    """In one order for everybody: two people who move accounts to each other must not wait for each other."""
    for user in sorted((one, other), key=lambda each: str(each.pk)):
        linking.lock_logins(user)


def _is_last_login(account: LinkedAccount) -> bool:
    others = account.user.linked_accounts.exclude(pk=account.pk)
    return not others.exists() and not linking.has_other_login(account.user)


def _take(account: LinkedAccount, actor: User, now: datetime) -> None:
    sessions.end_of_account(account, sessions.MOVED, now)
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

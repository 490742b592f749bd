"""Link accounts that people proved to their users, and remove them again."""

from __future__ import annotations

import secrets
from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from django.contrib.auth import get_user_model
from django.contrib.auth.models import User
from django.db import IntegrityError, transaction
from django.utils import timezone
from django.utils.module_loading import import_string

from nft.accounts import sessions
from nft.accounts.errors import (
    ACCOUNT_CHANGED,
    ACCOUNT_DISABLED,
    ACCOUNT_IN_USE,
    ACCOUNT_UNKNOWN,
    NOT_YOUR_ACCOUNT,
    AccountError,
    LastLoginMethod,
    NoSuchAccount,
)
from nft.claims.claiming import withdraw_claims_of_account
from nft.core.evm.address import to_checksum
from nft.models import AccountReturn, LinkedAccount
from nft.names.primary import delete_primary_name, request_primary_name
from nft.settings import conf
from nft.signals import account_changed, account_changing
from profiles.audit import record
from profiles.people.profiles import profile_of
from profiles.sentences import gettext as _


@dataclass(frozen=True)
class Proof:
    """An account whose control was proved by a signature.

    The account of a key is the same on every chain; a contract account was proved on `chain_id` only.
    """

    address: bytes
    chain_id: int
    is_contract_account: bool


@dataclass(frozen=True)
class SignedIn:
    """The user to log in, and the account that proved it. `is_new`: the user was created for it."""

    user: User
    account: LinkedAccount
    is_new: bool


def find_account(proof: Proof) -> LinkedAccount | None:
    """Return the linked account that the proof is for, whoever it belongs to."""
    same = LinkedAccount.objects.filter(address=proof.address, is_contract_account=proof.is_contract_account)
    if proof.is_contract_account:
        same = same.filter(chain_id=proof.chain_id)
    return same.select_related("user__avatar_profile").first()


def find_twin(account: LinkedAccount) -> LinkedAccount | None:
    """Return an account of another person with the same address, if any.

    A key that delegated to code (EIP-7702) and what that code accepts are two accounts, and so are contract accounts on
    two chains: who may sign for one may not be who may sign for the other.
    """
    same = LinkedAccount.objects.filter(address=account.address).exclude(user_id=account.user_id)
    return same.order_by("linked_at").first()


def sign_in(proof: Proof, now: datetime) -> SignedIn:
    """Return the user of this account, and create one with a neutral name if nobody has linked it.

    If the account was moved away from a profile that has no other way to sign in, and is linked to nobody now, it signs
    in to that profile. Raise AccountError of the kind ACCOUNT_DISABLED, or ACCOUNT_UNKNOWN where NFT_SIGN_UP is off
    and nobody has linked it.
    """
    account = find_account(proof)
    if account is not None:
        return _known(account)
    try:
        with transaction.atomic():
            earlier = _returning(proof)
            user = earlier or _create_user()
            return SignedIn(user, create_account(user, proof, now), is_new=earlier is None)
    except IntegrityError:
        # The same account signed up in parallel: sign in to the user created there.
        account = find_account(proof)
        if account is None:
            raise
        return _known(account)


def link_account(user: User, proof: Proof, now: datetime) -> LinkedAccount:
    """Link an account, or record its use if it is theirs already. Raise AccountError of the kind ACCOUNT_IN_USE."""
    account = find_account(proof)
    if account is None:
        try:
            with transaction.atomic():
                return create_account(user, proof, now)
        except IntegrityError:
            account = find_account(proof)
            if account is None:
                raise
    if account.user.pk != user.pk:
        sentence = _(
            "%(address)s is linked to another profile here. If that profile is yours, or was, "
            "you can move the wallet to this one: choose “Move a wallet here” and sign once more.",
            address=to_checksum(proof.address),
        )
        raise AccountError(sentence, ACCOUNT_IN_USE)
    _record_use(account, now)
    return account


def find_own_account(user: User, proof: Proof, now: datetime) -> LinkedAccount:
    """Return this person's account that the proof is for, and record its use. Raise the kind NOT_YOUR_ACCOUNT."""
    account = find_account(proof)
    if account is None or account.user.pk != user.pk:
        address = to_checksum(proof.address)
        sentence = _(
            "%(address)s is not linked to your profile, so it can't prove that it is you. Choose one that is.",
            address=address,
        )
        raise AccountError(sentence, NOT_YOUR_ACCOUNT)
    _record_use(account, now)
    return account


def unlink_account(user: User, account_id: UUID, now: datetime, keep_session: str | None = None) -> int:
    """Remove an account, the right to show its tokens, and the sessions it began except `keep_session`.

    All in one transaction. Return how many pictures lost their right. Raise NoSuchAccount or LastLoginMethod.
    """
    with transaction.atomic():
        lock_logins(user)
        accounts = {account.pk: account for account in user.nft_linked_accounts.all()}
        if account_id not in accounts:
            raise NoSuchAccount
        if len(accounts) == 1 and not has_other_login(user):
            raise LastLoginMethod
        sessions.end_sessions_of(accounts[account_id], sessions.UNLINKED, now, keep_session)
        return remove_account(accounts[account_id], "unlink", actor=user, now=now)


def remove_account_as_staff(account: LinkedAccount, actor: User, now: datetime, reason: str) -> None:
    """Remove an account for a stated reason. Allowed for the last login method too."""
    with transaction.atomic():
        lock_logins(account.user)
        sessions.end_sessions_of(account, sessions.UNLINKED, now)
        record(profile_of(account.user), "account.remove", actor, account=str(account.pk), reason=reason)
        remove_account(account, "unlink", actor=actor, now=now)


def make_primary(user: User, account_id: UUID) -> LinkedAccount:
    """Make this the account that is offered first. Raise NoSuchAccount."""
    with transaction.atomic():
        lock_logins(user)
        account = user.nft_linked_accounts.filter(pk=account_id).first()
        if account is None:
            raise NoSuchAccount
        if not account.is_primary:
            user.nft_linked_accounts.filter(is_primary=True).update(is_primary=False)
            account.is_primary = True
            account.save(update_fields=["is_primary"])
            _audit(account, actor=user, action="account.primary")
    return account


def update_account(user: User, account_id: UUID, *, label: str, is_public: bool) -> LinkedAccount:
    """Set an account's label, and whether others may see its address and name. Raise NoSuchAccount."""
    with transaction.atomic():
        account = user.nft_linked_accounts.select_for_update(no_key=True).filter(pk=account_id).first()
        if account is None:
            raise NoSuchAccount
        was_public, account.label, account.is_public = account.is_public, label, is_public
        account.save(update_fields=["label", "is_public"])
        if was_public != is_public:
            _audit(account, actor=user, action="account.show" if is_public else "account.hide")
        if is_public:
            request_primary_name(account, timezone.now())
        else:
            delete_primary_name(account)
    return account


def can_unlink(user: User, accounts: Collection[object]) -> bool:
    """Return whether one of `accounts`, all that this person has, can be removed without locking them out."""
    return len(accounts) > 1 or has_other_login(user)


def lock_logins(user: User) -> None:
    """Lock this person's ways to sign in until the transaction ends.

    Of two removals at once, neither may count on what the other one removes. Rows that only refer to the user can still
    be written.
    """
    get_user_model().objects.select_for_update(no_key=True).get(pk=user.pk)


def create_account(user: User, proof: Proof, now: datetime) -> LinkedAccount:
    """Create the row of a proved account. A person's first one is primary. Raise IntegrityError if it is linked."""
    lock_logins(user)
    account = LinkedAccount.objects.create(
        user=user,
        address=proof.address,
        chain_id=proof.chain_id,
        is_contract_account=proof.is_contract_account,
        is_primary=not user.nft_linked_accounts.filter(is_primary=True).exists(),
        linked_at=now,
        last_used_at=now,
    )
    AccountReturn.objects.filter(user=user).delete()  # they have a way in again
    _audit(account, actor=user, action="account.link")
    announce(account, "link", user)
    return account


def remove_account(account: LinkedAccount, action: str, actor: User, now: datetime) -> int:
    """Remove an account within the caller's transaction, and stop showing its tokens. Return how many were shown.

    If it was primary, the oldest of the others becomes so. Locks the row: a running check of one of its tokens waits,
    and then finds no account.
    """
    LinkedAccount.objects.select_for_update(no_key=True).filter(pk=account.pk).first()
    withdrawn = withdraw_claims_of_account(account, now)
    _audit(account, actor=actor, action=f"account.{action}")
    announce(account, action, actor)
    user, was_primary = account.user, account.is_primary
    account.delete()
    heir = user.nft_linked_accounts.order_by("linked_at").first() if was_primary else None
    if heir is not None:
        heir.is_primary = True
        heir.save(update_fields=["is_primary"])
    return withdrawn


def announce(account: LinkedAccount, action: str, actor: User) -> None:
    """Send `nft.signals.account_changing` now, and `account_changed` once the transaction is committed."""
    what = {"action": action, "label": account.label, "actor_id": actor.pk}
    account_changing.send(sender=LinkedAccount, user=account.user, **what)
    what["user_id"] = account.user.pk
    transaction.on_commit(lambda: account_changed.send(sender=LinkedAccount, **what), robust=True)


def has_other_login(user: User) -> bool:
    """Return whether the user can sign in without a wallet: by password, or as NFT_OTHER_LOGIN_METHODS says."""
    if user.has_usable_password():
        return True
    path = conf().other_login_methods
    return bool(path) and bool(import_string(path)(user))


def account_disabled() -> AccountError:
    return AccountError(_("The profile this account belongs to has been disabled."), ACCOUNT_DISABLED)


def _known(account: LinkedAccount) -> SignedIn:
    if not account.user.is_active:
        raise account_disabled()
    return SignedIn(account.user, account, is_new=False)


def _record_use(account: LinkedAccount, now: datetime) -> None:
    """Raise AccountError of the kind ACCOUNT_CHANGED if the account is no longer this person's."""
    account.last_used_at = now
    if not LinkedAccount.objects.filter(pk=account.pk, user=account.user).update(last_used_at=now):
        raise AccountError(_("This account was unlinked or moved while you signed. Start again."), ACCOUNT_CHANGED)


def _create_user() -> User:
    if not conf().sign_up:
        text = _("No profile here is linked to this wallet. Sign in another way, then link it in your settings.")
        raise AccountError(text, ACCOUNT_UNKNOWN)
    model = get_user_model()
    name = _neutral_name()
    while model.objects.filter(**{model.USERNAME_FIELD: name}).exists():
        name = _neutral_name()
    user = model(**{model.USERNAME_FIELD: name})
    user.set_unusable_password()
    user.save()
    profile_of(user)
    return user


def _neutral_name() -> str:
    """Return a name that does not contain the address, which would become public."""
    return f"user-{secrets.token_hex(4)}"


def _returning(proof: Proof) -> User | None:
    """Return the user for whom this account was the only way to sign in when it was moved away, if any."""
    same = AccountReturn.objects.filter(address=proof.address, is_contract_account=proof.is_contract_account)
    if proof.is_contract_account:
        same = same.filter(chain_id=proof.chain_id)
    # The last to lose it comes first. A user who has another way to sign in by now is skipped.
    waiting = [each.user for each in same.filter(user__is_active=True).select_related("user").order_by("-left_at")]
    return next((user for user in waiting if not has_other_login(user)), None)


def _audit(account: LinkedAccount, actor: User, action: str) -> None:
    """Record the row's id, not the address: auditors must not see hidden addresses."""
    record(profile_of(account.user), action, actor, account=str(account.pk))

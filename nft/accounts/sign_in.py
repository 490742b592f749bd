"""Act on a signed text (EIP-4361): sign in or up, link or move an account, or prove who one is again."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta

from django.contrib.auth.models import User
from django.db import IntegrityError, transaction
from django.db.models import F

from nft.accounts import linking, moving, signatures
from nft.accounts.challenges import use_challenge
from nft.accounts.errors import (
    BODY_TOO_LARGE,
    CHAIN_UNAVAILABLE,
    SIGNATURE_MISMATCH,
    AccountError,
    body_too_large,
)
from nft.accounts.lifetimes import Chains
from nft.accounts.linking import Proof
from nft.accounts.signatures import SignatureKind
from nft.accounts.tries import Visitor, count_network_try, count_shared_try, count_try
from nft.core.evm.signatures import MAX_SIGNATURE_BYTES, MAX_SIGNATURE_TEXT
from nft.core.evm.siwe import MAX_TEXT_BYTES
from nft.models import LinkedAccount, SignInChallenge, SignInCount
from nft.settings.chains import describe_chain
from profiles.errors import ExpectedError
from profiles.jobs import job
from profiles.limits import TooMany
from profiles.sentences import gettext as _

Purpose = SignInChallenge.Purpose


@dataclass(frozen=True)
class Reply:
    """The answer of a wallet: the text it says it signed, and the signature in hexadecimal."""

    text: str
    signature: str


@dataclass(frozen=True)
class Outcome:
    """The account's owner and what was done.

    `is_new`: the user was just created. `leaves_behind`: the account was moved from a profile that has no other way to
    sign in.
    """

    user: User
    account: LinkedAccount
    purpose: Purpose
    is_new: bool = False
    leaves_behind: bool = False


def finish(visitor: Visitor, reply: Reply, chains: Chains, now: datetime) -> Outcome:
    """Accept a reply once. The challenge is marked as used before the signature is verified, even if that fails.

    Raise AccountError, of a kind for each reason, and what `count_try` raises.
    """
    if len(reply.text.encode("utf-8", "surrogatepass")) > MAX_TEXT_BYTES:
        raise body_too_large(_("The text"), MAX_TEXT_BYTES)
    if len(reply.signature) > MAX_SIGNATURE_TEXT:
        raise body_too_large(_("The signature"), MAX_SIGNATURE_BYTES)
    count_try(visitor, "verify", now)
    challenge = use_challenge(visitor, reply.text, now)
    proof = _prove(challenge, reply.signature, visitor, chains, now)
    return _carry_out(challenge, proof, now)


def _carry_out(challenge: SignInChallenge, proof: Proof, now: datetime) -> Outcome:
    user, purpose = challenge.user, Purpose(challenge.purpose)
    if user is None:
        signed_in = linking.sign_in(proof, now)
        return Outcome(signed_in.user, signed_in.account, purpose, is_new=signed_in.is_new)
    if purpose is Purpose.MOVE:
        moved = moving.move_account(user, proof, now)
        done = Purpose.MOVE if moved.was_elsewhere else Purpose.LINK
        return Outcome(user, moved.account, done, leaves_behind=moved.leaves_behind)
    act = linking.link_account if purpose is Purpose.LINK else linking.find_own_account
    return Outcome(user, act(user, proof, now), purpose)


def _prove(challenge: SignInChallenge, signature: str, visitor: Visitor, chains: Chains, now: datetime) -> Proof:
    content = signatures.read_signature(signature)
    if signatures.recover(challenge.text, content) == challenge.address:
        return Proof(challenge.address, challenge.chain_id, is_contract_account=False)
    # From here on a chain is asked, which costs more than all the rest.
    count_network_try(visitor, "contract-signature-network", now)
    account = f"{challenge.chain_id}:{challenge.address.hex()}"
    count_shared_try(visitor, "contract-signature-account", account, now)
    count_shared_try(visitor, "contract-signature-everyone", "", now)
    kind = signatures.verify(chains(challenge.chain_id), challenge.address, challenge.text, content)
    if kind is SignatureKind.UNKNOWN:
        sentence = _(
            "%(name)s does not answer, so the signature of this account can't be checked now. "
            "Nothing is wrong with it: try again in a minute.",
            name=describe_chain(challenge.chain_id).name,
        )
        raise AccountError(sentence, CHAIN_UNAVAILABLE)
    if kind is SignatureKind.WRONG:
        why = signatures.describe_mismatch(challenge.address, challenge.text, content)
        raise AccountError(why, SIGNATURE_MISMATCH)
    return Proof(challenge.address, challenge.chain_id, is_contract_account=kind is SignatureKind.CONTRACT)


# How many tries to sign in by wallet were refused, by day and reason: enough to see an attack, and no personal data.
# The audit log of a person lists what succeeded.

KEPT = timedelta(days=400)


def count_refusal(refusal: ExpectedError, now: datetime) -> None:
    """Add one to the day's count of this reason. What is refused unread is not counted, to spare the database."""
    outcome = refusal.slug
    if refusal.is_a(BODY_TOO_LARGE) or isinstance(refusal, TooMany) or _add_one(outcome, now):
        return
    try:
        with transaction.atomic():
            SignInCount.objects.create(day=now.date(), outcome=outcome, count=1)
    except IntegrityError:  # the day's first one, in parallel
        _add_one(outcome, now)


@job(every=timedelta(minutes=5), expires=None)
def delete_old_counts(now: datetime) -> None:
    SignInCount.objects.filter(day__lt=(now - KEPT).date()).delete()


def _add_one(outcome: str, now: datetime) -> bool:
    return SignInCount.objects.filter(day=now.date(), outcome=outcome).update(count=F("count") + 1) == 1

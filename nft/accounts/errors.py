"""Why a sign-in, or a change to somebody's accounts, was refused.

Each reason is a `Kind`; the classes are those that pages catch. Raise with the sentence for the person.
"""

from __future__ import annotations

from profiles.errors import ExpectedError, Kind
from profiles.sentences import gettext as _
from profiles.sentences import gettext_noop

MALFORMED_REQUEST = Kind("malformed-request", gettext_noop("The request is not what this address takes"))
BODY_TOO_LARGE = Kind("body-too-large", gettext_noop("The body is over the limit"), 413)
BAD_ADDRESS = Kind("bad-address", gettext_noop("Not an Ethereum address"))
UNSUPPORTED_CHAIN = Kind("unsupported-chain", gettext_noop("This chain is not supported"))
SIGN_IN_REQUIRED = Kind("sign-in-required", gettext_noop("Sign in first"), 403)
# A sensitive step whose person proved themselves too long ago.
PROOF_REQUIRED = Kind("proof-required", gettext_noop("Prove once more that it is you"), 403, permanent=False)
# No text was issued to this session, or so long ago that it is forgotten.
CHALLENGE_UNKNOWN = Kind("challenge-unknown", gettext_noop("Nothing was asked of you"), permanent=False)
CHALLENGE_EXPIRED = Kind("challenge-expired", gettext_noop("The text to sign has expired"), permanent=False)
CHALLENGE_USED = Kind("challenge-used", gettext_noop("This text was already answered"), 409, permanent=False)
# The text is not one of those issued to this session.
TEXT_CHANGED = Kind("text-changed", gettext_noop("The signed text is not ours"))
SIGNATURE_MALFORMED = Kind("signature-malformed", gettext_noop("Not a signature"))
SIGNATURE_MISMATCH = Kind("signature-mismatch", gettext_noop("Signed by another account"), 403)
# The contract of an account could not be asked. Never to be read as a wrong signature.
CHAIN_UNAVAILABLE = Kind("chain-unavailable", gettext_noop("The chain does not answer"), 503, permanent=False)
ACCOUNT_IN_USE = Kind("account-in-use", gettext_noop("The account is linked to another profile"), 409)
# The signature proves an account, but none of the person who is signed in.
NOT_YOUR_ACCOUNT = Kind("not-your-account", gettext_noop("The account is not linked to your profile"), 403)
ACCOUNT_CHANGED = Kind("account-changed", gettext_noop("The account was unlinked or moved"), 409)
# Nobody has linked the account, and NFT_SIGN_UP says that no account is opened for it.
ACCOUNT_UNKNOWN = Kind("account-unknown", gettext_noop("This wallet is not linked to a profile"), 403)
ACCOUNT_DISABLED = Kind("account-disabled", gettext_noop("This profile is disabled"), 403)


class AccountError(ExpectedError):
    """A refused sign-in, or a refused change to somebody's accounts."""


class NoSuchAccount(AccountError):
    """The account is none of this person's."""

    kind = Kind("no-such-account", gettext_noop("No such account"), 404)

    def __init__(self) -> None:
        super().__init__(_("You have no such account."))


class LastLoginMethod(AccountError):
    """Without this account the person could never sign in again."""

    kind = Kind("last-login-method", gettext_noop("Your only way to sign in"), 409)

    def __init__(self) -> None:
        super().__init__(
            _("This is your only way to sign in. Set a password, add a passkey or link another account first.")
        )


def body_too_large(what: str, limit: int) -> AccountError:
    return AccountError(
        _("%(what)s is longer than the limit of %(limit)s bytes.", what=what, limit=limit), BODY_TOO_LARGE
    )

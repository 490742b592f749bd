"""Why a sign-in, or a change to somebody's accounts, was refused.

Refused                       message: a sentence for the person; slug, title and status: for programs (RFC 9457)
├── MalformedRequest          not the JSON we ask for
├── BodyTooLarge              more bytes than we read
├── BadAddress                no address, or a wrong EIP-55 checksum
├── UnsupportedChain          a chain this site does not read
├── SignInRequired            linking needs a person to link to
├── ProofRequired         *   a sensitive step, and the person proved themselves too long ago
├── ChallengeRefused
│   ├── ChallengeUnknown  *   nothing was issued to this session
│   ├── ChallengeExpired  *   answered too late
│   ├── ChallengeUsed     *   answered before
│   └── TextChanged           the text is not one of those we issued
├── SignatureMalformed        no signature at all
├── SignatureMismatch         a signature, but not of this account
├── ChainUnavailable      *   a contract account could not be asked; never read as "wrong"
├── AccountInUse              linked to another person
├── NotYourAccount            proves somebody, not the person who is signed in
├── AccountDisabled           the person may not sign in
├── NoSuchAccount             not one of this person's accounts
└── LastLoginMethod           without it the person could never sign in again

`permanent` says whether the same request can succeed later: False for those marked *.
"""

from __future__ import annotations

from typing import ClassVar


class Refused(Exception):  # a refusal is an expected answer; the leaves are named after what happened
    slug: ClassVar[str]
    title: ClassVar[str]
    status: ClassVar[int] = 400
    permanent: ClassVar[bool] = True

    @property
    def sentence(self) -> str:
        return str(self)


class MalformedRequest(Refused):
    slug = "malformed-request"
    title = "The request is not what this address takes"


class BodyTooLarge(Refused):
    slug = "body-too-large"
    title = "The request is too large"
    status = 413

    def __init__(self, what: str, limit: int) -> None:
        super().__init__(f"{what} is longer than the limit of {limit:,} bytes.")


class BadAddress(Refused):
    slug = "bad-address"
    title = "Not an Ethereum address"


class UnsupportedChain(Refused):
    slug = "unsupported-chain"
    title = "This chain is not supported"


class SignInRequired(Refused):
    slug = "sign-in-required"
    title = "Sign in first"
    status = 403

    def __init__(self) -> None:
        super().__init__("Sign in first, then link the account.")


class ProofRequired(Refused):
    slug = "proof-required"
    title = "Prove once more that it is you"
    status = 403
    permanent = False

    def __init__(self) -> None:
        super().__init__("You signed in a while ago. Load this page again and prove that it is still you, then go on.")


class ChallengeRefused(Refused):
    permanent = False


class ChallengeUnknown(ChallengeRefused):
    slug = "challenge-unknown"
    title = "Nothing was asked of you"

    def __init__(self) -> None:
        super().__init__("This browser was given no text to sign, or too long ago. Start again.")


class ChallengeExpired(ChallengeRefused):
    slug = "challenge-expired"
    title = "The text to sign has expired"

    def __init__(self, minutes: int) -> None:
        super().__init__(f"The text has to be signed within {minutes} minutes. Start again and sign the new one.")


class ChallengeUsed(ChallengeRefused):
    slug = "challenge-used"
    title = "This text was already answered"
    status = 409

    def __init__(self) -> None:
        super().__init__("This text was already answered once. Start again and sign the new one.")


class TextChanged(ChallengeRefused):
    slug = "text-changed"
    title = "The signed text is not ours"
    permanent = True

    def __init__(self) -> None:
        super().__init__(
            "The signed text differs from the one this browser was given. Start again and sign it unchanged."
        )


class SignatureMalformed(Refused):
    slug = "signature-malformed"
    title = "Not a signature"


class SignatureMismatch(Refused):
    slug = "signature-mismatch"
    title = "Signed by another account"
    status = 403


class ChainUnavailable(Refused):
    slug = "chain-unavailable"
    title = "The chain does not answer"
    status = 503
    permanent = False

    def __init__(self, chain_name: str) -> None:
        super().__init__(
            f"{chain_name} does not answer, so the signature of this account can't be checked now. "
            "Nothing is wrong with it: try again in a minute."
        )


class AccountInUse(Refused):
    slug = "account-in-use"
    title = "The account is linked to another profile"
    status = 409

    def __init__(self, address: str) -> None:
        super().__init__(
            f"{address} is linked to another profile here. If that profile is yours, or was, you can move the account "
            "to this one: choose “Move an account here” and sign once more."
        )


class NotYourAccount(Refused):
    slug = "not-your-account"
    title = "The account is not linked to your profile"
    status = 403

    def __init__(self, address: str) -> None:
        super().__init__(
            f"{address} is not linked to your profile, so it can't prove that it is you. Choose one that is."
        )


class AccountChanged(Refused):
    slug = "account-changed"
    title = "The account was unlinked or moved"
    status = 409

    def __init__(self) -> None:
        super().__init__("This account was unlinked or moved while you signed. Start again.")


class AccountDisabled(Refused):
    slug = "account-disabled"
    title = "This profile is disabled"
    status = 403

    def __init__(self) -> None:
        super().__init__("The profile this account belongs to has been disabled.")


class NoSuchAccount(Refused):
    slug = "no-such-account"
    title = "No such account"
    status = 404

    def __init__(self) -> None:
        super().__init__("You have no such account.")


class LastLoginMethod(Refused):
    slug = "last-login-method"
    title = "Your only way to sign in"
    status = 409

    def __init__(self) -> None:
        super().__init__(
            "This is your only way to sign in. Set a password, add a passkey or link another account first."
        )

"""Operations on a person's linked accounts."""

from __future__ import annotations

from typing import cast
from uuid import UUID

from django.contrib.auth.models import User
from django.urls import reverse
from django.utils import timezone

from nft.accounts import linking, sign_in
from nft.accounts.challenges import Wanted, issue_challenge
from nft.accounts.errors import (
    ACCOUNT_CHANGED,
    ACCOUNT_DISABLED,
    ACCOUNT_IN_USE,
    BAD_ADDRESS,
    BODY_TOO_LARGE,
    CHAIN_UNAVAILABLE,
    CHALLENGE_EXPIRED,
    CHALLENGE_UNKNOWN,
    CHALLENGE_USED,
    SIGNATURE_MALFORMED,
    SIGNATURE_MISMATCH,
    TEXT_CHANGED,
    UNSUPPORTED_CHAIN,
    LastLoginMethod,
    NoSuchAccount,
)
from nft.accounts.lifetimes import LIFETIME
from nft.accounts.listing import ShownAccount, list_accounts
from nft.accounts.sign_in import Reply
from nft.accounts.tries import Visitor
from nft.api.schemas import CHAIN_ID, CHAIN_NAME, ETH_ADDRESS
from nft.api.scopes import WALLETS, WALLETS_READ
from nft.clients.evm.chain import get_chain
from nft.forms.wallets import LABEL_LENGTH, AccountForm, read_address
from nft.models import SignInChallenge
from profiles import settings
from profiles.errors import ExpectedError
from profiles.limits import networks_of_request
from profiles.programs.errors import BODY_INVALID, CONFIRM_ON_SITE, confirm_on_site
from profiles.programs.operations import Answer, Call, Group, Json, Operation, Parameter
from profiles.programs.schemas import (
    COUNT,
    IDENTIFIER,
    MOMENT,
    TEXT,
    YES_NO,
    Schema,
    answer_of,
    described,
    input_of,
    list_of,
    one_of,
    ref,
    text_up_to,
)

Purpose = SignInChallenge.Purpose


def user_of(call: Call) -> User:
    return cast("User", call.actor)


def get_accounts(call: Call) -> Answer:
    return {"accounts": [_entry(account) for account in list_accounts(user_of(call))]}


def ask_challenge(call: Call) -> Answer:
    """Issue a text to sign, which is good for this token only. Moving an account is for its person to do."""
    said = call.values
    if said["purpose"] == Purpose.MOVE:
        url = settings.current().site_origin + reverse("nft:wallet_move")
        raise confirm_on_site(f"An account is taken from another profile on the site only: {url}", url)
    wanted = Wanted(
        read_address(said["address"]),
        said["chain_id"],
        Purpose.LINK,
        may_have_code=said.get("may_have_code", False),
    )
    issued = issue_challenge(_visitor(call), wanted, call.now, get_chain)
    lifetime = issued.expires_at - issued.issued_at
    return {
        "text": issued.text,
        "expires_at": issued.expires_at.isoformat(),
        "seconds": int(lifetime.total_seconds()),
        "waits": lifetime > LIFETIME,
    }


def link(call: Call) -> Answer:
    reply, now = Reply(call.values["text"], call.values["signature"]), timezone.now()
    try:
        outcome = sign_in.finish(_visitor(call), reply, get_chain, now)
    except ExpectedError as refusal:
        sign_in.count_refusal(refusal, now)
        raise
    return _account(call, outcome.account.pk)


def update(call: Call, account_id: UUID) -> Answer:
    said, user = call.values, user_of(call)
    account = _find(call, account_id)
    if "label" in said or "is_public" in said:
        before = {"label": account.label, "is_public": account.is_public}
        form = AccountForm(before | {name: said[name] for name in before if name in said})
        if not form.is_valid():
            raise ExpectedError(" ".join(map(str, form.errors["label"])), BODY_INVALID)
        linking.update_account(user, account_id, **form.cleaned_data)
    if said.get("is_primary"):
        linking.make_primary(user, account_id)
    return _account(call, account_id)


def unlink(call: Call, account_id: UUID) -> Answer:
    return {"pictures_withdrawn": linking.unlink_account(user_of(call), account_id, call.now)}


def _visitor(call: Call) -> Visitor:
    assert call.token is not None  # noqa: S101  # no operation here is public; tells the type checker
    return Visitor(None, user_of(call), networks_of_request(call.request), token=str(call.token.pk))


def _account(call: Call, account_id: UUID) -> Answer:
    return _entry(_find(call, account_id))


def _find(call: Call, account_id: UUID) -> ShownAccount:
    found = next((each for each in list_accounts(user_of(call)) if each.id == account_id), None)
    if found is None:
        raise NoSuchAccount
    return found


def _entry(account: ShownAccount) -> dict[str, object]:
    return {
        "id": str(account.id),
        "address": account.address,
        "chain_id": account.chain_id,
        "chain_name": account.chain_name,
        "is_contract_account": account.is_contract_account,
        "name": account.name,
        "label": account.label,
        "is_public": account.is_public,
        "is_primary": account.is_primary,
        "linked_at": account.linked_at.isoformat(),
        "last_used_at": account.last_used_at.isoformat(),
    }


# --- what the document says -------------------------------------------------------------------------------------------

_SCHEMAS: dict[str, Schema] = {
    "Account": answer_of(
        {
            "id": IDENTIFIER,
            "address": ETH_ADDRESS,
            "chain_id": described(CHAIN_ID, "Where it was proved. The account of a key is the same on every chain."),
            "chain_name": CHAIN_NAME,
            "is_contract_account": YES_NO,
            "name": described(TEXT, "Its ENS name; empty without one."),
            "label": TEXT,
            "is_public": described(YES_NO, "Whether others see its address and name."),
            "is_primary": described(YES_NO, "Whether it is offered first."),
            "linked_at": MOMENT,
            "last_used_at": MOMENT,
        },
        "An account that you linked.",
    ),
    "Accounts": answer_of({"accounts": list_of(ref("Account"))}, "Your accounts, the primary one first."),
    "Challenge": answer_of(
        {
            "text": described(TEXT, "To be signed exactly as it is (personal_sign), and sent back."),
            "expires_at": MOMENT,
            "seconds": described(COUNT, "For how long it is good."),
            "waits": described(YES_NO, "The account is a contract, whose owners have long to sign."),
        },
        "A text to sign (EIP-4361).",
    ),
    "Unlinked": answer_of({"pictures_withdrawn": COUNT}, "How many pictures lost their right with the account."),
}
_ID = Parameter("account_id", "path", IDENTIFIER, "Of an account that you linked.")
_CHALLENGE = input_of(
    {
        "address": text_up_to(64, "0x and 40 hexadecimal digits."),
        "chain_id": CHAIN_ID,
        "purpose": one_of(
            [Purpose.LINK.value, Purpose.MOVE.value],
            "link: an account that nobody has linked. move: one of another profile, which is done on the site only.",
        ),
        "may_have_code": described(YES_NO, "Whether the account may be a contract."),
    },
    required=("address", "chain_id", "purpose"),
    example={"address": "0xd8dA6BF26964aF9D7eEd9e03E53415D37aA96045", "chain_id": 1, "purpose": "link"},
)
_LINK = input_of(
    {"text": TEXT, "signature": described(TEXT, "What the wallet returned, in hexadecimal digits.")},
    required=("text", "signature"),
)
_CHANGE = input_of(
    {
        "label": text_up_to(LABEL_LENGTH),
        "is_public": YES_NO,
        "is_primary": {"type": "boolean", "description": "true makes it the one that is offered first."},
    }
)

ACCOUNTS = Group(
    "Accounts",
    "The wallets that you linked. Each is a way to sign in, and holds the tokens that you may show.",
    (
        Operation(
            "listAccounts", "GET", "/me/accounts", "Your accounts.", get_accounts, WALLETS_READ, "Accounts",
        ),
        Operation(
            "createChallenge", "POST", "/me/accounts/challenge",
            "Gives you a text that the account to link must sign. It is good for this token only.",
            ask_challenge, WALLETS, "Challenge", body=Json(_CHALLENGE),
            problems=(BAD_ADDRESS, UNSUPPORTED_CHAIN, CONFIRM_ON_SITE),
        ),
        Operation(
            "linkAccount", "POST", "/me/accounts", "Links the account that signed the text. Each text is good once.",
            link, WALLETS, "Account", body=Json(_LINK, 40 * 1024),
            problems=(
                CHALLENGE_UNKNOWN, CHALLENGE_EXPIRED, CHALLENGE_USED, TEXT_CHANGED, SIGNATURE_MALFORMED,
                SIGNATURE_MISMATCH, ACCOUNT_IN_USE, ACCOUNT_CHANGED, ACCOUNT_DISABLED, BODY_TOO_LARGE,
                CHAIN_UNAVAILABLE,
            ),
        ),
        Operation(
            "updateAccount", "PATCH", "/me/accounts/{account_id}",
            "Names, shows or hides an account, or makes it primary.",
            update, WALLETS, "Account", (_ID,), Json(_CHANGE), (NoSuchAccount.kind,),
        ),
        Operation(
            "unlinkAccount", "DELETE", "/me/accounts/{account_id}",
            "Unlinks an account: its pictures stop being shown, and the sessions that it began end.",
            unlink, WALLETS, "Unlinked", (_ID,), problems=(NoSuchAccount.kind, LastLoginMethod.kind),
        ),
    ),
    _SCHEMAS,
)  # fmt: skip

"""Operations on a person's linked accounts."""

from __future__ import annotations

from typing import cast
from uuid import UUID

from django.contrib.auth.models import User
from django.urls import reverse

from nft.accounts import linking
from nft.accounts.errors import LastLoginMethod, NoSuchAccount
from nft.accounts.listing import ShownAccount, list_accounts
from nft.api.schemas import CHAIN_ID, CHAIN_NAME, ETH_ADDRESS
from nft.api.scopes import WALLETS, WALLETS_READ
from nft.forms.wallets import LABEL_LENGTH, AccountForm
from profiles import settings
from profiles.errors import ExpectedError
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
    ref,
    text_up_to,
)


def user_of(call: Call) -> User:
    return cast("User", call.actor)


def get_accounts(call: Call) -> Answer:
    return {"accounts": [_entry(account) for account in list_accounts(user_of(call))]}


def link(call: Call) -> Answer:
    """Refuse: a linked wallet signs in for ever, so whoever stole a token would keep the profile after it."""
    del call
    url = settings.current().site_origin + reverse("nft:wallets")
    raise confirm_on_site(f"A wallet is a way to sign in, so it is linked on the site only: {url}", url)


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
    "Unlinked": answer_of({"pictures_withdrawn": COUNT}, "How many pictures lost their right with the account."),
}
_ID = Parameter("account_id", "path", IDENTIFIER, "Of an account that you linked.")
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
            "linkAccount", "POST", "/me/accounts",
            "Always refused: `confirm_at` of the problem is the page on which a person links a wallet.",
            link, WALLETS, "Account", problems=(CONFIRM_ON_SITE,),
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

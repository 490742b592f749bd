"""Decide what the page of a person's accounts says about each of them."""

from __future__ import annotations

from dataclasses import dataclass

from django.urls import reverse
from django.utils.translation import ngettext

from nft.accounts.listing import ShownAccount
from profiles.page_parts import Action, Confirmation, Pill
from profiles.sentences import gettext as _
from profiles.sentences import gettext_noop

UNLINK_TEXT = gettext_noop(
    "NFT pictures held by this account stop being shown at once, and your earlier picture comes back. You cannot sign "
    "in with this account any more, and where you are signed in with it elsewhere, you are signed out. You can link it "
    "again at any time."
)


@dataclass(frozen=True)
class AccountEntry:
    """A linked account. `unlink` is empty for the person's only way to sign in, `make_primary` for the primary one."""

    account: ShownAccount
    title: str
    pills: tuple[Pill, ...]
    proved: str
    make_primary: Action | None
    unlink: Action | None


def account_entry(account: ShownAccount, *, can_unlink: bool) -> AccountEntry:
    shown = Pill(_("Address shown to all"), "wait") if account.is_public else Pill(_("Hidden"))
    proved = _("Contract account on %(chain)s") if account.is_contract_account else _("Proved on %(chain)s")
    return AccountEntry(
        account=account,
        title=account.label or _("Account"),
        pills=(Pill(_("Primary"), "good"), shown) if account.is_primary else (shown,),
        proved=proved % {"chain": account.chain_name},
        make_primary=None if account.is_primary else make_primary(account),
        unlink=unlink(account) if can_unlink else None,
    )


def unlinked_sentence(withdrawn: int) -> str:
    """`withdrawn`: how many pictures the account held."""
    if not withdrawn:
        return _("The account is unlinked.")
    return ngettext(
        "The account is unlinked, and its picture is no longer shown.",
        "The account is unlinked, and its %(count)s pictures are no longer shown.",
        withdrawn,
    ) % {"count": withdrawn}


def make_primary(account: ShownAccount) -> Action:
    url, subject = reverse("nft:wallet_primary", args=[account.id]), account.label or account.address
    return Action(_("Make primary"), url, is_post=True, style="quiet small", subject=subject)


def unlink(account: ShownAccount) -> Action:
    url, confirm = reverse("nft:wallet_unlink", args=[account.id]), Confirmation(_("Unlink"), _(UNLINK_TEXT))
    return Action(_("Unlink this account"), url, is_post=True, style="danger small", confirm=confirm)

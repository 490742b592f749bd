"""Decide what is shown of a transfer before its sender signs it, and until its end."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from django.urls import reverse
from django.utils.html import format_html
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from nft.core.evm.token import TokenStandard
from nft.models import TokenClaim
from nft.transfers.following import Stage, TransferProgress
from nft.transfers.sending import Receiver
from nft.views.claim_facts import ClaimFacts
from profiles.page_parts import Action, Fact


@dataclass(frozen=True)
class Sending:
    """A transfer as it was prepared: `amount` of the `copies` that there are, None if that is not known."""

    receiver: Receiver
    transaction: Mapping[str, Any]
    amount: int = 1
    copies: int | None = 1


def transfer_facts(claim: ClaimFacts, sending: Sending) -> tuple[Fact, ...]:
    """Return what will happen, with every address in full."""
    receiver, transaction = sending.receiver, sending.transaction
    found_by = []
    if receiver.name:
        text = format_html('<strong>{}</strong> <span class="soft">(ENS)</span>', receiver.name)
        found_by.append(Fact(_("To the name"), text))
    if receiver.handle:
        url = reverse("profiles:public", args=[receiver.handle])
        found_by.append(Fact(_("To the person"), format_html('<a href="{}">@{}</a>', url, receiver.handle)))
    return (
        Fact(_("You send"), what_is_sent(claim, sending)),
        Fact(_("From"), format_html("<code>{}</code>", transaction["from"])),
        *found_by,
        Fact(_("Whose address is") if found_by else _("To"), format_html("<code>{}</code>", receiver.address)),
        Fact(_("On"), transaction["chain_name"]),
    )


def what_is_sent(claim: ClaimFacts, sending: Sending) -> str:
    name = ", ".join(filter(None, (claim.name, claim.collection)))
    if claim.standard != TokenStandard.ERC1155:
        return name
    if sending.copies is None or sending.copies == sending.amount:
        return ngettext("%(count)s copy of %(name)s", "%(count)s copies of %(name)s", sending.amount) % {
            "count": sending.amount,
            "name": name,
        }
    text = _("%(count)s of your %(copies)s copies of %(name)s")
    return text % {"count": sending.amount, "copies": sending.copies, "name": name}


def transfer_warning(receiver: Receiver) -> str:
    warning = _("It cannot be called back. If the address is wrong, the token is lost.")
    if receiver.name:
        warning += " " + _("A name can be given another address: compare it with what its owner told you.")
    return warning


@dataclass(frozen=True)
class SentPage:
    """A transfer that was sent. `status_url` is set until its end; `tx_hash` if the network knows it by that."""

    headline: str
    text: str
    status_url: str
    shown: str
    tx_hash: str
    actions: tuple[Action, ...]


def sent_page(claim: TokenClaim, progress: TransferProgress, chain_name: str) -> SentPage:
    has_owners = claim.account is not None and claim.account.is_contract_account
    tokens = Action(_("Your NFTs"), reverse("nft:tokens"), style="primary")
    again = Action(_("Send again"), reverse("nft:transfer", args=[claim.pk]))
    return SentPage(
        headline=sent_headline(progress),
        text=sent_text(progress, chain_name, has_owners=has_owners),
        status_url="" if progress.has_ended else reverse("nft:transfer_status", args=[claim.pk]),
        shown=f"{progress.stage}/",
        tx_hash="" if has_owners else claim.transfer_tx,
        actions=(tokens, again) if progress.stage in {Stage.REFUSED, Stage.MISSING} else (tokens,),
    )


def sent_headline(progress: TransferProgress) -> str:
    if progress.stage is Stage.DONE:
        return _("Sent to %(to)s") % {"to": progress.to} if progress.to else _("It was sent")
    if progress.stage is Stage.REFUSED:
        return _("It was not sent")
    return _("We saw no transfer") if progress.stage is Stage.MISSING else _("On its way")


def sent_text(progress: TransferProgress, chain_name: str, *, has_owners: bool) -> str:
    if progress.stage is Stage.DONE:
        return _("The transfer is final.")
    if progress.stage is Stage.MISSING:
        return _("Your wallet shows whether it was refused. We keep watching: the token is yours until it leaves.")
    if progress.stage is Stage.REFUSED:
        return _("The network refused the transfer. The token is still yours; only the fee is spent.")
    if progress.stage is Stage.IN_BLOCK:
        return _("It is in a block that is not final yet.")
    if has_owners:
        return _("It is sent to %(chain)s once all owners of your account have signed.") % {"chain": chain_name}
    return _("Your transfer was sent to %(chain)s.") % {"chain": chain_name}

"""Decide what is shown of a transfer before its sender signs it."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from django.urls import reverse
from django.utils.html import format_html

from nft.transfers.sending import Receiver
from nft.views.claim_facts import ClaimFacts
from profiles.page_parts import Fact


def transfer_facts(claim: ClaimFacts, receiver: Receiver, transaction: Mapping[str, Any]) -> tuple[Fact, ...]:
    """Return what will happen, with every address in full."""
    found_by = []
    if receiver.name:
        text = format_html('<strong>{}</strong> <span class="soft">(ENS)</span>', receiver.name)
        found_by.append(Fact("To the name", text))
    if receiver.handle:
        url = reverse("profiles:public", args=[receiver.handle])
        found_by.append(Fact("To the person", format_html('<a href="{}">@{}</a>', url, receiver.handle)))
    return (
        Fact("You send", f"{claim.name}, {claim.collection}" if claim.collection else claim.name),
        Fact("From", format_html("<code>{}</code>", transaction["from"])),
        *found_by,
        Fact("Whose address is" if found_by else "To", format_html("<code>{}</code>", receiver.address)),
        Fact("On", transaction["chain_name"]),
    )


def transfer_warning(receiver: Receiver) -> str:
    warning = "A transfer cannot be called back. If the address is wrong, the token is lost."
    if receiver.name:
        warning += " A name can be given another address at any time: compare this one with what its owner told you."
    return warning

"""Decide what the page that proves a picture says about who holds its token."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any
from urllib.parse import urljoin

from django.urls import reverse
from django.utils.translation import gettext as _

from nft.settings.chains import Proofs, describe_chain
from profiles import settings as profiles_settings


@dataclass(frozen=True)
class Ownership:
    """The proof of ownership that the receipt names, or why it names none.

    rests_on: whose word it is that the chain has the block, as in `RestsOn`. block_url: empty without an explorer.
    """

    document_url: str = ""
    sha256: str = ""
    account: str = ""
    block_number: int = 0
    block_hash: str = ""
    rests_on: str = ""
    block_url: str = ""
    command: str = ""
    why_not: str = ""


def describe_ownership(handle: str, facts: Mapping[str, Any]) -> Ownership:
    """Return what is said of the holder of a picture's token. `facts` is its provenance."""
    named = facts.get("ownership_proof")
    if named is None:
        return Ownership(why_not=_why_not(facts))
    explorer = describe_chain(facts["chain_id"]).explorer_url.rstrip("/")
    document_url = reverse("nft:proof_document", args=[handle])
    receipt = urljoin(profiles_settings.current().site_origin, reverse("profiles:avatar_json", args=[handle]))
    return Ownership(
        document_url,
        named["sha256"],
        facts["vault"] or facts["account"],
        named["block_number"],
        named["block_hash"],
        named["rests_on"],
        f"{explorer}/block/{named['block_number']}" if explorer else "",
        f"pip install ethereum-execution && python3 verify_receipt.py {receipt}",
    )


def _why_not(facts: Mapping[str, Any]) -> str:
    if facts.get("verdict") != "owned" or "chain_id" not in facts:
        return _("At the moment this site does not say that somebody holds it, so there is nothing to prove.")
    if not facts.get("account"):
        return _("The person keeps the account that holds it to themselves, so the proof is shown to nobody.")
    if describe_chain(facts["chain_id"]).proofs is Proofs.OFF:
        return _("The header of this chain cannot be checked, so who holds it rests on the word of the chain’s nodes.")
    return _(
        "There is no proof at the moment, so who holds it rests on the word of the chain’s nodes. They may offer no "
        "proofs, or the contract is one that cannot be computed from a proof."
    )

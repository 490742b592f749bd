"""Decide what the site's pages say about the proof behind a picture. `facts` is a provenance from its source."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from django.utils.html import format_html
from django.utils.translation import gettext as _

from profiles.page_parts import Action, Fact
from profiles.serving.showing import ShownPicture
from profiles.templatetags.avatars import moment

Facts = Mapping[str, Any]
IMAGE_PROOFS = {
    "cid": "Proved: every byte matches the fingerprint (CID) that the token names.",
    "inline": "Proved: the image is written in the token itself.",
}
UNPROVED_IMAGE = "Read from a web address, which its owner may change. We show the bytes we saw."


@dataclass(frozen=True)
class Verdict:
    headline: str
    text: str


def provenance_facts(facts: Facts) -> tuple[Fact, ...]:
    """Return what was read of the token, where, and when."""
    token = f"{facts.get('token_name') or 'Unnamed'}, {facts.get('collection') or 'unnamed collection'}"
    chain = format_html(
        '{} <span class="soft">(chain id {})</span>', facts.get("chain_name", ""), facts.get("chain_id", "")
    )
    return (
        Fact("Token", token),
        Fact("Token id", code(facts.get("token_id", ""))),
        Fact("Chain", chain),
        Fact("Contract", copied=str(facts.get("contract", "")), what="contract address"),
        *_holder_facts(facts),
        Fact("Checked", at=moment(facts.get("checked_at")), end=f", at block {facts.get('block_number', '')}"),
        Fact("Block", code(facts.get("block_hash", ""))),
        Fact("Image", IMAGE_PROOFS.get(str(facts.get("proof")), UNPROVED_IMAGE)),
        *_file_facts(facts),
    )


def code(value: object) -> str:
    return format_html("<code>{}</code>", value)


def _holder_facts(facts: Facts) -> list[Fact]:
    """Return who holds the token, so far as the person shows it."""
    found = []
    if facts.get("by_delegation"):
        delegate = "the account below" if facts.get("account") else "this person’s account"
        text = f"By delegation: a vault holds the token and lets {delegate} act for it (delegate.xyz)."
        found.append(Fact("Held", text))
    if vault := facts.get("vault"):
        found.append(Fact("Vault", copied=vault, what="vault’s address"))
    if account := facts.get("account"):
        name = facts.get("account_name")
        text = format_html("<strong>{}</strong>", name) if name else ""
        term = "Delegated to" if facts.get("by_delegation") else "Held by"
        found.append(Fact(term, text, copied=account, what="account’s address"))
    return found


def _file_facts(facts: Facts) -> list[Fact]:
    found = []
    if cid := facts.get("image_cid"):
        found.append(Fact("CID", copied=cid, what="CID"))
    if sha256 := facts.get("sha256"):
        found.append(Fact("Original (SHA-256)", code(sha256)))
    if url := facts.get("explorer_url"):
        found.append(Fact("Look for yourself", links=(Action("In a public explorer", url, is_external=True),)))
    return found


def how_we_know(name: str, facts: Facts) -> str:
    """Return how the mark of the person called `name` came about."""
    if facts.get("by_delegation"):
        holder = f"a vault. The vault lets an account act for it that {name} proved to be theirs."
    else:
        holder = f"an account that {name} proved to be theirs."
    return (
        f"We asked {facts.get('chain_name', '')} who holds this NFT, and it named {holder} We ask again all the time; "
        "once the answer changes, the hexagon goes."
    )


def mark_in_short(name: str, facts: Facts) -> str:
    """Return the proof behind the mark of the person called `name` in one sentence that a newcomer understands."""
    token = facts.get("token_name") or _("this NFT")
    words = {"name": name, "token": token, "chain": facts.get("chain_name", "")}
    if facts.get("by_delegation"):
        return _("A vault holds %(token)s for %(name)s. Checked on %(chain)s.") % words
    return _("%(name)s owns %(token)s. Checked on %(chain)s.") % words


def receipt_verdict(shown: ShownPicture, facts: Facts | None) -> Verdict:
    """Return what a receipt says in short. `facts` are those of the receipt, if it names a token."""
    if facts and shown.mark:
        is_delegated = facts.get("by_delegation")
        holder = "a vault that lets an account of theirs act for it" if is_delegated else "an account of theirs"
        text = f"{facts.get('chain_name', '')} named {holder} as the holder of this token."
        return Verdict(f"Held at block {facts.get('block_number', '')}", text)
    if facts:
        return Verdict("Not vouched for at the moment", f"{_doubt(facts)} The picture has no mark.")
    if shown.avatar is not None:
        return Verdict("An upload", "No token names it. The receipt says only which bytes are served.")
    return Verdict("No picture", "What you see is drawn from the name.")


def _doubt(facts: Facts) -> str:
    if facts.get("verdict") == "not_owned":
        return "The chain no longer says that this token is held by an account of theirs."
    return f"The last answer of {facts.get('chain_name', '')} is too old, or in doubt."

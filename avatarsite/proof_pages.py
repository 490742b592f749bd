"""Decide what the site's pages say about the proof behind a picture. `facts` is a provenance from its source."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from django.utils.html import format_html
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from profiles.page_parts import Action, Fact
from profiles.serving.showing import ShownPicture
from profiles.templatetags.avatars import moment

Facts = Mapping[str, Any]
IMAGE_PROOFS = {
    "cid": gettext_lazy("Proved: every byte matches the fingerprint (CID) that the token names."),
    "inline": gettext_lazy("Proved: the image is written in the token itself."),
}
UNPROVED_IMAGE = gettext_lazy("Read from a web address, which its owner may change. We show the bytes we saw.")


@dataclass(frozen=True)
class Verdict:
    headline: str
    text: str


def provenance_facts(facts: Facts) -> tuple[Fact, ...]:
    """Return what was read of the token, where, and when."""
    collection = facts.get("collection") or _("unnamed collection")
    token = ", ".join([facts.get("token_name") or _("Unnamed"), collection])
    chain = format_html(
        '{} <span class="soft">({} {})</span>', facts.get("chain_name", ""), _("chain id"), facts.get("chain_id", "")
    )
    at_block = _(", at block %(number)s") % {"number": facts.get("block_number", "")}
    return (
        Fact(_("Token"), token),
        Fact(_("Token id"), code(facts.get("token_id", ""))),
        Fact(_("Chain"), chain),
        Fact(_("Contract"), copied=str(facts.get("contract", "")), what=_("contract address")),
        *_holder_facts(facts),
        Fact(_("Checked"), at=moment(facts.get("checked_at")), end=at_block),
        Fact(_("Block"), code(facts.get("block_hash", ""))),
        Fact(_("Image"), str(IMAGE_PROOFS.get(str(facts.get("proof")), UNPROVED_IMAGE))),
        *_file_facts(facts),
    )


def code(value: object) -> str:
    return format_html("<code>{}</code>", value)


def _holder_facts(facts: Facts) -> list[Fact]:
    """Return who holds the token, so far as the person shows it."""
    found = []
    if facts.get("by_delegation"):
        if facts.get("account"):
            text = _("By delegation: a vault holds the token and lets the account below act for it (delegate.xyz).")
        else:
            text = _("By delegation: a vault holds the token and lets this person’s account act for it (delegate.xyz).")
        found.append(Fact(_("Held"), text))
    if vault := facts.get("vault"):
        found.append(Fact(_("Vault"), copied=vault, what=_("vault’s address")))
    if account := facts.get("account"):
        name = facts.get("account_name")
        text = format_html("<strong>{}</strong>", name) if name else ""
        term = _("Delegated to") if facts.get("by_delegation") else _("Held by")
        found.append(Fact(term, text, copied=account, what=_("account’s address")))
    return found


def _file_facts(facts: Facts) -> list[Fact]:
    found = []
    if cid := facts.get("image_cid"):
        found.append(Fact("CID", copied=cid, what="CID"))
    if sha256 := facts.get("sha256"):
        found.append(Fact(_("Original (SHA-256)"), code(sha256)))
    if url := facts.get("explorer_url"):
        found.append(Fact(_("Look for yourself"), links=(Action(_("In a public explorer"), url, is_external=True),)))
    return found


def how_we_know(name: str, facts: Facts) -> str:
    """Return how the mark of the person called `name` came about."""
    words = {"chain": facts.get("chain_name", ""), "name": name}
    if facts.get("by_delegation"):
        text = _(
            "We asked %(chain)s who holds this NFT, and it named a vault. The vault lets an account act for it that "
            "%(name)s proved to be theirs. We ask again all the time; once the answer changes, the hexagon goes."
        )
    else:
        text = _(
            "We asked %(chain)s who holds this NFT, and it named an account that %(name)s proved to be theirs. We ask "
            "again all the time; once the answer changes, the hexagon goes."
        )
    return text % words


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
        if facts.get("by_delegation"):
            text = _("%(chain)s named a vault that lets an account of theirs act for it as the holder of this token.")
        else:
            text = _("%(chain)s named an account of theirs as the holder of this token.")
        headline = _("Held at block %(number)s") % {"number": facts.get("block_number", "")}
        return Verdict(headline, text % {"chain": facts.get("chain_name", "")})
    if facts:
        return Verdict(_("Not vouched for at the moment"), " ".join([_doubt(facts), _("The picture has no mark.")]))
    if shown.avatar is not None:
        return Verdict(_("An upload"), _("No token names it. The receipt says only which bytes are served."))
    return Verdict(_("No picture"), _("What you see is drawn from the name."))


def _doubt(facts: Facts) -> str:
    if facts.get("verdict") == "not_owned":
        return _("The chain no longer says that this token is held by an account of theirs.")
    return _("The last answer of %(chain)s is too old, or in doubt.") % {"chain": facts.get("chain_name", "")}

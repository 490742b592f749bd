"""Decide what the pages about mints say in each state of a mint."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

from django.urls import reverse

from nft.core.evm.address import to_checksum
from nft.forms.minting import WALLET
from nft.minting.requests import PageStep, build_steps
from nft.minting.sponsor import Offer
from nft.models import MintRequest
from nft.settings.chains import describe_chain
from nft.views.claim_facts import shorten_id
from profiles.page_parts import Action, Fact, Pill

State = MintRequest.State
ENDED = frozenset({State.CONFIRMED, State.FAILED})
PILLS = {
    State.DRAFT: Pill("Not published yet", "wait"),
    State.CONFIRMED: Pill("Made", "good"),
    State.FAILED: Pill("Failed", "bad"),
    State.AWAITING_SIGNATURE: Pill("Needs your signature", "wait"),
}
UNDER_WAY = Pill("Under way", "wait")
SITE_PAYS = "The site pays the network fee. You sign nothing."
YOU_PAY = "You pay the network fee from your wallet, which shows it before you sign. Publishing to IPFS is free."
NO_OFFER = "The site does not pay for tokens on this chain any more."


@dataclass(frozen=True)
class MintEntry:
    """A mint in a list. `details` follow the time at which it was begun."""

    name: str
    url: str
    pill: Pill
    at: datetime
    details: str
    image_url: str = ""
    sentence: str = ""
    facts: tuple[Fact, ...] = ()
    action: Action | None = None


def mint_entry(mint: MintRequest) -> MintEntry:
    """Return a mint as the page that makes one lists it."""
    details = f" · token id {shorten_id(mint.token_id_text)}" if mint.token_id_text else ""
    return MintEntry(mint.name, mint_url(mint), mint_pill(mint), mint.created_at, details)


def minted_entry(mint: MintRequest) -> MintEntry:
    """Return a minted token that its person may claim."""
    details = f"Made here, token id {shorten_id(mint.token_id_text)}" if mint.token_id_text else "Made here"
    use_url = reverse("nft:mint_use", args=[mint.pk])
    use = Action("Use as my picture", use_url, is_post=True, style="primary small", subject=mint.name)
    return MintEntry(mint.name, mint_url(mint), mint_pill(mint), mint.created_at, details, action=use)


def made_entry(mint: MintRequest) -> MintEntry:
    """Return a mint with all its parts."""
    paid = ", paid by the site" if mint.sponsor else ""
    return MintEntry(
        name=mint.name,
        url=mint_url(mint),
        pill=mint_pill(mint),
        at=mint.created_at,
        details=f", {describe_chain(mint.chain_id).name}{paid}",
        image_url=picture_url(mint),
        sentence=mint.reason_sentence,
        facts=made_facts(mint, explorer_url(mint)),
    )


def made_facts(mint: MintRequest, explorer: str) -> tuple[Fact, ...]:
    facts = [Fact("Contract", copied=mint.contract_text, what="contract address")]
    if mint.token_id_text:
        facts.insert(0, Fact("Token id", copied=mint.token_id_text, what="token id"))
    if mint.metadata_cid:
        facts.append(Fact("Metadata", links=file_links(mint.metadata_cid)))
    if mint.image_cid:
        facts.append(Fact("Picture", links=file_links(mint.image_cid)))
    if explorer:
        facts.append(Fact("Transaction", links=(Action("Look at it in an explorer", explorer, is_external=True),)))
    elif mint.tx_hash:
        facts.append(Fact("Transaction", copied=mint.tx_hash, what="transaction"))
    return tuple(facts)


def file_links(cid: str) -> tuple[Action, ...]:
    url = ipfs_url(cid)
    return Action("Look at it", url), Action("proof archive (CAR)", f"{url}?format=car")


@dataclass(frozen=True)
class DraftPage:
    """The page on which a person checks everything and publishes it, or not.

    `warning`: the picture looks like another's. `trouble`: why the site does not pay although the person ordered that.
    """

    name: str
    description: str
    picture_url: str
    warning: str
    facts: tuple[Fact, ...]
    place: str
    cost: str
    trouble: str
    publish: Action
    cancel: Action


def draft_page(mint: MintRequest, offer: Offer | None) -> DraftPage:
    """`offer` is what the site pays for this person now, None if it pays for nothing."""
    chain = describe_chain(mint.chain_id).name
    can_pay = offer is not None and offer.left > 0
    trouble = "" if mint.sponsor is None or can_pay else (offer.sentence if offer else NO_OFFER)
    return DraftPage(
        name=mint.name,
        description=mint.description,
        picture_url=picture_url(mint),
        warning=mint.reason_sentence,
        facts=(
            Fact("Recipient", copied=to_checksum(mint.owner), what="account address"),
            Fact("Chain", chain),
            Fact("Contract", copied=mint.contract_text, what="contract address"),
        ),
        place=chain,
        cost=SITE_PAYS if mint.sponsor is not None and can_pay else YOU_PAY,
        trouble=trouble,
        publish=publish_action(mint, trouble),
        cancel=Action("Cancel", reverse("nft:mint_cancel", args=[mint.pk]), is_post=True, style="quiet"),
    )


def publish_action(mint: MintRequest, trouble: str) -> Action:
    url = reverse("nft:mint_publish", args=[mint.pk])
    if trouble:
        fields = (("payer", WALLET),)
        return Action("Publish and pay from my wallet", url, is_post=True, style="primary", fields=fields)
    label = "Publish and mint anyway" if mint.reason_sentence else "Publish and mint"
    return Action(label, url, is_post=True, style="primary")


@dataclass(frozen=True)
class MintPage:
    """The page of one mint: its steps, and beside them the token, or what the person has to do.

    `status_url` is set while the page is to follow what the workers do. `sent_url` takes the transaction's hash, if it
    is the person who signs and pays. `is_sponsored`: the site does both.
    """

    name: str
    description: str
    picture_url: str
    headline: str
    shown: str
    status_url: str
    steps: list[PageStep]
    sentence: str
    start_again: Action | None
    token_facts: tuple[Fact, ...]
    token_actions: tuple[Action, ...]
    asset: dict[str, str | int] | None
    is_sponsored: bool
    sent_url: str


def mint_page(mint: MintRequest, copies: Sequence[Mapping[str, str]]) -> MintPage:
    """`copies` are those of nft.files.publishing.get_copies."""
    is_confirmed, has_ended = mint.state == State.CONFIRMED, mint.state in ENDED
    return MintPage(
        name=mint.name,
        description=mint.description,
        picture_url=picture_url(mint),
        headline=headline(mint),
        shown=mint.state,
        status_url="" if has_ended else reverse("nft:mint_status", args=[mint.pk]),
        steps=build_steps(mint),
        sentence=mint.reason_sentence,
        start_again=start_again(mint),
        token_facts=token_facts(mint, copies) if is_confirmed else (),
        token_actions=token_actions(mint, explorer_url(mint)) if is_confirmed else (),
        asset=asset(mint) if is_confirmed else None,
        is_sponsored=not has_ended and mint.sponsor is not None,
        sent_url="" if has_ended or mint.sponsor is not None else reverse("nft:mint_sent", args=[mint.pk]),
    )


def mint_pill(mint: MintRequest) -> Pill:
    return PILLS.get(State(mint.state), UNDER_WAY)


def headline(mint: MintRequest) -> str:
    if mint.state == State.CONFIRMED:
        return "It is yours"
    if mint.state == State.FAILED:
        return "It did not work"
    return "Waiting for your signature" if mint.state == State.AWAITING_SIGNATURE else "Minting"


def start_again(mint: MintRequest) -> Action | None:
    return Action("Start again", reverse("nft:mint"), style="primary") if mint.state == State.FAILED else None


def token_facts(mint: MintRequest, copies: Sequence[Mapping[str, str]]) -> tuple[Fact, ...]:
    kept = ", ".join(f"{copy['pinner']} ({copy['said']})" for copy in copies)
    return (
        Fact("Contract", copied=mint.contract_text, what="contract address"),
        Fact("Token id", copied=mint.token_id_text, what="token id"),
        Fact("Metadata", copied=mint.metadata_uri, what="metadata address"),
        Fact("Image", copied=mint.image_uri, what="image address"),
        *((Fact("Also kept by", kept),) if kept else ()),
        *((Fact("Transaction", copied=mint.tx_hash, what="transaction"),) if mint.tx_hash else ()),
    )


def asset(mint: MintRequest) -> dict[str, str | int]:
    """Return what asks a wallet to show the token (`wallet_watchAsset`, EIP-747), for static/js/watch-asset.js."""
    return {"chain_id": mint.chain_id, "address": mint.contract_text, "token_id": mint.token_id_text}


def token_actions(mint: MintRequest, explorer: str) -> tuple[Action, ...]:
    use = Action("Use as my picture", reverse("nft:mint_use", args=[mint.pk]), is_post=True, style="primary")
    look = Action("Look at it in an explorer", explorer, is_external=True)
    return (use, look) if explorer else (use,)


def mint_url(mint: MintRequest) -> str:
    return reverse("nft:mint_detail", args=[mint.pk])


def picture_url(mint: MintRequest) -> str:
    """Return the URL of the picture: of the private copy until IPFS has it, and "" if there is neither."""
    if mint.image_cid:
        return ipfs_url(mint.image_cid)
    return reverse("nft:mint_picture", args=[mint.pk]) if mint.picture_id else ""


def ipfs_url(cid: str) -> str:
    return reverse("nft:ipfs", args=[cid])


def explorer_url(mint: MintRequest) -> str:
    """Return the transaction's page in the chain's explorer, empty if there is no transaction or no explorer."""
    base = describe_chain(mint.chain_id).explorer_url.rstrip("/")
    return f"{base}/tx/{mint.tx_hash}" if base and mint.tx_hash else ""

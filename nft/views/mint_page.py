"""Decide what the pages about mints say in each state of a mint."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from urllib.parse import urlencode

from django.template.defaultfilters import date
from django.urls import reverse
from django.utils.timezone import localtime
from django.utils.translation import gettext as _
from django.utils.translation import gettext_noop

from nft.core.evm.address import to_checksum
from nft.minting.outcome import Outcome, is_settled
from nft.minting.requests import PageStep, build_steps
from nft.minting.sponsor import Offer
from nft.minting.steps import ENDED
from nft.models import MintRequest
from nft.settings.chains import describe_chain
from nft.views.claim_facts import shorten_id
from nft.views.mint_pictures import moving_url, picture_url
from profiles.page_parts import Action, Fact, Pill

State = MintRequest.State

UNDER_WAY = Pill(gettext_noop("Under way"), "wait")
SENT = Pill(gettext_noop("Sent away"))
PILLS = {
    State.DRAFT: Pill(gettext_noop("Not published yet"), "wait"),
    State.CONFIRMED: Pill(gettext_noop("Made"), "good"),
    State.FAILED: Pill(gettext_noop("Failed"), "bad"),
    State.AWAITING_SIGNATURE: Pill(gettext_noop("Needs your signature"), "wait"),
}


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


def mint_entry(mint: MintRequest) -> MintEntry:
    """Return a mint as the page that makes one lists it."""
    details = _(" · token id %(id)s") % {"id": shorten_id(mint.token_id_text)} if mint.token_id_text else ""
    return MintEntry(mint.name, mint_url(mint), mint_pill(mint), mint.created_at, details)


def made_entry(mint: MintRequest, outcome: Outcome) -> MintEntry:
    """Return a mint with all its parts."""
    details = _(", %(chain)s, paid by the site") if mint.sponsor else _(", %(chain)s")
    return MintEntry(
        name=mint.name,
        url=mint_url(mint),
        pill=mint_pill(mint) if outcome.is_theirs else SENT,
        at=mint.created_at,
        details=details % {"chain": describe_chain(mint.chain_id).name},
        image_url=picture_url(mint),
        sentence=mint.reason_sentence or whereabouts(outcome),
        facts=made_facts(mint, explorer_url(mint)),
    )


def whereabouts(outcome: Outcome) -> str:
    """Return where the token is, if it left the person; else nothing."""
    left = outcome.departure
    if left is None:
        return outcome.lost
    if not left.is_confirmed:
        return _("It is on its way to %(to)s.") % {"to": left.to}
    day = date(localtime(left.at), _("j F Y"))
    if left.is_burned:
        return _("You destroyed it on %(day)s.") % {"day": day}
    return _("You sent it to %(to)s on %(day)s.") % {"to": left.to, "day": day}


def made_facts(mint: MintRequest, explorer: str) -> tuple[Fact, ...]:
    facts = [Fact(_("Contract"), copied=mint.contract_text, what=_("contract address"))]
    if mint.token_id_text:
        facts.insert(0, Fact(_("Token id"), copied=mint.token_id_text, what=_("token id")))
    if mint.metadata_cid:
        facts.append(Fact(_("Metadata"), links=file_links(mint.metadata_cid)))
    if mint.image_cid:
        facts.append(Fact(_("Picture"), links=file_links(mint.image_cid)))
    if explorer:
        facts.append(
            Fact(_("Transaction"), links=(Action(_("Look at it in an explorer"), explorer, is_external=True),))
        )
    elif mint.tx_hash:
        facts.append(Fact(_("Transaction"), copied=mint.tx_hash, what=_("transaction")))
    return tuple(facts)


def file_links(cid: str) -> tuple[Action, ...]:
    url = ipfs_url(cid)
    return Action(_("Look at it"), url), Action(_("proof archive (CAR)"), f"{url}?format=car")


@dataclass(frozen=True)
class Cost:
    """What a draft costs: `offer` if the site may pay, `fee` from the person's wallet, "" if that is not known.

    `refusal`: why the contract would not mint it.
    """

    offer: Offer | None = None
    fee: str = ""
    refusal: str = ""

    @property
    def is_free(self) -> bool:
        return self.offer is not None and self.offer.left > 0


@dataclass(frozen=True)
class DraftPage:
    """The page on which a person mints a draft for good, or not.

    `warnings`: the picture looks like another's, or why the site does not pay although the person ordered that.
    """

    name: str
    description: str
    picture_url: str
    moving_url: str
    warnings: tuple[str, ...]
    facts: tuple[Fact, ...]
    cost: str
    publish_url: str
    publish_label: str
    pays_self: bool
    change_url: str
    cancel: Action


def draft_page(mint: MintRequest, cost: Cost) -> DraftPage:
    """`cost` is of now."""
    is_free = mint.sponsor is not None and cost.is_free
    trouble = "" if mint.sponsor is None or is_free else why_not_free(cost.offer)
    return DraftPage(
        name=mint.name,
        description=mint.description,
        picture_url=picture_url(mint),
        moving_url=moving_url(mint),
        warnings=tuple(filter(None, (mint.reason_sentence, trouble, cost.refusal))),
        facts=(
            Fact(_("Wallet"), copied=to_checksum(mint.owner), what=_("account address")),
            Fact(_("Chain"), describe_chain(mint.chain_id).name),
            Fact(_("Contract"), copied=mint.contract_text, what=_("contract address")),
        ),
        cost=cost_sentence(cost, is_free=is_free),
        publish_url=reverse("nft:mint_publish", args=[mint.pk]),
        publish_label=_("Mint it now, for good") if is_free else _("Continue to payment"),
        pays_self=not is_free,
        change_url=change_url(mint),
        cancel=Action(_("Cancel"), reverse("nft:mint_cancel", args=[mint.pk]), is_post=True, style="quiet"),
    )


def why_not_free(offer: Offer | None) -> str:
    return offer.sentence if offer else _("The site does not pay for tokens on this chain any more.")


def cost_sentence(cost: Cost, *, is_free: bool) -> str:
    if is_free and cost.offer is not None:
        return _("Network fee: free (%(count)s left today).") % {"count": cost.offer.left}
    if cost.fee:
        return _("Network fee: about %(fee)s, from your wallet.") % {"fee": cost.fee}
    return _("Network fee: your wallet shows it before you sign.")


def change_url(mint: MintRequest) -> str:
    return f"{reverse('nft:mint')}?{urlencode({'draft': mint.idempotency_key})}"


@dataclass(frozen=True)
class MintPage:
    """The page of one mint: its picture, and its steps, or what became of the token.

    `status_url` is set while the page is to follow what the workers do. `sent_url` takes the transaction's hash, if it
    is the person who signs and pays. `is_sponsored`: the site does both.
    """

    name: str
    description: str
    picture_url: str
    moving_url: str
    headline: str
    shown: str
    status_url: str
    steps: list[PageStep]
    sentence: str
    facts: tuple[Fact, ...]
    actions: tuple[Action, ...]
    asset: dict[str, str | int] | None
    is_current: bool
    is_sponsored: bool
    sent_url: str


def mint_page(mint: MintRequest, outcome: Outcome, copies: Sequence[Mapping[str, str]]) -> MintPage:
    """`copies` are those of nft.files.publishing.get_copies."""
    is_confirmed, has_ended = mint.state == State.CONFIRMED, mint.state in ENDED
    is_theirs = is_confirmed and outcome.is_theirs
    return MintPage(
        name=mint.name,
        description=mint.description,
        picture_url=picture_url(mint),
        moving_url=moving_url(mint),
        headline=headline(mint, outcome),
        shown=f"{mint.state}/",
        status_url="" if is_settled(mint, outcome) else reverse("nft:mint_status", args=[mint.pk]),
        steps=[] if is_confirmed else build_steps(mint),
        sentence=mint.reason_sentence,
        facts=token_facts(mint, copies, explorer_url(mint)) if is_confirmed else (),
        actions=mint_actions(mint, outcome),
        asset=asset(mint) if is_theirs else None,
        is_current=outcome.is_current,
        is_sponsored=not has_ended and mint.sponsor is not None,
        sent_url="" if has_ended or mint.sponsor is not None else reverse("nft:mint_sent", args=[mint.pk]),
    )


def mint_pill(mint: MintRequest) -> Pill:
    return PILLS.get(State(mint.state), UNDER_WAY)


def headline(mint: MintRequest, outcome: Outcome) -> str:
    if mint.state == State.CONFIRMED:
        if not outcome.is_theirs:
            return whereabouts(outcome)
        if outcome.is_coming:
            return _("It is yours, and becomes your picture")
        return _("It is your picture now") if outcome.is_current else _("It is yours")
    if mint.state == State.FAILED:
        return _("It did not work")
    return _("Waiting for your signature") if mint.state == State.AWAITING_SIGNATURE else _("Minting")


def mint_actions(mint: MintRequest, outcome: Outcome) -> tuple[Action, ...]:
    if mint.state == State.FAILED:
        return (Action(_("Start again"), reverse("nft:mint"), style="primary"),)
    if mint.state != State.CONFIRMED or not outcome.is_theirs or outcome.is_coming or outcome.is_current:
        return ()
    use_url = reverse("nft:mint_use", args=[mint.pk])
    return (Action(_("Use as my picture"), use_url, is_post=True, style="primary"),)


def token_facts(mint: MintRequest, copies: Sequence[Mapping[str, str]], explorer: str) -> tuple[Fact, ...]:
    kept = ", ".join(f"{copy['pinner']} ({copy['said']})" for copy in copies)
    look = (Action(_("Look at it in an explorer"), explorer, is_external=True),) if explorer else ()
    return (
        Fact(_("Contract"), copied=mint.contract_text, what=_("contract address")),
        Fact(_("Token id"), copied=mint.token_id_text, what=_("token id")),
        Fact(_("Metadata"), copied=mint.metadata_uri, what=_("metadata address")),
        Fact(_("Image"), copied=mint.image_uri, what=_("image address")),
        *((Fact(_("Also kept by"), kept),) if kept else ()),
        *((Fact(_("Public page"), links=(Action(mint.name, published_url(mint)),)),) if mint.image_cid else ()),
        *((Fact(_("Transaction"), copied=mint.tx_hash, what=_("transaction"), links=look),) if mint.tx_hash else ()),
    )


def asset(mint: MintRequest) -> dict[str, str | int]:
    """Return what asks a wallet to show the token (`wallet_watchAsset`, EIP-747), for nft/js/watch-asset.js."""
    return {"chain_id": mint.chain_id, "address": mint.contract_text, "token_id": mint.token_id_text}


def mint_url(mint: MintRequest) -> str:
    return reverse("nft:mint_detail", args=[mint.pk])


def published_url(mint: MintRequest) -> str:
    return reverse("nft:published", args=[mint.image_cid])


def ipfs_url(cid: str) -> str:
    return reverse("nft:ipfs", args=[cid])


def explorer_url(mint: MintRequest) -> str:
    """Return the transaction's page in the chain's explorer, empty if there is no transaction or no explorer."""
    base = describe_chain(mint.chain_id).explorer_url.rstrip("/")
    return f"{base}/tx/{mint.tx_hash}" if base and mint.tx_hash else ""

"""The page that says which collections this site shows, in words, as its settings and its staff decided."""

from __future__ import annotations

from dataclasses import dataclass

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_safe

from nft.core.evm.address import to_checksum
from nft.core.tokens.spam import SENTENCES, SpamSign
from nft.models import Collection
from nft.settings import conf
from nft.settings.chains import chains, describe_chain
from nft.tokens.collection_policy import ANY, TRUSTED
from profiles.blocks.matching import appeal

Standing = Collection.Standing
#: Collections of a list that the page shows; the newest decisions come first.
SHOWN = 200


@dataclass(frozen=True)
class ShownCollection:
    """A collection by name and place. `reason` is empty for those that the operator named in the settings."""

    name: str
    contract: str
    chain: str
    reason: str = ""


@require_safe
def collections(request: HttpRequest) -> HttpResponse:
    policy = conf().collection_policy
    context = {
        "summary": summary(policy),
        "accepted": [] if policy == ANY else named_by_operator(),
        "trusted": decided(Standing.TRUSTED) if policy in {ANY, TRUSTED} else [],
        "denied": decided(Standing.DENIED),
        "spam": [SENTENCES[sign] for sign in SpamSign if sign != SpamSign.DENIED],
        "appeal": appeal(),
    }
    return render(request, "nft/collections.html", context)


def summary(policy: str) -> str:
    """Return what the site accepts, in a sentence."""
    if policy == ANY:
        return _("You can show NFTs of any collection, except those that are listed here as not shown.")
    if policy == TRUSTED:
        return _("You can show NFTs of this site, of the collections that its operator named, and of those it trusts.")
    return _("You can show NFTs of this site, and of the collections that its operator named.")


def named_by_operator() -> list[ShownCollection]:
    named = [(number, contract) for number, chain in chains().items() for contract in sorted(chain.contracts)]
    names = {
        (row.chain_id, bytes(row.contract)): row.name
        for row in Collection.objects.filter(contract__in={contract for _number, contract in named})
    }
    return [
        ShownCollection(names.get((number, contract), ""), to_checksum(contract), describe_chain(number).name)
        for number, contract in named
    ]


def decided(standing: Standing) -> list[ShownCollection]:
    rows = Collection.objects.filter(standing=standing).order_by("-decided_at")[:SHOWN]
    return [
        ShownCollection(row.name, to_checksum(row.contract), describe_chain(row.chain_id).name, row.reason)
        for row in rows
    ]

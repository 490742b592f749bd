"""The public page of an NFT that was made here, to which its metadata links."""

from __future__ import annotations

from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_safe

from nft.core.errors import InvalidIdentifier
from nft.core.ipfs.cid import parse_cid
from nft.files.store import ipfs_uri
from nft.minting.published import find_published
from nft.models import MintRequest
from nft.settings.chains import describe_chain
from nft.views.mint_page import ipfs_url
from profiles.page_parts import Action, Fact


@require_safe
def published(request: HttpRequest, cid: str) -> HttpResponse:
    try:
        root = parse_cid(cid)
    except InvalidIdentifier as error:
        raise Http404(str(error)) from error
    if str(root) != cid:
        return redirect("nft:published", str(root), permanent=True)
    found = find_published(root)
    if found is None:
        raise Http404
    context = {
        "name": found.newest.name,
        "description": found.newest.description,
        "picture_url": ipfs_url(cid),
        "tokens": [token_facts(mint) for mint in found.tokens],
        "files": (
            Fact(_("Picture"), copied=ipfs_uri(root), what=_("picture address")),
            Fact(_("Metadata"), copied=found.newest.metadata_uri, what=_("metadata address")),
        ),
    }
    return render(request, "nft/published.html", context)


def token_facts(mint: MintRequest) -> tuple[Fact, ...]:
    chain = describe_chain(mint.chain_id)
    url = chain.token_url(mint.contract_text, mint.token_id_text)
    links = (Action(_("See who holds it now"), url, is_external=True),) if url else ()
    return (
        Fact(_("Token id"), copied=mint.token_id_text, what=_("token id"), links=links),
        Fact(_("Contract"), copied=mint.contract_text, what=_("contract address")),
        Fact(_("Chain"), chain.name),
    )

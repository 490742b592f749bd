"""The public page of an NFT that was made here, to which its metadata links."""

from __future__ import annotations

from django.contrib.auth.views import redirect_to_login
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods, require_safe

from nft.core.errors import InvalidIdentifier
from nft.core.ipfs.cid import Cid, parse_cid
from nft.files.blocked import check_served
from nft.files.errors import ContentRefused
from nft.files.store import ipfs_uri
from nft.minting.published import Published, find_avatar, find_published
from nft.models import MintRequest
from nft.settings.chains import describe_chain
from nft.views.mint_page import ipfs_url
from profiles.page_parts import Action, Fact
from profiles.problems import add_retry_after
from profiles.report_forms import ThingReportForm, may_report, send_report
from profiles.reports.reporting import Thing


@require_safe
def published(request: HttpRequest, cid: str) -> HttpResponse:
    root = _parse(cid)
    if str(root) != cid:
        return redirect("nft:published", str(root), permanent=True)
    found = _find(root)
    context = {
        "report_url": reverse("nft:published_report", args=[cid]),
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


@never_cache
@require_http_methods(["GET", "HEAD", "POST"])
def report(request: HttpRequest, cid: str) -> HttpResponse:
    """Report this picture. The report is about whoever made the newest NFT of it, who is not named to its reader."""
    root = _parse(cid)
    mint = _find(root).newest
    if not may_report(request):
        return redirect_to_login(request.get_full_path())
    is_post, is_guest = request.method == "POST", not request.user.is_authenticated
    form = ThingReportForm(request.POST if is_post else None, is_guest=is_guest)
    back = reverse("nft:published", args=[str(root)])
    context = {"name": mint.name, "form": form, "back": back}
    if not form.is_bound or not form.is_valid():
        return render(request, "nft/report.html", context, status=422 if form.errors else 200)
    thing = Thing("nft", ipfs_uri(root), mint.name)
    refused = send_report(request, mint.user.avatar_profile, form, form.complaint_about(thing, find_avatar(mint)))
    if refused is not None:
        response = render(request, "nft/report.html", context, status=refused.status)
        add_retry_after(response, refused)
        return response
    return redirect(back)


def _parse(cid: str) -> Cid:
    """Raise Http404 for what is no CID."""
    try:
        return parse_cid(cid)
    except InvalidIdentifier as error:
        raise Http404(str(error)) from error


def _find(root: Cid) -> Published:
    """Return what is public of this picture. Raise Http404 if nothing is, or the picture is blocked."""
    found = find_published(root)
    if found is None:
        raise Http404
    try:
        check_served(root)
    except ContentRefused as refusal:
        raise Http404(refusal.sentence) from refusal
    return found


def token_facts(mint: MintRequest) -> tuple[Fact, ...]:
    chain = describe_chain(mint.chain_id)
    url = chain.token_url(mint.contract_text, mint.token_id_text)
    links = (Action(_("See who holds it now"), url, is_external=True),) if url else ()
    return (
        Fact(_("Token id"), copied=mint.token_id_text, what=_("token id"), links=links),
        Fact(_("Contract"), copied=mint.contract_text, what=_("contract address")),
        Fact(_("Chain"), chain.name),
    )

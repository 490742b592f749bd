"""The page on which anybody verifies a picture in their browser, or learns how to do it without this site."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any
from urllib.parse import quote, urljoin

from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import render
from django.templatetags.static import static
from django.urls import reverse
from django.utils import timezone
from django.views.decorators.http import require_safe

from nft.claims.proofs import Source, proof_of
from nft.views.prove_ownership import describe_ownership
from nft.views.prove_page import source_pill, unhashable, unproved
from profiles import settings as profiles_settings
from profiles.models import Profile
from profiles.serving.renames import redirect_renamed
from profiles.serving.showing import ShownPicture, find_profile, shown_picture

SOURCE = "nft"


@require_safe
def prove(request: HttpRequest, identifier: str) -> HttpResponse:
    profile = find_profile(identifier)
    if profile is None:
        if response := redirect_renamed(request, identifier):
            return response
        raise Http404
    shown = shown_picture(profile, timezone.now())
    context = {"profile": profile, "shown": shown, **_facts(profile, shown)}
    return render(request, "nft/prove.html", context)


def _facts(profile: Profile, shown: ShownPicture) -> dict[str, Any]:
    if shown.avatar is None or shown.avatar.source != SOURCE or not shown.provenance:
        return {"proof": None, "unproved": unproved(profile.name, shown)}
    proof = proof_of(shown.provenance)
    script = urljoin(profiles_settings.current().site_origin, static("verify_car.py"))
    return {
        "proof": proof,
        "metadata_pill": source_pill(proof.metadata),
        "picture_pill": source_pill(proof.picture),
        "unhashable": unhashable(proof),
        "facts": shown.provenance,
        "checks": [_check(source) for source in proof.checkable],
        "script_url": script,
        "ask_chain": _ask_chain(shown.provenance),
        "ownership": describe_ownership(profile.handle, shown.provenance),
    }


def _check(source: Source) -> dict[str, Any]:
    """Return what the page's script and the commands need of one file."""
    path = "/".join(quote(name, safe="") for name in source.path.split("/") if name)
    address = reverse("nft:ipfs", args=[source.root]) + (f"/{path}" if path else "") + "?format=car&dag-scope=entity"
    archive = f"{source.name}.car"
    return {
        "source": source,
        "car_url": address,
        "fetch": f"curl -o {archive} '{urljoin(profiles_settings.current().site_origin, address)}'",
        "verify": f"python3 verify_car.py {archive} 'ipfs://{source.reference}'",
    }


def _ask_chain(facts: Mapping[str, object]) -> str:
    """Return a command of Foundry's `cast` that asks a node what the token names."""
    function = "uri(uint256)(string)" if facts.get("standard") == "erc1155" else "tokenURI(uint256)(string)"
    return f"cast call {facts.get('contract', '')} '{function}' {facts.get('token_id', '')} --rpc-url <node>"

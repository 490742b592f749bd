"""`/avatar/<id>/proof.json`: the proof of ownership that a receipt names, served where and as that receipt is."""

from __future__ import annotations

from django.http import HttpRequest, HttpResponse
from django.utils import timezone
from django.utils.cache import get_conditional_response
from django.utils.http import quote_etag
from django.utils.translation import gettext_noop

from nft.claims.ownership_proofs import get_public_document
from profiles.errors import ExpectedError, Kind
from profiles.problems import answers_outages, problem_response, public_error
from profiles.sentences import gettext as _
from profiles.serving.caching import limit_caching, public_media
from profiles.serving.renames import redirect_renamed
from profiles.serving.request import check_identifier
from profiles.serving.showing import find_profile, shown_picture, valid_until

NO_PROOF = Kind("no-ownership-proof", gettext_noop("No proof of ownership"), 404)


@public_media
@answers_outages
def proof_document(request: HttpRequest, identifier: str) -> HttpResponse:
    now = timezone.now()
    try:
        profile = find_profile(check_identifier(identifier))
    except ExpectedError as error:
        return problem_response(public_error(error))
    if profile is None:
        return redirect_renamed(request, identifier) or _no_proof()
    avatar = shown_picture(profile, now).avatar
    found = None if avatar is None else get_public_document(avatar.pk)
    if avatar is None or found is None:
        return _no_proof()
    sha256, document = found
    etag = quote_etag(sha256)
    response = get_conditional_response(request, etag=etag)
    if response is None:
        response = HttpResponse(document, content_type="application/json")
    response.headers["ETag"] = etag
    limit_caching(request, response, valid_until(profile, avatar, now), now)
    return response


def _no_proof() -> HttpResponse:
    sentence = _("The receipt at this address names no proof of ownership.")
    return problem_response(ExpectedError(sentence, NO_PROOF), headers={"Cache-Control": "no-store"})

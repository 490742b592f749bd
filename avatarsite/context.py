"""The context of every page."""

from __future__ import annotations

from django.apps import apps
from django.conf import settings
from django.http import HttpRequest
from django.utils.functional import SimpleLazyObject

from profiles.people.signed_in import own_profile


def site(request: HttpRequest) -> dict[str, object]:
    return {
        "site_name": settings.SITE_NAME,
        "site_notice": settings.SITE_NOTICE,
        "site_origin": settings.SITE_ORIGIN,
        "operator": settings.OPERATOR,
        "local_stack": settings.LOCAL_STACK,
        "features": {"nft": apps.is_installed("nft")},
        "my_profile": SimpleLazyObject(lambda: own_profile(request) if request.user.is_authenticated else None),
    }

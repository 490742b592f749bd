"""The host's own addresses, and those of the apps under a prefix."""

from __future__ import annotations

import os

from django.conf import settings
from django.contrib import admin
from django.http import HttpRequest, HttpResponse
from django.urls import URLPattern, URLResolver, include, path


def own(request: HttpRequest, rest: str = "") -> HttpResponse:
    return HttpResponse(f"the host's own {request.path}")


PREFIX = os.environ.get("HOST_PREFIX", "")
urlpatterns: list[URLPattern | URLResolver] = [
    path("", own),
    path("admin/", admin.site.urls),
]
if "nft" in settings.INSTALLED_APPS:
    urlpatterns.append(path(PREFIX, include("nft.urls")))
if "profiles" in settings.INSTALLED_APPS:
    urlpatterns.append(path(PREFIX, include("profiles.urls")))
# A host has its own pages under names that the apps use at the root.
urlpatterns += [path(f"{name}/<path:rest>", own) for name in ("avatar", "pictures", "api")]

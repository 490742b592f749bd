"""Files that browsers and search engines look for at fixed addresses."""

from __future__ import annotations

from django.conf import settings
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect, JsonResponse
from django.shortcuts import redirect
from django.templatetags.static import static
from django.views.decorators.cache import cache_control
from django.views.decorators.http import require_safe

#: Pages of one person or one visit. The admin's address stays unnamed, because it may be secret.
PRIVATE = ("/accounts/", "/settings/", "/mint/", "/transfer/", "/local/")
ICON_SIDES = (192, 512)
for_a_day = cache_control(public=True, max_age=86_400)


@require_safe
@for_a_day
def robots(request: HttpRequest) -> HttpResponse:
    lines = ["User-agent: *", *[f"Disallow: {path}" for path in PRIVATE]]
    return HttpResponse("\n".join(lines) + "\n", content_type="text/plain; charset=utf-8")


@require_safe
@for_a_day
def manifest(request: HttpRequest) -> HttpResponse:
    """Return the web app manifest, which phones read to put the site on their home screen."""
    icons = [
        {"src": static(f"img/icon-{side}.png"), "sizes": f"{side}x{side}", "type": "image/png", "purpose": purpose}
        for side in ICON_SIDES
        for purpose in ("any", "maskable")
    ]
    facts = {
        "name": settings.SITE_NAME,
        "short_name": settings.SITE_NAME,
        "start_url": "/",
        "display": "minimal-ui",
        "background_color": "#f3f5f1",
        "theme_color": "#f3f5f1",
        "icons": icons,
    }
    return JsonResponse(facts, content_type="application/manifest+json")


@require_safe
@for_a_day
def favicon(request: HttpRequest) -> HttpResponseRedirect:
    return HttpResponseRedirect(static("img/favicon.ico"))


@require_safe
@for_a_day
def apple_touch_icon(request: HttpRequest) -> HttpResponseRedirect:
    return HttpResponseRedirect(static("img/icon-180.png"))


@require_safe
def change_password(request: HttpRequest) -> HttpResponse:
    """Lead password managers to the page (W3C, A Well-Known URL for Changing Passwords)."""
    return redirect("account_change_password")

"""The pages on privacy, terms, contact and help: what this site does is read from its settings."""

from __future__ import annotations

from django.conf import settings
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.views.decorators.http import require_safe

from avatarsite.privacy_facts import read_periods, read_third_parties


@require_safe
def privacy(request: HttpRequest) -> HttpResponse:
    cookies = {
        "session": settings.SESSION_COOKIE_NAME,
        "csrf": settings.CSRF_COOKIE_NAME,
        "language": settings.LANGUAGE_COOKIE_NAME,
    }
    facts = {"periods": read_periods(), "others": read_third_parties(), "cookies": cookies}
    return render(request, "site/privacy.html", facts)


@require_safe
def terms(request: HttpRequest) -> HttpResponse:
    return render(request, "site/terms.html")


@require_safe
def contact(request: HttpRequest) -> HttpResponse:
    return render(request, "site/contact.html")


@require_safe
def help_page(request: HttpRequest) -> HttpResponse:
    return render(request, "site/help.html", {"periods": read_periods()})

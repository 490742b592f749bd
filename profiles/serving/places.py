"""Find the addresses of pictures where the host project mounted them, and the views that answer there.

Only the URL configuration decides: a view of the host's own at such an address stays the host's.
"""

from __future__ import annotations

from collections.abc import Callable
from functools import lru_cache
from typing import cast
from urllib.parse import unquote

from django.http.response import HttpResponseBase
from django.urls import (
    NoReverseMatch,
    Resolver404,
    ResolverMatch,
    URLResolver,
    get_resolver,
    get_script_prefix,
    resolve,
    reverse,
    set_script_prefix,
)

#: The views that `public_media` made.
PUBLIC_VIEWS: set[Callable[..., HttpResponseBase]] = set()


def avatar_prefix(urlconf: str | None = None) -> tuple[str, ...]:
    """Return what the path of a person's picture begins with, after SCRIPT_NAME. Empty where it is not mounted."""
    return _prefixes(get_resolver(urlconf))[:1]


def picture_prefixes(urlconf: str | None = None) -> tuple[str, ...]:
    """Return the same for all addresses that `CookielessMedia` answers: of people, and of immutable pictures."""
    return _prefixes(get_resolver(urlconf))


def find_public_view(path_info: str, urlconf: str | None = None) -> ResolverMatch | None:
    """Return the match of an address that one of our public views answers, None for any other."""
    try:
        found = resolve(path_info, urlconf)
    except Resolver404:
        return None
    return found if found.func in PUBLIC_VIEWS else None


@lru_cache(maxsize=8)
def _prefixes(resolver: URLResolver) -> tuple[str, ...]:
    script, urlconf = get_script_prefix(), cast("str", resolver.urlconf_name)
    set_script_prefix("/")
    try:
        avatar = reverse("profiles:avatar", urlconf, args=["x"])
        content = reverse("profiles:content", urlconf, args=["0" * 64, "webp"])
    except NoReverseMatch:
        return ()
    finally:
        set_script_prefix(script)
    return unquote(avatar).rpartition("/")[0] + "/", unquote(content).rpartition("/")[0] + "/"

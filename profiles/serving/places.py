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
    URLPattern,
    URLResolver,
    get_resolver,
    get_script_prefix,
    resolve,
    reverse,
    set_script_prefix,
)
from django.urls.resolvers import RoutePattern

#: What the address of a receipt ends in.
RECEIPT = ".json"
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


def identifier_in(path_info: str) -> str | None:
    """Return whose picture this address is, None for any other. It resolves only where another view may come first."""
    prefix = avatar_prefix()
    if not prefix or not path_info.startswith(prefix):
        return None
    if not _is_first(get_resolver(), prefix[0]):
        found = find_public_view(path_info)
        return str(found.kwargs["identifier"]) if found and found.url_name == "avatar" else None
    name = path_info[len(prefix[0]) :]
    return None if not name or "/" in name or name.endswith(RECEIPT) else name


@lru_cache(maxsize=8)
def _is_first(resolver: URLResolver, prefix: str) -> bool:
    """Return whether no pattern before that of pictures can match an address below `prefix`."""
    return _is_ours_first(resolver, "/", prefix) is True


def _is_ours_first(resolver: URLResolver, base: str, prefix: str) -> bool | None:
    """Return the same for the patterns below `base`; None if pictures are not among them, nor anything in their way."""
    for each in resolver.url_patterns:
        route = str(each.pattern) if isinstance(each.pattern, RoutePattern) else None
        start = None if route is None else base + route.partition("<")[0]
        if isinstance(each, URLResolver) and start is not None and "<" not in str(route):
            found = _is_ours_first(each, start, prefix) if prefix.startswith(start) else None
            if found is not None:
                return found
        elif isinstance(each, URLPattern) and each.callback in PUBLIC_VIEWS and each.name in {"avatar", "avatar_json"}:
            if each.name == "avatar":
                return True
        elif start is None or start.startswith(prefix) or ("<" in str(route) and prefix.startswith(start)):
            return False
    return None


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

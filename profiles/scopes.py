"""Scopes: what a token lets a program do. Apps register theirs, and a person chooses among them for each token.

A sensitive scope opens what pages ask a proof of identity for. The proof is given once, on the page that makes the
token, so such a token lasts for SENSITIVE_LASTS at most.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta

from profiles.sentences import gettext, gettext_noop

SENSITIVE_LASTS = timedelta(days=30)


@dataclass(frozen=True)
class Scope:
    """`allows` says to people what it lets a program do; it is in English and marked by `gettext_noop`."""

    name: str
    allows: str
    is_sensitive: bool = False

    def __str__(self) -> str:
        return self.name

    @property
    def label(self) -> str:
        return gettext(self.allows)


READ = Scope("read", gettext_noop("See my profile, my pictures and their history"))
WRITE = Scope("write", gettext_noop("Set, choose, crop and describe my picture"))
DELETE = Scope("delete", gettext_noop("Remove pictures"))
PROFILE = Scope("profile", gettext_noop("Change my handle, name, texts and links"))
NOTICES = Scope("notices", gettext_noop("See my notices, mark them as read and choose which I get"))
EXPORT = Scope("export", gettext_noop("Make and download a file of all my data"), is_sensitive=True)
WEBHOOKS = Scope(
    "webhooks",
    gettext_noop("Set up my webhooks: where events of mine are sent, and their secrets"),
    is_sensitive=True,
)

_scopes = {scope.name: scope for scope in (READ, WRITE, DELETE, PROFILE, NOTICES, EXPORT, WEBHOOKS)}


def register_scopes(*scopes: Scope) -> None:
    """Offer more scopes for tokens. Replace earlier ones of the same names."""
    _scopes.update({scope.name: scope for scope in scopes})


def get_scopes() -> list[Scope]:
    """Return all scopes in the order of their registration."""
    return list(_scopes.values())


def parse_scopes(words: str) -> frozenset[Scope]:
    """Return the scopes that `words` names. A name that no installed app registers opens nothing."""
    return frozenset(_scopes[word] for word in words.split() if word in _scopes)

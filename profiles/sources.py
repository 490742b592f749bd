"""Where other apps add what we can't know: more about a picture's origin, and more names of a person.

Register in `AppConfig.ready`. Both hooks are called while a page or picture is served: no chain call, no write,
at most one query.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Any

from django.db.models import Q

if TYPE_CHECKING:
    from profiles.models import Avatar

#: Returns the provenance to show (a copy of `avatar.provenance` with more or fresher keys), or None for nothing.
ProvenanceProvider = Callable[["Avatar"], dict[str, Any] | None]

#: Takes an identifier from a URL; returns a filter over Profile, or None where it is not its kind of identifier.
#: A filter, not a profile, so that finding a person stays one query.
IdentifierResolver = Callable[[str], Q | None]

_provenance: dict[str, ProvenanceProvider] = {}
_resolvers: dict[str, IdentifierResolver] = {}


def register_provenance_provider(source: str, provider: ProvenanceProvider) -> None:
    """Let `provider` speak for pictures of this `Avatar.source`; a second one for a source replaces the first."""
    _provenance[source] = provider


def register_identifier_resolver(kind: str, resolver: IdentifierResolver) -> None:
    """Let `/avatar/<id>` know one more kind of identifier, as "address" or "ens"."""
    _resolvers[kind] = resolver


def provenance_of(avatar: Avatar) -> dict[str, Any] | None:
    provider = _provenance.get(avatar.source)
    return avatar.provenance if provider is None else provider(avatar)


def resolve_identifier(identifier: str) -> Q | None:
    """The first registered resolver's answer, or None where no resolver knows the form."""
    answers = (resolver(identifier) for resolver in _resolvers.values())
    return next((answer for answer in answers if answer is not None), None)

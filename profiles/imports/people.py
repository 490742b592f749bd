"""Find the people whom a source names, many at once, and each only if nobody else could be meant."""

from __future__ import annotations

import unicodedata
from collections import defaultdict
from collections.abc import Collection, Iterable
from typing import Any

from django.contrib.auth import get_user_model
from django.core.exceptions import ValidationError
from django.db.models import Field, QuerySet
from django.db.models.functions import Lower

from profiles import settings
from profiles.imports.entries import By, Outcome, Unusable
from profiles.models import Profile
from profiles.text import is_text

#: The key of a user, of whatever type the project's are.
Key = Any
Found = dict[str, set[Key]]
#: Longer names are nobody's.
MAX_NAME = 320


def all_users() -> QuerySet[Any]:
    return QuerySet(get_user_model())


def user_key() -> Field[Any, Any]:
    return get_user_model()._meta.pk  # noqa: SLF001 - Django documents it as public


def find_people(names: Collection[str], by: Collection[By]) -> dict[str, Key | Unusable]:
    """Return whom each name means: the key of a user, or why it is nobody's. A few queries for all.

    Unicode's forms of a name are one name. An e-mail address counts in any case, and where the project says which
    addresses are confirmed (AVATAR_VERIFIED_ADDRESSES), only for who confirmed it.
    """
    usable = [name for name in names if is_text(name) and 0 < len(name) <= MAX_NAME]
    found: Found = defaultdict(set)
    for kind in _kinds(by):
        for name, keys in _FINDERS[kind](usable).items():
            found[name] |= keys
    return {name: _one_of(name, found.get(name, set())) for name in names}


def _kinds(by: Collection[By]) -> set[By]:
    """Return the ways to look. Where people sign in by e-mail, a username is an address."""
    user = get_user_model()
    is_address = user.get_email_field_name() == user.USERNAME_FIELD
    return {By.EMAIL if kind is By.USERNAME and is_address else kind for kind in by}


def _one_of(name: str, keys: set[Key]) -> Key | Unusable:
    if len(keys) > 1:
        return Unusable(Outcome.SEVERAL_USERS, f"{len(keys)} users could be meant. Name them by their key.")
    if not keys and "@" in name:
        return Unusable(Outcome.NO_USER, "No user has this name, or has confirmed this e-mail address.")
    return next(iter(keys), Unusable(Outcome.NO_USER, "No user has this name."))


def _by_key(names: Iterable[str]) -> Found:
    field = user_key()
    wanted: dict[Key, set[str]] = defaultdict(set)
    for name in names:
        try:
            value = field.to_python(name)
            field.run_validators(value)
        except ValidationError:
            continue
        if _plain(str(value)) == _plain(name):  # "1_0" and other digits than ours are read as numbers, too
            wanted[value].add(name)
    known = all_users().filter(pk__in=wanted).values_list("pk", flat=True)
    return {name: {key} for key in known for name in wanted[key]}


def _plain(key: str) -> str:
    return key.replace("-", "").lower()


def _by_username(names: Collection[str]) -> Found:
    user = get_user_model()
    forms = {form for name in names for form in _forms(name)}
    rows = all_users().filter(**{f"{user.USERNAME_FIELD}__in": forms}).values_list("pk", user.USERNAME_FIELD)
    found: dict[str, list[tuple[str, Key]]] = defaultdict(list)
    for key, username in rows:
        found[_norm(username)].append((username, key))
    return {name: _exact_or_all(name, found[_norm(name)]) for name in names if _norm(name) in found}


def _exact_or_all(name: str, candidates: list[tuple[str, Key]]) -> set[Key]:
    exact = {key for username, key in candidates if username == name}
    return exact or {key for _, key in candidates}


def _by_handle(names: Collection[str]) -> Found:
    forms = {name: _norm(name).lower() for name in names}
    rows = dict(Profile.objects.filter(handle__in=set(forms.values())).values_list("handle", "user_id"))
    return {name: {rows[form]} for name, form in forms.items() if form in rows}


def _by_email(names: Collection[str]) -> Found:
    user = get_user_model()
    addresses = {name: {form.lower() for form in _forms(name)} for name in names if "@" in name}
    if not addresses:
        return {}
    wanted = set().union(*addresses.values())
    users = all_users().annotate(small=Lower(user.get_email_field_name())).filter(small__in=wanted)
    keys: Found = defaultdict(set)
    for person in users:
        small = _address(person.small)
        if not settings.knows_addresses() or small in map(_address, settings.verified_addresses(person)):
            keys[small].add(person.pk)
    return {name: keys[_address(name)] for name in addresses}


def _address(address: str) -> str:
    return unicodedata.normalize("NFC", address.strip().lower())


def _forms(name: str) -> set[str]:
    return {name, *(unicodedata.normalize(form, name) for form in ("NFC", "NFD", "NFKC"))}


def _norm(name: str) -> str:
    return unicodedata.normalize("NFKC", name)


_FINDERS = {By.KEY: _by_key, By.USERNAME: _by_username, By.HANDLE: _by_handle, By.EMAIL: _by_email}

"""Gravatar and Libravatar: pictures by the hash of a confirmed e-mail address.

Who is asked learns the hash, and so that a person with this address is here. So the operator must say who agreed.
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Iterator
from functools import partial
from importlib.util import find_spec
from typing import Any

from django.core.management.base import CommandError
from django.utils.module_loading import import_string

from profiles import settings
from profiles.imports.avatar_hosts import find_avatar_host
from profiles.imports.entries import Entry, Outcome, SourceOptions, Unusable
from profiles.imports.people import all_users
from profiles.imports.web import PoliteWeb
from profiles.models import Profile

#: Values of --consent beside dotted paths.
FOUND_BY_EMAIL, EVERYBODY = "found-by-email", "everybody"
_PAGE = 500
# Any user model's.
User = Any


class _ByEmailHash:
    name: str

    def __init__(self, options: SourceOptions) -> None:
        if not settings.knows_addresses():
            raise CommandError("AVATAR_VERIFIED_ADDRESSES is not set: nobody's e-mail address is known as confirmed.")
        self._agreed = _find_consent(options.consent)
        self._web = PoliteWeb(options.pause, options.patience)
        self._base_url = options.base_url

    def count(self) -> int:
        return all_users().filter(is_active=True).count()

    def entries(self) -> Iterator[Entry]:
        """Yield one entry for each active user. Their addresses are read in a worker."""
        active = all_users().filter(is_active=True).order_by("pk")
        page = list(active[:_PAGE])
        while page:
            for user in page:
                yield Entry(str(user.pk), str(user.pk), partial(self._read, user), where=self.name)
            page = list(active.filter(pk__gt=page[-1].pk)[:_PAGE])

    def _read(self, user: User) -> bytes:
        if not self._agreed(user):
            raise Unusable(Outcome.NO_CONSENT, "The person did not agree that a hash of their address is told.")
        for address in settings.verified_addresses(user):
            content = self._web.fetch(self._address_of(address.strip().lower()))
            if content is not None:
                return content
        raise Unusable(Outcome.NONE, "There is no picture for any confirmed address of the person.")

    def _address_of(self, address: str) -> str:
        digest = hashlib.sha256(address.encode()).hexdigest()
        return f"{self._base_of(address).rstrip('/')}/{digest}?{self._query}"

    _query = "s=1024&d=404"

    def _base_of(self, address: str) -> str:
        raise NotImplementedError


class Gravatar(_ByEmailHash):
    """Gravatar, or a site that answers like it (`base_url`)."""

    name = "gravatar"

    def _base_of(self, address: str) -> str:
        return self._base_url or "https://gravatar.com/avatar"


class Libravatar(_ByEmailHash):
    """Libravatar: the host that an address's domain names by DNS, else libravatar.org."""

    name = "libravatar"
    _query = "s=512&d=404"  # the most it has

    def __init__(self, options: SourceOptions) -> None:
        if find_spec("dns") is None:
            raise CommandError("Its hosts are found by DNS: install dnspython, or avatarsite[libravatar].")
        super().__init__(options)

    def _base_of(self, address: str) -> str:
        return self._base_url or find_avatar_host(address.rpartition("@")[2])


def _find_consent(consent: str) -> Callable[[User], bool]:
    if consent == EVERYBODY:
        return lambda _: True
    if consent == FOUND_BY_EMAIL:
        return lambda user: Profile.objects.filter(user_id=user.pk, is_found_by_email=True).exists()
    if not consent:
        raise CommandError(
            "Hashes of people's e-mail addresses would be told to another service. Say who agreed to that: --consent "
            f"{FOUND_BY_EMAIL} (who lets their picture be found by their address here), --consent {EVERYBODY}, or the "
            "dotted path of a function of a user."
        )
    try:
        agreed: Callable[[User], bool] = import_string(consent)
    except ImportError as error:
        raise CommandError(f"--consent {consent} can't be imported: {error}.") from error
    return agreed

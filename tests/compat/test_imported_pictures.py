"""Pictures are imported from a real site that answers as Gravatar and Libravatar do, by the guarded client."""

from __future__ import annotations

from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import dns.resolver
import pytest
from allauth.account.models import EmailAddress
from django.core.management import call_command
from pytest_django import Settings
from pytest_django.live_server_helper import LiveServer

from nft.clients.web import pictures
from nft.clients.web.fetch import GuardedHttp
from profiles import sources
from profiles.models import Profile
from profiles.people.email_names import set_found_by_email
from profiles.testing.people import a_person, an_upload
from tests.compat.names import serve_names
from tests.nft.clients.test_guarded_http import LOCAL


def addresses(user: Any) -> list[str]:
    """Let Bob have the address by which the other site, which is this one, knows Alice."""
    return ["alice@example.org"] if user.username == "bob" else []


def fetch_without_tls(address: str) -> bytes:
    """Fetch by the guarded client. The site of these tests speaks no TLS."""
    return pictures.fetch_picture(address.replace("https:", "http:", 1))


@pytest.mark.django_db(transaction=True)
@pytest.mark.parametrize("name", ["gravatar", "libravatar"])
def test_a_picture_is_found_by_a_confirmed_address(
    name: str, live_server: LiveServer, settings: Settings, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    alice, bob = a_person("alice"), a_person("bob")
    EmailAddress.objects.create(user=alice.user, email="alice@example.org", verified=True)
    theirs = an_upload(alice)
    set_found_by_email(alice, True, alice.user)
    settings.AVATAR_VERIFIED_ADDRESSES = f"{__name__}.addresses"
    monkeypatch.setattr(pictures, "guarded_http", lambda: GuardedHttp(LOCAL))
    monkeypatch.setattr(sources, "_fetchers", [f"{__name__}.fetch_without_tls"])
    with serve_names(urlsplit(live_server.url).port or 0) as port:
        resolver = dns.resolver.Resolver(configure=False)
        resolver.nameservers, resolver.port = ["127.0.0.1"], port
        monkeypatch.setattr(dns.resolver, "default_resolver", resolver)
        base_url = f"{live_server.url}/avatar" if name == "gravatar" else ""
        given = {"source": name, "consent": "everybody", "base_url": base_url, "pause": 0.0}
        call_command("import_avatars", journal=tmp_path / "journal", **given)
    (avatar,) = Profile.objects.get(pk=bob.pk).avatars.all()
    assert (avatar.image.width, avatar.image.height) == (240, 240)
    assert avatar.image.difference_hash == theirs.image.difference_hash
    assert alice.avatars.get() == theirs

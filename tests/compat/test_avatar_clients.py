"""Third-party clients for Gravatar and Libravatar work unchanged with our site."""

from __future__ import annotations

import json
import subprocess
from collections.abc import Iterator
from io import BytesIO
from pathlib import Path
from urllib.parse import urlsplit

import dns.resolver
import libravatar
import pytest
import requests
from allauth.account.models import EmailAddress
from django_gravatar import helpers
from libgravatar import Gravatar
from PIL import Image
from pytest_django.live_server_helper import LiveServer

from localstack import binaries
from profiles.models import Profile
from profiles.people.email_names import set_found_by_email
from profiles.testing.people import a_person, an_upload
from tests.compat.names import serve_names

CLIENTS = Path(__file__).parent / "clients"
ALICE, STRANGER = " Alice@Example.org ", "somebody@example.org"


@pytest.fixture
def alice(live_server: LiveServer) -> Profile:
    """Alice has a picture and a verified address, and allows people to find her by it."""
    profile = a_person("alice")
    EmailAddress.objects.create(user=profile.user, email="alice@example.org", verified=True)
    an_upload(profile)
    set_found_by_email(profile, True, profile.user)
    return profile


@pytest.fixture
def name_server(live_server: LiveServer) -> Iterator[int]:
    with serve_names(urlsplit(live_server.url).port or 0) as port:
        yield port


def here(url: str, live_server: LiveServer) -> str:
    """Return the same URL on our site, for clients that only know one host."""
    parts = urlsplit(url)
    return live_server.url + parts.path + ("?" + parts.query if parts.query else "")


def fetched(url: str) -> Image.Image:
    response = requests.get(url, timeout=10)
    assert response.status_code == 200, response.text
    return Image.open(BytesIO(response.content))


def is_alices(url: str, live_server: LiveServer) -> bool:
    """Return whether this is the picture that a request for her handle gets in its size and format."""
    parts = urlsplit(url)
    suffix = Path(parts.path).suffix
    own = requests.get(f"{live_server.url}/avatar/alice{suffix}?{parts.query}", timeout=10)
    return requests.get(url, timeout=10).content == own.content


@pytest.mark.django_db(transaction=True)
def test_pylibravatar_finds_us_by_dns_and_her_by_md5(
    live_server: LiveServer, alice: Profile, name_server: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    resolver = dns.resolver.Resolver(configure=False)
    resolver.nameservers, resolver.port = ["127.0.0.1"], name_server
    monkeypatch.setattr(dns.resolver, "default_resolver", resolver)
    url = libravatar.libravatar_url(email=ALICE, size=200, default="404")
    assert url.startswith(f"http://localhost:{urlsplit(live_server.url).port}/avatar/")
    assert is_alices(url, live_server)
    assert requests.get(libravatar.libravatar_url(email=STRANGER, default=404), timeout=10).status_code == 404
    for style in ("mm", "identicon", "monsterid", "wavatar", "retro", "robohash", "pagan"):
        assert fetched(libravatar.libravatar_url(email=STRANGER, default=style, size=64)).size == (64, 64)


@pytest.mark.django_db(transaction=True)
def test_django_gravatar_shows_her_and_knows_who_has_a_picture(
    live_server: LiveServer, alice: Profile, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name in ("GRAVATAR_URL", "GRAVATAR_SECURE_URL"):  # the client reads its settings on import
        monkeypatch.setattr(helpers, name, live_server.url + "/")
    assert is_alices(helpers.get_gravatar_url(ALICE, size=128), live_server)
    assert helpers.has_gravatar(ALICE)
    assert not helpers.has_gravatar(STRANGER)


@pytest.mark.django_db(transaction=True)
def test_libgravatars_parameters_mean_what_they_say(live_server: LiveServer, alice: Profile) -> None:
    assert is_alices(here(Gravatar(ALICE).get_image(size=96, rating="g"), live_server), live_server)
    for default in Gravatar.DEFAULT_IMAGE:
        url = here(Gravatar(ALICE).get_image(default=default, force_default=True, filetype_extension=True), live_server)
        if default == "404":
            assert requests.get(url, timeout=10).status_code == 404
        else:
            assert fetched(url).format == "JPEG"


@pytest.mark.django_db(transaction=True)
def test_the_clients_of_npm_get_her_picture_too(live_server: LiveServer, alice: Profile, name_server: int) -> None:
    urls = addresses_by_npm(ALICE, live_server, name_server)
    assert all(is_alices(url, live_server) for name, url in urls.items() if "forced" not in name)
    assert fetched(urls["gravatar, forced"]).size == (64, 64)
    assert fetched(urls["gravatar, forced"]) != fetched(urls["gravatar, forced"].replace("f=y", "f=n"))
    strangers = addresses_by_npm(STRANGER, live_server, name_server)
    assert requests.get(strangers["gravatar"], timeout=10).status_code == 404
    assert fetched(strangers["gravatar-url"]).size == (128, 128)


@pytest.mark.django_db(transaction=True)
def test_who_did_not_opt_in_is_nobody_to_every_client(live_server: LiveServer, alice: Profile) -> None:
    set_found_by_email(alice, False, alice.user)
    assert requests.get(here(Gravatar(ALICE).get_image(default="404"), live_server), timeout=10).status_code == 404


def addresses_by_npm(email: str, live_server: LiveServer, name_server: int) -> dict[str, str]:
    script = [binaries.node(), str(CLIENTS / "urls.mjs"), email, live_server.url, str(name_server)]
    done = subprocess.run(script, capture_output=True, text=True, check=True, timeout=60)
    urls: dict[str, str] = json.loads(done.stdout)
    return urls

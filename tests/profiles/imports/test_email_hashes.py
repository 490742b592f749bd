"""Gravatar and Libravatar are asked politely, for who agreed and has no picture; no outage is taken for a no."""

from __future__ import annotations

import hashlib
from collections.abc import Callable
from typing import Any

import dns.resolver
import pytest
from django.core.management import CommandError
from pytest_django import Settings

from profiles import sources
from profiles.errors import ExpectedError, Kind
from profiles.imports import avatar_hosts
from profiles.imports.avatar_hosts import DEFAULT, find_avatar_host
from profiles.imports.entries import Stopped, Unusable
from profiles.imports.run import MAX_UNREACHABLE
from profiles.imports.web import PoliteWeb
from profiles.models import Avatar, Profile
from profiles.sources import NOT_THERE
from profiles.testing.people import a_person, a_picture, an_upload
from tests.compat.names import serve_names
from tests.profiles.imports.conftest import ImportAvatars, history

pytestmark = pytest.mark.django_db

BUSY = Kind("busy", "Busy", 503, permanent=False)


class Host:
    """A host of avatars in memory."""

    def __init__(self) -> None:
        self.pictures: dict[str, bytes] = {}
        self.asked: list[str] = []
        self.before: Callable[[], None] = lambda: None

    def has(self, address: str) -> None:
        self.pictures[hashlib.sha256(address.encode()).hexdigest()] = a_picture()

    def fetch(self, address: str) -> bytes:
        self.asked.append(address)
        self.before()
        found = self.pictures.get(address.rpartition("/")[2].partition("?")[0])
        if found is None:
            raise ExpectedError("It has none.", NOT_THERE)
        return found


HOST = Host()


def fetch(address: str) -> bytes:
    return HOST.fetch(address)


def addresses(user: Any) -> list[str]:
    return [f"{user.username}@work.example", f" {user.username.title()}@Example.org"]


def agreed(user: Any) -> bool:
    return bool(user.username == "alice")


@pytest.fixture(autouse=True)
def host(monkeypatch: pytest.MonkeyPatch, settings: Settings) -> Host:
    HOST.__init__()  # type: ignore[misc]
    monkeypatch.setattr(sources, "_fetchers", [f"{__name__}.fetch"])
    settings.AVATAR_VERIFIED_ADDRESSES = f"{__name__}.addresses"
    return HOST


def test_each_confirmed_address_is_asked_for_until_one_has_a_picture(
    import_avatars: ImportAvatars, host: Host, alice: Profile, bob: Profile
) -> None:
    host.has("alice@example.org")
    done = import_avatars("gravatar", consent="everybody")
    assert (done.code, done.counts) == (0, {"imported": 1, "none": 1})
    assert len(history(alice)) == 1
    assert len(host.asked) == 4
    digest = hashlib.sha256(b"alice@work.example").hexdigest()
    assert host.asked[0] == f"https://gravatar.com/avatar/{digest}?s=1024&d=404"


def test_nobody_is_told_of_who_did_not_agree_or_has_a_picture(
    import_avatars: ImportAvatars, host: Host, alice: Profile, bob: Profile
) -> None:
    with pytest.raises(CommandError, match="Say who agreed"):
        import_avatars("gravatar")
    a_person("eve")
    an_upload(bob)
    done = import_avatars("gravatar", consent=f"{__name__}.agreed")
    assert done.counts == {"none": 1, "has-one": 1, "no-consent": 1}
    assert len(host.asked) == 2
    Profile.objects.filter(user__username="eve").update(is_found_by_email=True)
    again = import_avatars("gravatar", consent="found-by-email")
    assert again.counts == {"none": 2, "has-one": 1}, "who did not agree is asked in each run"
    assert len(host.asked) == 4


def test_a_project_without_confirmed_addresses_is_told(import_avatars: ImportAvatars, settings: Settings) -> None:
    settings.AVATAR_VERIFIED_ADDRESSES = ""
    with pytest.raises(CommandError, match="AVATAR_VERIFIED_ADDRESSES"):
        import_avatars("libravatar", consent="everybody")


def test_what_can_not_be_reached_is_asked_again_in_the_next_run(
    import_avatars: ImportAvatars, host: Host, alice: Profile
) -> None:
    def fail() -> None:
        raise ExpectedError("It is down.", BUSY)

    host.has("alice@work.example")
    host.before = fail
    done = import_avatars("gravatar", consent="everybody")
    assert (done.code, done.counts) == (1, {"unreachable": 1})
    assert len(host.asked) == 3
    host.before = lambda: None
    assert import_avatars("gravatar", consent="everybody").counts == {"imported": 1}


def test_a_network_that_is_down_stops_the_import(import_avatars: ImportAvatars, host: Host) -> None:
    def fail() -> None:
        raise ExpectedError("It is down.", BUSY)

    for number in range(MAX_UNREACHABLE + 2):
        a_person(f"person{number}")
    host.before = fail
    done = import_avatars("gravatar", consent="everybody")
    assert (done.code, done.counts) == (3, {"unreachable": MAX_UNREACHABLE})
    host.before = lambda: None
    assert import_avatars("gravatar", consent="everybody").counts == {"none": MAX_UNREACHABLE + 2}
    assert not Avatar.objects.exists()


def test_a_host_is_asked_with_pauses_and_left_alone_for_as_long_as_it_says(host: Host) -> None:
    now, slept = [100.0], list[float]()

    def sleep(seconds: float) -> None:
        slept.append(seconds)
        now[0] += seconds

    def refuse_once() -> None:
        host.before = lambda: None
        raise ExpectedError("Too many.", BUSY, retry_after=40)

    web = PoliteWeb(2.0, 60.0, clock=lambda: now[0], sleep=sleep)
    for _ in range(2):
        assert web.fetch("https://one.example/a") is None
    assert web.fetch("https://other.example/a") is None
    assert slept == [2.0]
    host.before = refuse_once
    assert web.fetch("https://one.example/a") is None
    assert slept == [2.0, 2.0, 40.0]

    def refuse_long() -> None:
        raise ExpectedError("Too many.", BUSY, retry_after=3600)

    host.before = refuse_long
    with pytest.raises(Stopped, match="asks to wait"):
        web.fetch("https://one.example/a")


def test_libravatar_is_where_the_domain_says(
    import_avatars: ImportAvatars, host: Host, alice: Profile, monkeypatch: pytest.MonkeyPatch
) -> None:
    host.has("alice@example.org")
    find_avatar_host.cache_clear()
    with serve_names(443) as port:
        resolver = dns.resolver.Resolver(configure=False)
        resolver.nameservers, resolver.port = ["127.0.0.1"], port
        monkeypatch.setattr(dns.resolver, "default_resolver", resolver)
        assert import_avatars("libravatar", consent="everybody").counts == {"imported": 1}
    assert [address.rpartition("/")[0] for address in host.asked] == [DEFAULT, "https://localhost/avatar"]


@pytest.mark.parametrize("error", [dns.resolver.NoNameservers, dns.resolver.LifetimeTimeout])
def test_name_servers_that_do_not_answer_are_no_answer(error: type[Exception], monkeypatch: pytest.MonkeyPatch) -> None:
    def resolve(*_: object, **__: object) -> None:
        raise error

    find_avatar_host.cache_clear()
    monkeypatch.setattr(dns.resolver, "resolve", resolve)
    with pytest.raises(Unusable, match="do not answer"):
        avatar_hosts.find_avatar_host("example.org")


@pytest.mark.parametrize("domain", ["", "..", "a" * 70 + ".example", "\ud800.example"])
def test_a_domain_that_dns_can_not_have_asks_no_name_server(domain: str) -> None:
    assert find_avatar_host(domain) == DEFAULT

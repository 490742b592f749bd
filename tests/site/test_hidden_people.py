"""A person who is disabled or leaving is nobody at every public address, and is back exactly as before afterwards."""

from __future__ import annotations

import hashlib
from datetime import timedelta
from functools import partial
from typing import Any

import pytest
from allauth.account.models import EmailAddress
from django.contrib.auth.models import User
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from nft.core.evm.address import to_checksum
from nft.errors import TokenActionError
from nft.models import LinkedAccount, PrimaryName
from nft.transfers.sending import find_receiver
from profiles.models import Avatar, Profile
from profiles.own_data.deletion import ask_deletion, keep_account
from profiles.people.api_tokens import TokenRequest, create_token
from profiles.people.email_names import set_found_by_email
from profiles.scopes import READ
from profiles.serving.direct import find_picture
from profiles.testing.people import a_person, an_upload

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("no_chain")]
ADDRESS = bytes.fromhex("12" * 20)
NAME = "alice.eth"
MAIL = b"alice@example.org"


@pytest.fixture
def alice(settings: Any) -> Profile:
    settings.NFT_CHAINS = {
        key: {**chain, "ens_registry": "0x" + "01" * 20} for key, chain in settings.NFT_CHAINS.items()
    }
    profile, now = a_person("alice"), timezone.now()
    an_upload(profile)
    EmailAddress.objects.create(user=profile.user, email=MAIL.decode(), verified=True, primary=True)
    set_found_by_email(profile, True, profile.user)
    facts = {"is_public": True, "linked_at": now, "last_used_at": now}
    account = LinkedAccount.objects.create(user=profile.user, address=ADDRESS, chain_id=31337, **facts)
    PrimaryName.objects.create(account=account, name=NAME, checked_at=now)
    profile.refresh_from_db()
    return profile


def addresses(profile: Profile) -> list[str]:
    """Return every public address that names this person or their picture."""
    hashes = [hashlib.sha256(MAIL).hexdigest(), hashlib.md5(MAIL, usedforsecurity=False).hexdigest()]
    names = ["alice", "Alice", *hashes, to_checksum(ADDRESS), f"eip155:1:{to_checksum(ADDRESS)}", NAME]
    found = [f"/avatar/{name}{rest}" for name in names for rest in ("", "?d=404", "?s=32&d=mp", ".json")]
    found += [reverse("nft:prove", args=[name]) for name in names]
    found += [f"/u/{handle}/{page}" for handle in ("alice", "Alice") for page in ("", "use/", "receipt/", "card.jpg")]
    sha256 = Avatar.objects.get(profile=profile).image.renditions.earliest("pk").sha256
    return [*found, "/api/v1/profiles/alice", f"/pictures/{sha256}.webp"]


def answers(paths: list[str]) -> dict[str, tuple[int, str, str]]:
    """Return what a stranger gets: the status, what tells contents apart, and where it leads."""
    found = {}
    for path in paths:
        answer = Client().get(path)
        tag = answer.headers.get("ETag", "") or (
            "" if path.endswith("/") else hashlib.sha256(answer.content).hexdigest()
        )
        found[path] = (answer.status_code, tag, answer.headers.get("Location", ""))
    return found


def find_directly(name: str) -> object:
    return find_picture({"PATH_INFO": f"/avatar/{name}", "QUERY_STRING": "", "HTTP_ACCEPT": "image/webp"})


def set_active(root: Client, user: User, *, active: bool) -> None:
    form = {"reason": "A test."} | ({"is_active": "on"} if active else {})
    assert root.post(reverse("admin:auth_user_change", args=[user.pk]), form).status_code == 302


@pytest.fixture
def root() -> Client:
    client = Client()
    client.force_login(User.objects.create_superuser("root", "root@example.org"), "users.backends.PasswordBackend")
    return client


def test_a_locked_or_leaving_person_is_nobody_and_comes_back_exactly(alice: Profile, root: Client) -> None:
    paths = addresses(alice)
    shown = answers(paths)
    assert {status for status, *_ in shown.values()} == {200, 302}, shown
    assert find_directly("alice") is not None

    set_active(root, alice.user, active=False)
    locked = answers(paths)
    assert all(locked[path] != shown[path] for path in paths)
    assert all(status == 404 for path, (status, *_) in locked.items() if "/avatar/" not in path or ".json" in path)
    assert find_directly("alice") is None
    with pytest.raises(TokenActionError):
        find_receiver("alice", 31337, alice.user, None)  # type: ignore[arg-type]  # no name is looked up

    set_active(root, alice.user, active=True)
    assert answers(paths) == shown

    ask_deletion(alice, alice.user, timezone.now())
    assert answers(paths) == locked
    set_active(root, alice.user, active=False)
    set_active(root, alice.user, active=True)
    assert answers(paths) == locked, "one cause is over, the other is not"
    assert keep_account(alice, alice.user)
    assert answers(paths) == shown

    alice.user.delete()
    assert answers(paths) == locked, "a hidden person can be told from nobody"


def test_a_token_of_a_hidden_person_opens_nothing(alice: Profile) -> None:
    wanted = TokenRequest("Backup", frozenset({READ}))
    secret = create_token(alice, wanted, now=timezone.now(), actor=alice.user).secret
    ask = partial(Client().get, "/api/v1/me/picture", headers={"Authorization": f"Bearer {secret}"})
    assert ask().status_code == 200
    ask_deletion(alice, alice.user, timezone.now())
    assert ask().status_code == 401
    assert keep_account(alice, alice.user)
    assert ask().status_code == 200


def test_a_picture_that_somebody_else_shows_too_stays_at_its_address(alice: Profile) -> None:
    bob = a_person("bob")
    image = Avatar.objects.get(profile=alice).image
    Avatar.objects.create(profile=bob, image=image, source="upload", chosen_at=timezone.now())
    path = f"/pictures/{image.renditions.earliest('pk').sha256}.webp"
    ask_deletion(alice, alice.user, timezone.now())
    assert Client().get(path).status_code == 200


def test_what_caches_may_keep_of_a_person_ends_within_five_seconds(alice: Profile) -> None:
    for path in ("/avatar/alice", "/avatar/alice.json", "/u/alice/", "/u/alice/card.jpg", "/api/v1/profiles/alice"):
        control = Client().get(path).headers["Cache-Control"]
        ages = [int(word.partition("=")[2]) for word in control.split(", ") if word.startswith("max-age")]
        assert ages
        assert timedelta(seconds=ages[0]) < timedelta(seconds=5), f"{path}: {control}"

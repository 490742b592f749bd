"""Being found by an e-mail address: only who wants to be, only by addresses they proved."""

from __future__ import annotations

import hashlib

import pytest
from allauth.account.models import EmailAddress, EmailConfirmationHMAC
from django.contrib.auth import get_user_model
from django.test import Client
from pytest_django import Settings

from profiles.models import AuditEntry, EmailName, Profile
from profiles.people import email_names
from profiles.serving.showing import find_profile
from profiles.testing.people import an_upload

pytestmark = pytest.mark.django_db
ADDRESS = "Alice@Example.org"
SHA256 = hashlib.sha256(b"alice@example.org").hexdigest()
MD5 = hashlib.md5(b"alice@example.org", usedforsecurity=False).hexdigest()


def an_address(profile: Profile, email: str = ADDRESS, *, verified: bool = True) -> EmailAddress:
    return EmailAddress.objects.create(user=profile.user, email=email, verified=verified)


def want_to_be_found(profile: Profile) -> None:
    email_names.set_found_by_email(profile, True, profile.user)


def test_nobody_is_found_who_did_not_ask_for_it(alice: Profile) -> None:
    an_address(alice)
    assert find_profile(SHA256) is None
    assert not EmailName.objects.exists()


@pytest.mark.parametrize("name", [SHA256, MD5, SHA256.upper(), MD5.upper()])
def test_who_wants_it_is_found_by_both_hashes(alice: Profile, name: str) -> None:
    an_address(alice)
    want_to_be_found(alice)
    assert find_profile(name) == alice


def test_only_proved_addresses_count(alice: Profile) -> None:
    address = an_address(alice, verified=False)
    want_to_be_found(alice)
    assert find_profile(SHA256) is None
    address.set_verified()
    assert find_profile(SHA256) == alice


def test_confirming_the_mailed_link_is_proof(client: Client, alice: Profile) -> None:
    address = an_address(alice, verified=False)
    want_to_be_found(alice)
    client.force_login(alice.user)
    client.post(f"/accounts/confirm-email/{EmailConfirmationHMAC(address).key}/")
    assert find_profile(SHA256) == alice


def test_a_removed_address_finds_nobody(client: Client, alice: Profile) -> None:
    an_address(alice, ADDRESS.lower())
    EmailAddress.objects.create(user=alice.user, email="other@example.org", verified=True, primary=True)
    want_to_be_found(alice)
    alice.user.set_password("correct horse battery")
    alice.user.save()
    client.post("/accounts/login/", {"login": "alice", "password": "correct horse battery"})
    asked_again = client.post("/accounts/email/", {"action_remove": "", "email": ADDRESS.lower()})
    client.post(asked_again["Location"], {"password": "correct horse battery"})
    assert find_profile(SHA256) is None
    assert alice.email_names.count() == 1


def test_a_changed_address_moves_the_name(alice: Profile) -> None:
    address = an_address(alice)
    want_to_be_found(alice)
    address.email = "new@example.org"
    address.save()
    assert find_profile(SHA256) is None
    assert find_profile(hashlib.sha256(b"new@example.org").hexdigest()) == alice


def test_going_back_on_it_forgets_every_hash_at_once(alice: Profile) -> None:
    an_address(alice)
    want_to_be_found(alice)
    email_names.set_found_by_email(alice, False, alice.user)
    assert find_profile(SHA256) is None
    assert not EmailName.objects.exists()
    actions = AuditEntry.objects.filter(action="profile.found_by_email").values_list("detail__wanted", flat=True)
    assert sorted(actions) == [False, True]


def test_an_address_belongs_to_who_proved_it_last(alice: Profile, bob: Profile) -> None:
    for person in (alice, bob):
        want_to_be_found(person)
        email_names.sync(person, [ADDRESS])
    assert find_profile(SHA256) == bob
    assert not alice.email_names.exists()


def test_syncing_again_changes_nothing(alice: Profile) -> None:
    an_address(alice)
    want_to_be_found(alice)
    before = list(EmailName.objects.values_list("pk", "sha256"))
    email_names.sync(alice, [ADDRESS, " alice@example.org "])
    assert list(EmailName.objects.values_list("pk", "sha256")) == before


def test_an_erased_account_leaves_no_hash(alice: Profile) -> None:
    an_address(alice)
    want_to_be_found(alice)
    get_user_model().objects.get(pk=alice.user_id).delete()
    assert not EmailName.objects.exists()


def test_an_address_of_who_has_no_profile_is_no_trouble(db: None) -> None:
    user = get_user_model().objects.create_user("carol")
    EmailAddress.objects.create(user=user, email="carol@example.org", verified=True)
    assert not EmailName.objects.exists()


def test_a_box_in_the_profile_form_turns_it_on_and_off(client: Client, alice: Profile) -> None:
    an_address(alice)
    client.force_login(alice.user)
    assert 'name="is_found_by_email"' in client.get("/settings/profile/").content.decode()
    client.post("/settings/profile/", {"handle": "alice", "is_found_by_email": "on"})
    assert find_profile(MD5) == alice
    assert "checked" in client.get("/settings/profile/").content.decode()
    client.post("/settings/profile/", {"handle": "alice"})
    assert find_profile(MD5) is None


def test_a_refused_form_changes_nothing(client: Client, alice: Profile, bob: Profile) -> None:
    an_address(alice)
    client.force_login(alice.user)
    assert client.post("/settings/profile/", {"handle": "bob", "is_found_by_email": "on"}).status_code == 422
    assert find_profile(MD5) is None


def test_a_host_without_addresses_has_no_box(client: Client, alice: Profile, settings: Settings) -> None:
    settings.AVATAR_VERIFIED_ADDRESSES = ""
    client.force_login(alice.user)
    assert "is_found_by_email" not in client.get("/settings/profile/").content.decode()
    client.post("/settings/profile/", {"handle": "alice"})
    alice.refresh_from_db()
    assert not alice.is_found_by_email


def test_the_picture_and_its_receipt_answer_to_the_hash(client: Client, alice: Profile) -> None:
    an_upload(alice)
    an_address(alice)
    assert client.get(f"/avatar/{MD5}?d=404").status_code == 404
    want_to_be_found(alice)
    assert client.get(f"/avatar/{MD5}").content == client.get("/avatar/alice").content
    assert client.get(f"/avatar/{SHA256}.json").json()["handle"] == "alice"


def sha256(address: str) -> str:
    return hashlib.sha256(address.encode()).hexdigest()


@pytest.mark.parametrize(
    "proved", ["zoë@müller.example", "zoë@xn--mller-kva.example", "zoe\u0308@mu\u0308ller.example"]
)
@pytest.mark.parametrize(
    "asked",
    [
        "zoë@müller.example",
        "zoe\u0308@mu\u0308ller.example",
        "zoë@xn--mller-kva.example",
        "zoe\u0308@xn--mller-kva.example",
    ],
)
def test_an_address_that_is_not_ascii_is_found_in_every_form_in_which_clients_hash_it(
    alice: Profile, proved: str, asked: str
) -> None:
    alice.is_found_by_email = True
    alice.save()
    email_names.sync(alice, [proved])
    assert find_profile(sha256(asked)) == alice
    assert find_profile(hashlib.md5(asked.encode(), usedforsecurity=False).hexdigest()) == alice


def test_another_form_takes_nothing_from_who_proved_exactly_this(alice: Profile, bob: Profile) -> None:
    for person in (alice, bob):
        person.is_found_by_email = True
        person.save()
    email_names.sync(alice, ["a@xn--mller-kva.example"])
    email_names.sync(bob, ["a@müller.example"])
    assert find_profile(sha256("a@xn--mller-kva.example")) == alice
    assert find_profile(sha256("a@müller.example")) == bob
    email_names.sync(alice, ["a@xn--mller-kva.example"])
    assert find_profile(sha256("a@müller.example")) == bob


@pytest.mark.parametrize(
    ("address", "forms"),
    [
        ("a@example.org", {"a@example.org"}),
        ("a@straße.example", {"a@straße.example", "a@xn--strae-oqa.example"}),
        ("a@xn--strae-oqa.example", {"a@straße.example", "a@xn--strae-oqa.example"}),
        ("a@xn--.example", {"a@xn--.example"}),
        ("a@xn--a.example", {"a@xn--a.example"}),
        ("a@xn--MLLER-KVA.example".lower(), None),
        ("a@xn--0000000000.example", {"a@xn--0000000000.example"}),
        ("no-at-sign", {"@no-at-sign"}),
    ],
)
def test_no_form_is_another_address(address: str, forms: set[str] | None) -> None:
    found = email_names.other_forms(address)
    assert found == forms if forms is not None else address in found
    assert "a@strasse.example" not in found

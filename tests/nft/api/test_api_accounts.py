"""Programs that list, link, show and unlink accounts: as far as their token's scopes go, and no further."""

from __future__ import annotations

import json
from typing import Any

import pytest
from django.contrib.auth.models import User
from django.utils import timezone

from nft.api import scopes
from nft.testing.wallets import Wallet
from profiles.people.profiles import profile_of
from profiles.scopes import READ
from profiles.testing.api_client import Program, a_secret, problem_of
from tests.kit.world import person

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("no_chain")]
HIDDEN = "0x" + "12" * 20
JSON = "application/json"


@pytest.fixture
def alice(db: None) -> User:
    """Alice, with an account that others don't see, and a password."""
    user = person("alice", HIDDEN)
    user.last_login = timezone.now()
    user.save()
    return user


@pytest.fixture
def program(alice: User) -> Program:
    return Program(a_secret(profile_of(alice)))


def send(program: Program, method: str, path: str, content: dict[str, Any]) -> Any:
    return program.call(method, path, json.dumps(content).encode(), JSON)


def test_accounts_are_listed_with_hidden_ones(program: Program) -> None:
    [account] = program.get("/me/accounts").json()["accounts"]
    assert (account["address"].lower(), account["is_public"], account["is_primary"]) == (HIDDEN, False, False)


def test_no_other_scope_tells_a_hidden_address(alice: User) -> None:
    """V7: all that a token with the scopes of pictures and claims can read."""
    program = Program(a_secret(profile_of(alice), READ, scopes.CLAIMS))
    assert problem_of(program.get("/me/accounts")) == (403, "scope-missing")
    for path in ("/me/profile", "/me/picture", "/me/pictures", "/me/claims"):
        answer = program.get(path)
        assert answer.status_code == 200
        assert HIDDEN[2:] not in answer.content.decode().lower()


def test_a_stolen_token_adds_no_way_to_sign_in(program: Program, alice: User, wallet: Wallet) -> None:
    """A linked wallet would sign in long after the token is revoked: its person links it on the site."""
    answer = send(program, "POST", "/me/accounts", {"text": "Link this account.", "signature": wallet.sign("a")})
    assert problem_of(answer) == (403, "confirm-on-site")
    assert answer.json()["confirm_at"].endswith("/settings/wallets/")
    assert problem_of(send(program, "POST", "/me/accounts/challenge", {})) == (404, "no-such-address")
    assert [account.address.hex() for account in alice.nft_linked_accounts.all()] == [HIDDEN[2:]]


def test_an_account_is_named_shown_and_made_primary(program: Program, alice: User) -> None:
    path = f"/me/accounts/{alice.nft_linked_accounts.get().pk}"
    said = send(program, "PATCH", path, {"label": "Cold", "is_primary": True}).json()
    assert (said["label"], said["is_public"], said["is_primary"]) == ("Cold", False, True)
    assert send(program, "PATCH", path, {"is_public": True}).json()["label"] == "Cold"
    assert problem_of(send(program, "PATCH", path, {"label": "a\u202eb"})) == (422, "body-invalid")


def test_unlinking_never_locks_a_person_out(program: Program, alice: User) -> None:
    path = f"/me/accounts/{alice.nft_linked_accounts.get().pk}"
    alice.set_unusable_password()
    alice.save()
    assert problem_of(program.delete(path)) == (409, "last-login-method")
    alice.set_password("good enough for today")
    alice.save()
    assert program.delete(path).json() == {"pictures_withdrawn": 0}
    assert problem_of(program.delete(path)) == (404, "no-such-account")


def test_nobody_touches_anothers_account(program: Program) -> None:
    theirs = person("bob", "0x" + "34" * 20).nft_linked_accounts.get()
    for answer in (
        program.delete(f"/me/accounts/{theirs.pk}"),
        send(program, "PATCH", f"/me/accounts/{theirs.pk}", {}),
    ):
        assert problem_of(answer) == (404, "no-such-account")

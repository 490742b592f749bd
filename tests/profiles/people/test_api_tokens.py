"""API tokens: made once, kept as a hash, ended by time or hand."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from uuid import uuid4

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from profiles.models import ApiToken, AuditEntry, Profile
from profiles.people.api_tokens import (
    KEPT_AFTER_END,
    MAX_LIVE,
    FreshToken,
    TokenError,
    TokenRequest,
    create_token,
    digest_of,
    find_token,
    revoke_token,
    scopes_of,
    shown_tokens,
)
from profiles.scopes import DELETE, EXPORT, READ, SENSITIVE_LASTS, WRITE

NOW = timezone.now()
ALL = TokenRequest("Backup script", frozenset({READ, WRITE, DELETE}))


def a_token(profile: Profile, wish: TokenRequest = ALL) -> FreshToken:
    return create_token(profile, wish, now=NOW, actor=profile.user)


def test_a_token_is_kept_as_its_hash_only(alice: Profile) -> None:
    fresh = a_token(alice)
    assert len(fresh.secret) == 36
    assert fresh.secret.startswith("avs_")
    stored = ApiToken.objects.values().get()
    assert stored["digest"] == digest_of(fresh.secret)
    assert fresh.secret not in str(stored) + str(list(AuditEntry.objects.values()))
    assert find_token(fresh.secret, NOW).profile == alice


def test_no_two_tokens_are_alike(alice: Profile) -> None:
    assert len({a_token(alice).secret for _ in range(MAX_LIVE)}) == MAX_LIVE


def test_scopes_are_kept_as_asked(alice: Profile) -> None:
    fresh = a_token(alice, replace(ALL, scopes=frozenset({WRITE, READ})))
    assert fresh.token.scopes == "read write"
    assert scopes_of(find_token(fresh.secret, NOW)) == {READ, WRITE}


@pytest.mark.parametrize("wish", [replace(ALL, name=" \u202e "), replace(ALL, scopes=frozenset())])
def test_a_token_needs_a_name_and_a_use(alice: Profile, wish: TokenRequest) -> None:
    with pytest.raises(TokenError, match="name and at least one thing"):
        a_token(alice, wish)


def test_one_person_has_so_many_live_tokens_and_no_more(alice: Profile, bob: Profile) -> None:
    tokens = [a_token(alice).token for _ in range(MAX_LIVE)]
    with pytest.raises(TokenError, match=f"{MAX_LIVE} tokens in use"):
        a_token(alice)
    a_token(bob)
    revoke_token(alice, tokens[0].pk, now=NOW, actor=alice.user)
    ApiToken.objects.filter(pk=tokens[1].pk).update(expires_at=NOW - timedelta(seconds=1))
    a_token(alice)
    a_token(alice)
    with pytest.raises(TokenError, match="tokens in use"):
        a_token(alice)


def test_a_revoked_token_opens_nothing_and_leaves_the_list(alice: Profile) -> None:
    fresh = a_token(alice)
    for _ in range(2):
        revoke_token(alice, fresh.token.pk, now=NOW, actor=alice.user)
    with pytest.raises(TokenError, match="was revoked") as refused:
        find_token(fresh.secret, NOW)
    assert refused.value.slug == "token-revoked"
    assert shown_tokens(alice) == []
    assert list(AuditEntry.objects.values_list("action", flat=True).order_by("pk")) == ["token.create", "token.revoke"]


def test_an_expired_token_opens_nothing(alice: Profile) -> None:
    fresh = a_token(alice, replace(ALL, expires_at=NOW + timedelta(days=1)))
    find_token(fresh.secret, NOW + timedelta(hours=23))
    with pytest.raises(TokenError, match="has expired"):
        find_token(fresh.secret, NOW + timedelta(days=1))


def test_nobody_revokes_anothers_token(alice: Profile, bob: Profile) -> None:
    fresh = a_token(alice)
    for token_id in (fresh.token.pk, uuid4()):
        with pytest.raises(TokenError, match="not one of yours"):
            revoke_token(bob, token_id, now=NOW, actor=bob.user)
    find_token(fresh.secret, NOW)


def test_a_token_of_a_disabled_account_is_unknown(alice: Profile) -> None:
    fresh = a_token(alice)
    type(alice.user).objects.filter(pk=alice.user.pk).update(is_active=False)
    with pytest.raises(TokenError, match="No such token"):
        find_token(fresh.secret, NOW)


def test_a_token_is_looked_up_by_its_digest_alone(alice: Profile) -> None:
    secret = a_token(alice).secret
    wrong = secret[:-1] + ("a" if secret[-1] != "a" else "b")
    with (
        CaptureQueriesContext(
            connection,
        ) as queries,
        pytest.raises(TokenError),
    ):
        find_token(wrong, NOW)
    assert len(queries) == 1
    assert digest_of(wrong) in queries[0]["sql"]
    assert wrong not in queries[0]["sql"]
    assert not any(secret[4:12] in query["sql"] for query in queries)


@pytest.mark.parametrize(
    "text", ["", "avs_", "avs_" + "x" * 31, "avs_" + "x" * 33, "avs_" + "é" * 32, "Avs_" + "x" * 32]
)
def test_what_can_be_no_token_is_refused_without_a_query(db: None, text: str) -> None:
    with CaptureQueriesContext(connection) as queries, pytest.raises(TokenError):
        find_token(text, NOW)
    assert len(queries) == 0


def test_the_last_use_is_written_once_a_minute(alice: Profile) -> None:
    fresh = a_token(alice)
    seconds = [0, 59, 61, 90]
    seen = []
    for second in seconds:
        find_token(fresh.secret, NOW + timedelta(seconds=second))
        seen.append(ApiToken.objects.get().last_used_at)
    assert seen == [NOW + timedelta(seconds=second) for second in (0, 0, 61, 61)]


def test_finding_a_token_in_use_is_one_query(alice: Profile) -> None:
    secret = a_token(alice).secret
    find_token(secret, NOW)
    with CaptureQueriesContext(connection) as queries:
        find_token(secret, NOW)
    assert len(queries) == 1


def test_ended_tokens_are_forgotten_in_time(alice: Profile) -> None:
    old = a_token(alice).token
    revoke_token(alice, old.pk, now=NOW - KEPT_AFTER_END - timedelta(seconds=1), actor=alice.user)
    new = a_token(alice).token
    assert list(ApiToken.objects.all()) == [new]


def test_what_could_take_an_account_lasts_a_month_at_most(alice: Profile) -> None:
    wanted = replace(ALL, scopes=frozenset({READ, EXPORT}))
    for lasts in (None, NOW + SENSITIVE_LASTS + timedelta(seconds=1)):
        with pytest.raises(TokenError, match="up to 30 days"):
            a_token(alice, replace(wanted, expires_at=lasts))
    assert EXPORT in scopes_of(a_token(alice, replace(wanted, expires_at=NOW + SENSITIVE_LASTS)).token)


def test_a_scope_that_no_app_registers_opens_nothing(alice: Profile) -> None:
    token = a_token(alice).token
    token.scopes = "read of-an-app-that-left"
    assert scopes_of(token) == {READ}

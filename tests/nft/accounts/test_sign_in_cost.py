"""What one sign-in, one hostile body and a flood may cost us."""

from __future__ import annotations

import ast
import json
import secrets
import sys
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from django.contrib.sessions.models import Session
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.urls import reverse
from django.utils import timezone

from nft.accounts import challenges
from nft.accounts.challenges import KEPT_AFTER_END, Wanted
from nft.accounts.guest_sessions import GUEST_SESSION_SECONDS
from nft.accounts.lifetimes import LIFETIME
from nft.accounts.tries import TRIES_PER_MINUTE, Visitor
from nft.models import SignInChallenge
from nft.testing.browser import Browser
from nft.testing.genesis import CHAIN_ID
from nft.testing.wallets import Wallet
from nft.views import json_calls
from nft.views.sign_in import MAX_NEXT, NEXT
from profiles.jobs import get_job
from users.session_store import SessionStore

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("no_chain")]
ROOT = Path(__file__).resolve().parents[3]
MB = 1_000_000
STATEMENTS = [
    "the session",
    "the session's challenge is used up",
    "the account and its person",
    "has the person a second factor?",
    "the account is still theirs, and was used",
    "the session is tied to the account",
    "the person was here",
    "the devices of earlier sign-ins",
    "the sign-in is written down",
    "the session in the person's list",
    "the session's new key and content",
]


@pytest.fixture
def never_parsed(monkeypatch: pytest.MonkeyPatch) -> None:
    """From here on, whoever asks the parser of sign-in texts for anything fails the test."""

    class Forbidden:
        def __getattr__(self, name: str) -> Any:
            raise AssertionError(f"siwe.{name} was asked for.")

    monkeypatch.setitem(sys.modules, "siwe", Forbidden())


def statements_of_sign_in(wallet: Wallet) -> list[str]:
    browser = Browser()
    text = browser.text_for(wallet.address)
    with CaptureQueriesContext(connection) as captured:
        assert browser.verify(text, wallet.sign(text)).status_code == 200
    return [query["sql"] for query in captured if "SAVEPOINT" not in query["sql"]]


class TestSigningIn:
    def test_takes_so_many_statements_however_often_one_signed_in_before(self) -> None:
        wallet = Wallet.create()
        Browser().sign_in(wallet)
        assert len(statements_of_sign_in(wallet)) == len(STATEMENTS)
        for _ in range(3):
            Browser().sign_in(wallet)
        assert len(statements_of_sign_in(wallet)) == len(STATEMENTS)


class TestWhatIsPosted:
    def test_reaches_no_parser_when_it_is_right(self, request: pytest.FixtureRequest) -> None:
        browser, wallet = Browser(), Wallet.create()
        text = browser.text_for(wallet.address)
        request.getfixturevalue("never_parsed")
        assert browser.verify(text, wallet.sign(text)).status_code == 200

    @pytest.mark.parametrize(
        "change",
        [
            lambda text: text.replace("URI: ", "URI: http://a/" + "a" * 1500),
            lambda text: text.replace("Nonce: ", "Nonce: " + "0" * 1500),
            lambda text: text + "\nResources:" + "\n- http://a" * 120,
            lambda text: text.replace("://", "://trusted.example@"),
            lambda text: text.replace("Chain ID: ", "Chain ID: 0"),
            lambda text: text.replace("\n", "\r\n"),
            lambda text: "\n" * 1500,
            lambda text: "é" * 500,
        ],
    )
    def test_reaches_no_parser_when_it_is_made_to_hurt_one(self, request: pytest.FixtureRequest, change: Any) -> None:
        browser, wallet = Browser(), Wallet.create()
        text = change(browser.text_for(wallet.address))
        request.getfixturevalue("never_parsed")
        assert browser.verify(text, wallet.sign(text)).status_code == 400
        assert browser.user is None

    def test_the_parser_is_used_before_a_release_only(self) -> None:
        importing = [path.name for path in (ROOT / "nft").rglob("*.py") if _imports(path, "siwe")]
        assert importing == ["siwe.py"]
        module = ast.parse((ROOT / "nft" / "core" / "evm" / "siwe.py").read_text(encoding="utf-8"))
        asking = [node.name for node in module.body if isinstance(node, ast.FunctionDef) and _asks(node, "siwe")]
        assert asking == ["check_read_back"]

    @pytest.mark.parametrize("size", [40 * 1024 + 1, 100_000, 2_000_000])
    def test_is_refused_by_its_size_before_anything_reads_it(self, monkeypatch: pytest.MonkeyPatch, size: int) -> None:
        def read(body: bytes) -> Any:
            raise AssertionError(f"{len(body)} bytes were read.")

        monkeypatch.setattr(json_calls, "_parse_object", read)
        for name in ("nft:verify", "nft:challenge"):
            with CaptureQueriesContext(connection) as captured:
                response = Browser().client.post(reverse(name), b"[" * size, content_type="application/json")
            assert response.status_code == 413
            assert not captured.captured_queries

    def test_is_refused_by_the_size_of_its_text_before_it_is_looked_for(self, never_parsed: None) -> None:
        browser = Browser()
        body = json.dumps({"text": "x" * 2049, "signature": "0x"})
        with CaptureQueriesContext(connection) as captured:
            response = browser.client.post(reverse("nft:verify"), body, content_type="application/json")
        assert response.status_code == 413
        assert not captured.captured_queries


class TestAFlood:
    SAMPLE = 1500

    def test_of_challenges_stays_below_50_megabytes(self, settings: Any) -> None:
        """As many a minute as a flood from 20 networks is let through, each in a session of its own that remembers the
        longest address to go on to. Rows wait for the next run of the task that forgets them."""
        settings.AVATAR_RATE_LIMITS = {"challenge-everyone": (10**6, 60)}
        shares = 20 * TRIES_PER_MINUTE["challenge-everyone-share"]
        per_second = (TRIES_PER_MINUTE["challenge-everyone"] + shares) / 60
        task = get_job(challenges.delete_old_challenges).every
        assert isinstance(task, timedelta)
        kept_challenges = (LIFETIME + KEPT_AFTER_END + task).total_seconds() * per_second
        kept_sessions = (timedelta(seconds=GUEST_SESSION_SECONDS) + task).total_seconds() * per_second
        challenge, session = _bytes_each(SignInChallenge, self._ask), _bytes_each(Session, self._open)
        assert challenge > len(SignInChallenge.objects.earliest("pk").text)  # that is: something was measured
        assert kept_challenges * challenge + kept_sessions * session < 50 * MB, (challenge, session)

    def test_of_one_session_keeps_five(self, settings: Any) -> None:
        settings.AVATAR_RATE_LIMITS = {"challenge-session": (10**6, 60)}
        browser, wallet = Browser(), Wallet.create()
        for _ in range(20):
            browser.text_for(wallet.address)
        assert SignInChallenge.objects.count() == challenges.KEPT_PER_SESSION

    def _ask(self) -> None:
        issued = challenges.issue_challenge(
            Visitor(SessionStore(), None, (secrets.token_hex(8),)),
            Wanted(secrets.token_bytes(20), CHAIN_ID, SignInChallenge.Purpose.SIGN_IN),
            timezone.now(),
        )
        copies = [_copy(issued) for _ in range(self.SAMPLE - 1)]
        SignInChallenge.objects.bulk_create(copies)

    def _open(self) -> None:
        Session.objects.all().delete()
        sessions = []
        for _ in range(self.SAMPLE):
            store = SessionStore()
            store.set_expiry(GUEST_SESSION_SECONDS)
            store[NEXT] = "/" + secrets.token_urlsafe(MAX_NEXT)[: MAX_NEXT - 1]
            sessions.append(Session(pk=secrets.token_hex(16), **_content_of(store)))
        Session.objects.bulk_create(sessions)


def _copy(issued: SignInChallenge) -> SignInChallenge:
    fields = {field.attname: getattr(issued, field.attname) for field in SignInChallenge._meta.concrete_fields}
    own = {"nonce": secrets.token_hex(16), "session_hash": secrets.token_hex(32), "address": secrets.token_bytes(20)}
    del fields["id"]
    return SignInChallenge(**fields | own)


def _content_of(store: SessionStore) -> dict[str, Any]:
    return {"session_data": store.encode(dict(store.items())), "expire_date": store.get_expiry_date()}


def _bytes_each(model: Any, fill: Any) -> float:
    before = _size(model)
    fill()
    return float(_size(model) - before) / int(model.objects.count())


def _size(model: Any) -> int:
    """Bytes of a table with its indexes; of the whole database on SQLite."""
    table = model._meta.db_table
    with connection.cursor() as cursor:
        if connection.vendor == "postgresql":
            cursor.execute("SELECT pg_total_relation_size(%s)", [table])
            return int(cursor.fetchone()[0])
        pages, size = (cursor.execute(f"PRAGMA {name}").fetchone()[0] for name in ("page_count", "page_size"))
        return int(pages * size)


def _imports(path: Path, name: str) -> bool:
    nodes = ast.walk(ast.parse(path.read_text(encoding="utf-8")))
    return any(
        (isinstance(node, ast.Import) and any(alias.name.split(".")[0] == name for alias in node.names))
        or (isinstance(node, ast.ImportFrom) and (node.module or "").split(".")[0] == name)
        for node in nodes
    )


def _asks(node: ast.AST, name: str) -> bool:
    return any(isinstance(each, ast.Name) and each.id == name for each in ast.walk(node))

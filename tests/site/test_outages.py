"""Take the database, the object store or the cache away, and read what people and programs are told."""

from __future__ import annotations

import json
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from html import unescape
from threading import Timer
from typing import Any
from uuid import uuid4

import psycopg
import pytest
from django.contrib.auth.models import User
from django.core.files.uploadedfile import SimpleUploadedFile
from django.db import OperationalError, connection
from django.test import Client
from django.utils import timezone

from nft.claims.claiming import create_claim
from nft.claims.picture import fetch_picture
from nft.core.evm.address import parse_address
from nft.minting.steps import follow_mint
from nft.models import ClaimPicture, LinkedAccount, MintRequest
from nft.testing.chain import Chain
from nft.testing.genesis import CHAIN_ID
from profiles import outages
from profiles.leases import OUTAGE_DELAY, lease_row
from profiles.models import Avatar, StoredImage
from profiles.people.api_tokens import TokenRequest, create_token
from profiles.scopes import READ, WRITE
from profiles.testing.jobs import run
from profiles.testing.people import a_person, a_picture, an_upload
from profiles.testing.stores import Bucket
from tests.kit import on_s3
from tests.kit.mints import install
from tests.kit.world import deploy_avatar_token, make_world, pinned_metadata
from tests.kit.world import mint as mint_token
from tests.servers.s3 import ObjectStore

pytestmark = pytest.mark.django_db(transaction=True)

NOBODY = "http://127.0.0.1:9"  # the discard port: nothing listens
PAGES = [
    "/",
    "/u/alice/",
    "/settings/picture/",
    "/settings/sessions/",
    "/admin/",
    "/accounts/login/",
    "/settings/tokens/",
]
MEDIA = ["/avatar/alice", "/avatar/alice.json", "/ipfs/bafkreigh2akiscaildcqabsyg3dfr6chu3fgpregiymsck7e7aqa4s52zy"]
API = ["/api/v1/me/picture", "/api/v1/profiles/alice"]
SILENT = "Our database does not respond."


@contextmanager
def no_database() -> Iterator[None]:
    """Look for the database in a folder where no server listens, as after its death."""
    options = connection.settings_dict["OPTIONS"]
    before = options["host"]
    connection.close()
    options["host"] = "/nonexistent"
    try:
        yield
    finally:
        connection.close()
        options["host"] = before


@pytest.fixture
def alice() -> User:
    profile = a_person("alice")
    an_upload(profile)
    return profile.user


@pytest.fixture
def browser(alice: User) -> Client:
    client = Client(raise_request_exception=False)
    client.force_login(alice)
    return client


def upload_file() -> SimpleUploadedFile:
    return SimpleUploadedFile("art.png", a_picture(), "image/png")


def check_answer(response: Any, reason: str) -> None:
    assert response.status_code == 503, response.content
    assert int(response.headers["Retry-After"]) > 0
    assert "no-store" in response.headers["Cache-Control"]
    assert response.headers["X-Content-Type-Options"] == "nosniff"
    assert response.headers["X-Frame-Options"] == "DENY"
    assert "default-src 'none'" in response.headers["Content-Security-Policy"]
    assert "Set-Cookie" not in response.headers, "nobody is signed out"
    if response.headers["Content-Type"] == "application/problem+json":
        problem = json.loads(response.content)
        assert (problem["status"], problem["detail"][: len(reason)]) == (503, reason)
    else:
        assert reason in unescape(response.content.decode())


@pytest.mark.parametrize("path", PAGES)
def test_without_a_database_each_page_says_why(browser: Client, path: str) -> None:
    with no_database():
        response = browser.get(path, headers={"accept": "text/html"})
    check_answer(response, SILENT)
    assert response.headers["Content-Type"].startswith("text/html")
    assert browser.get("/settings/picture/").status_code == 200, "still signed in"


@pytest.mark.parametrize("path", MEDIA + API)
def test_without_a_database_programs_get_a_problem(browser: Client, path: str) -> None:
    with no_database():
        response = browser.get(path, headers={"accept": "*/*", "authorization": "Bearer avs_x"})
    check_answer(response, SILENT)
    assert json.loads(response.content)["type"] == "/problems/database-unavailable"


def test_a_script_of_our_pages_gets_the_same_sentence(browser: Client) -> None:
    with no_database():
        page = browser.get("/settings/picture/", headers={"accept": "text/html,*/*;q=0.8"})
        call = browser.post("/accounts/wallet/challenge/", {}, content_type="application/json")
    check_answer(call, SILENT)
    assert json.loads(call.content)["detail"] in page.content.decode()


def test_the_page_needs_no_template(browser: Client, monkeypatch: pytest.MonkeyPatch) -> None:
    """It is shown while anything may be broken."""
    monkeypatch.setattr("profiles.views.failures.PAGE", "errors/removed.html")
    with no_database():
        check_answer(browser.get("/", headers={"accept": "text/html"}), SILENT)


def test_a_mistake_of_ours_is_still_an_error(browser: Client, monkeypatch: pytest.MonkeyPatch) -> None:
    """A wrong statement is a bug, whatever Django calls it: nobody is told to come back for it."""
    with connection.cursor() as cursor:
        cursor.execute("ALTER TABLE profiles_profile RENAME COLUMN bio TO biography")
    try:
        response = browser.get("/u/alice/")
    finally:
        with connection.cursor() as cursor:
            cursor.execute("ALTER TABLE profiles_profile RENAME COLUMN biography TO bio")
    assert response.status_code == 500


# --- PostgreSQL answers, and refuses ----------------------------------------------------------------------------------


def test_a_database_that_takes_no_changes(browser: Client, alice: User) -> None:
    before = Avatar.objects.count()
    with connection.cursor() as cursor:
        cursor.execute("SET default_transaction_read_only = on")
    try:
        response = browser.post("/settings/picture/", {"content": upload_file()}, headers={"accept": "text/html"})
        check_answer(response, "Our database accepts no changes at the moment.")
    finally:
        connection.close()
    assert (Avatar.objects.count(), StoredImage.objects.count()) == (before, 1)


def test_a_statement_that_takes_too_long(browser: Client) -> None:
    """Another transaction holds the person's row, longer than a statement may last."""
    with connection.cursor() as cursor:
        cursor.execute("SET statement_timeout = '300ms'")
    other = connection.copy()
    try:
        other.set_autocommit(False)
        with other.cursor() as cursor:
            cursor.execute("LOCK TABLE profiles_profile IN ACCESS EXCLUSIVE MODE")
        response = browser.get("/u/alice/", headers={"accept": "text/html"})
    finally:
        other.close()
        connection.close()
    check_answer(response, "Our database is too busy to answer.")


# --- the object store and the cache -----------------------------------------------------------------------------------


@pytest.fixture
def no_store(alice: User, s3: Bucket, settings: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    on_s3.use(settings, s3, monkeypatch, endpoint=NOBODY, retries={"total_max_attempts": 1})
    settings.STORAGES = settings.STORAGES | {"ipfs": settings.STORAGES["avatars"]}


STORE_DOWN = "Our object store can't be used at the moment. Nothing was changed."


def check_nothing_was_stored(before: int = 1) -> None:
    assert Avatar.objects.count() == before
    assert not MintRequest.objects.exists()


def test_without_a_store_an_upload_says_why(browser: Client, no_store: None) -> None:
    page = browser.post("/settings/picture/", {"content": upload_file()}, headers={"accept": "text/html"})
    check_answer(page, STORE_DOWN)
    script = browser.post("/settings/picture/", {"content": upload_file()}, headers={"accept": "application/json"})
    check_answer(script, STORE_DOWN)
    check_nothing_was_stored()


def test_without_a_store_the_api_says_why(alice: User, no_store: None) -> None:
    """Of the same error a program and a person read the same sentence."""
    secret = create_token(
        alice.avatar_profile, TokenRequest("Mine", frozenset({READ, WRITE})), now=timezone.now(), actor=alice
    ).secret
    response = Client().put(
        "/api/v1/me/picture", a_picture(), content_type="image/png", headers={"authorization": f"Bearer {secret}"}
    )
    check_answer(response, STORE_DOWN)
    check_nothing_was_stored()


def test_a_stored_picture_that_can_not_be_read_now_is_not_missing(no_store: None) -> None:
    check_answer(Client().get("/avatar/alice"), STORE_DOWN)


def test_without_a_store_a_mint_says_why(
    browser: Client, alice: User, chain: Chain, settings: Any, s3: Bucket, monkeypatch: pytest.MonkeyPatch
) -> None:
    install(chain, settings)
    account = LinkedAccount.objects.create(
        user=alice, address=b"\1" * 20, chain_id=CHAIN_ID, linked_at=timezone.now(), last_used_at=timezone.now()
    )
    on_s3.use(settings, s3, monkeypatch, endpoint=NOBODY, retries={"total_max_attempts": 1})
    settings.STORAGES = settings.STORAGES | {"ipfs": settings.STORAGES["avatars"]}
    form = {"image": upload_file(), "name": "Dawn", "account": str(account.pk), "key": str(uuid4())}
    check_answer(browser.post("/mint/", form, headers={"accept": "text/html"}), STORE_DOWN)
    check_nothing_was_stored()


def test_a_store_that_refuses_us_is_its_operators_problem(
    browser: Client,
    s3: Bucket,
    avatar_s3_server: ObjectStore,
    settings: Any,
    monkeypatch: pytest.MonkeyPatch,
    caplog: pytest.LogCaptureFixture,
) -> None:
    on_s3.use(settings, s3, monkeypatch, retries={"total_max_attempts": 1})
    with avatar_s3_server.suspended():
        response = browser.post("/settings/picture/", {"content": upload_file()}, headers={"accept": "text/html"})
    check_answer(response, STORE_DOWN)
    check_nothing_was_stored()
    assert any(record.levelname == "ERROR" and "UserSuspended" in record.getMessage() for record in caplog.records)
    after = browser.post("/settings/picture/", {"content": upload_file()}, headers={"accept": "text/html"})
    assert after.status_code == 302


def test_a_store_that_does_not_answer_is_not_waited_for(
    browser: Client, s3: Bucket, avatar_s3_server: ObjectStore, settings: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    on_s3.use(settings, s3, monkeypatch, read_timeout=1, retries={"total_max_attempts": 1})
    with avatar_s3_server.frozen():
        response = browser.post("/settings/picture/", {"content": upload_file()}, headers={"accept": "text/html"})
    check_answer(response, STORE_DOWN)


def test_without_a_cache_sign_in_says_why(browser: Client, settings: Any) -> None:
    """Tries must be counted there, so they are refused; a page that counts nothing is shown."""
    cache = settings.CACHES["default"]
    settings.CACHES = {"default": cache | {"LOCATION": "unix:///nonexistent/redis.sock"}}
    form = {"login": "alice", "password": "wrong"}
    response = Client(raise_request_exception=False).post("/accounts/login/", form, headers={"accept": "text/html"})
    check_answer(response, "A part of this site, its cache, does not respond.")
    assert browser.get("/settings/picture/").status_code == 200


# --- jobs -------------------------------------------------------------------------------------------------------------


@pytest.fixture
def mint(alice: User) -> MintRequest:
    now = timezone.now()
    return MintRequest.objects.create(
        user=alice,
        idempotency_key="1",
        chain_id=CHAIN_ID,
        contract=b"\3" * 20,
        owner=b"\1" * 20,
        name="Mine",
        state=MintRequest.State.STORING,
        picture=Avatar.objects.get(profile__user=alice).image,
        published_at=now,
        due_at=now,
    )


def test_a_job_that_the_database_left_is_no_crash(mint: MintRequest, monkeypatch: pytest.MonkeyPatch) -> None:
    """The record waits in the worker until the database is back."""
    monkeypatch.setattr(outages, "_PAUSE", 0.2)
    now = timezone.now()
    row = lease_row(MintRequest.objects.filter(pk=mint.pk), now)
    assert row is not None
    with ExitStack() as stack:
        down = stack.enter_context(ExitStack())
        down.enter_context(no_database())
        Timer(1.0, down.close).start()
        with row.attempting(now):
            MintRequest.objects.count()
    mint.refresh_from_db()
    assert (mint.attempt, mint.crashes, mint.tries) == (None, 0, 0)
    assert mint.due_at == now + OUTAGE_DELAY
    assert mint.last_error == f"{SILENT} We try again."


def test_a_lease_whose_answer_was_lost_is_given_back(mint: MintRequest) -> None:
    def cut(execute: Any, sql: str, params: Any, many: bool, context: Any) -> Any:
        """End our own connection, once, after the lease is written."""
        if sql.startswith("SELECT") and not cuts:
            cuts.append(sql)
            with psycopg.connect(**connection.get_connection_params() | {"autocommit": True}) as other:
                other.execute("SELECT pg_terminate_backend(%s)", [connection.connection.info.backend_pid])
        return execute(sql, params, many, context)

    cuts: list[str] = []
    now = timezone.now()
    with connection.execute_wrapper(cut), pytest.raises(OperationalError):
        lease_row(MintRequest.objects.filter(pk=mint.pk), now)
    assert cuts
    mint.refresh_from_db()
    assert (mint.attempt, mint.crashes, mint.tries, mint.due_at) == (None, 0, 0, now)


def test_a_mint_waits_for_the_store(mint: MintRequest, no_store: None, caplog: pytest.LogCaptureFixture) -> None:
    for _ in range(4):
        MintRequest.objects.update(due_at=timezone.now())
        run(follow_mint, mint.pk)
    mint.refresh_from_db()
    assert (mint.state, mint.crashes, mint.attempt) == ("storing", 0, None)
    assert mint.due_at is not None
    assert mint.reason_sentence == "Our object store can't be used at the moment. We keep trying."
    assert "Traceback" not in caplog.text


def test_a_claims_picture_waits_for_the_store(
    alice: User, chain: Chain, s3: Bucket, settings: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    world = make_world(chain)
    LinkedAccount.objects.create(
        user=alice,
        address=parse_address(chain.accounts[1]),
        chain_id=CHAIN_ID,
        linked_at=world.now,
        last_used_at=world.now,
    )
    collection = deploy_avatar_token(chain)
    claim = create_claim(
        alice, f"{collection.address} {mint_token(chain, collection, chain.accounts[1], pinned_metadata())}", world.now
    )
    world.verify(claim)
    before = dict(settings.STORAGES)
    on_s3.use(settings, s3, monkeypatch, endpoint=NOBODY, retries={"total_max_attempts": 1})
    for _ in range(6):  # more than the tries that a picture has
        fetch_picture(claim.pk, world.now, world.clients)
        world.later(minutes=2)
    row = ClaimPicture.objects.get(claim=claim)
    assert (row.state, row.crashes, row.tries, row.gave_up_at) == (ClaimPicture.State.FIRST, 0, 0, None)
    settings.STORAGES = before
    fetch_picture(claim.pk, world.now, world.clients)
    row.refresh_from_db()
    assert row.state == ClaimPicture.State.SHOWN

"""The two JSON addresses as a hostile or a broken program meets them."""

from __future__ import annotations

import json
from typing import Any

import pytest
from django.conf import settings as site
from django.test import Client
from django.urls import reverse
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from nft.models import SignInChallenge
from nft.testing.browser import Browser
from nft.testing.wallets import Wallet

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("no_chain")]
# Bytes that each address reads.
ADDRESSES = {"nft:challenge": 4 * 1024, "nft:verify": 40 * 1024}


def post(name: str, body: bytes | str, content_type: str = "application/json") -> Any:
    return Browser().client.post(reverse(name), body, content_type=content_type)


def slug(response: Any) -> str:
    assert response["Content-Type"] == "application/problem+json"
    return str(response.json()["type"]).removeprefix("/problems/")


@pytest.mark.parametrize("name", ADDRESSES)
class TestEveryAddress:
    def test_answers_post_only(self, name: str, client: Client) -> None:
        for method in (client.get, client.head, client.put, client.delete, client.options):
            response = method(reverse(name))
            assert response.status_code == 405
            assert response["Allow"] == "POST"

    def test_wants_the_csrf_token(self, name: str) -> None:
        response = Browser(csrf=True).client.post(reverse(name), {"address": "0x"}, content_type="application/json")
        assert response.status_code == 403
        assert slug(response) == "csrf-failed"

    def test_reads_so_many_bytes_and_not_one_more(self, name: str) -> None:
        most = ADDRESSES[name]
        assert slug(post(name, b" " * most)) == "malformed-request"
        response = post(name, b" " * (most + 1))
        assert response.status_code == 413
        assert slug(response) == "body-too-large"
        assert f"{most:,} bytes" in response.json()["detail"]

    def test_looks_for_no_token_in_a_body_that_is_too_large(self, name: str) -> None:
        body = b"--b\r\n" + b"content-disposition: form-data; name=a\r\n\r\n\r\n--b\r\n" * 2_000
        response = Browser(csrf=True).client.post(reverse(name), body, content_type="multipart/form-data; boundary=b")
        assert response.status_code == 413

    @pytest.mark.parametrize(
        "body",
        [b"", b"{", b"null", b"[]", b'"text"', b"\xff\xfe", b"[" * 4000, b'{"a":' * 600, b"9" * 4096, b"NaN", b"{}"],
    )
    def test_refuses_what_is_no_request(self, name: str, body: bytes) -> None:
        response = post(name, body)
        assert response.status_code == 400
        assert slug(response) in {"malformed-request", "bad-address"}

    def test_is_never_cached(self, name: str) -> None:
        assert "no-store" in post(name, b"{}")["Cache-Control"]


@pytest.mark.parametrize(
    ("changed", "reason"),
    [
        ({"address": None}, "bad-address"),
        ({"address": 5}, "bad-address"),
        ({"address": "0x" + "0" * 39 + "\u0660"}, "bad-address"),
        ({"chain_id": True}, "malformed-request"),
        ({"chain_id": "31337"}, "malformed-request"),
        ({"chain_id": 31337.0}, "malformed-request"),
        ({"chain_id": -1}, "unsupported-chain"),
        ({"chain_id": 10**300}, "unsupported-chain"),
        ({"purpose": "admin"}, "malformed-request"),
        ({"purpose": ["link"]}, "malformed-request"),
    ],
)
def test_a_challenge_is_for_a_whole_request_only(changed: dict[str, object], reason: str) -> None:
    content = {"address": Wallet.create().address, "chain_id": 31337, "purpose": "sign_in"} | changed
    response = post("nft:challenge", json.dumps(content))
    assert response.status_code == 400
    assert slug(response) == reason
    assert not SignInChallenge.objects.exists()


@pytest.mark.parametrize("text", [7, None, ["x"], {"a": 1}])
def test_text_and_signature_must_be_text(text: object) -> None:
    assert slug(post("nft:verify", json.dumps({"text": text, "signature": "0x00"}))) == "malformed-request"
    assert slug(post("nft:verify", json.dumps({"text": "x", "signature": text}))) == "malformed-request"


def test_a_text_of_more_than_2048_bytes_is_too_large() -> None:
    assert slug(post("nft:verify", json.dumps({"text": "x" * 2048, "signature": "0x"}))) == "challenge-unknown"
    response = post("nft:verify", json.dumps({"text": "é" * 1025, "signature": "0x"}, ensure_ascii=False).encode())
    assert response.status_code == 413
    assert "2,048 bytes" in response.json()["detail"]


def test_a_signature_of_more_than_16_kibibytes_is_too_large_before_anything_is_looked_for(
    django_assert_num_queries: Any,
) -> None:
    assert slug(post("nft:verify", json.dumps({"text": "x", "signature": "0x" + "ab" * 16_384}))) == "challenge-unknown"
    with django_assert_num_queries(0):
        response = post("nft:verify", json.dumps({"text": "x", "signature": "0x" + "ab" * 16_385}))
    assert (response.status_code, slug(response)) == (413, "body-too-large")
    assert "16,384 bytes" in response.json()["detail"]


def test_the_longest_text_and_signature_fit_into_a_body_even_with_every_letter_escaped() -> None:
    escaped = "".join(f"\\u{ord(letter):04x}" for letter in "\n" * 100)
    body = f'{{"text": "{"x" * 1948}{escaped}", "signature": "0x{"ab" * 16_384}"}}'
    assert len(body) <= ADDRESSES["nft:verify"]
    assert slug(post("nft:verify", body)) == "challenge-unknown"


@pytest.mark.parametrize("text", ["\x00", "\ud800"])
def test_what_is_no_text_is_not_even_compared(text: str) -> None:
    browser = Browser()
    browser.text_for(Wallet.create().address)
    assert slug(browser.verify(text, "0x00")) == "malformed-request"


@pytest.mark.parametrize("text", ["\u202e", "%00", "' OR 1=1 --"])
def test_strange_texts_are_only_compared(text: str) -> None:
    browser = Browser()
    browser.text_for(Wallet.create().address)
    assert slug(browser.verify(text, "0x00")) == "text-changed"


JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=30),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=5), inner, max_size=3),
    max_leaves=8,
)
REPLIES = st.fixed_dictionaries({}, optional={"text": JSON, "signature": JSON, "address": JSON, "chain_id": JSON})


@settings(deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(body=st.binary(max_size=200) | JSON.map(json.dumps) | REPLIES.map(json.dumps))
def test_any_body_is_refused_with_its_reason(body: bytes | str) -> None:
    for name in ADDRESSES:
        response = post(name, body)
        assert 400 <= response.status_code < 500
        assert slug(response)


def test_the_csrf_secret_changes_with_the_person() -> None:
    browser, wallet = Browser(csrf=True), Wallet.create()
    before = browser.client.cookies[site.CSRF_COOKIE_NAME] = "a" * 32  # what any page would have set
    browser.client.defaults["HTTP_X_CSRFTOKEN"] = before
    assert browser.sign_in(wallet).status_code == 200
    after = browser.client.cookies[site.CSRF_COOKIE_NAME].value
    assert after != before
    assert browser.ask_challenge(wallet.address).status_code == 403
    browser.client.defaults["HTTP_X_CSRFTOKEN"] = after
    key = browser.client.session.session_key
    assert browser.link(Wallet.create()).status_code == 200
    assert browser.client.session.session_key != key
    assert browser.client.cookies[site.CSRF_COOKIE_NAME].value != after

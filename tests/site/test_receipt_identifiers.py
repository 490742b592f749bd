"""Receipts are asked for by anything: what is nobody's identifier gets a 4xx, never another person's receipt."""

from __future__ import annotations

import json
from urllib.parse import quote

import pytest
from django.test import Client

from profiles.testing.people import a_person, an_upload
from tests.kit.verifier import load

ROUTES = ["/avatar/{}.json", "/u/{}/receipt/", "/prove/{}/"]
PATHS = [
    ".",
    "..",
    "%2e%2e",
    "../../etc/passwd",
    "..%2f..%2fetc%2fpasswd",
    "/etc/passwd",
    "file:///etc/passwd",
    "~root",
]
CONTROLS = [
    "\0",
    "alice\0",
    "alice\n",
    "alice\r\nSet-Cookie: a=b",
    "\x1b[2J",
    "\x9b2J",
    "\x7f",
    " ",
    "alice ",
    "\u00a0",
]
LETTERS = ["\ud800", "\udfff\ud800", "\ufffe", "\uffff", "\u202ealice", "alice\u200b", "a\u0308lice", "ALI\u017fCE"]
CODE = [
    "<script>",
    "'\"><img src=x>",
    "{{7*7}}",
    "${7*7}",
    "%",
    "%%",
    "%s%n",
    "%zz",
    "' OR 1=1 --",
    "a;b",
    "[]",
    "null",
]
ADDRESSES = ["0x" + "0" * 40, "0x" + "f" * 39, "0x" + "g" * 40, "eip155:1:0x00", "did:nft:eip155:1_erc721:0x00_1"]
ADDRESSES += [
    "eip155:99999999999999999999:0x" + "0" * 40,
    "a" * 32,
    "a" * 64,
    "a@b",
    "@",
    "a@b@c",
    "xn--",
    "\u0661.eth",
]
LENGTHS = ["-", "_", "a", "a" * 31, "a" * 128, "a" * 5000, "." * 300, ".eth", "a..eth", "a" * 260 + ".eth", "0" * 400]
FORMS = ["nobody", "alice.json", "alice.json.json", "alice/../bob", "-1", "1e400", "\U0001f600.eth", "\U0010ffff"]
IDENTIFIERS = [*PATHS, *CONTROLS, *LETTERS, *CODE, *ADDRESSES, *LENGTHS, *FORMS]


def address_of(route: str, identifier: str) -> str:
    return route.format(quote(identifier.encode("utf-8", "surrogatepass"), safe=""))


@pytest.mark.django_db
@pytest.mark.parametrize("route", ROUTES)
def test_no_identifier_makes_a_receipt_fail(route: str, client: Client) -> None:
    an_upload(a_person("alice"))
    said = {identifier: client.get(address_of(route, identifier)) for identifier in IDENTIFIERS}
    assert {name: found.status_code for name, found in said.items() if found.status_code not in {400, 404}} == {}
    assert not [name for name, found in said.items() if "a=b" in str(found.headers.get("Set-Cookie"))]
    assert client.get(route.format("alice")).status_code == 200


@pytest.mark.django_db
def test_receipts_have_the_form_that_their_verifier_demands(client: Client) -> None:
    an_upload(a_person("alice"))
    a_person("bob")
    check = load("verify_form").check_form
    receipts = [json.loads(client.get(f"/avatar/{name}.json").content) for name in ("alice", "bob")]
    kinds = ["of an upload", "of a person without a picture"]
    assert [check(receipt) for receipt in receipts] == [f"it says all that a receipt {kind} must say" for kind in kinds]

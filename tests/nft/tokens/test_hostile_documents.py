"""Whatever contracts, metadata and names say is refused with a reason, or read: nothing unexpected is raised."""

from __future__ import annotations

import base64
import inspect
import json
from collections.abc import Callable, Iterator
from contextlib import suppress
from types import ModuleType
from typing import cast

import pytest
from django.contrib.auth.models import User
from web3.contract import Contract

from nft.claims.claiming import create_claim
from nft.clients.bundle import Clients
from nft.clients.evm.chain import ChainClient
from nft.clients.ipfs.gateways import Gateways
from nft.clients.ipfs.reading import IpfsLimits
from nft.clients.web.addresses import OutboundRules
from nft.clients.web.fetch import GuardedHttp
from nft.core.evm.abi import avatar_token, delegations, ens_calls, signature_calls, token_calls
from nft.core.evm.abi.multicall import parse_aggregate3
from nft.core.evm.abi.words import encode_bytes, encode_uint, selector
from nft.core.evm.token import Token, TokenStandard
from nft.core.ipfs.car import read_car
from nft.core.ipfs.cid import IDENTITY, RAW, Cid
from nft.core.ipfs.dag import DagLimits
from nft.core.text import clean_text
from nft.core.tokens.avatar_record import parse_avatar_record
from nft.core.tokens.metadata import parse_metadata
from nft.core.tokens.readings import parse_readings
from nft.core.tokens.uri import HttpUri, IpfsUri, parse_token_uri
from nft.core.tokens.verdict import BlockRef
from nft.models import ClaimPicture
from nft.names.records import NameReader
from nft.testing.chain import Chain
from nft.tokens.delegations import read_delegations
from nft.tokens.documents import open_uri
from nft.tokens.media import fetch_token_picture
from nft.tokens.reading import read_token
from profiles.errors import ExpectedError
from tests.kit.findings import Findings
from tests.kit.hostile_documents import ODD_TEXTS, archives, contract_answers, metadata_documents, token_uris
from tests.kit.world import World, mint

LIMITS = IpfsLimits(DagLimits(), 5.0)
TOKEN, ADDRESS = Token(b"\1" * 20, 1, TokenStandard.ERC721), b"\2" * 20
NO_HOSTS = Clients(
    lambda _: cast("ChainClient", Says(b"")),
    Gateways([], own=lambda _: None),
    GuardedHttp(OutboundRules(schemes=frozenset())),
)


class Says:
    """A chain on which every contract answers every call with `answer`, as far as reads of tokens and names need it."""

    chain_id, must_agree, delegate_registry = 31337, False, b"\3" * 20

    def __init__(self, answer: bytes, resolver: bool = False) -> None:
        self.answer, self.resolver = answer, resolver

    def confirmed_block(self) -> BlockRef:
        return BlockRef(7, bytes(32))

    def call(self, to: bytes, data: bytes, block: object, **_: object) -> bytes:
        if self.resolver and data[:4] == selector("resolver(bytes32)"):
            return encode_uint(5)
        if self.resolver and data[:4] == selector("supportsInterface(bytes4)"):
            return encode_uint(0)
        return self.answer


def says(answer: bytes, *, resolver: bool = False) -> ChainClient:
    return cast("ChainClient", Says(answer, resolver))


def abi_text(text: str) -> bytes:
    return encode_uint(32) + encode_bytes(text.encode("utf-8", "surrogatepass"))


def inline(document: bytes) -> str:
    return "data:application/json;base64," + base64.b64encode(document).decode()


def open_readings(uri: str) -> None:
    """Open every document that a URI may stand for."""
    for reading in parse_readings(uri, 1, allow_http=True):
        with suppress(ExpectedError):
            open_uri(reading, NO_HOSTS, LIMITS)


@pytest.mark.django_db
def test_every_token_uri_is_read_or_refused() -> None:
    found = Findings()
    for name, uri in token_uris():
        found.run(name, parse_token_uri, uri, allow_http=True)
        found.run(name, open_readings, uri)
        found.run(name, parse_avatar_record, "a.eth", uri)
    found.check()


@pytest.mark.django_db
def test_every_metadata_document_is_read_or_refused() -> None:
    found = Findings()
    for name, document in metadata_documents():
        found.run(name, parse_metadata, document)
        chain = says(abi_text(inline(document)))
        media = found.run(name, fetch_token_picture, chain, TOKEN, NO_HOSTS)
        for text in (getattr(media, "facts", {}).get("name", ""), getattr(media, "sentence", "")):
            assert text == clean_text(text, 600), name
    found.check()


def parsers() -> Iterator[Callable[[bytes], object]]:
    """Return every parser of one answer of a contract."""
    modules: list[ModuleType] = [avatar_token, delegations, ens_calls, signature_calls, token_calls]
    for module in modules:
        for name, parse in inspect.getmembers(module, inspect.isfunction):
            wanted = [each for each in inspect.signature(parse).parameters.values() if each.default is each.empty]
            is_here = name.startswith("parse_") and parse.__module__ == module.__name__
            if is_here and [each.name for each in wanted] == ["answer"]:
                yield parse


@pytest.mark.django_db
def test_every_answer_of_a_contract_is_read_or_refused() -> None:
    found, block = Findings(), BlockRef(7, bytes(32))
    for name, answer in contract_answers():
        for parse in parsers():
            found.run(f"{parse.__name__} of {name}", parse, answer)
        found.run(name, parse_aggregate3, answer, 3, 1000)
        chain = says(answer)
        found.run(name, fetch_token_picture, chain, TOKEN, NO_HOSTS)
        for standard in TokenStandard:
            reading = read_token(chain, Token(ADDRESS, 1, standard), [ADDRESS], block)
            found.run(name, read_delegations, chain, Token(ADDRESS, 1, standard), [b"\7" * 20], reading.answers, block)
        for reader in (NameReader(chain, ADDRESS), NameReader(says(answer, resolver=True), ADDRESS)):
            found.run(name, reader.fetch_address, "a.b.eth")
            found.run(name, reader.fetch_text, "a.b.eth", "avatar")
            found.run(name, reader.fetch_primary_name, ADDRESS)
    found.check()


def test_every_name_and_record_is_read_or_refused() -> None:
    found = Findings()
    for odd in ODD_TEXTS:
        for text in (odd, f"{odd}.eth", f"a.{odd[:250]}.eth", odd[:80]):
            reader = NameReader(says(abi_text(text), resolver=True), ADDRESS)
            found.run(f"{text[:20]!a}", reader.fetch_primary_name, ADDRESS)
            record = found.run(f"{text[:20]!a}", reader.fetch_text, "a.eth", "avatar")
            if isinstance(record, str):
                found.run(f"{text[:20]!a}", parse_avatar_record, "a.eth", record)
    found.check()


def test_every_archive_is_read_or_refused() -> None:
    found = Findings()
    for name, archive in archives():
        found.run(name, read_car, archive)
    found.check()


@pytest.mark.parametrize("text", ["\ud800", "\0", "\x85", "\u202e", "\u2066", "\uffff", "\ufdd0"])
@pytest.mark.parametrize(
    "start", ["https://a.example/", "ipfs://QmYwAPJzv5CZsnA625s3Xf2nemtYgPpHdWEz79ojWKPU97/", "ar://"]
)
def test_no_uri_holds_what_is_no_text_or_turns_it(start: str, text: str) -> None:
    document = json.dumps({"name": "One", "image": f"{start}{text}a.png"}).encode()
    found = Findings()
    refused = found.run(text, fetch_token_picture, says(abi_text(inline(document))), TOKEN, NO_HOSTS)
    found.check()
    assert "characters that no URI may have" in str(refused)


def test_uris_in_other_scripts_are_read() -> None:
    root = "ipfs://QmYwAPJzv5CZsnA625s3Xf2nemtYgPpHdWEz79ojWKPU97/"
    assert isinstance(parse_token_uri("https://a.example/日本 é.png"), HttpUri)
    family = parse_token_uri(f"{root}\U0001f468\u200d\U0001f469\u200d\U0001f467.png")
    assert isinstance(family, IpfsUri)


@pytest.mark.django_db
def test_a_picture_whose_uri_is_no_text_is_refused_once_with_the_reason(
    world: World, chain: Chain, contract: Contract, alice: User
) -> None:
    """It once made the job die eight times."""
    uri = inline(b'{"name": "Odd", "image": "https://a/\\ud800"}')
    token_id = mint(chain, contract, chain.accounts[1], uri)
    claim = world.verify_and_fetch(create_claim(alice, f"{contract.address} {token_id}", world.now))
    picture = ClaimPicture.objects.get(pk=claim.pk)
    assert (picture.state, picture.tries, picture.crashes, picture.due_at) == ("failed", 1, 0, None)
    assert "characters that no URI may have" in picture.last_error


@pytest.mark.django_db
def test_a_picture_within_the_longest_cid_is_shown(world: World, chain: Chain, contract: Contract, alice: User) -> None:
    gif = base64.b64decode("R0lGODlhAQABAIAAAAAAAP///yH5BAEAAAAALAAAAAABAAEAAAIBRAA7")
    cid = Cid(1, RAW, IDENTITY, gif.ljust(128, b"\0"))
    uri = inline(json.dumps({"name": "Small", "image": f"ipfs://{cid}"}).encode())
    token_id = mint(chain, contract, chain.accounts[1], uri)
    claim = world.verify_and_fetch(create_claim(alice, f"{contract.address} {token_id}", world.now))
    picture = ClaimPicture.objects.get(pk=claim.pk)
    assert (picture.state, picture.image_cid, picture.last_error) == ("", str(cid), "")

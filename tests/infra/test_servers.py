"""The servers that tests use behave like real ones: they refuse what those refuse."""

from __future__ import annotations

import asyncio
import hashlib
import os
import socket
import time
from pathlib import Path

import pytest
import redis
import requests
from botocore.exceptions import ClientError
from django.contrib.auth import get_user_model
from django.core.cache import cache
from django.db import connection, transaction
from pytest_socket import SocketConnectBlockedError
from web3.types import Wei

from nft.testing.chain import Chain
from profiles.testing.stores import Bucket
from tests.kit.dying import dies_at
from tests.servers.helia_gateway import Gateway
from tests.servers.places import Places, on_sqlite
from tests.servers.redis import RedisServer, start_redis
from tests.servers.s3 import ObjectStore

ALPHABET = "abcdefghijklmnopqrstuvwxyz234567"


# --- S3 ---------------------------------------------------------------------------------------------------------------
def test_s3_keeps_bytes_type_and_cache_header(s3: Bucket) -> None:
    s3.client.put_object(
        Bucket=s3.name, Key="a/1.webp", Body=b"picture", ContentType="image/webp", CacheControl="private"
    )
    stored = s3.client.get_object(Bucket=s3.name, Key="a/1.webp")
    assert stored["Body"].read() == b"picture"
    assert (stored["ContentType"], stored["CacheControl"]) == ("image/webp", "private")
    assert stored["ETag"] == f'"{hashlib.md5(b"picture", usedforsecurity=False).hexdigest()}"'
    assert s3.object_keys() == ["a/1.webp"]


def test_s3_refuses_a_wrong_secret_and_an_unknown_key(s3: Bucket, avatar_s3_server: ObjectStore) -> None:
    for wrong in ({"aws_secret_access_key": "wrong"}, {"aws_access_key_id": "NOBODY"}):
        with pytest.raises(ClientError) as refused:
            avatar_s3_server.client(**wrong).list_objects_v2(Bucket=s3.name)
        assert refused.value.response["ResponseMetadata"]["HTTPStatusCode"] == 403


def test_s3_refuses_strangers_tampered_and_expired_urls(s3: Bucket) -> None:
    s3.client.put_object(Bucket=s3.name, Key="k", Body=b"picture")
    what = {"Bucket": s3.name, "Key": "k"}
    url = s3.client.generate_presigned_url("get_object", Params=what, ExpiresIn=60)
    short = s3.client.generate_presigned_url("get_object", Params=what, ExpiresIn=1)
    assert requests.get(url, timeout=10).content == b"picture"
    time.sleep(2.1)
    for refused in (short, url.replace("/k?", "/other?"), url.partition("?")[0]):
        assert requests.get(refused, timeout=10).status_code == 403


def test_s3_refuses_bytes_that_are_not_what_their_digest_says(s3: Bucket) -> None:
    with pytest.raises(ClientError, match=r"BadDigest|InvalidDigest"):
        s3.client.put_object(Bucket=s3.name, Key="k", Body=b"one", ContentMD5="XrY7u+Ae7tCTyyK7j1rNww==")


def test_s3_writes_only_if_absent_when_asked(s3: Bucket) -> None:
    s3.client.put_object(Bucket=s3.name, Key="k", Body=b"first", IfNoneMatch="*")
    with pytest.raises(ClientError, match="PreconditionFailed"):
        s3.client.put_object(Bucket=s3.name, Key="k", Body=b"second", IfNoneMatch="*")
    assert s3.client.get_object(Bucket=s3.name, Key="k")["Body"].read() == b"first"


# --- the chain --------------------------------------------------------------------------------------------------------
def test_the_chain_forgets_a_transfer_in_a_reorganization(chain: Chain) -> None:
    bob = chain.accounts[1]
    before = chain.w3.eth.get_balance(bob)
    sent = chain.w3.eth.send_transaction({"from": chain.accounts[0], "to": bob, "value": Wei(5)})
    chain.mine(2)
    old = chain.w3.eth.get_block(chain.head)["hash"]
    assert chain.w3.eth.get_balance(bob) == before + 5
    chain.reorg(3)
    assert chain.w3.eth.get_balance(bob) == before
    assert chain.w3.eth.get_block(chain.head)["hash"] != old
    assert chain.rpc("eth_getTransactionReceipt", sent.to_0x_hex()) is None


def test_a_block_is_final_two_blocks_later(chain: Chain) -> None:
    head = chain.mine(5)
    assert chain.w3.eth.get_block("safe")["number"] == head - 1
    assert chain.w3.eth.get_block("finalized")["number"] == head - 2


def test_what_one_test_does_to_the_chain_is_gone_in_the_next(chain: Chain, chain_session: Chain) -> None:
    snapshot, balance = chain.snapshot(), chain.w3.eth.get_balance(chain.accounts[2])
    chain.w3.eth.send_transaction({"from": chain.accounts[0], "to": chain.accounts[2], "value": Wei(1)})
    chain_session.revert(snapshot)
    assert chain.w3.eth.get_balance(chain.accounts[2]) == balance


def test_the_chain_keeps_our_contracts(chain: Chain) -> None:
    alice, bob = chain.accounts[:2]
    token = chain.deploy("AvatarToken", "Avatars", "AVA", "", alice, True, 0)
    chain.send(token.functions.mint(bob, "ipfs://metadata"), sender=alice)
    assert token.functions.ownerOf(1).call() == bob
    assert token.functions.tokenURI(1).call() == "ipfs://metadata"


def test_the_accounts_keys_are_known(chain: Chain) -> None:
    assert list(chain.keys) == chain.accounts


# --- IPFS -------------------------------------------------------------------------------------------------------------
def test_the_gateway_gives_blocks_under_the_cid_of_their_hash(helia: Gateway) -> None:
    content = os.urandom(1000)
    cid = helia.add(content)
    block = requests.get(f"{helia.url}/ipfs/{cid}?format=raw", timeout=10)
    assert block.headers["content-type"] == "application/vnd.ipld.raw"
    assert block.content == content
    assert _base32(cid) == bytes([0x01, 0x55, 0x12, 0x20]) + hashlib.sha256(content).digest()


def test_the_gateway_knows_directories_and_misses(helia: Gateway) -> None:
    root = helia.add_directory({"a/metadata.json": b"{}", "image.png": b"pixels"})
    assert requests.get(f"{helia.url}/ipfs/{root}/a/metadata.json", timeout=10).content == b"{}"
    assert requests.get(f"{helia.url}/ipfs/{root}/nothing", timeout=10).status_code == 404
    missing = "bafkreigh2akiscaildcqabsyg3dfr6chu3fgpregiymsck7e7aqa4s52zy"
    assert requests.get(f"{helia.url}/ipfs/{missing}?format=raw", timeout=10).status_code >= 400


def test_the_gateway_sends_a_car_whose_root_is_the_cid(helia: Gateway) -> None:
    cid = helia.add(os.urandom(3_000_000))
    car = requests.get(f"{helia.url}/ipfs/{cid}?format=car", timeout=20)
    assert car.headers["content-type"].startswith("application/vnd.ipld.car")
    assert _base32(cid) in car.content[:200]


def _base32(cid: str) -> bytes:
    bits = "".join(f"{ALPHABET.index(letter):05b}" for letter in cid[1:])
    return int(bits[: len(bits) // 8 * 8], 2).to_bytes(len(bits) // 8, "big")


# --- Redis and the database -------------------------------------------------------------------------------------------
def test_redis_keeps_what_it_was_told_when_killed(tmp_path: Path, places: Places) -> None:
    where = places.folder / "kept.sock", tmp_path, places.log("kept")
    first = start_redis(*where, keep=True)
    with first.client() as client:
        client.set("kept", "yes")
    time.sleep(1.1)  # the append-only file is flushed once a second
    first.running.kill()
    second = start_redis(*where, keep=True)
    with second.client() as client:
        assert client.get("kept") == b"yes"
    second.running.kill()
    with pytest.raises(redis.ConnectionError), second.client() as client:
        client.ping()


def test_the_cache_is_redis_and_empty_for_each_test(redis_server: RedisServer) -> None:
    cache.set("left-behind", "value")
    with redis_server.client() as client:
        assert len(client.keys("*left-behind")) == 1
        client.flushall()
    assert cache.get("left-behind") is None


@pytest.mark.django_db
def test_the_database_is_the_one_that_was_asked_for() -> None:
    assert connection.vendor == ("sqlite" if on_sqlite() else "postgresql")
    if on_sqlite():
        with connection.cursor() as cursor:
            assert cursor.execute("PRAGMA journal_mode").fetchone() == ("wal",)
    assert get_user_model().objects.count() == 0


@pytest.mark.django_db(transaction=True)
def test_a_killed_process_shares_no_connection_with_a_test_after_a_browser() -> None:
    """Playwright leaves an event loop running in the test's thread, and Django keeps connections by loop.

    A forked process has no running loop, so it finds the connection from before the browser, which nobody closed.
    """
    people = get_user_model().objects
    assert people.count() == 0  # opens a connection
    loop = asyncio.new_event_loop()
    asyncio._set_running_loop(loop)  # as Playwright does
    try:
        assert dies_at(1, lambda: transaction.atomic(people.create_user)("alice"))
        assert not dies_at(99, lambda: transaction.atomic(people.create_user)("bob"))
    finally:
        asyncio._set_running_loop(None)
        loop.close()
    assert people.get().username == "bob"


# --- the network ------------------------------------------------------------------------------------------------------
def test_tests_reach_this_machine_only() -> None:
    # pytest-socket warns before it refuses, and here every warning is an error.
    with socket.socket() as outside, pytest.raises((UserWarning, SocketConnectBlockedError), match=r"192\.0\.2\.1"):
        outside.connect(("192.0.2.1", 80))

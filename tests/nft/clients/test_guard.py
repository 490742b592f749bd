"""The guard round strangers' answers: what it blames on them, what it lets pass, and what it logs."""

from __future__ import annotations

import json

import pytest
from billiard.exceptions import SoftTimeLimitExceeded
from django.db import OperationalError

from nft.clients.evm.batch_calls import call_many
from nft.clients.evm.chain import HEAD, ChainClient
from nft.clients.ipfs.gateways import CAR, Gateways
from nft.clients.ipfs.reading import IpfsLimits
from nft.clients.transport.errors import BAD_RESPONSE, FetchError
from nft.clients.transport.guard import blaming
from nft.core.errors import CoreError
from nft.core.evm.abi.multicall import Call
from nft.core.ipfs.car import build_car
from nft.core.ipfs.dag import DagLimits
from nft.core.ipfs.unixfs import build_file
from nft.testing.genesis import CHAIN_ID
from profiles.store.errors import StorageError
from tests.kit.hostile_answers import answering, ok, response


def failure() -> FetchError:
    return FetchError("It answered with what can't be used.", BAD_RESPONSE)


@pytest.mark.parametrize("error", [UnicodeError("\ud800"), OverflowError(), KeyError("a"), TypeError(), MemoryError()])
def test_whatever_an_answer_raises_is_the_failure_of_who_sent_it(error: Exception) -> None:
    with pytest.raises(FetchError) as raised, blaming(failure):
        raise error
    assert raised.value.__cause__ is error


@pytest.mark.parametrize(
    "error", [CoreError("No."), StorageError("Down."), OperationalError("down"), SoftTimeLimitExceeded(), SystemExit()]
)
def test_what_is_not_theirs_passes(error: BaseException) -> None:
    with pytest.raises(type(error)) as raised, blaming(failure):
        raise error
    assert raised.value is error


def test_errors_the_caller_does_not_tell_apart_are_theirs_but_never_outages_of_ours() -> None:
    with pytest.raises(FetchError), blaming(failure, passing=FetchError):
        raise CoreError("No.")
    with pytest.raises(StorageError), blaming(failure, passing=()):
        raise StorageError("Down.")


def test_only_what_our_code_should_have_foreseen_is_logged_with_its_traceback(caplog: pytest.LogCaptureFixture) -> None:
    for error in (ValueError(), ConnectionError(), RecursionError(), CoreError("No.")):
        with pytest.raises(FetchError), blaming(failure, passing=FetchError):
            raise error
    assert not caplog.records
    with pytest.raises(FetchError), blaming(failure):
        raise OverflowError
    assert [record.exc_info is not None for record in caplog.records] == [True]


def test_a_gateway_that_redirects_to_no_address_does_not_decide_for_the_honest_one() -> None:
    """`http://[]` once raised outside the guard: the race took that for the verdict."""
    content = bytes(1000)
    file = build_file(content)
    archive = ok(build_car(file.root, file.blocks), CAR)
    away = response(status="HTTP/1.1 302 x", Location="http://[]", Content_Length="0")
    with answering(lambda path, body: away) as bad, answering(lambda path, body: archive) as good:
        both = Gateways([bad, good], own=lambda _: None, race_delay=100)
        assert both.fetch_verified(file.root, "", IpfsLimits(DagLimits(), 8.0)).data == content
        assert both.scores.in_order([bad, good]) == [good, bad]


def test_null_in_a_batch_is_no_answer_to_it() -> None:
    def reply(path: str, body: bytes) -> bytes:
        asked = json.loads(body)
        if isinstance(asked, list):
            return ok(json.dumps([None] * len(asked)).encode())
        results = {"eth_chainId": hex(CHAIN_ID), "eth_getCode": "0x", "eth_call": "0x07"}
        block = {"number": "0x7", "hash": "0x" + "ab" * 32}
        return ok(json.dumps({"id": asked["id"], "result": results.get(asked["method"], block)}).encode())

    with answering(reply) as url:
        view = ChainClient(CHAIN_ID, [url], "finalized")
        answers = call_many(view, [Call(bytes(20), b"a"), Call(bytes(20), b"b")], HEAD).answers
    assert answers == [b"\7", b"\7"]

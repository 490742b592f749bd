"""The test kit's chain for our own tests: the anvil of contracts/, at the port that the settings name."""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any

import pytest

from localstack import binaries
from localstack.processes import Program, Running
from nft.testing.anvil_node import command
from nft.testing.chain import CONTRACTS, Chain
from nft.testing.genesis import CHAIN_ID
from tests.servers.places import Places

ARTIFACTS = binaries.ROOT / "contracts" / "artifacts"


def read_artifact(name: str) -> dict[str, Any]:
    content: dict[str, Any] = json.loads((ARTIFACTS / f"{name}.json").read_text(encoding="utf-8"))
    return content


def start_chain(places: Places, port: int, *options: str, chain_id: int = CHAIN_ID) -> Chain:
    started = [*command(binaries.anvil(), port, chain_id, places.folder / "chain-cache"), *options]
    program = Running(Program("chain", started, places.log(f"chain-{port}")))
    chain = Chain(f"http://127.0.0.1:{port}", program, (*CONTRACTS, ARTIFACTS))
    program.wait_until(chain.w3.is_connected, 20)
    return chain


@pytest.fixture(scope="session")
def chain_session(places: Places) -> Iterator[Chain]:
    chain = start_chain(places, places.chain_port)
    chain.mine(3)  # so that "finalized" is a block in which the accounts have their balances
    yield chain
    chain.running.kill()

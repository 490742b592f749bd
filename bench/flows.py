"""Flows: the files, functions and hops between files that one use of the site passes through, traced in real runs."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path

from eth_utils.address import to_checksum_address

from bench.lanes import Workspace, python_peer, run_peer, site_settings
from bench.pictures import make_square
from bench.tables import Figures
from nft.core.evm.abi.multicall import MULTICALL3
from nft.testing.chain import Chain
from tests.servers import places
from tests.servers.chain import read_artifact, start_chain
from tests.servers.redis import start_redis

_NOTE = (
    "Each flow runs once against a local chain, Redis and SQLite, over HTTP through the shipped WSGI application and "
    "with the Celery tasks that it queues. Counted is the code of nft, profiles, avatarsite and users that was "
    "called: files, all lines of these files, functions (comprehensions belong to the function around them), and "
    "hops, which are pairs of functions of which one called the other, in different files, directly or through "
    "libraries. Code at import time, templates and the decoder's process are not counted."
)


def run(workspace: Workspace) -> Iterator[Figures]:
    here = places.make()
    workspace.closing.callback(here.remove)
    chain = start_chain(here, here.chain_port)
    workspace.closing.callback(chain.running.kill)
    redis = start_redis(workspace.folder / "redis.sock", workspace.folder / "redis", workspace.folder / "redis.log")
    workspace.closing.callback(redis.running.stop)
    data = workspace.folder / "data"
    data.mkdir()
    environment = site_settings(data) | {
        "DATABASE_URL": f"sqlite:///{workspace.folder / 'db.sqlite3'}",
        "REDIS_URL": redis.url,
        "AVATARSITE_CHAIN_PORT": str(here.chain_port),
        "LOG_LEVEL": "ERROR",
    }
    case = workspace.folder / "case.json"
    case.write_text(json.dumps(_prepare(chain, data)), encoding="utf-8")
    picture = workspace.folder / "picture.webp"
    picture.write_bytes(make_square(600))
    facts = run_peer(python_peer("the flows", "flows", str(case), str(picture), environment=environment))
    rows = [
        [flow, *(f"{counts[what]:,}" for what in ("files", "lines", "functions", "hops"))]
        for flow, counts in facts.items()
    ]
    yield Figures("Flows", ["flow", "files", "lines in them", "functions", "hops"], rows, (), [_NOTE])


def _prepare(chain: Chain, data: Path) -> dict[str, str]:
    """Deploy our contract and a foreign one, and name them in the site's chain.json. Return what the peer needs."""
    chain.mine(3)
    chain.rpc("anvil_setCode", to_checksum_address(MULTICALL3), read_artifact("Aggregate3")["deployedBytecode"])
    avatars = chain.deploy("AvatarToken", "Avatars", "AVA", "data:,", chain.accounts[0], True, 0)
    shapes = chain.deploy("OnchainShapes")
    chain.finalize()
    placed = {"avatar_contract": avatars.address, "collections": [shapes.address]}
    (data / "chain.json").write_text(json.dumps(placed), encoding="utf-8")
    return {"url": chain.url, "avatars": avatars.address, "shapes": shapes.address}

"""What hosts of a site share: PostgreSQL, Redis, an S3 server and a chain, at this host's addresses.

    python -m tests.infra.data_host ACCOUNT

Runs in a network namespace. The servers listen on loopback and sockets, as in all tests; connections from other hosts
are passed on to them. Prints what a host needs to know as one line of JSON, and ends with its input.
"""

from __future__ import annotations

import asyncio
import json
import sys
import threading
from collections.abc import Awaitable, Callable
from typing import Any
from urllib.parse import urlsplit

from eth_utils.address import to_checksum_address

from nft.testing.chain import Chain
from tests.servers import places as test_places
from tests.servers.chain import start_chain
from tests.servers.postgres import start_postgres
from tests.servers.redis import start_redis
from tests.servers.s3 import Cluster

PORTS = {"postgres": 5432, "redis": 6379, "s3": 9000, "chain": 8545}
BUCKET = "avatars"
Open = Callable[[], Awaitable[tuple[asyncio.StreamReader, asyncio.StreamWriter]]]


async def _copy(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    try:
        while piece := await reader.read(65536):
            writer.write(piece)
            await writer.drain()
    except OSError:
        pass
    finally:
        writer.close()


async def _pass_on(port: int, connect: Open) -> None:
    async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        ours, theirs = await connect()
        await asyncio.gather(_copy(reader, theirs), _copy(ours, writer))

    await asyncio.start_server(serve, "0.0.0.0", port)  # noqa: S104 - of a namespace with two test hosts


def _forward(targets: dict[int, Open]) -> None:
    async def run() -> None:
        for port, connect in targets.items():
            await _pass_on(port, connect)
        await asyncio.Event().wait()

    threading.Thread(target=lambda: asyncio.run(run()), daemon=True).start()


def _mint(chain: Chain, account: str, count: int) -> str:
    """Deploy a collection whose pictures are on chain, and mint tokens 1 to `count` for the account."""
    shapes = chain.deploy("OnchainShapes")
    for _ in range(count):
        chain.send(shapes.functions.mint(to_checksum_address(account)))
    chain.finalize()
    return str(shapes.address)


def main(account: str) -> None:
    places = test_places.make()
    postgres = start_postgres(places.postgres, places.log("postgres"))
    redis = start_redis(places.redis_socket, places.folder / "redis", places.log("redis"))
    cluster = Cluster(places.folder / "s3")
    store = cluster.start()
    store.client().create_bucket(Bucket=BUCKET)
    chain = start_chain(places, places.chain_port)
    s3_port = urlsplit(store.endpoint_url).port

    def tcp(port: Any) -> Open:
        return lambda: asyncio.open_connection("127.0.0.1", port)

    _forward(
        {
            PORTS["postgres"]: lambda: asyncio.open_unix_connection(str(places.postgres / ".s.PGSQL.5432")),
            PORTS["redis"]: lambda: asyncio.open_unix_connection(str(places.redis_socket)),
            PORTS["s3"]: tcp(s3_port),
            PORTS["chain"]: tcp(places.chain_port),
        }
    )
    found = {"contract": _mint(chain, account, 2), "key": store.access_key, "secret": store.secret_key}
    print(json.dumps(found), flush=True)  # noqa: T201
    sys.stdin.read()
    for running in (chain.running, redis.running, postgres):
        running.kill()
    cluster.kill()
    places.remove()


if __name__ == "__main__":
    main(*sys.argv[1:])

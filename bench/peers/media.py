"""The processes of one worker for the queue `ipfs`, each reading one metadata document after the other.

Arguments: the number of processes, the number of the first document, "ipfs" or "http", and the URLs of the gateways
or hosts.
"""

from __future__ import annotations

import multiprocessing
import sys
from collections.abc import Sequence
from concurrent.futures import ProcessPoolExecutor
from ipaddress import ip_network
from itertools import count, islice

import django

django.setup()

from django.core.cache import caches  # noqa: E402 - after setup
from django.core.management import call_command  # noqa: E402
from django.db import connection  # noqa: E402

from bench.media import AT_ONCE, archive_of  # noqa: E402
from bench.serve import serve_many  # noqa: E402
from nft.clients.bundle import Clients  # noqa: E402
from nft.clients.evm.chain import get_chain  # noqa: E402
from nft.clients.ipfs.gateways import Gateways  # noqa: E402
from nft.clients.ipfs.reading import IpfsLimits  # noqa: E402
from nft.clients.ipfs.scores import GatewayScores  # noqa: E402
from nft.clients.web.addresses import OutboundRules  # noqa: E402
from nft.clients.web.fetch import GuardedHttp  # noqa: E402
from nft.clients.web.pace import Budget, Pace  # noqa: E402
from nft.core.ipfs.dag import DagLimits  # noqa: E402
from nft.core.tokens.metadata import parse_metadata  # noqa: E402
from nft.core.tokens.uri import parse_token_uri  # noqa: E402
from nft.tokens.documents import open_uri  # noqa: E402
from nft.tokens.media import METADATA_BYTES, METADATA_SECONDS  # noqa: E402

LIMITS = IpfsLimits(DagLimits(max_bytes=METADATA_BYTES), METADATA_SECONDS)
LOOPBACK = OutboundRules(
    schemes=frozenset({"http"}), ports=None, ip_literals=True, allowed=(ip_network("127.0.0.0/8"),)
)


class Reader:
    """Reads documents. It is created in one process and used in its forks."""

    def __init__(self, kind: str, urls: Sequence[str]) -> None:
        self._kind = kind
        self._urls = urls
        cache = caches["default"]
        gateways = Gateways(urls if kind == "ipfs" else [], scores=GatewayScores(cache))
        self._clients = Clients(get_chain, gateways, GuardedHttp(LOOPBACK, pace=Pace(cache, Budget())))

    def read(self, number: int) -> str:
        return parse_metadata(
            open_uri(parse_token_uri(self._uri(number), allow_http=True), self._clients, LIMITS).data
        ).name

    def _uri(self, number: int) -> str:
        if self._kind == "ipfs":
            return f"ipfs://{archive_of(number)[0]}"
        return f"{self._urls[number % len(self._urls)]}/{number}"


def main(processes: int, first: int, reader: Reader) -> None:
    call_command("migrate", verbosity=0)
    connection.close()
    caches.close_all()
    numbers = count(first)
    with ProcessPoolExecutor(processes, multiprocessing.get_context("fork")) as pool:
        serve_many(lambda calls: list(pool.map(reader.read, islice(numbers, calls * AT_ONCE))))


if __name__ == "__main__":
    main(int(sys.argv[1]), int(sys.argv[2]), Reader(sys.argv[3], sys.argv[4:]))

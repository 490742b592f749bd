"""IPFS: verifying and assembling a file of 5 MB, beside the bare hashing of its bytes."""

from __future__ import annotations

import random
import threading
from collections.abc import Iterator
from functools import partial
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

from bench.harness import Contestant, Pace, Result, contest
from bench.lanes import HERE, Lane, Peer, Workspace, node_peer, python_peer, site_settings
from bench.setup import install_npm_peers
from bench.tables import MIB, Goal, Table
from nft.core.ipfs.car import build_car
from nft.core.ipfs.dag import DagLimits
from nft.core.ipfs.unixfs import BuiltDag, build_file

MEGABYTES = 5
LIMIT, MEMORY, PIECES, HTTP = "sha256 by 256 KiB", "ours, from memory", "ours, in pieces of 64 KiB", "ours, over HTTP"
CAR_READER, VERIFIED_FETCH = "ipfs-car, from memory", "Helia verified-fetch, over HTTP"
MAX_FROM_MEMORY, MAX_OVER_HTTP = 1.2, 1.9
FREED = "freed memory returned to the kernel"
_NOTE = (
    "Blocks have 256 KiB, as published by Kubo and by us. The server of blocks and archives is not counted. Freed "
    "memory is kept, as in our workers; “freed memory returned to the kernel” is the default of the C library, which "
    "requests the memory anew for each file. “ipfs-car” is its `unpack --verify`, in memory. Helia requests each block "
    "from the same server."
)


def run(workspace: Workspace) -> Iterator[Table]:
    install_npm_peers()
    built = build_file(random.Random(5).randbytes(MEGABYTES * 1_000_000))
    archive = workspace.folder / "file.car"
    archive.write_bytes(build_car(built.root, built.blocks))
    url = _serve(workspace, archive, built)
    peers = [*_ours(str(archive), url, workspace.folder), *_others(str(archive), url, str(built.root))]
    lanes: list[Contestant] = [Lane(peer, workspace) for peer in peers]
    results = contest(lanes, Pace(0.3, 15 * workspace.haste))
    yield Table("IPFS: a verified file of 5 MB", list(results.values()), LIMIT, "MB", _goals(results), [_NOTE])


def _goals(results: dict[str, Result]) -> list[Goal]:
    limits, over_http = DagLimits(), results[HTTP]
    grown = (over_http.peak - over_http.at_rest) / MIB
    bound = (limits.max_block_bytes * 4 + limits.max_bytes) / MIB
    return [
        Goal("from memory", results[MEMORY].times(results[LIMIT]), MAX_FROM_MEMORY, " times"),
        Goal("over HTTP", results[HTTP].times(results[LIMIT]), MAX_OVER_HTTP, " times"),
        Goal("memory over HTTP: four blocks and the largest file allowed", grown, bound, " MiB"),
    ]


def _ours(archive: str, url: str, folder: Path) -> Iterator[Peer]:
    settings = site_settings(folder)
    for name, work in ((LIMIT, "hashing"), (MEMORY, "memory"), (PIECES, "pieces"), (HTTP, "gateway")):
        yield python_peer(name, "ipfs", work, archive, url, "kept", unit=MEGABYTES, environment=settings)
    for name, work in ((MEMORY, "memory"), (HTTP, "gateway")):
        yield python_peer(f"{name}, {FREED}", "ipfs", work, archive, url, unit=MEGABYTES, environment=settings)


def _others(archive: str, url: str, root: str) -> Iterator[Peer]:
    yield node_peer(CAR_READER, "ipfs_car.mjs", archive, unit=MEGABYTES)
    old_node = ["--require", str(HERE.parent / "tests" / "servers" / "helia" / "node20.cjs")]
    yield node_peer(VERIFIED_FETCH, "helia.mjs", url, root, unit=MEGABYTES, options=old_node)


def _serve(workspace: Workspace, archive: Path, built: BuiltDag) -> str:
    """Start a gateway with one file in a thread of this process, and return its URL."""
    blocks = {str(cid): block for cid, block in built.blocks.items()}
    server = ThreadingHTTPServer(("127.0.0.1", 0), partial(_Gateway, archive.read_bytes(), blocks))
    server.daemon_threads = True
    threading.Thread(target=server.serve_forever, daemon=True).start()
    workspace.closing.callback(server.server_close)
    workspace.closing.callback(server.shutdown)
    return f"http://127.0.0.1:{server.server_port}"


class _Gateway(BaseHTTPRequestHandler):
    def __init__(self, archive: bytes, blocks: dict[str, bytes], *details: object) -> None:
        self._archive = archive
        self._blocks = blocks
        super().__init__(*details)  # type: ignore[arg-type]

    def do_GET(self) -> None:
        block = self._blocks[self.path.removeprefix("/ipfs/").partition("?")[0]]
        kind, content = ("car; version=1", self._archive) if "format=car" in self.path else ("raw", block)
        self.send_response(200)
        self.send_header("Content-Type", f"application/vnd.ipld.{kind}")
        self.send_header("Content-Length", str(len(content)))
        self.end_headers()
        self.wfile.write(content)

    def log_message(self, *_values: object) -> None:
        """Log nothing."""

"""An IPFS gateway on loopback that lies on demand. It serves blocks, as the trustless gateway specification says."""

from __future__ import annotations

import json
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from enum import Enum
from urllib.parse import urlsplit

from nft.core.errors import InvalidIdentifier
from nft.core.ipfs.cid import Cid, parse_cid
from nft.core.ipfs.unixfs import build_file
from nft.core.tokens.metadata import build_metadata
from profiles.testing.http import QuietHandler, serving

HUGE = 64 * 1024 * 1024
_PIECE = bytes(64 * 1024)


class Lie(Enum):
    """What the gateway sends in place of a block."""

    OTHER_BYTES = "as many bytes, but others"
    TRUNCATED = "the first half, and the connection ends"
    HUGE = "zeros without end: 64 MiB"
    MISSING = "404, though it has the block"


@dataclass
class Ipfs:
    """The gateway. `asked` are the CIDs of the blocks that were asked for, in order."""

    url: str = ""
    asked: list[str] = field(default_factory=list)
    _blocks: dict[Cid, bytes] = field(default_factory=dict, repr=False)
    _lies: dict[Cid, Lie] = field(default_factory=dict, repr=False)
    _is_silent: bool = False

    def add(self, content: bytes) -> str:
        """Keep a file; return its CID."""
        built = build_file(content)
        self._blocks.update(built.blocks)
        return str(built.root)

    def publish(self, image: bytes, *, name: str = "Blue hour") -> str:
        """Keep a picture and the metadata of a token that shows it; return the token's URI."""
        return f"ipfs://{self.add(build_metadata(name, '', f'ipfs://{self.add(image)}'))}"

    def image_of(self, uri: str) -> str:
        """Return the CID of the picture of a token that `publish` published."""
        metadata = json.loads(self._blocks[parse_cid(uri.removeprefix("ipfs://"))])
        return str(metadata["image"]).removeprefix("ipfs://")

    def lie(self, cid: str, how: Lie = Lie.OTHER_BYTES) -> None:
        """Send something else in place of this block, until `tell_the_truth`."""
        self._lies[parse_cid(cid)] = how

    def tell_the_truth(self) -> None:
        self._lies.clear()

    def goes_silent(self) -> None:
        """Close every connection without an answer, until `answers_again`."""
        self._is_silent = True

    def answers_again(self) -> None:
        self._is_silent = False


class _Gateway(QuietHandler):
    ipfs: Ipfs

    def do_GET(self) -> None:
        address = urlsplit(self.path)
        self.close_connection = True
        if self.ipfs._is_silent:
            return
        if not address.path.startswith("/ipfs/") or address.query != "format=raw":
            self.send_error(406)  # no archives, and no files that nobody could verify
            return
        self.ipfs.asked.append(address.path.removeprefix("/ipfs/"))
        try:
            self._send_block(parse_cid(self.ipfs.asked[-1]))
        except InvalidIdentifier:
            self.send_error(400)

    def _send_block(self, cid: Cid) -> None:
        block, lie = self.ipfs._blocks.get(cid), self.ipfs._lies.get(cid)
        if block is None or lie is Lie.MISSING:
            self.send_error(404)
        elif lie is Lie.HUGE:
            self._send_head(HUGE)
            for _ in range(HUGE // len(_PIECE)):
                self.wfile.write(_PIECE)
        elif lie is Lie.OTHER_BYTES:
            self._send_head(len(block))
            self.wfile.write(bytes(byte ^ 1 for byte in block))
        else:
            self._send_head(len(block))
            self.wfile.write(block[: len(block) // 2] if lie is Lie.TRUNCATED else block)

    def _send_head(self, size: int) -> None:
        self.send_response(200)
        self.send_header("Content-Type", "application/vnd.ipld.raw")
        self.send_header("Content-Length", str(size))
        self.end_headers()


@contextmanager
def ipfs_gateway() -> Iterator[Ipfs]:
    """Yield a new gateway that has nothing."""
    state = Ipfs()
    with serving(type("Gateway", (_Gateway,), {"ipfs": state})) as state.url:
        yield state

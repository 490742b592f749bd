"""Notifications of new blocks over a node's websocket (`eth_subscribe`, "newHeads").

Their content is not used: a message means "read the chain now" and no more. So a node that lies here can only cause
more reads, and the caller limits how often.
"""

from __future__ import annotations

import contextlib
import json
from collections.abc import Iterator
from contextlib import AbstractContextManager

from websockets.sync.client import ClientConnection, connect

from nft.clients.evm.errors import ChainUnavailable
from nft.clients.transport.guard import blaming
from profiles.sentences import gettext
from profiles.text import parse_json

CONNECT_SECONDS = 10.0
SILENCE_SECONDS = 120.0
"""Longer than any known chain takes for a block: after it, the node is assumed to have lost the subscription."""
LARGEST_MESSAGE = 256 * 1024
AT_ONCE = 100
"""Maximum queued messages that are merged into one."""
_SUBSCRIBE = json.dumps({"jsonrpc": "2.0", "id": 1, "method": "eth_subscribe", "params": ["newHeads"]})


def subscribe_new_heads(url: str) -> Iterator[None]:
    """Yield once subscribed, then whenever there are new blocks, once for all that came while the caller was busy.

    Raises ChainUnavailable where the connection ends, is silent for SILENCE_SECONDS or breaks a limit.
    """
    with _blaming_node(), _connect(url) as connection:
        connection.send(_SUBSCRIBE)
        while True:
            _check(connection.recv(timeout=SILENCE_SECONDS))
            with contextlib.suppress(TimeoutError):  # no more messages are queued
                for _ in range(AT_ONCE):
                    _check(connection.recv(timeout=0))
            yield


def _blaming_node() -> AbstractContextManager[None]:
    # The URL may hold the key to a node, so it stays out of the message.
    return blaming(lambda: ChainUnavailable(gettext("The node's websocket ended.")), passing=ChainUnavailable)


def _connect(url: str) -> ClientConnection:
    return connect(
        url,
        open_timeout=CONNECT_SECONDS,
        close_timeout=1,
        max_size=LARGEST_MESSAGE,
        compression=None,  # nothing to unpack that is larger than it looks
        proxy=None,
    )


def _check(message: str | bytes) -> None:
    """Raise ChainUnavailable where the node refuses the subscription."""
    content = parse_json(message if isinstance(message, bytes) else message.encode())
    if not isinstance(content, dict) or content.get("error") is not None:
        raise ChainUnavailable(gettext("The node's websocket takes no subscription."))

"""A WalletConnect relay on loopback: a mailbox per topic over WebSocket, as the relay's RPC specifies.

The official relay is not published as a package, so this one is ours. The clients on both sides are the real ones. It
can't read messages, which the clients encrypt. It accepts any project id and any signature on the JWT, and reads only
the sender from it.
"""

from __future__ import annotations

import base64
import hashlib
import json
import threading
import time
from collections import defaultdict
from collections.abc import Iterator
from contextlib import suppress
from dataclasses import dataclass, field
from itertools import count
from typing import Any
from urllib.parse import parse_qs, urlsplit

import pytest
from websockets.exceptions import ConnectionClosed
from websockets.sync.server import Server, ServerConnection, serve

Json = dict[str, Any]


@dataclass
class Message:
    topic: str
    text: str
    tag: int
    sender: str
    ends: float
    published_at: int = field(default_factory=lambda: int(time.time() * 1000))

    def as_data(self) -> Json:
        return {"topic": self.topic, "message": self.text, "publishedAt": self.published_at, "tag": self.tag}


@dataclass(eq=False)
class Client:
    """One connection. The client keeps its `name` (a did:key) when it reconnects."""

    connection: ServerConnection
    name: str
    subscribed: set[str] = field(default_factory=set)


@dataclass
class Relay:
    """The relay's state. `projects` has the project ids that clients sent. While `is_away`, nobody gets an answer."""

    url: str = ""
    projects: set[str] = field(default_factory=set)
    is_away: bool = False
    clients: set[Client] = field(default_factory=set)
    mail: dict[str, list[Message]] = field(default_factory=lambda: defaultdict(list))
    lock: threading.RLock = field(default_factory=threading.RLock)
    ids: Iterator[int] = field(default_factory=lambda: count(int(time.time() * 1000)))

    def serve(self, connection: ServerConnection) -> None:
        assert connection.request
        query = parse_qs(urlsplit(connection.request.path).query)
        client = Client(connection, issuer_of(query["auth"][0]))
        self.projects.add(query["projectId"][0])
        with self.lock:
            self.clients.add(client)
        with suppress(ConnectionClosed):
            for frame in connection:
                self.receive(client, json.loads(frame))
        with self.lock:
            self.clients.discard(client)

    def receive(self, client: Client, call: Json) -> None:
        if self.is_away or "method" not in call:
            return  # a message without a method acknowledges one of ours
        with self.lock:
            result, after = self.answer(client, call["method"], call["params"])
            client.connection.send(json.dumps({"id": call["id"], "jsonrpc": "2.0", "result": result}))
            for message in after:
                self.deliver(client, message)

    def answer(self, client: Client, method: str, params: Json) -> tuple[Any, list[Message]]:
        """Return the result, and the messages waiting for the caller."""
        match method:
            case "irn_publish":
                self.publish(client, params["topic"], params["message"], params)
                return True, []
            case "irn_subscribe":
                return subscription(client, params["topic"]), self.subscribe(client, params["topic"])
            case "irn_batchSubscribe":
                waiting = [message for topic in params["topics"] for message in self.subscribe(client, topic)]
                return [subscription(client, topic) for topic in params["topics"]], waiting
            case "irn_fetchMessages" | "irn_batchFetchMessages":
                topics = params.get("topics") or [params["topic"]]
                waiting = [message for topic in topics for message in self.waiting(client, topic)]
                return {"messages": [message.as_data() for message in waiting], "hasMore": False}, []
            case "irn_unsubscribe":
                client.subscribed.discard(params["topic"])
                return True, []
            case "wc_proposeSession":
                self.publish(client, params["pairingTopic"], params["sessionProposal"], params)
                return True, self.subscribe(client, params["pairingTopic"])
            case "wc_approveSession":
                self.publish(client, params["pairingTopic"], params["sessionProposalResponse"], params)
                self.publish(client, params["sessionTopic"], params["sessionSettlementRequest"], params)
                return True, self.subscribe(client, params["sessionTopic"])
        raise AssertionError(f"The relay was asked for {method}, which it does not know.")

    def publish(self, client: Client, topic: str, text: str, params: Json) -> None:
        message = Message(topic, text, params.get("tag", 0), client.name, time.time() + params["ttl"])
        self.mail[topic].append(message)
        for other in self.clients:
            if other.name != client.name and topic in other.subscribed:
                self.deliver(other, message)

    def subscribe(self, client: Client, topic: str) -> list[Message]:
        client.subscribed.add(topic)
        return self.waiting(client, topic)

    def waiting(self, client: Client, topic: str) -> list[Message]:
        """Return unexpired messages of other clients, perhaps again: clients ignore those they have seen."""
        now = time.time()
        return [message for message in self.mail[topic] if message.sender != client.name and message.ends > now]

    def deliver(self, client: Client, message: Message) -> None:
        params = {"id": subscription(client, message.topic), "data": message.as_data()}
        call = {"id": next(self.ids), "jsonrpc": "2.0", "method": "irn_subscription", "params": params}
        with suppress(ConnectionClosed):
            client.connection.send(json.dumps(call))


def subscription(client: Client, topic: str) -> str:
    return hashlib.sha256(f"{topic}{client.name}".encode()).hexdigest()


def issuer_of(token: str) -> str:
    """Return the issuer of a JWT. Its signature is not checked."""
    body = token.split(".")[1]
    issuer: str = json.loads(base64.urlsafe_b64decode(body + "=" * (-len(body) % 4)))["iss"]
    return issuer


@pytest.fixture(scope="session")
def relay() -> Iterator[Relay]:
    running = Relay()
    server: Server = serve(running.serve, "127.0.0.1", 0)
    running.url = f"ws://127.0.0.1:{server.socket.getsockname()[1]}"
    thread = threading.Thread(target=server.serve_forever, name="walletconnect relay", daemon=True)
    thread.start()
    yield running
    server.shutdown()
    thread.join(5)

"""What a node says of a receipt's block, holder, mark and collection."""

from __future__ import annotations

import argparse
import json
import re
import time
import unicodedata
from collections.abc import Sequence
from typing import Any, NamedTuple

from verify_web import ANSWER_BYTES, Web
from verify_words import CLOCKS_DIFFER, Json, Open, Unclaimed, Wrong, at, is_hex, q, read_loose_json, seconds_of

OWNER_OF, BALANCE_OF, NAME = "6352211e", "00fdd58e", "06fdde03"
# Gas of the calls that answer with a URI: the node's default, and what drawing contracts have been seen to use.
URI_GAS = (0, 50_000_000, 550_000_000)
DELEGATE_721, DELEGATE_1155 = "b9f36874", "b8705875"
# Letters and marks that nobody sees.
FILLERS = "\u034f\u115f\u1160\u17b4\u17b5\u180b\u180c\u180d\u180f\u3164\uffa0"
# delegate.xyz v2, at the same address on every chain that it supports.
REGISTRY = "0x00000000000000447e69651d841bd8d104bed493"


class NodeRefused(Open):
    """The node answers with an error that is no revert: the call may need more gas."""


class Node:
    """A node of the chain. It is asked about the state at one block: the receipt's, or the newest (None)."""

    def __init__(self, web: Web, url: str, block_number: int | None) -> None:
        self.web, self.url = web, url
        self.block = "latest" if block_number is None else hex(block_number)

    def ask(self, method: str, *parameters: object) -> Any:
        body = {"jsonrpc": "2.0", "id": 1, "method": method, "params": parameters}
        try:
            answer = read_loose_json(self.web.fetch(self.url, ANSWER_BYTES, json.dumps(body).encode()))
        except ValueError as error:
            raise Open("The node's answer is no JSON.") from error
        if not isinstance(answer, dict) or ("result" not in answer and not isinstance(answer.get("error"), dict)):
            raise Open("The node's answer is not that of a node.")
        problem = answer.get("error")
        if problem:
            is_revert = problem.get("code") == "3" or "revert" in str(problem.get("message", "")).lower()
            raise (Wrong if is_revert else NodeRefused)(f"The node says: {q(problem.get('message'))}")
        return answer["result"]

    def number(self, text: object) -> int:
        """Parse a quantity. Raise `Open`: a node that talks nonsense proves nothing."""
        if not isinstance(text, str) or not re.fullmatch(r"0x[0-9a-fA-F]{1,64}", text):
            raise Open(f"The node answers {q(text)} in place of a number.")
        return int(text, 16)

    def call(self, contract: str, selector: str, *words: int, gas: int = 0) -> bytes:
        data = "0x" + selector + "".join(f"{word:064x}" for word in words)
        limit = {"gas": hex(gas)} if gas else {}
        answer = self.ask("eth_call", {"to": contract, "data": data, **limit}, self.block)
        if not isinstance(answer, str) or not re.fullmatch(r"0x(?:[0-9a-fA-F]{2})*", answer):
            raise Open("The node's answer to a call is no bytes.")
        result = bytes.fromhex(answer[2:])
        if len(result) < 32:
            raise Wrong("The contract's answer makes no sense.")
        return result

    def text(self, contract: str, selector: str, *words: int) -> str:
        """Return the string that a call answers with. Raise `Wrong` if it is none."""
        try:
            return self.string(contract, selector, *words).decode()
        except UnicodeDecodeError as error:
            raise Wrong("The contract's answer is no text.") from error

    def first_text(self, contract: str, selectors: Sequence[str], *words: int) -> str:
        """Return the first string that one of the calls answers with; what is no UTF-8 becomes U+FFFD.

        Contracts that draw their picture may need more gas than a node gives unasked.
        """
        trouble: Open | Wrong = Wrong("The contract names no metadata.")
        for gas in URI_GAS:
            for selector in selectors:
                try:
                    text = self.string(contract, selector, *words, gas=gas).decode(errors="replace").strip("\0 \t\r\n")
                except (Wrong, NodeRefused) as error:
                    trouble = error
                else:
                    if text:
                        return text
        raise trouble

    def string(self, contract: str, selector: str, *words: int, gas: int = 0) -> bytes:
        data = self.call(contract, selector, *words, gas=gas)
        at = int.from_bytes(data[:32], "big")
        length = int.from_bytes(data[at : at + 32], "big")
        if at + 32 + length > len(data):
            raise Wrong("The contract's answer is no text.")
        return data[at + 32 : at + 32 + length]


def without_node() -> Open:
    return Open("No node was named: --rpc https://...")


def check_block(node: Node, facts: Json) -> tuple[str, float]:
    """Check the block. Return a sentence, and when the block was made."""
    number = facts["block_number"]
    chain_id = node.number(node.ask("eth_chainId"))
    if chain_id != facts["chain_id"]:
        raise Open(f"The node is of chain {chain_id}, the receipt of chain {facts['chain_id']}.")
    block = node.ask("eth_getBlockByNumber", node.block, False)
    if block is None:
        raise Open(f"The node does not know block {number}.")
    if not isinstance(block, dict) or not is_hex(block.get("hash"), 32):
        raise Open("The node's answer is no block.")
    if block["hash"].lower() != facts["block_hash"].lower():
        raise Wrong(f"Block {number} of the chain has another hash: {q(block['hash'])}.")
    made_at = node.number(block.get("timestamp"))
    if seconds_of(facts["checked_at"]) < made_at - CLOCKS_DIFFER:
        raise Wrong(f"The receipt says that the chain was asked at {facts['checked_at']}, before the block was made.")
    shown = f"block {number} of chain {chain_id}, made {at(made_at)} UTC, has the hash {facts['block_hash']}"
    return shown, made_at


class Holder(NamedTuple):
    """Who is said to hold the token: an account, or a vault that delegated it to the account."""

    account: str
    vault: str


def find_holder(facts: Json, asked: argparse.Namespace) -> Holder:
    """Return the holder by the receipt, or by the user where the receipt keeps it to itself."""
    found = []
    names = ["account", "vault"] if facts["by_delegation"] else ["account"]
    for name in names:
        said, known = facts[name], getattr(asked, name) or ""
        if said and known and said.lower() != known.lower():
            raise Wrong(f"The receipt names the {name} {said}, you named {known}.")
        if not said and not known:
            raise Open(f"The receipt keeps the {name} to itself, as its owner wants it. Name one: --{name} 0x...")
        found.append(said or known)
    return Holder(*found, *[""] * (2 - len(found)))


def check_owner(node: Node, facts: Json, asked: argparse.Namespace) -> str:
    check_standard(facts, "owner_call")
    account, vault = find_holder(facts, asked)
    holder = vault or account
    check_holder(node, facts, holder)
    if not vault:
        return f"{holder} held the token at that block"
    registry, trusted = facts["delegate_registry"], asked.registry or REGISTRY
    if registry.lower() != trusted.lower():  # a site could run a registry that says yes to everything
        raise Open(
            f"The site asked the registry {registry} for the delegation. If you trust that: --registry {registry}"
        )
    selector = DELEGATE_1155 if facts["standard"] == "erc1155" else DELEGATE_721
    words = (int(account, 16), int(holder, 16), int(facts["contract"], 16), int(facts["token_id"]), 0)
    if not int.from_bytes(node.call(registry, selector, *words)[:32], "big"):
        raise Wrong(f"{holder} did not delegate the token to {account}.")
    return f"the vault {holder} held the token at that block and delegated it to {account} (registry {registry})"


def check_standard(facts: Json, *names: str) -> None:
    rule = facts.get("resolver") or {}
    if any(name in rule for name in names):
        rule_shown = q(json.dumps(rule), 400)
        raise Open(f"The site asks this contract by a rule of its own, which you may judge: {rule_shown}")


def check_holder(node: Node, facts: Json, holder: str) -> None:
    contract, token_id = facts["contract"], int(facts["token_id"])
    if facts["standard"] == "erc1155":
        if not int.from_bytes(node.call(contract, BALANCE_OF, int(holder, 16), token_id)[:32], "big"):
            raise Wrong(f"{holder} held none of the token at that block.")
        return
    owner = "0x" + node.call(contract, OWNER_OF, token_id)[12:32].hex()
    if owner != holder.lower():
        raise Wrong(f"The token belonged to {owner} at that block, not to {holder}.")


def check_mark(receipt: Json, is_held: bool, made_at: float | None, hours: float) -> str:
    """Check that the mark rests on a proved holder at a block that was young enough, and that it has not ended."""
    if not receipt["mark"]:
        raise Unclaimed("The receipt claims no mark.")
    until = seconds_of(receipt["mark_until"])
    if made_at is None or not is_held:
        raise Open("The mark rests on the holder at that block, who is not proved.")
    if until - made_at > hours * 3600:
        raise Wrong(
            f"It would hold until {at(until)} UTC, more than {hours:g} hours after the block that it rests on. If that "
            "is young enough for you, name more hours: --max-age"
        )
    if until < time.time():
        raise Open(f"It ended at {at(until)} UTC. Whether it holds now, a newer receipt says.")
    return f"it rests on that block and holds until {at(until)} UTC"


def check_collection(node: Node, facts: Json) -> str:
    if not facts["collection"]:
        raise Unclaimed("The receipt names no collection.")
    name = node.text(facts["contract"], NAME)
    if not is_same_name(name, facts["collection"]):
        raise Wrong(f"The contract calls itself {q(name)}, not {q(facts['collection'])}.")
    return f"the contract calls itself {q(name)}"


def is_same_name(name: object, kept: str) -> bool:
    """Return whether `kept` is `name` as sites show it: without invisible characters, and cut."""
    shown, whole = visible(kept.removesuffix("\u2026")), visible(str(name))
    return whole.startswith(shown) if kept.endswith("\u2026") and len(kept) >= 200 else visible(kept) == whole


def visible(text: str) -> str:
    kept = (letter for letter in text if unicodedata.category(letter)[0] not in "CZ" and letter not in FILLERS)
    return unicodedata.normalize("NFC", "".join(kept))

"""Lies for receipts: what can be left out, mistyped, swapped, said and signed without being true."""

from __future__ import annotations

import copy
import json
from collections.abc import Callable, Iterator
from datetime import timedelta
from typing import Any

from tests.kit.receipts import CHAIN_ID, CONTRACT, PROVABLE, STRANGER, Json, ReceiptWorld, canonical, picture


def members(value: object, path: tuple[Any, ...] = ()) -> Iterator[tuple[Any, ...]]:
    """Yield the path of every member of objects in `value`, and in lists."""
    pairs = value.items() if isinstance(value, dict) else enumerate(value) if isinstance(value, list) else ()
    for name, inner in pairs:
        if isinstance(value, dict):
            yield (*path, name)
        yield from members(inner, (*path, name))


def changed(receipt: Json, path: tuple[Any, ...], *value: object) -> Json:
    """Return the receipt with another value at `path`, or without that member."""
    copied = copy.deepcopy(receipt)
    at: Any = copied
    for name in path[:-1]:
        at = at[name]
    if value:
        at[path[-1]] = value[0]
    else:
        del at[path[-1]]
    return copied


# Of no member of a receipt. Texts may be anything, up to a length.
JUNK: list[Any] = [None, True, False, -1, 1.5, 2**60, [], ["x"], {}, {"a": 1}, "x" * 5000]
JUNK_TEXTS = ["", "x", "0x", "-1", "null", "true", "2026-13-01T00:00:00+00:00", " 1", "\u0661"]
# Honest sites say so, too.
ALLOWED = {("explorer_url", "")}
FREE_TEXTS = {"name", "alt", "chain_name", "collection", "token_name", "account_name", "image_cid", "form"}


# --- what is signed ---

Lie = Callable[[Json, ReceiptWorld], object]


def facts(**changes: object) -> Lie:
    return lambda receipt, _: receipt["provenance"].update(changes)


NO_PROOF = {"block_hash": "0x" + "ab" * 32, "block_number": 7, "rests_on": "several_nodes", "sha256": "0" * 64}


def top(**changes: object) -> Lie:
    return lambda receipt, _: receipt.update(changes)


def first_size(**changes: object) -> Lie:
    return lambda receipt, _: receipt["sizes"][0].update(changes)


def asset(chain_id: object = CHAIN_ID, standard: str = "erc721", contract: str = CONTRACT, token_id: str = "7") -> Lie:
    """Name another token everywhere."""

    def lie(receipt: Json, _: ReceiptWorld) -> None:
        receipt["provenance"] |= {
            "asset_id": f"eip155:{chain_id}/{standard}:{contract}/{token_id}",
            "chain_id": chain_id,
            "standard": standard,
            "contract": contract,
            "token_id": token_id,
            "explorer_url": "",
        }

    return lie


def at_time(member: str, where: Callable[[Json], Json] = lambda receipt: receipt, **delta: float) -> Lie:
    def lie(receipt: Json, world: ReceiptWorld) -> None:
        where(receipt)[member] = (world.now + timedelta(**delta)).isoformat()

    return lie


def until_soon(*, mark: bool) -> Lie:
    """Claim a mark, or the end of one that is not claimed."""

    def lie(receipt: Json, world: ReceiptWorld) -> None:
        receipt |= {"mark": mark, "mark_until": (world.now + timedelta(minutes=50)).isoformat()}

    return lie


def provenance(receipt: Json) -> Json:
    found: Json = receipt["provenance"]
    return found


def other_file(member: str) -> Lie:
    def lie(receipt: Json, world: ReceiptWorld) -> None:
        uri = world.place.add_file(picture(32, "red"))
        receipt["provenance"][member] = uri
        if member == "image_uri":
            receipt["provenance"]["image_cid"] = uri.removeprefix("ipfs://")

    return lie


def swapped(one: str, other: str) -> Lie:
    def lie(receipt: Json, _: ReceiptWorld) -> None:
        held = receipt["provenance"]
        held[one], held[other] = held[other], held[one]

    return lie


def elsewhere(member: str, path: str) -> Lie:
    return lambda receipt, _: receipt.update({member: f"https://other.example{path}"})


def other_picture(receipt: Json, world: ReceiptWorld) -> None:
    """Name pictures that the site serves in place of others."""
    first, second = receipt["sizes"]
    first["url"], second["url"] = second["url"], first["url"]


OF_ALL: dict[str, Lie] = {
    "of another version": top(version=2),
    "of another version, as a text": top(version="1"),
    "more than is known": top(verified_by="everybody"),
    "an end without a mark": until_soon(mark=False),
    "another issuer": elsewhere("issuer", ""),
    "no issuer": top(issuer=None),
    "an issuer with a path": lambda receipt, world: receipt.update(issuer=f"{world.place.url}/a"),
    "an issuer with a name in it": lambda receipt, world: receipt.update(
        issuer=world.place.url.replace("//", "//good.example@")
    ),
    "a profile elsewhere": elsewhere("profile", "/u/alice/"),
    "a picture elsewhere": elsewhere("url", "/avatar/alice"),
    "another person's profile": lambda receipt, world: receipt.update(profile=f"{world.place.url}/u/bob/"),
    "another person's handle": top(handle="bob"),
    "a handle with lines": top(handle="alice\nproved"),
    "a source nobody knows, with a mark": top(source="badge", mark=True),
    "a source nobody knows": top(source="badge"),
    "why it is not signed, though it is": lambda receipt, world: receipt.update(unsigned="by nobody"),
}
OF_PICTURES: dict[str, Lie] = {
    "a picture of another hash": first_size(sha256="0" * 64),
    "a picture of another side": first_size(size=33),
    "a picture larger than itself": first_size(size=512),
    "a picture of another type": first_size(type="image/png"),
    "a picture of another length": first_size(bytes=1),
    "a picture that moves": first_size(animated=True),
    "a picture on another site": first_size(url="https://other.example/1.webp"),
    "a picture in a file": first_size(url="file:///etc/hostname"),
    "a picture in a path": first_size(url="/etc/hostname"),
    "a picture in itself": first_size(url="data:image/webp;base64,AAAA"),
    "a picture that is not there": lambda receipt, world: first_size(url=f"{world.place.url}/gone")(receipt, world),
    "more of a picture than is known": first_size(resembles=True),
    "pictures swapped": other_picture,
    "a picture twice": lambda receipt, _: receipt["sizes"].append(dict(receipt["sizes"][0])),
    "too many pictures": lambda receipt, _: receipt.update(sizes=receipt["sizes"] * 50),
    "no pictures": top(sizes=[]),
    "no picture, but sizes": top(source=None),
    "moving sizes of a still": lambda receipt, _: [size.update(animated=True) for size in receipt["sizes"]],
}
OF_TOKENS: dict[str, Lie] = {
    "nothing that proves it": top(provenance=None),
    "nothing that proves it, an empty object": top(provenance={}),
    "an upload with a token": top(source="upload"),
    "another account": facts(account=STRANGER),
    "nobody's account": facts(account="0x" + "0" * 40),
    "another contract": asset(contract=STRANGER),
    "another contract in one place": facts(contract=STRANGER),
    "another token": asset(token_id="8"),
    "another token in one place": facts(token_id="8"),
    "a token written otherwise": asset(token_id="07"),
    "another chain": asset(chain_id=1),
    "another chain in one place": facts(chain_id=1),
    "another standard": asset(standard="erc1155"),
    "another asset": facts(asset_id=f"eip155:1/erc721:{CONTRACT}/7"),
    "another block": facts(block_number=4_712),
    "another block's hash": facts(block_hash="0x" + "cd" * 32),
    "a block to come": facts(block_number=2**40),
    "other metadata": other_file("token_uri"),
    "metadata on a server": facts(token_uri="https://other.example/7.json"),
    "another picture": other_file("image_uri"),
    "another original": facts(sha256="0" * 64),
    "another CID": facts(image_cid="bafkreihdwdcefgh4dqkjv67uzcmw7ojee6xedzdetojuzjevtenxquvyku"),
    "more proof than there is": facts(proof="onchain"),
    "less proof than there is": facts(proof="mutable"),
    "another collection": facts(collection="CryptoPunks"),
    "another name": facts(token_name="CryptoPunk #7804"),
    "another token in the explorer": facts(explorer_url=f"https://explorer.example/nft/{CONTRACT}/8"),
    "an ENS name": facts(account_name="vitalik.eth"),
    "a vault without a delegation": facts(vault=STRANGER),
    "a delegation without a vault": facts(by_delegation=True, vault=""),
    "a delegation in a registry of its own": facts(by_delegation=True, vault=STRANGER, delegate_registry=STRANGER),
    "a mark of a token not held": facts(verdict="not_owned"),
    "a mark of a token in doubt": facts(verdict="unknown"),
    "a mark of a verdict of its own": facts(verdict="certainly owned"),
    "checked before the block": at_time("checked_at", provenance, days=-2),
    "checked in days to come": at_time("checked_at", provenance, days=2),
    "a change in days to come": at_time("metadata_changed_at", provenance, days=2),
    "a mark for ever": top(mark_until="9999-12-31T23:59:59+00:00"),
    "a mark for a month": at_time("mark_until", days=30),
    "a mark that ended": at_time("mark_until", minutes=-1),
    "a mark that ended before the check": at_time("mark_until", hours=-2),
    "a mark without an end": top(mark_until=None),
    "a time of another zone": top(mark_until="2026-11-29T12:00:00+14:00"),
    "a rule of its own": facts(resolver={"owner_call": "mine(uint256)"}),
    "a rule of its own, as a text": facts(resolver="mine"),
    "a proof that is not there": facts(ownership_proof=NO_PROOF),
    "a proof of nothing": facts(ownership_proof={}),
    "a proof with more than is known": facts(ownership_proof=NO_PROOF | {"by": "us"}),
    "a proof by everybody": facts(ownership_proof=NO_PROOF | {"rests_on": "everybody"}),
    "more of a token than is known": facts(guaranteed="yes"),
    "an account in place of a contract": swapped("account", "contract"),
    "metadata in place of the picture": swapped("token_uri", "image_uri"),
    "hashes swapped": swapped("sha256", "block_hash"),
    "a token off the list, with a mark": lambda receipt, _: receipt.update(
        provenance={
            "asset_id": "x",
            "by_delegation": False,
            "account": "",
            "account_name": "",
            "vault": "",
            "verdict": "unknown",
        }
    ),
}
OF_UNMARKED: dict[str, Lie] = {"a mark without an end": top(mark=True)}
OF_TOKENLESS: dict[str, Lie] = {"a mark with an end": until_soon(mark=True)}
OF_DELEGATIONS: dict[str, Lie] = {
    "another vault": facts(vault=STRANGER),
    "another delegate": facts(account=STRANGER),
    "the vault's own": swapped("account", "vault"),
    "no registry": facts(delegate_registry=""),
    "a registry of its own": facts(delegate_registry=STRANGER),
    "its vault's token as its own": facts(by_delegation=False),
}
LIES = {
    "nothing": OF_ALL | OF_UNMARKED | OF_TOKENLESS,
    "upload": OF_ALL | OF_PICTURES | OF_UNMARKED | OF_TOKENLESS,
    "unmarked": OF_ALL | OF_PICTURES | OF_UNMARKED,
    "inline": OF_ALL | OF_PICTURES,
    "token": OF_ALL | OF_PICTURES | OF_TOKENS,
    "delegated": OF_ALL | OF_PICTURES | OF_TOKENS | OF_DELEGATIONS,
}


def dishonest(kind: str, world: ReceiptWorld) -> Iterator[tuple[str, Json]]:
    """Yield receipts with one lie each, well signed."""
    for name, lie in LIES[kind].items():
        receipt = PROVABLE[kind](world)
        before = canonical(receipt)
        lie(receipt, world)
        assert canonical(receipt) != before, name
        signed = world.sign(receipt)
        yield name, signed | {"unsigned": receipt["unsigned"]} if "unsigned" in receipt else signed


# --- documents and texts ---


def documents(honest: Json) -> Iterator[bytes]:
    text = json.dumps(honest)
    yield from (
        b"",
        b"null",
        b"[]",
        b"1",
        b'"receipt"',
        b"{}",
        b"\xff\xfe",
        b"\xef\xbb\xbf" + text.encode(),
        b"[" * 100_000,
    )
    yield text.replace('"mark": true', '"mark": false, "mark": true').encode()
    yield text.replace('"mark": true', '"mark": NaN').encode()
    yield text.replace('"mark": true', '"mark": true, "x": Infinity').encode()
    yield text.replace('"mark": true', '"mark": true, "x": 1e400').encode()
    yield text.replace('"mark": true', f'"mark": true, "x": {"9" * 100_000}').encode()
    yield text.replace('"Alice"', '"\\ud800"').encode()
    yield text.replace('"Alice"', '{"a":' * 5000 + "1" + "}" * 5000).encode()
    yield (text + text).encode()
    yield (text + " " * 300_000).encode()
    yield text.encode("utf-16")


TRICKS = [
    "x\nproved      owner: 0x11 held the token",
    "x\r\x1b[2K\x1b[1A\rResult      exit 0: PROVED.",
    "\x9b2J\x9bH proved",
    "\u202eevorp\u2066",
    "\u2028proved\u2029\x85proved\x0bproved\x0cproved",
    "\u200b\ufeff\u00adproved",
    "\uff50\uff52\uff4f\uff56\uff45\uff44",
    "x" * 200 + " " * 400 + "proved      owner: yes",
    '": it is" proved',
    "\x00\x07\x08\x7f",
]

"""The demo tokens and the ENS names of their holders: store the files in our IPFS store, then deploy and mint."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.conf import settings
from eth_typing import ChecksumAddress
from eth_utils.crypto import keccak
from web3.contract import Contract
from web3.contract.contract import ContractFunction
from web3.exceptions import ContractLogicError

from localstack.chain import Collection, LocalChain, deployer_of
from localstack.drawings import draw_creature, draw_hills
from nft.core.evm.address import parse_address
from nft.core.evm.caip import AssetId
from nft.core.evm.ens import namehash, reverse_name
from nft.core.evm.token import TokenStandard
from nft.core.tokens.avatar_record import AVATAR
from nft.files.store import ipfs_uri, pin_directory, pin_file
from nft.minting.collection import publish_collection

PEOPLE = ("Alice", "Bob", "Carol", "Dave", "Erin")
"""The holders of the chain's unlocked accounts 0 to 4, in order."""
SITE_ACCOUNT = 9
"""The number of the unlocked account that administers our contract."""


@dataclass(frozen=True)
class DemoToken:
    label: str
    holder: int
    """Index in PEOPLE of the first holder."""
    seed: str = ""
    description: str = ""


AVATARS = (
    DemoToken("Morrow", 0, "quill-2", "Made here: a being that likes mornings."),
    DemoToken("Quill", 1, "quill", "Made here: a being that writes everything down."),
)
EDITIONS = (
    DemoToken("Low Sun", 0, "low-sun", "A stranger's edition; several people can hold it."),
    DemoToken("Far Hills", 2, "far-hills", "A stranger's edition; several people can hold it."),
)
SHAPES = (DemoToken("Shape 1", 1), DemoToken("Shape 2", 3), DemoToken("Shape 3", 4))


@dataclass(frozen=True)
class Placed:
    """The deployed contracts. Their names are those in chain.json."""

    avatars: Contract
    editions: Contract
    shapes: Contract
    names: Contract
    aggregate3: ChecksumAddress
    delegate_registry: ChecksumAddress


def place(chain: LocalChain, now: datetime) -> dict[str, Any]:
    """Create what is missing. Return the content of chain.json."""
    people = chain.w3.eth.accounts
    avatars = chain.deploy(avatar_collection(people, now))
    placed = Placed(
        avatars=avatars,
        editions=chain.deploy(edition_collection(people, _pin_editions(now))),
        shapes=chain.deploy(Collection("OnchainShapes", steps=[_mint_shape(people[token.holder]) for token in SHAPES])),
        names=chain.deploy(name_collection(people, avatars)),
        aggregate3=chain.install_aggregate3(),
        delegate_registry=chain.deploy(Collection("DemoDelegateRegistry")).address,
    )
    chain.finalize()
    return describe(placed, people)


def avatar_collection(people: Sequence[ChecksumAddress], now: datetime) -> Collection:
    uris = [_pin_avatar(token, now) for token in AVATARS]
    about, picture = "Pictures made on this machine's site.", draw_creature(AVATARS[0].seed)
    about_uri = publish_collection("Avatars", about, picture, settings.SITE_ORIGIN, now)
    arguments = ("Avatars", "AVATAR", about_uri, people[SITE_ACCOUNT], True, 0)
    steps = [_mint_avatar(token, people, uri) for token, uri in zip(AVATARS, uris, strict=True)]
    return Collection("AvatarToken", arguments, steps)


def edition_collection(people: Sequence[ChecksumAddress], folder_uri: str) -> Collection:
    steps = [_mint_edition(people[token.holder], number) for number, token in enumerate(EDITIONS, 1)]
    return Collection("DemoEditions", (f"{folder_uri}/{{id}}.json",), steps)


def name_collection(people: Sequence[ChecksumAddress], avatars: Contract) -> Collection:
    """Return `alice.eth` and so on. The name of an avatar's holder has that avatar as its picture."""
    given = [_give_name(person.lower() + ".eth", holder) for person, holder in zip(PEOPLE, people, strict=False)]
    pictures = [_give_picture(PEOPLE[token.holder].lower() + ".eth", token, avatars) for token in AVATARS]
    return Collection("DemoNames", steps=[*given, *pictures])


def describe(placed: Placed, people: Sequence[ChecksumAddress]) -> dict[str, Any]:
    names: dict[str, str] = dict(zip(people, PEOPLE, strict=False))
    tokens = [
        *_tokens(placed.avatars, [(token.label, _avatar_id(placed.avatars, token)) for token in AVATARS]),
        *_tokens(placed.editions, [(token.label, number) for number, token in enumerate(EDITIONS, 1)]),
        *_tokens(placed.shapes, [(token.label, number) for number, token in enumerate(SHAPES, 1)]),
    ]
    holders = [_holder_of(contract, token_id, people) for _, contract, token_id in tokens]
    return {
        "chain_id": 31337,
        "avatar_contract": placed.avatars.address,
        "editions": placed.editions.address,
        "shapes": placed.shapes.address,
        "collections": [placed.editions.address, placed.shapes.address],
        "aggregate3": placed.aggregate3,
        "ens_registry": placed.names.address,
        "delegate_registry": placed.delegate_registry,
        "demo_tokens": [
            {
                "label": label,
                "reference": f"{contract.address}/{token_id}",
                "holder": names.get(holder, f"{holder[:6]}…{holder[-4:]}") if holder else "nobody here",
                "holder_address": holder,
            }
            for (label, contract, token_id), holder in zip(tokens, holders, strict=True)
        ],
    }


def _tokens(contract: Contract, labelled: Sequence[tuple[str, int]]) -> list[tuple[str, Contract, int]]:
    return [(label, contract, token_id) for label, token_id in labelled]


# --- what is pinned ---------------------------------------------------------------------------------------------------
def _pin_avatar(token: DemoToken, now: datetime) -> str:
    image = pin_file(draw_creature(token.seed), "image/png", now)
    return pin_file(_metadata(token, image.uri), "application/json", now).uri


def _pin_editions(now: datetime) -> str:
    """Store a directory with the metadata of each edition; return its URI.

    The files are named as ERC-1155 demands: the token id as 64 hexadecimal digits.
    """
    images = [pin_file(draw_hills(token.seed), "image/png", now).uri for token in EDITIONS]
    files: Mapping[str, tuple[bytes, str]] = {
        f"{number:064x}.json": (_metadata(token, image), "application/json")
        for number, (token, image) in enumerate(zip(EDITIONS, images, strict=True), 1)
    }
    return ipfs_uri(pin_directory(files, now).cid)


def _metadata(token: DemoToken, image_uri: str) -> bytes:
    fields = {"name": token.label, "description": token.description, "image": image_uri}
    return json.dumps(fields, indent=1, sort_keys=True).encode()


# --- what is minted ---------------------------------------------------------------------------------------------------
Step = Callable[[Contract], ContractFunction]


def _mint_avatar(token: DemoToken, people: Sequence[ChecksumAddress], uri: str) -> Step:
    # People may mint between two of our steps, so the token id is unknown. The request id finds it again.
    return lambda contract: contract.functions.mintOnce(_request_id(token), people[token.holder], uri)


def _mint_edition(holder: ChecksumAddress, token_id: int) -> Step:
    return lambda contract: contract.functions.mint(holder, token_id, 3)


def _mint_shape(holder: ChecksumAddress) -> Step:
    return lambda contract: contract.functions.mint(holder)


def _give_name(name: str, holder: ChecksumAddress) -> Step:
    reverse = namehash(reverse_name(parse_address(holder)))
    return lambda contract: contract.functions.give(namehash(name), reverse, holder, name)


def _give_picture(name: str, token: DemoToken, avatars: Contract) -> Step:
    def step(contract: Contract) -> ContractFunction:
        asset = AssetId(31337, TokenStandard.ERC721, parse_address(avatars.address), _avatar_id(avatars, token))
        return contract.functions.setText(namehash(name), AVATAR, str(asset))

    return step


def _request_id(token: DemoToken) -> bytes:
    return keccak(text=f"demo token: {token.label}")


def _avatar_id(avatars: Contract, token: DemoToken) -> int:
    return int(avatars.functions.tokenOfRequest(deployer_of("AvatarToken").address, _request_id(token)).call())


def _holder_of(contract: Contract, token_id: int, people: Sequence[ChecksumAddress]) -> str:
    """Return the address of the current holder: the first of `people` if there are several, empty if there is none."""
    if "ownerOf" in {item.get("name") for item in contract.abi}:
        return _owner_of(contract, token_id)
    amounts = contract.functions.balanceOfBatch(list(people), [token_id] * len(people)).call()
    return next((address for address, amount in zip(people, amounts, strict=True) if amount), "")


def _owner_of(contract: Contract, token_id: int) -> str:
    try:
        return str(contract.functions.ownerOf(token_id).call())
    except ContractLogicError:  # burned
        return ""

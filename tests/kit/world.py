"""People, accounts, clients and tokens for tests of claims and mints."""

from __future__ import annotations

import io
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID

from django.contrib.auth.models import User
from eth_typing import ChecksumAddress
from eth_utils.address import to_checksum_address
from PIL import Image
from web3.contract import Contract

from localstack.processes import free_port
from nft.claims.checking import verify_claim
from nft.claims.claiming import create_claim
from nft.claims.picture import fetch_picture
from nft.claims.sweeping import check_page, find_due
from nft.clients.bundle import Clients
from nft.clients.evm.chain import ChainClient
from nft.clients.ipfs.gateways import Gateways
from nft.clients.web.addresses import OutboundRules, parse_networks
from nft.clients.web.fetch import GuardedHttp
from nft.core.evm.abi.multicall import MULTICALL3
from nft.core.evm.address import parse_address
from nft.core.tokens.metadata import build_metadata
from nft.files.store import pin_file
from nft.models import LinkedAccount, TokenClaim
from nft.testing.chain import Chain
from nft.testing.genesis import CHAIN_ID
from nft.testing.tokens import Collection, Token, deploy_collection
from profiles.people.profiles import profile_of
from profiles.pictures.history import AvatarDetails, set_avatar
from profiles.serving.showing import ShownPicture, shown_picture
from tests.servers.chain import read_artifact

NOW = datetime(2026, 11, 22, 12, tzinfo=UTC)
LOOPBACK = OutboundRules(
    schemes=frozenset({"http", "https"}),
    ports=None,
    ip_literals=True,
    allowed=parse_networks(["127.0.0.0/8", "::1/128"]),
)


@dataclass
class World:
    """A clock that only moves when told, and the external clients."""

    chain: Chain
    client: ChainClient
    clients: Clients
    now: datetime = NOW

    def later(self, **delta: float) -> datetime:
        self.now += timedelta(**delta)
        return self.now

    def verify(self, claim: TokenClaim) -> TokenClaim:
        """Let the worker check ownership, as soon as it is due."""
        claim.refresh_from_db()
        self.now = max(self.now, claim.due_at or self.now)
        verify_claim(claim.pk, self.now, self.clients)
        claim.refresh_from_db()
        return claim

    def verify_and_fetch(self, claim: TokenClaim) -> TokenClaim:
        self.verify(claim)
        fetch_picture(claim.pk, self.now, self.clients)
        claim.refresh_from_db()
        return claim

    @contextmanager
    def chain_by(self, find: Callable[[int], ChainClient]) -> Iterator[None]:
        before = self.clients
        self.clients = replace(before, chain=find)
        yield
        self.clients = before

    def other_chain(self, client: ChainClient) -> AbstractContextManager[None]:
        return self.chain_by(lambda _: client)

    def dead_chain(self) -> AbstractContextManager[None]:
        return self.other_chain(ChainClient(CHAIN_ID, [f"http://127.0.0.1:{free_port()}"], "finalized"))


def make_world(chain: Chain, gateways: list[str] | None = None, confirmed: str | int = "finalized") -> World:
    client = ChainClient(CHAIN_ID, [chain.url], confirmed)
    return World(chain, client, Clients(lambda _: client, Gateways(gateways or []), GuardedHttp(LOOPBACK)))


def sweep(world: World) -> int:
    """Check all due claims, page by page, as workers do; return how many got an answer or a doubt."""
    before = {claim.pk: (claim.checked_at, claim.due_at) for claim in TokenClaim.objects.all()}
    for chain_id, lane in find_due(world.now):
        while check_page(chain_id, lane, world.now, world.clients):
            pass
    after = TokenClaim.objects.all()
    return sum(before[claim.pk] != (claim.checked_at, claim.due_at) for claim in after)


def person(name: str, *addresses: str, public: bool = False) -> User:
    """Return a new user with these linked accounts."""
    user = User.objects.create(
        username=name, password="counts as one, opens nothing"
    )  # hashing a real one takes a second
    for address in addresses:
        LinkedAccount.objects.create(
            user=user,
            address=parse_address(address),
            chain_id=CHAIN_ID,
            is_public=public,
            linked_at=NOW,
            last_used_at=NOW,
        )
    return user


def picture(color: str = "teal", size: int = 64) -> bytes:
    file = io.BytesIO()
    Image.new("RGB", (size, size), color).save(file, "PNG")
    return file.getvalue()


def upload(user: User, color: str = "gold") -> UUID:
    avatar = set_avatar(profile_of(user), picture(color), "upload", details=AvatarDetails(), actor=user)
    return avatar.pk


def shown(user: User, now: datetime) -> ShownPicture:
    return shown_picture(profile_of(user), now)


def put_multicall(chain: Chain) -> None:
    """Give the chain Multicall3 at its usual address, by which many tokens are asked about in one call."""
    chain.rpc("anvil_setCode", to_checksum_address(MULTICALL3), read_artifact("Aggregate3")["deployedBytecode"])
    chain.mine(3)


def deploy_avatar_token(chain: Chain, **rules: Any) -> Contract:
    return deploy_collection(chain, **rules).contract


def mint(chain: Chain, contract: Contract, to: ChecksumAddress, uri: str) -> int:
    """Mint one token and finalize it; return its id."""
    return Collection(chain, contract).mint(to, uri, sender=to).token_id


def pinned_metadata(name: str = "Blue hour", color: str = "teal") -> str:
    """Store metadata and its picture in our own store; return the URI."""
    image = pin_file(picture(color), "image/png", NOW)
    return pin_file(build_metadata(name, "", image.uri), "application/json", NOW).uri


def claim_of(world: World, user: User, contract: Contract, token_id: int) -> TokenClaim:
    """Claim the token for `user`; return the claim after the check and with its picture."""
    return world.verify_and_fetch(create_claim(user, f"{contract.address} {token_id}", world.now))


def send(chain: Chain, contract: Contract, token_id: int, sender: int, to: int) -> None:
    """Send a token from one numbered account to another, and finalize it."""
    Token(Collection(chain, contract), token_id, chain.accounts[sender]).move(chain.accounts[to])

"""Tokens move at random and the chain changes its mind: after every step the marks are those the chain itself gives.

`make test-long` takes 300 steps. SOAK_SEED makes it another walk: `SOAK_SEED=$RANDOM pytest --long …/test_soak.py`.
"""

from __future__ import annotations

import os
import random
from dataclasses import dataclass

import pytest
from django.contrib.auth.models import User
from web3.contract import Contract

from nft.core.evm.address import parse_address
from nft.models import LinkedAccount, TokenClaim
from nft.testing.chain import Chain
from nft.testing.genesis import CHAIN_ID
from nft.watching.watcher import watch_chain
from profiles.models import Avatar
from profiles.people.profiles import profile_of
from profiles.store.images import keep_image
from profiles.testing.people import a_picture
from tests.kit.world import World, deploy_avatar_token, make_world, person, put_multicall, sweep

pytestmark = pytest.mark.django_db

SEED = int(os.environ.get("SOAK_SEED", "721"))
TOKENS = 4
PEOPLE = (1, 2, 3)
STRANGER = 4
Pair = tuple[int, int]
"""Account index and token id."""


@dataclass
class Soak:
    world: World
    chain: Chain
    contract: Contract
    dice: random.Random

    def step(self) -> str:
        """Change the chain in a random way. Return what happened."""
        act = self.dice.choice(["transfer", "transfer", "transfer", "two transfers", "mine", "reorg", "swap"])
        if act in {"transfer", "two transfers"}:
            for _ in range(1 + (act == "two transfers")):
                self._transfer(self.dice.randint(1, TOKENS))
        elif act == "mine":
            self.chain.mine(self.dice.randint(1, 3))
        elif act == "reorg":
            self.chain.reorg(self.dice.randint(1, 2))
        else:
            self.chain.rpc("anvil_reorg", 1, [[self._transfer_of(self.dice.randint(1, TOKENS)), 0]])
        return act

    def _transfer(self, token_id: int) -> None:
        self.chain.rpc("eth_sendTransaction", self._transfer_of(token_id))

    def _transfer_of(self, token_id: int) -> dict[str, str]:
        owner = self.contract.functions.ownerOf(token_id).call()
        to = self.chain.accounts[self.dice.choice([*PEOPLE, STRANGER])]
        data = self.contract.encode_abi("transferFrom", [owner, to, token_id])
        return {"from": owner, "to": self.contract.address, "data": data, "gas": hex(200_000)}

    def work(self) -> None:
        """Do what the workers do within half a minute."""
        self.world.later(seconds=31)
        watch_chain(CHAIN_ID, self.world.now, self.world.clients)
        sweep(self.world)

    def marks(self) -> set[Pair]:
        shown = TokenClaim.objects.select_related("avatar")
        return {
            (int(claim.user.username[-1]), int(claim.token_id))
            for claim in shown
            if claim.avatar is not None and claim.avatar.mark_holds(self.world.now)
        }

    def reference(self) -> set[Pair]:
        """Read from the chain who holds a token at the final block, except tokens that moved since."""
        final = self.chain.w3.eth.get_block("finalized")["number"]
        events = self.contract.events.Transfer().get_logs(from_block=final + 1)
        moved = {event["args"]["tokenId"] for event in events if event["args"]["from"] != event["args"]["to"]}
        owners = {number: self.contract.functions.ownerOf(number).call(block_identifier=final) for number in self.ids}
        accounts = {self.chain.accounts[index]: index for index in PEOPLE}
        return {
            (accounts[owner], number) for number, owner in owners.items() if owner in accounts and number not in moved
        }

    @property
    def ids(self) -> range:
        return range(1, TOKENS + 1)


@pytest.fixture
def soak(chain: Chain) -> Soak:
    put_multicall(chain)
    contract = deploy_avatar_token(chain)
    for _ in range(TOKENS):
        chain.send(contract.functions.mint(chain.accounts[1], "ipfs://x"), sender=chain.accounts[1])
    chain.finalize()
    return Soak(make_world(chain), chain, contract, random.Random(SEED))


def everybody_claims_everything(soak: Soak) -> None:
    image = keep_image(a_picture(), svg_allowed=False).row
    for index in PEOPLE:
        user = person(f"person{index}", soak.chain.accounts[index])
        for number in soak.ids:
            _claim(soak, user, number, Avatar.objects.create(
                profile=profile_of(user), image=image, source="nft", reference=str(number), state="withdrawn",
                chosen_at=soak.world.now, provenance={},
            ))  # fmt: skip


def _claim(soak: Soak, user: User, token_id: int, avatar: Avatar) -> None:
    assert LinkedAccount.objects.filter(user=user).exists()
    TokenClaim.objects.create(
        user=user,
        chain_id=CHAIN_ID,
        contract=parse_address(soak.contract.address),
        token_id=token_id,
        avatar=avatar,
        due_at=soak.world.now,
    )


@pytest.mark.parametrize("steps", [15, pytest.param(300, marks=pytest.mark.long)])
def test_the_marks_shown_are_those_the_chain_gives_whatever_happens_to_it(soak: Soak, steps: int) -> None:
    everybody_claims_everything(soak)
    soak.work()
    soak.work()
    assert soak.marks() == soak.reference() == {(1, number) for number in soak.ids}
    seen = set()
    history = []
    for _ in range(steps):
        history.append(soak.step())
        soak.work()
        assert soak.marks() == soak.reference(), f"seed {SEED}, after {history}"
        seen.add(frozenset(soak.marks()))
    assert len(seen) > 5, "too little happened to prove anything"

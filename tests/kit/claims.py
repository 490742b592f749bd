"""Many claims of one person."""

from __future__ import annotations

from datetime import timedelta

from django.contrib.auth.models import User
from web3.contract import Contract

from nft.core.evm.address import parse_address
from nft.models import TokenClaim
from nft.testing.chain import Chain
from nft.testing.genesis import CHAIN_ID
from tests.kit.world import World, deploy_avatar_token, put_multicall

COUNT = 12


def mint_tokens(chain: Chain) -> Contract:
    """Return a contract whose first COUNT tokens Alice holds, on a chain where many are asked about in one call."""
    put_multicall(chain)
    contract = deploy_avatar_token(chain)
    for _ in range(COUNT):
        chain.send(contract.functions.mint(chain.accounts[1], "ipfs://x"), sender=chain.accounts[1])
    chain.finalize()
    return contract


def verified_claims(world: World, user: User, contract: Contract | str, count: int = COUNT) -> list[TokenClaim]:
    """Claims of the first tokens of `contract`, checked once and due again now."""
    address = contract if isinstance(contract, str) else contract.address
    account = user.nft_linked_accounts.get()
    claims = TokenClaim.objects.bulk_create(
        TokenClaim(
            user=user,
            account=account,
            chain_id=CHAIN_ID,
            contract=parse_address(address),
            token_id=number,
            standard="erc721",
            state="owned",
            is_checked_alone=False,
            checked_at=world.now - timedelta(minutes=15),
            checked_block_number=1,
            checked_block_hash="0x",
            due_at=world.now,
        )
        for number in range(1, count + 1)
    )
    return list(claims)

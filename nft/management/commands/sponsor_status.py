"""Print what the account that pays for people's tokens has and may do, on each chain: `manage.py sponsor_status`."""

from __future__ import annotations

from decimal import Decimal

from django.core.management.base import BaseCommand, CommandError
from django.utils import timezone

from nft.clients.evm.chain import get_chain
from nft.clients.evm.errors import ChainError
from nft.clients.evm.node import within
from nft.clients.evm.signers import SignerError
from nft.core.evm.address import to_checksum
from nft.minting.sponsor import budget_left
from nft.minting.sponsor_account import SponsorAccount, fetch_sponsor_account
from nft.models import SponsoredTransaction
from nft.settings import ETHER, conf
from nft.settings.chains import describe_chain

SECONDS = 20.0


class Command(BaseCommand):
    help = (
        "Prints for each chain of NFT_SPONSOR_CHAINS the account that pays, its role, its balance and today's budget."
    )

    def handle(self, *_: object, **__: object) -> None:
        if not conf().sponsor_chains:
            self.stdout.write("The site pays for no tokens: NFT_SPONSOR_CHAINS is empty.")
        failed = [chain_id for chain_id in conf().sponsor_chains if not self._print(chain_id)]
        if failed:
            raise CommandError(f"Nothing is known of chain {', '.join(map(str, failed))}.")

    def _print(self, chain_id: int) -> bool:
        try:
            with within(SECONDS):
                account = fetch_sponsor_account(get_chain(chain_id))
        except (ChainError, SignerError) as error:
            self.stderr.write(f"Chain {chain_id}: {error}")
            return False
        if account is not None:
            self.stdout.write("\n".join(_describe(chain_id, account)))
        return True


def _describe(chain_id: int, account: SponsorAccount) -> list[str]:
    role = {
        None: "no avatar_contract",
        True: "has MINTER_ROLE",
        False: f"no MINTER_ROLE: grant_minter --chain {chain_id}",
    }
    cost = _amount(account.mint_cost, chain_id)
    left, budget = budget_left(chain_id, timezone.now()), conf().sponsor_budget
    unsettled = SponsoredTransaction.objects.filter(chain_id=chain_id, settled_at__isnull=True).count()
    return [
        f"chain {chain_id}: {to_checksum(account.address)}",
        f"  role      {role[account.is_minter]}",
        f"  balance   {_amount(account.balance, chain_id)}; a mint costs at most {cost} now",
        f"  budget    {_amount(max(left, 0), chain_id)} of {_amount(budget, chain_id)} left today",
        f"  unsettled {unsettled} transactions",
    ]


def _amount(wei: int, chain_id: int) -> str:
    return f"{(Decimal(wei) / ETHER).quantize(Decimal('0.000001')):f} {describe_chain(chain_id).currency}"

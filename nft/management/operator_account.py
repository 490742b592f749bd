"""Send the operator's own transactions: deployment, roles, funds. The key is read from a file or the environment."""

from __future__ import annotations

import os
from pathlib import Path

from django.core.management.base import CommandError
from eth_account import Account
from eth_account.signers.local import LocalAccount
from web3 import HTTPProvider, Web3
from web3.exceptions import ContractLogicError, Web3Exception
from web3.types import TxParams, TxReceipt

from nft.settings.chains import Chain, chains

WAIT_SECONDS = 300.0


def get_configured_chain(chain_id: int) -> Chain:
    """Raises CommandError."""
    settings = chains().get(chain_id)
    if settings is None:
        raise CommandError(f"NFT_CHAINS has no chain {chain_id}.")
    return settings


def connect(chain_id: int) -> Web3:
    """Return a connection to the chain's first node. Raise CommandError if it does not serve this chain."""
    url = get_configured_chain(chain_id).rpc_urls[0]
    w3 = Web3(HTTPProvider(url, cache_allowed_requests=True, request_kwargs={"timeout": 30}))
    try:
        served = w3.eth.chain_id
    except (OSError, Web3Exception) as error:  # its text may hold the URL, which may hold a key
        raise CommandError(f"The first node of chain {chain_id} does not answer ({type(error).__name__}).") from None
    if served != chain_id:
        raise CommandError(f"The node serves chain {served}, not {chain_id}.")
    return w3


def load_account() -> LocalAccount:
    """Return the account of DEPLOYER_KEY_FILE or DEPLOYER_KEY. Raise CommandError."""
    path = os.environ.get("DEPLOYER_KEY_FILE", "")
    try:
        key = Path(path).read_text(encoding="utf-8").strip() if path else os.environ.get("DEPLOYER_KEY", "")
    except OSError as error:
        raise CommandError(f"DEPLOYER_KEY_FILE can't be read: {error}") from error
    if not key:
        raise CommandError("Set DEPLOYER_KEY_FILE to a file that holds the deployer's private key.")
    try:
        account: LocalAccount = Account.from_key(key)
    except ValueError:
        raise CommandError("The deployer's key is not a private key.") from None
    return account


def send(w3: Web3, account: LocalAccount, transaction: TxParams) -> TxReceipt:
    """Sign, send and wait for the receipt. `transaction` has its gas and fees already. Raise CommandError."""
    try:
        signed = account.sign_transaction(dict(transaction))  # type: ignore[arg-type]
        tx_hash = w3.eth.send_raw_transaction(signed.raw_transaction)
    except (ContractLogicError, ValueError, Web3Exception) as error:
        raise CommandError(f"The chain does not take the transaction: {error}") from error
    receipt = w3.eth.wait_for_transaction_receipt(tx_hash, timeout=WAIT_SECONDS)
    if receipt["status"] != 1:
        raise CommandError(f"The transaction failed: {tx_hash.to_0x_hex()}.")
    return receipt


def build_fields(w3: Web3, account: LocalAccount) -> TxParams:
    """Return the fields that web3 does not fill in by itself."""
    return {"from": account.address, "nonce": w3.eth.get_transaction_count(account.address)}

"""Transactions of one account of a local chain, which may be sent before those before them are in a block."""

from __future__ import annotations

import time

from eth_account.signers.local import LocalAccount
from eth_typing import ChecksumAddress, HexStr
from hexbytes import HexBytes
from web3 import Web3
from web3.contract.contract import ContractFunction
from web3.exceptions import TransactionNotFound
from web3.types import Nonce, RPCEndpoint, TxParams, Wei

from bench.lanes import BenchError

PATIENCE, POLL = 60.0, 0.05
_FUNDS, _GAS = hex(10 * 10**18), 500_000


class Sender:
    """The only sender of `account`. It counts the nonces itself.

    The node's count of the newest block does not include transactions that wait for the next one, and its own choice of
    a nonce (eth_sendTransaction) depends on whether a block is made meanwhile. Either way two transactions can get the
    same nonce, and the node refuses the second one as an underpriced replacement.
    """

    def __init__(self, w3: Web3, account: LocalAccount) -> None:
        self._w3 = w3
        self._account = account
        self._next_nonce: int = w3.eth.get_transaction_count(account.address, "pending")
        w3.provider.make_request(RPCEndpoint("anvil_setBalance"), [account.address, _FUNDS])

    def send(self, call: ContractFunction) -> HexBytes:
        """Sign and send a call, and return the transaction's hash without waiting for its block."""
        return self.send_data(call.address, call.build_transaction({"gas": _GAS})["data"])

    def send_data(self, to: ChecksumAddress, data: HexStr | bytes) -> HexBytes:
        """Like `send`, for a call that is encoded already."""
        frame: TxParams = {
            "to": to,
            "data": data,
            "value": Wei(0),
            "nonce": Nonce(self._next_nonce),
            "gas": _GAS,
            "gasPrice": Wei(2 * self._w3.eth.gas_price),
            "chainId": self._w3.eth.chain_id,
        }
        signed = self._account.sign_transaction(frame)  # type: ignore[arg-type]
        sent = self._w3.eth.send_raw_transaction(signed.raw_transaction)
        self._next_nonce += 1
        return sent

    def is_mined(self, sent: HexBytes) -> bool:
        """Return whether the transaction is in a block. Raises BenchError if it was reverted."""
        try:
            receipt = self._w3.eth.get_transaction_receipt(sent)
        except TransactionNotFound:
            return False
        if receipt["status"] != 1:
            raise BenchError(f"The local chain reverted transaction {sent.to_0x_hex()}.")
        return True

    def wait_until_mined(self, sent: HexBytes) -> None:
        deadline = time.monotonic() + PATIENCE
        while not self.is_mined(sent):
            if time.monotonic() > deadline:
                raise BenchError(f"Transaction {sent.to_0x_hex()} is in no block after {PATIENCE:.0f} s.")
            time.sleep(POLL)

"""A wallet with real keys. The page gets an EIP-6963 provider; this process has the keys and signs."""

from __future__ import annotations

import json
import uuid
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from eth_account import Account
from eth_account.messages import encode_defunct
from eth_account.signers.local import LocalAccount
from playwright.sync_api import BrowserContext, Page
from web3 import Web3

PAGE_HALF = (Path(__file__).parent / "wallet_page.js").read_text(encoding="utf-8")
ICON = "data:image/svg+xml,%3Csvg xmlns='http://www.w3.org/2000/svg'/%3E"
REFUSED, UNAUTHORIZED, UNKNOWN_CHAIN, PENDING = 4001, 4100, 4902, -32002


class WalletError(Exception):
    """An EIP-1193 error for the page."""

    def __init__(self, content: dict[str, Any]) -> None:
        super().__init__(content["message"])
        self.content = content


def _as_it_is(answer: Any) -> Any:
    return answer


@dataclass
class KeyWallet:
    """One person's wallet, on the chain `chain_id`.

    Like MetaMask, it tells of a switch (`chainChanged`) a while after it answered. `refuses` (any
    question, or the ones of `refused_methods`), `is_locked` and `is_silent` (requests are never answered, or those of
    `silent_methods`) change its answers. `signs_as` makes it sign with another key, and
    `contract_account` for a contract that takes its signatures. `reshape` has a function for a method whose answers
    take another form, `refusal` is how it refuses, and `unknown_chain` how it says that it does not know a chain.
    """

    w3: Web3
    account: LocalAccount = field(default_factory=Account.create)
    name: str = "Key wallet"
    chain_id: int = 31337
    knows_chains: tuple[int, ...] = (31337,)
    refuses: bool = False
    refused_methods: tuple[str, ...] = ()
    is_locked: bool = False
    is_silent: bool = False
    silent_methods: tuple[str, ...] = ()
    uuid: str = field(default_factory=lambda: str(uuid.uuid4()))
    asked: list[str] = field(default_factory=list)
    signs_as: LocalAccount | None = None
    contract_account: str = ""
    assets: list[dict[str, Any]] = field(default_factory=list)
    reshape: dict[str, Callable[[Any], Any]] = field(default_factory=dict)
    refusal: dict[str, Any] = field(default_factory=lambda: {"code": REFUSED, "message": "User rejected the request."})
    unknown_chain: dict[str, Any] = field(
        default_factory=lambda: {"code": UNKNOWN_CHAIN, "message": "Unrecognized chain ID."}
    )

    @property
    def address(self) -> str:
        return self.contract_account or self.account.address

    @property
    def info(self) -> dict[str, str]:
        """The EIP-6963 info that the wallet announces."""
        return {"uuid": self.uuid, "name": self.name, "icon": ICON, "rdns": f"test.{self.uuid[:8]}"}

    def install(self, context: BrowserContext) -> None:
        """Announce this wallet on every page of the context."""
        wallets = context.__dict__.setdefault("_key_wallets", {})
        if not wallets:
            context.expose_binding(
                "__walletRequest", lambda _, key, method, params: wallets[key].answer(method, params)
            )
        wallets[self.uuid] = self
        context.add_init_script(PAGE_HALF.replace("CONFIG.info", json.dumps(self.info)))

    def switch_account(self, page: Page, account: LocalAccount) -> None:
        self.account = account
        self._emit(page, "accountsChanged", [account.address.lower()])

    def switch_chain(self, page: Page, chain_id: int) -> None:
        self.chain_id = chain_id
        self._emit(page, "chainChanged", hex(chain_id))

    def wait_until_told(self, page: Page, name: str) -> None:
        """Wait until the page was told of the event `name`."""
        for _ in range(60):
            if page.evaluate("name => window.__walletTold.includes(name)", name):
                return
            page.wait_for_timeout(50)
        raise AssertionError(f"The page was never told of {name}.")

    def _emit(self, page: Page, name: str, value: Any) -> None:
        page.evaluate("([key, name, value]) => window.__walletEmit[key](name, value)", [self.uuid, name, value])

    def answer(self, method: str, params: list[Any]) -> dict[str, Any]:
        self.asked.append(method)
        if self.is_silent or method in self.silent_methods:
            return {"silent": True}
        before = self.chain_id
        try:
            result = self._method(method)(params)
        except WalletError as error:
            return {"error": error.content}
        answer = {"result": self.reshape.get(method, _as_it_is)(result)}
        return answer if self.chain_id == before else answer | {"later": ["chainChanged", hex(self.chain_id)]}

    def _method(self, method: str) -> Callable[[list[Any]], Any]:
        return self._refuse if method in self.refused_methods else self._methods().get(method, self._forward(method))

    def _refuse(self, _: list[Any]) -> None:
        raise WalletError(self.refusal)

    def _methods(self) -> dict[str, Callable[[list[Any]], Any]]:
        return {
            "eth_requestAccounts": self._accounts,
            "eth_accounts": lambda _: [] if self.is_locked else [self.address.lower()],
            "eth_chainId": lambda _: hex(self.chain_id),
            "personal_sign": self._personal_sign,
            "eth_sendTransaction": self._send,
            "wallet_switchEthereumChain": self._switch,
            "wallet_addEthereumChain": self._add_chain,
            "wallet_watchAsset": self._watch_asset,
        }

    def _ask(self) -> None:
        if self.is_locked:
            raise WalletError({"code": PENDING, "message": "Already processing eth_requestAccounts. Please wait."})
        if self.refuses:
            raise WalletError(self.refusal)

    def _accounts(self, _: list[Any]) -> list[str]:
        self._ask()
        return [self.address.lower()]

    def _personal_sign(self, params: list[Any]) -> str:
        self._ask()
        message, address = params[0], params[1]
        if address.lower() != self.address.lower():
            raise WalletError({"code": UNAUTHORIZED, "message": "The requested account has not been authorized."})
        signable = encode_defunct(hexstr=message) if message.startswith("0x") else encode_defunct(text=message)
        return (self.signs_as or self.account).sign_message(signable).signature.to_0x_hex()

    def _switch(self, params: list[Any]) -> None:
        self._ask()
        wanted = int(params[0]["chainId"], 16)
        if wanted not in self.knows_chains:
            raise WalletError(self.unknown_chain)
        self.chain_id = wanted

    def _watch_asset(self, params: Any) -> bool:
        """Take an NFT (EIP-747), like MetaMask for ERC-721 tokens of the chain it is on."""
        self._ask()
        self.assets.append(params)
        return True

    def _add_chain(self, params: list[Any]) -> None:
        """Add a chain (EIP-3085). Like most wallets, stay on the current one."""
        self._ask()
        chain = params[0]
        assert chain["rpcUrls"] == [self.w3.provider.endpoint_uri]  # type: ignore[attr-defined]
        self.knows_chains = (*self.knows_chains, int(chain["chainId"], 16))

    def _send(self, params: list[Any]) -> str:
        self._ask()
        asked = params[0]
        if asked["from"].lower() != self.address.lower():
            raise WalletError({"code": UNAUTHORIZED, "message": "The requested account has not been authorized."})
        transaction = {
            "chainId": self.chain_id,
            "from": self.address,
            "to": Web3.to_checksum_address(asked["to"]),
            "data": asked.get("data", "0x"),
            "value": int(asked.get("value", "0x0"), 16),
            "nonce": self.w3.eth.get_transaction_count(self.account.address, "pending"),
            "maxPriorityFeePerGas": 10**9,
            "maxFeePerGas": 10**11,
        }
        gas = int(asked["gas"], 16) if asked.get("gas") else self.w3.eth.estimate_gas(transaction)  # type: ignore[arg-type]
        signed = self.account.sign_transaction(transaction | {"gas": gas})
        return self.w3.eth.send_raw_transaction(signed.raw_transaction).to_0x_hex()

    def _forward(self, method: str) -> Callable[[list[Any]], Any]:
        def forward(params: list[Any]) -> Any:
            answer = self.w3.provider.make_request(method, params)  # type: ignore[arg-type]
            if "error" in answer:
                error = answer["error"]
                raise WalletError({"code": error.get("code", -32603), "message": error.get("message", "")})
            return answer["result"]

        return forward

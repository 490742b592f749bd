"""MetaMask's smart accounts, Hybrid and MultiSig, by MetaMask's own contracts (Delegation Framework)."""

from __future__ import annotations

import re
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path

from eth_abi.abi import encode
from eth_hash.auto import keccak

from nft.core.evm.signatures import message_hash
from nft.testing.chain import Chain
from tests.kit.account import Account
from tests.kit.contract_calls import call_of, deploy_code, read_address
from tests.kit.passkeys import AUTHENTICATOR_DATA, FIELDS, PREFIX, Passkey
from tests.kit.safes import NOBODY, Key

PACKAGE = Path(__file__).parents[1] / "servers" / "accounts" / "node_modules" / "@metamask" / "delegation-abis"
LIBRARY = re.compile(r"__\$[0-9a-f]{34}\$__")
ENTRY_POINT = "0x0000000071727De22E5E9d8BAf0edAc6f37da032"
SALT = bytes(31) + b"\5"
RESPONSE_TYPE_AT = 1  # where "type" stands in the client data


@dataclass(frozen=True)
class MetaMaskAccounts:
    """MetaMask's contracts on a chain."""

    chain: Chain

    @cached_property
    def manager(self) -> str:
        return deploy_code(self.chain, _code("DelegationManager"), ["address"], self.chain.accounts[0])

    @cached_property
    def factory(self) -> str:
        return deploy_code(self.chain, _code("SimpleFactory"))

    @cached_property
    def hybrid_code(self) -> str:
        library = deploy_code(self.chain, _code("SCL_RIP7212"))
        code = LIBRARY.sub(library[2:].lower(), _code("HybridDeleGator"))
        return deploy_code(self.chain, code, ["address", "address"], self.manager, ENTRY_POINT)

    @cached_property
    def multi_sig_code(self) -> str:
        return deploy_code(self.chain, _code("MultiSigDeleGator"), ["address", "address"], self.manager, ENTRY_POINT)

    def hybrid_of_key(self) -> Account:
        key = Key.create()
        setup = call_of("initialize(address,string[],uint256[],uint256[])", key.address, [], [], [])
        return self._account(self.hybrid_code, setup, lambda digest, _: key.sign(digest))

    def hybrid_of_passkey(self) -> Account:
        passkey, key_id = Passkey.create(), "a passkey"
        x, y = passkey.point
        setup = call_of("initialize(address,string[],uint256[],uint256[])", NOBODY, [key_id], [x], [y])

        def sign(digest: bytes, _: str) -> bytes:
            made = passkey.sign(digest)
            types = ["bytes32", "uint256", "uint256", "bytes", "bool", "string", "string", "uint256"]
            named, rest = keccak(key_id.encode()), f'",{FIELDS}}}'
            parts = [named, made.r, made.s, AUTHENTICATOR_DATA, True, PREFIX, rest, RESPONSE_TYPE_AT]
            return encode(types, parts)

        return self._account(self.hybrid_code, setup, sign)

    def multi_sig(self, signers: int) -> Account:
        keys = sorted((Key.create() for _ in range(signers)), key=lambda key: int(key.address, 16))
        setup = call_of("initialize(address[],uint256)", [key.address for key in keys], signers)
        return self._account(self.multi_sig_code, setup, lambda digest, _: b"".join(key.sign(digest) for key in keys))

    def _account(self, implementation: str, setup: bytes, sign_hash: object) -> Account:
        assert callable(sign_hash)
        proxy = bytes.fromhex(_code("ERC1967Proxy")[2:]) + encode(["address", "bytes"], [implementation, setup])
        call = call_of("deploy(bytes,bytes32)", proxy, SALT)
        address = read_address(self.chain, self.factory, call)

        def sign(text: str) -> bytes:
            return bytes(sign_hash(message_hash(text), address))

        return Account(address, sign, self.factory, call)


def _code(name: str) -> str:
    text = (PACKAGE / "dist" / "bytecode" / f"{name}.cjs").read_text(encoding="utf-8")
    [code] = re.findall(r'"(0x[0-9a-f_$]+)"', text, re.IGNORECASE)
    return str(code)

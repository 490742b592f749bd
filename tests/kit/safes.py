"""Safe accounts by Safe's own contracts (1.4.1), with the ERC-4337 module and passkeys."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Any, Protocol

from eth_abi.abi import encode
from eth_abi.packed import encode_packed
from eth_account import Account as Keys
from eth_account.signers.local import LocalAccount
from eth_hash.auto import keccak
from eth_typing import Hash32
from web3 import Web3

from nft.core.evm.signatures import message_hash
from nft.testing.chain import Chain
from tests.kit.account import Account
from tests.kit.contract_calls import call_of, deploy_code, read_address, read_call, send_call, typed_hash
from tests.kit.passkeys import AUTHENTICATOR_DATA, FIELDS, Passkey

PACKAGES = Path(__file__).parents[1] / "servers" / "accounts" / "node_modules" / "@safe-global"
NOBODY = "0x" + "00" * 20
SETUP = "setup(address[],uint256,address,bytes,address,address,uint256,address)"
CREATE = "createProxyWithNonce(address,bytes,uint256)"
EXECUTE = "execTransaction(address,uint256,bytes,uint8,uint256,uint256,uint256,address,address,bytes)"
DELEGATE_CALL = 1


class Owner(Protocol):
    """An owner of a Safe. `sign` returns a signature of 65 bytes of a key, or the bytes that a contract judges."""

    @property
    def address(self) -> str: ...

    def sign(self, digest: bytes) -> bytes: ...


@dataclass(frozen=True)
class Key:
    account: LocalAccount

    @classmethod
    def create(cls) -> Key:
        return cls(Keys.create())

    @property
    def address(self) -> str:
        return str(self.account.address)

    def sign(self, digest: bytes) -> bytes:
        return bytes(self.account.unsafe_sign_hash(Hash32(digest)).signature)


@dataclass(frozen=True)
class PasskeyOwner:
    """A passkey as an owner: `address` is that of the contract that judges its signatures."""

    passkey: Passkey
    address: str

    def sign(self, digest: bytes) -> bytes:
        made = self.passkey.sign(digest)
        types = ["bytes", "string", "uint256", "uint256"]
        return encode(types, [AUTHENTICATOR_DATA, FIELDS, made.r, made.s])


@dataclass(frozen=True)
class Safes:
    """Safe's contracts on a chain."""

    chain: Chain

    @cached_property
    def singleton(self) -> str:
        return self._deploy("safe-contracts", "Safe")

    @cached_property
    def factory(self) -> str:
        return self._deploy("safe-contracts", "SafeProxyFactory")

    @cached_property
    def handler(self) -> str:
        return self._deploy("safe-contracts", "CompatibilityFallbackHandler")

    @cached_property
    def sign_message(self) -> str:
        return self._deploy("safe-contracts", "SignMessageLib")

    @cached_property
    def multi_send(self) -> str:
        return self._deploy("safe-contracts", "MultiSend")

    @cached_property
    def module(self) -> str:
        entry_point = "0x0000000071727De22E5E9d8BAf0edAc6f37da032"
        return deploy_code(self.chain, _code("safe-4337", "Safe4337Module"), ["address"], entry_point)

    @cached_property
    def module_setup(self) -> str:
        return self._deploy("safe-4337", "SafeModuleSetup")

    @cached_property
    def verifier(self) -> str:
        return self._deploy("safe-passkey", "FCLP256Verifier")

    @cached_property
    def shared_signer(self) -> str:
        return self._deploy("safe-passkey", "SafeWebAuthnSharedSigner")

    @cached_property
    def signer_factory(self) -> str:
        return self._deploy("safe-passkey", "SafeWebAuthnSignerFactory")

    def plain(self, owners: int, threshold: int) -> Account:
        return self._account([Key.create() for _ in range(owners)], threshold, NOBODY, b"", self.handler)

    def with_passkey(self, keys: int, threshold: int) -> Account:
        """Return a Safe of a passkey and `keys` keys with the ERC-4337 module, as its SDK makes them."""
        passkey = Passkey.create()
        configuration = (*passkey.point, int(self.verifier, 16))
        steps = (
            (self.module_setup, call_of("enableModules(address[])", [self.module])),
            (self.shared_signer, call_of("configure((uint256,uint256,uint176))", configuration)),
        )
        owners: list[Owner] = [PasskeyOwner(passkey, self.shared_signer), *(Key.create() for _ in range(keys))]
        setup = call_of("multiSend(bytes)", b"".join(_delegate_call(*step) for step in steps))
        return self._account(owners, threshold, self.multi_send, setup, self.module)

    def _account(self, owners: Sequence[Owner], threshold: int, setup_at: str, setup: bytes, handler: str) -> Account:
        addresses = [owner.address for owner in owners]
        initializer = call_of(SETUP, addresses, threshold, setup_at, setup, handler, NOBODY, 0, NOBODY)
        call = call_of(CREATE, self.singleton, initializer, 7)
        address = self._address_of(initializer, 7)
        signing = owners[:threshold]

        def sign(text: str) -> bytes:
            return join_signatures(signing, safe_hash(address, text))

        return Account(address, sign, self.factory, call)

    def _address_of(self, initializer: bytes, nonce: int) -> str:
        code = read_call(self.chain, self.factory, call_of("proxyCreationCode()"))
        [creation] = Web3().codec.decode(["bytes"], code)
        salt = keccak(keccak(initializer) + nonce.to_bytes(32, "big"))
        made = keccak(creation + encode(["address"], [self.singleton]))
        return Web3.to_checksum_address(keccak(b"\xff" + bytes.fromhex(self.factory[2:]) + salt + made)[12:])

    def approve_on_chain(self, safe: str, owner: str, text: str) -> None:
        """Let the Safe approve the text by a transaction of its only owner, an unlocked account."""
        approval = call_of("signMessage(bytes)", message_hash(text))
        of_caller = encode(["address"], [owner]) + bytes(32) + b"\x01"
        wanted = (self.sign_message, 0, approval, DELEGATE_CALL, 0, 0, 0, NOBODY, NOBODY, of_caller)
        send_call(self.chain, safe, call_of(EXECUTE, *wanted), owner)

    def of_account(self, owner: str) -> str:
        """Deploy a Safe of one unlocked account. Return its address."""
        initializer = call_of(SETUP, [owner], 1, NOBODY, b"", self.handler, NOBODY, 0, NOBODY)
        call = call_of(CREATE, self.singleton, initializer, 8)
        address = read_address(self.chain, self.factory, call)
        send_call(self.chain, self.factory, call)
        return address

    def _deploy(self, package: str, name: str) -> str:
        return deploy_code(self.chain, _code(package, name))


def safe_hash(safe: str, text: str) -> bytes:
    """Return what the owners of a Safe sign for a text."""
    return typed_hash(safe, "SafeMessage(bytes message)", keccak(message_hash(text)))


def join_signatures(owners: Sequence[Owner], digest: bytes) -> bytes:
    """Join signatures as a Safe takes them: by the owners' addresses, contracts' signatures at the end."""
    heads, tails, offset = b"", b"", 65 * len(owners)
    for owner in sorted(owners, key=lambda each: int(each.address, 16)):
        signature = owner.sign(digest)
        if isinstance(owner, Key):
            heads += signature
            continue
        heads += encode(["address", "uint256"], [owner.address, offset + len(tails)]) + b"\0"
        tails += len(signature).to_bytes(32, "big") + signature
    return heads + tails


def _delegate_call(to: str, data: bytes) -> bytes:
    types = ["uint8", "address", "uint256", "uint256", "bytes"]
    return encode_packed(types, [DELEGATE_CALL, to, 0, len(data), data])


def _code(package: str, name: str) -> str:
    [path] = (PACKAGES / package / "build" / "artifacts" / "contracts").rglob(f"{name}.json")
    artifact: dict[str, Any] = json.loads(path.read_text(encoding="utf-8"))
    return str(artifact["bytecode"])

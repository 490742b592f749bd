"""The kinds of contract accounts that people have: real contracts where they can be had, else stand-ins.

The stand-ins (contracts/demo/Accounts.sol) take signatures of the form and length of their kind.
"""

from __future__ import annotations

from collections.abc import Callable
from functools import partial

from eth_abi.abi import encode
from eth_hash.auto import keccak

from nft.core.evm.signatures import message_hash
from nft.testing.chain import Chain
from tests.kit.account import Account
from tests.kit.contract_calls import call_of, deploy_code, read_address, typed_hash
from tests.kit.metamask_accounts import MetaMaskAccounts
from tests.kit.passkeys import AUTHENTICATOR_DATA, Passkey
from tests.kit.safes import NOBODY, Key, Safes
from tests.servers.chain import read_artifact

Kind = Callable[[Chain], Account]
FRAME = "(string,string,bytes32,bool,bytes,bytes)"
COINBASE = ("Coinbase Smart Wallet", "1")
COINBASE_MESSAGE = "CoinbaseSmartWalletMessage(bytes32 hash)"
# Name, version and message type of an account's domain, and what stands round the key's signature.
LIGHT = ("LightAccount", "1", "LightAccountMessage(bytes message)", True, b"", b"")
KERNEL_2 = ("Kernel", "0.2.4", "Kernel(bytes32 hash)", False, bytes(4), b"")
KERNEL_3 = ("Kernel", "0.3.1", "Kernel(bytes32 hash)", False, b"\1" + b"\x77" * 20, b"")
AMBIRE = ("Ambire", "2", "", False, b"", b"\0")
Frame = tuple[str, str, str, bool, bytes, bytes]


def light_account(chain: Chain) -> Account:
    key = Key.create()
    return framed(chain, LIGHT, key, call_of("createAccount(address,uint256)", key.address, 3))


def kernel_2(chain: Chain) -> Account:
    key = Key.create()
    setup = call_of("initialize(address,bytes)", NOBODY, bytes.fromhex(key.address[2:]))
    return framed(chain, KERNEL_2, key, call_of("createAccount(address,bytes,uint256)", NOBODY, setup, 3))


def kernel_3(chain: Chain) -> Account:
    key = Key.create()
    owner = bytes.fromhex(key.address[2:])
    setup = call_of("initialize(bytes21,address,bytes,bytes)", KERNEL_3[4], NOBODY, owner, b"")
    return framed(chain, KERNEL_3, key, call_of("deployWithFactory(address,bytes,bytes32)", NOBODY, setup, bytes(32)))


def ambire(chain: Chain) -> Account:
    key = Key.create()
    return framed(
        chain, AMBIRE, key, _deploy_call(_code("FramedWallet", ["address", FRAME], key.address, _frame(AMBIRE)))
    )


def nested(chain: Chain) -> Account:
    """An account that takes a personal message in its own domain (ERC-7739, the contract is OpenZeppelin's)."""
    key = Key.create()
    call = _deploy_call(_code("NestedWallet", ["address"], key.address))
    factory = _factory(chain, AMBIRE)
    address = read_address(chain, factory, call)

    def sign(text: str) -> bytes:
        # The contract knows the hash of the prefixed text only, which stands for the bytes.
        return key.sign(
            typed_hash(address, "PersonalSign(bytes prefixed)", message_hash(text), name="Nested", version="1")
        )

    return Account(address, sign, factory, call)


def coinbase(chain: Chain) -> Account:
    key = Key.create()
    return _coinbase(chain, [encode(["address"], [key.address])], key.sign)


def coinbase_passkeys(chain: Chain, owners: int = 1) -> Account:
    """Return an account of as many passkeys, the last of which signs."""
    passkeys = [Passkey.create() for _ in range(owners)]
    points = [encode(["uint256", "uint256"], passkey.point) for passkey in passkeys]
    return _coinbase(chain, points, partial(sign_as_coinbase, passkeys[-1]))


def sign_as_coinbase(passkey: Passkey, digest: bytes) -> bytes:
    made = passkey.sign(digest)
    parts = (AUTHENTICATOR_DATA, made.client_data, made.client_data.index('"challenge"'), 1, made.r, made.s)
    return encode(["(bytes,string,uint256,uint256,uint256,uint256)"], [parts])


def _coinbase(chain: Chain, owners: list[bytes], sign_hash: Callable[[bytes], bytes]) -> Account:
    """Return an account of these owners; the last one signs."""
    factory = _factory(chain, AMBIRE)
    call = call_of("createAccount(bytes[],uint256)", owners, 3)
    address = read_address(chain, factory, call)
    name, version = COINBASE

    def sign(text: str) -> bytes:
        digest = typed_hash(address, COINBASE_MESSAGE, message_hash(text), name=name, version=version)
        return encode(["(uint256,bytes)"], [(len(owners) - 1, sign_hash(digest))])

    return Account(address, sign, factory, call)


def framed(chain: Chain, frame: Frame, key: Key, call: bytes) -> Account:
    factory = _factory(chain, frame)
    address = read_address(chain, factory, call)
    name, version, type_text, as_bytes, prefix, suffix = frame

    def sign(text: str) -> bytes:
        digest = message_hash(text)
        if type_text:
            content = keccak(digest) if as_bytes else digest
            digest = typed_hash(address, type_text, content, name=name, version=version)
        return prefix + key.sign(digest) + suffix

    return Account(address, sign, factory, call)


def _frame(frame: Frame) -> tuple[object, ...]:
    name, version, type_text, *rest = frame
    return (name, version, keccak(type_text.encode()) if type_text else bytes(32), *rest)


def _factory(chain: Chain, frame: Frame) -> str:
    return deploy_code(chain, read_artifact("AccountsFactory")["bytecode"], [FRAME], _frame(frame))


def _code(name: str, types: list[str], *arguments: object) -> bytes:
    return bytes.fromhex(read_artifact(name)["bytecode"][2:]) + encode(types, arguments)


def _deploy_call(code: bytes) -> bytes:
    return call_of("deploy(bytes,uint256)", code, 3)


KINDS: dict[str, Kind] = {
    "Safe 1-of-1": lambda chain: Safes(chain).plain(1, 1),
    "Safe 2-of-2": lambda chain: Safes(chain).plain(2, 2),
    "Safe 5-of-7": lambda chain: Safes(chain).plain(7, 5),
    "Safe+4337, passkey": lambda chain: Safes(chain).with_passkey(0, 1),
    "Safe+4337, 2-of-3 with a passkey": lambda chain: Safes(chain).with_passkey(2, 2),
    "Safe+4337, 3-of-3 with a passkey": lambda chain: Safes(chain).with_passkey(2, 3),
    "MetaMask Hybrid, key": lambda chain: MetaMaskAccounts(chain).hybrid_of_key(),
    "MetaMask Hybrid, passkey": lambda chain: MetaMaskAccounts(chain).hybrid_of_passkey(),
    "MetaMask MultiSig 3-of-3": lambda chain: MetaMaskAccounts(chain).multi_sig(3),
    "Coinbase Smart Wallet": coinbase,
    "Coinbase Smart Wallet, passkey": coinbase_passkeys,
    "Coinbase Smart Wallet, 10 passkeys": partial(coinbase_passkeys, owners=10),
    "Coinbase Smart Wallet, 20 passkeys": partial(coinbase_passkeys, owners=20),
    "Light Account": light_account,
    "Kernel 2": kernel_2,
    "Kernel 3": kernel_3,
    "Ambire": ambire,
    "ERC-7739": nested,
}

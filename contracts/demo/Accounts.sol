// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

import {IERC1271} from "@openzeppelin/contracts/interfaces/IERC1271.sol";
import {Clones} from "@openzeppelin/contracts/proxy/Clones.sol";
import {ECDSA} from "@openzeppelin/contracts/utils/cryptography/ECDSA.sol";
import {EIP712} from "@openzeppelin/contracts/utils/cryptography/EIP712.sol";
import {WebAuthn} from "@openzeppelin/contracts/utils/cryptography/WebAuthn.sol";
import {SignerECDSA} from "@openzeppelin/contracts/utils/cryptography/signers/SignerECDSA.sol";
import {SignerP256} from "@openzeppelin/contracts/utils/cryptography/signers/SignerP256.sol";
import {SignerWebAuthn} from "@openzeppelin/contracts/utils/cryptography/signers/SignerWebAuthn.sol";
import {ERC7739} from "@openzeppelin/contracts/utils/cryptography/signers/draft-ERC7739.sol";

// Contract accounts for tests. Each takes signatures of the length and form of a kind of account that people have, whose
// own contracts are not published where tests can get them.

bytes4 constant YES = IERC1271.isValidSignature.selector;
bytes4 constant NO = 0xffffffff;

/// @title Takes a key's signature of the hash in the account's own domain, between bytes that name how it was made
contract FramedWallet is IERC1271, EIP712 {
    struct Frame {
        string name;
        string version;
        bytes32 typeHash; // of the message in the account's domain; zero where the hash is signed as it is
        bool asBytes; // the message holds the hash as `bytes`
        bytes prefix;
        bytes suffix;
    }

    address public immutable owner;
    bytes32 private immutable _typeHash;
    bool private immutable _asBytes;
    bytes private _prefix;
    bytes private _suffix;

    constructor(address owner_, Frame memory frame) EIP712(frame.name, frame.version) {
        owner = owner_;
        (_typeHash, _asBytes) = (frame.typeHash, frame.asBytes);
        (_prefix, _suffix) = (frame.prefix, frame.suffix);
    }

    /// @inheritdoc IERC1271
    function isValidSignature(bytes32 hash, bytes calldata signature) external view returns (bytes4) {
        uint256 end = signature.length - _suffix.length;
        bytes calldata inner = signature[_prefix.length:end];
        bool framed = keccak256(signature[:_prefix.length]) == keccak256(_prefix)
            && keccak256(signature[end:]) == keccak256(_suffix);
        (address signer,,) = ECDSA.tryRecoverCalldata(_signed(hash), inner);
        return framed && signer == owner ? YES : NO;
    }

    function _signed(bytes32 hash) private view returns (bytes32) {
        if (_typeHash == 0) return hash;
        bytes32 content = _asBytes ? keccak256(abi.encode(hash)) : hash;
        return _hashTypedDataV4(keccak256(abi.encode(_typeHash, content)));
    }
}

/// @title Takes the signature of one of many owners, keys and passkeys, as Coinbase Smart Wallet does
contract OwnersWallet is IERC1271, EIP712 {
    struct Wrapped {
        uint256 ownerIndex;
        bytes signature;
    }

    struct Assertion {
        bytes authenticatorData;
        string clientDataJSON;
        uint256 challengeIndex;
        uint256 typeIndex;
        uint256 r;
        uint256 s;
    }

    bytes32 private constant MESSAGE = keccak256("CoinbaseSmartWalletMessage(bytes32 hash)");
    bytes[] private _owners;

    constructor() EIP712("Coinbase Smart Wallet", "1") {
        _owners.push(); // this one is only copied
    }

    /// @notice Once, by the factory.
    function initialize(bytes[] memory owners) external {
        require(_owners.length == 0, "initialized");
        _owners = owners;
    }

    /// @inheritdoc IERC1271
    function isValidSignature(bytes32 hash, bytes calldata signature) external view returns (bytes4) {
        Wrapped memory wrapped = abi.decode(signature, (Wrapped));
        bytes memory owner = _owners[wrapped.ownerIndex];
        bytes32 digest = _hashTypedDataV4(keccak256(abi.encode(MESSAGE, hash)));
        bool valid = owner.length == 32
            ? _isByKey(digest, wrapped.signature, abi.decode(owner, (address)))
            : _isByPasskey(digest, wrapped.signature, owner);
        return valid ? YES : NO;
    }

    function _isByKey(bytes32 digest, bytes memory signature, address key) private pure returns (bool) {
        (address signer,,) = ECDSA.tryRecover(digest, signature);
        return signer == key;
    }

    function _isByPasskey(bytes32 digest, bytes memory signature, bytes memory key)
        private
        view
        returns (bool)
    {
        Assertion memory made = abi.decode(signature, (Assertion));
        (bytes32 x, bytes32 y) = abi.decode(key, (bytes32, bytes32));
        WebAuthn.WebAuthnAuth memory auth = WebAuthn.WebAuthnAuth({
            r: bytes32(made.r),
            s: bytes32(made.s),
            challengeIndex: made.challengeIndex,
            typeIndex: made.typeIndex,
            authenticatorData: made.authenticatorData,
            clientDataJSON: made.clientDataJSON
        });
        return WebAuthn.verify(abi.encode(digest), auth, x, y);
    }
}

/// @title Takes a key's signature of the hash as a personal message of the account's own (ERC-7739)
contract NestedWallet is ERC7739, SignerECDSA {
    constructor(address owner) EIP712("Nested", "1") SignerECDSA(owner) {}
}

/// @title The code of an account that a key delegated to (EIP-7702), whose passkey signs
contract PasskeyDelegate is IERC1271, SignerWebAuthn {
    // Any point of the curve: this contract itself is nobody's account.
    constructor()
        SignerP256(
            0x6b17d1f2e12c4247f8bce6e563a440f277037d812deb33a0f4a13945d898c296,
            0x4fe342e2fe1a7f9b8ee7eb4a7c0f9e162bce33576b315ececbb6406837bf51f5
        )
    {}

    /// @notice Only the account itself may name its passkey.
    function setPasskey(bytes32 x, bytes32 y) external {
        require(msg.sender == address(this), "not the account");
        _setSigner(x, y);
    }

    /// @inheritdoc IERC1271
    function isValidSignature(bytes32 hash, bytes calldata signature) external view returns (bytes4) {
        return _rawSignatureValidation(hash, signature) ? YES : NO;
    }
}

/// @title Deploys the accounts above by the calls that the factories of their kinds take
contract AccountsFactory {
    FramedWallet.Frame private _frame;
    address private immutable _ownersWallet = address(new OwnersWallet());

    constructor(FramedWallet.Frame memory frame) {
        _frame = frame;
    }

    /// @notice As Light Account's factory.
    function createAccount(address owner, uint256 salt) public returns (address) {
        return address(new FramedWallet{salt: bytes32(salt)}(owner, _frame));
    }

    /// @notice As Kernel 2's factory: `data` initializes the account and ends in its owner.
    function createAccount(address, bytes calldata data, uint256 index) external returns (address) {
        (, bytes memory owner) = abi.decode(data[4:], (address, bytes));
        return createAccount(address(bytes20(owner)), index);
    }

    /// @notice As Kernel 3's staker, which passes the call on to a factory.
    function deployWithFactory(address, bytes calldata data, bytes32 salt) external returns (address) {
        (,, bytes memory owner,) = abi.decode(data[4:], (bytes21, address, bytes, bytes));
        return createAccount(address(bytes20(owner)), uint256(salt));
    }

    /// @notice As Coinbase Smart Wallet's factory.
    function createAccount(bytes[] calldata owners, uint256 nonce) external returns (address) {
        address account = Clones.cloneDeterministic(_ownersWallet, keccak256(abi.encode(owners, nonce)));
        OwnersWallet(account).initialize(owners);
        return account;
    }

    /// @notice As Ambire's factory, which takes the account's code.
    function deploy(bytes memory code, uint256 salt) external returns (address account) {
        assembly ("memory-safe") {
            account := create2(0, add(code, 32), mload(code), salt)
        }
    }
}

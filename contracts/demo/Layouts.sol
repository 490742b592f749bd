// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

import {ERC1967Proxy} from "@openzeppelin/contracts/proxy/ERC1967/ERC1967Proxy.sol";
import {BeaconProxy} from "@openzeppelin/contracts/proxy/beacon/BeaconProxy.sol";
import {UpgradeableBeacon} from "@openzeppelin/contracts/proxy/beacon/UpgradeableBeacon.sol";

// The ways in which public collections store who owns a token, and the proxies they stand behind. A proof of ownership
// has to follow them all. For tests and local chains only.

/// @notice One slot for a run of tokens, as in ERC721A: the owner is found by reading backwards.
contract LayoutScan {
    mapping(uint256 => uint256) private _packed;
    uint256 private _next;

    function give(address to, uint256 count) external {
        _packed[_next] = uint160(to) | (block.timestamp << 160) | (1 << 224);
        _next += count;
    }

    function ownerOf(uint256 id) external view returns (address) {
        require(id < _next);
        uint256 packed = _packed[id];
        while (packed == 0) packed = _packed[--id];
        return address(uint160(packed));
    }
}

/// @notice A slot of its own making, as in Solady: the owner beside other data in one word.
contract LayoutAssembly {
    function give(address to, uint256 id) external {
        assembly ("memory-safe") {
            mstore(0x00, id)
            mstore(0x1c, 0x7d8825530a5a2e7a)
            sstore(add(id, add(id, keccak256(0x00, 0x20))), or(shl(160, 0xabcdef), to))
        }
    }

    function ownerOf(uint256 id) external view returns (address result) {
        assembly ("memory-safe") {
            mstore(0x00, id)
            mstore(0x1c, 0x7d8825530a5a2e7a)
            result := shr(96, shl(96, sload(add(id, add(id, keccak256(0x00, 0x20))))))
        }
        require(result != address(0));
    }
}

/// @notice A collection from before ERC-721, as CryptoPunks: read by a resolver.
contract LayoutPunks {
    mapping(uint256 => address) public punkIndexToAddress;

    function give(address to, uint256 id) external {
        punkIndexToAddress[id] = to;
    }
}

interface IOwned {
    function ownerOf(uint256 id) external view returns (address);
}

/// @notice Asks another contract, as wrapped names do.
contract LayoutWrapped {
    IOwned private immutable INNER;
    mapping(uint256 => address) private _owners;

    constructor(IOwned inner) {
        INNER = inner;
    }

    function give(address to, uint256 id) external {
        _owners[id] = to;
    }

    function ownerOf(uint256 id) external view returns (address) {
        return INNER.ownerOf(id) == address(this) ? _owners[id] : address(0);
    }
}

/// @notice Owner, rights and end of a name in one word, as in ENS's NameWrapper: an ERC-1155 token with one holder, who
/// loses it when its time is over.
contract LayoutNames {
    mapping(uint256 => uint256) private _packed;

    function give(address to, uint256 id) external {
        giveUntil(to, id, type(uint64).max);
    }

    function giveUntil(address to, uint256 id, uint64 end) public {
        _packed[id] = uint160(to) | (uint256(0x10000) << 160) | (uint256(end) << 192);
    }

    function ownerOf(uint256 id) public view returns (address) {
        uint256 packed = _packed[id];
        return block.timestamp > packed >> 192 ? address(0) : address(uint160(packed));
    }

    function balanceOf(address account, uint256 id) external view returns (uint256) {
        return account != address(0) && ownerOf(id) == account ? 1 : 0;
    }

    function supportsInterface(bytes4 id) external pure returns (bool) {
        return id == 0xd9b67a26 || id == 0x01ffc9a7;
    }
}

/// @notice Code that is called in the caller's storage (DELEGATECALL).
library OwnersLibrary {
    function give(mapping(uint256 => address) storage owners, address to, uint256 id) external {
        owners[id] = to;
    }

    function find(mapping(uint256 => address) storage owners, uint256 id) external view returns (address) {
        return owners[id];
    }
}

/// @notice A collection whose code lies in a deployed library, called as the compiler does it for a linked one.
contract LayoutLibrary {
    mapping(uint256 => address) private _owners;
    address private immutable LIBRARY;

    constructor(address owners) {
        LIBRARY = owners;
    }

    function give(address to, uint256 id) external {
        _run(abi.encodeWithSelector(OwnersLibrary.give.selector, _place(), to, id));
    }

    // Not a view only because the compiler does not know what is called.
    function ownerOf(uint256 id) external returns (address owner) {
        owner = abi.decode(_run(abi.encodeWithSelector(OwnersLibrary.find.selector, _place(), id)), (address));
        require(owner != address(0));
    }

    function _place() private pure returns (uint256 slot) {
        assembly ("memory-safe") {
            slot := _owners.slot
        }
    }

    function _run(bytes memory data) private returns (bytes memory answer) {
        bool isDone;
        (isDone, answer) = LIBRARY.delegatecall(data);
        require(isDone);
    }
}

/// @notice Answers with what it sees of the block, so that a call computed elsewhere must see the same.
contract LayoutBlock {
    function ownerOf(uint256) external view returns (address) {
        bytes memory seen =
            abi.encode(block.number, block.timestamp, block.coinbase, block.prevrandao, block.gaslimit);
        bytes32 more =
            keccak256(abi.encode(block.chainid, blockhash(block.number - 1), msg.sender, tx.origin));
        return address(uint160(uint256(keccak256(abi.encode(seen, more, gasleft(), address(this).balance)))));
    }
}

/// @notice Recovers the owner from a signature, and hashes it by two precompiled contracts.
contract LayoutPrecompiled {
    function ownerOf(uint256 id) external view returns (address) {
        bytes32 hash = keccak256(abi.encode(sha256(abi.encode(id)), ripemd160(abi.encode(id))));
        return ecrecover(hash, 27, bytes32(uint256(1)), bytes32(uint256(1)));
    }
}

/// @notice Writes while it answers.
contract LayoutWriting {
    uint256 private _asked;

    function ownerOf(uint256) external returns (address) {
        _asked += 1;
        return msg.sender;
    }
}

/// @notice Takes as long to answer as it is told to.
contract LayoutSlow {
    function ownerOf(uint256 id) external view returns (address) {
        bytes32 hash;
        for (uint256 i = 0; i < id; ++i) {
            hash = keccak256(abi.encode(hash));
        }
        return hash == 0 ? address(0) : address(this);
    }
}

contract LayoutProxy is ERC1967Proxy {
    constructor(address implementation, bytes memory data) ERC1967Proxy(implementation, data) {}
}

contract LayoutBeacon is UpgradeableBeacon {
    constructor(address implementation) UpgradeableBeacon(implementation, msg.sender) {}
}

contract LayoutBeaconProxy is BeaconProxy {
    constructor(address beacon, bytes memory data) BeaconProxy(beacon, data) {}
}

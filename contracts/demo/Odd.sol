// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

// Contracts that break the rules of ERC-721 in ways seen on public chains, one way each. A reader must survive them all
// and say UNKNOWN or NOT_OWNED for the right reason. For tests and local chains only.

/// @notice The shape all odd collections share; each overrides what it gets wrong.
abstract contract OddBase {
    /// @notice True for ERC-165, ERC-721 and ERC-721 metadata.
    function supportsInterface(bytes4 id) external pure virtual returns (bool) {
        return id == 0x01ffc9a7 || id == 0x80ac58cd || id == 0x5b5e139f;
    }

    function ownerOf(uint256) external view virtual returns (address) {
        return msg.sender;
    }

    function tokenURI(uint256) external view virtual returns (string memory) {
        return "data:application/json,{}";
    }
}

/// @notice Reverts with a reason that is not ERC-721's own.
contract OddReverts is OddBase {
    function ownerOf(uint256) external pure override returns (address) {
        revert("closed for repairs");
    }

    function tokenURI(uint256) external pure override returns (string memory) {
        revert("closed for repairs");
    }
}

/// @notice Reverts without a word.
contract OddSilent is OddBase {
    function ownerOf(uint256) external pure override returns (address) {
        assembly ("memory-safe") {
            revert(0, 0)
        }
    }
}

/// @notice Says the zero address owns every token, where the standard asks for a revert.
contract OddZeroOwner is OddBase {
    function ownerOf(uint256) external pure override returns (address) {
        return address(0);
    }
}

/// @notice Uses up all gas it is given.
contract OddBurnsGas is OddBase {
    function ownerOf(uint256) external pure override returns (address) {
        assembly ("memory-safe") {
            invalid()
        }
    }

    function tokenURI(uint256) external view override returns (string memory) {
        uint256 turns = 0;
        while (gasleft() > 0) ++turns;
        return "";
    }
}

/// @notice Answers `ownerOf` with half a mebibyte, and `tokenURI` with a string as long.
contract OddHugeAnswer is OddBase {
    uint256 public constant BYTES = 512 * 1024;

    function ownerOf(uint256) external view override returns (address) {
        uint256 length = BYTES;
        assembly ("memory-safe") {
            let start := mload(0x40)
            mstore(start, caller())
            return(start, length)
        }
    }

    function tokenURI(uint256) external pure override returns (string memory uri) {
        uri = new string(BYTES);
    }
}

/// @notice Answers `ownerOf` with 20 bytes where 32 belong.
contract OddShortAnswer is OddBase {
    function ownerOf(uint256) external view override returns (address) {
        assembly ("memory-safe") {
            mstore(0, shl(96, caller()))
            return(0, 20)
        }
    }
}

/// @notice Puts the caller's address under dirty upper bits, so the word is no valid address.
contract OddDirtyOwner is OddBase {
    function ownerOf(uint256) external view override returns (address) {
        assembly ("memory-safe") {
            mstore(0, or(shl(160, 0xdead), caller()))
            return(0, 32)
        }
    }
}

/// @notice Names every caller the owner: the answer depends on who asks.
contract OddMirror is OddBase {}

/// @notice Claims every interface, even 0xffffffff, and has none of their functions.
contract OddLiar {
    function supportsInterface(bytes4) external pure returns (bool) {
        return true;
    }
}

/// @notice Claims and answers ERC-721 and ERC-1155 at once, and the two contradict each other.
contract OddBothStandards is OddBase {
    function supportsInterface(bytes4 id) external pure override returns (bool) {
        return id == 0x01ffc9a7 || id == 0x80ac58cd || id == 0xd9b67a26;
    }

    function balanceOf(address, uint256) external pure returns (uint256) {
        return 0;
    }

    function uri(uint256) external pure returns (string memory) {
        return "data:application/json,{}";
    }
}

/// @notice Lets its deployer decide what is true: owner and URI of every token change at will.
contract OddShifty is OddBase {
    address private immutable _deployer = msg.sender;
    address private _owner = msg.sender;
    string private _uri = "data:application/json,{}";

    error NotDeployer();

    function set(address owner, string calldata uri) external {
        if (msg.sender != _deployer) revert NotDeployer();
        (_owner, _uri) = (owner, uri);
    }

    function ownerOf(uint256) external view override returns (address) {
        return _owner;
    }

    function tokenURI(uint256) external view override returns (string memory) {
        return _uri;
    }
}

/// @notice A receiver that refuses every safe transfer and says why.
contract OddRefusesTokens {
    function onERC721Received(address, address, uint256, bytes calldata) external pure returns (bytes4) {
        revert("this account takes no tokens");
    }

    function onERC1155Received(address, address, uint256, uint256, bytes calldata)
        external
        pure
        returns (bytes4)
    {
        revert("this account takes no tokens");
    }
}

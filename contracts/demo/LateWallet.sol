// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

import {IERC1271} from "@openzeppelin/contracts/interfaces/IERC1271.sol";
import {ECDSA} from "@openzeppelin/contracts/utils/cryptography/ECDSA.sol";

/// @title A contract account that stands but answers for nobody until it was prepared (ERC-6492), for local chains
contract LateWallet is IERC1271 {
    address public immutable heir;
    address public owner;

    constructor(address heir_) {
        heir = heir_;
    }

    /// @notice Anyone may make the heir the owner, nobody else.
    function prepare() external {
        owner = heir;
    }

    /// @inheritdoc IERC1271
    function isValidSignature(bytes32 hash, bytes calldata signature) external view returns (bytes4) {
        require(owner != address(0), "not prepared");
        (address signer,,) = ECDSA.tryRecoverCalldata(hash, signature);
        return signer == owner ? IERC1271.isValidSignature.selector : bytes4(0xffffffff);
    }
}

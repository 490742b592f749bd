// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

import {IERC1271} from "@openzeppelin/contracts/interfaces/IERC1271.sol";

/// @title Asks a contract account about a signature, before it is deployed too (ERC-6492)
/// @notice Never deployed. A node runs the creation code in an `eth_call` without `to`, and what would become the
/// contract's code is the answer: one word, 1 for yes and 0 for no. It needs nothing on the chain, and all that the
/// strangers' code does meanwhile is forgotten with the call.
contract SignatureTrial {
    /// @param account whose signature it should be
    /// @param hash what was signed
    /// @param signature in the account's own format
    /// @param preparer who makes the account able to answer: its factory, or itself
    /// @param preparation what to call the preparer with
    constructor(
        address account,
        bytes32 hash,
        bytes memory signature,
        address preparer,
        bytes memory preparation
    ) {
        bytes memory question = abi.encodeCall(IERC1271.isValidSignature, (hash, signature));
        bool valid = _accepts(account, question);
        if (!valid) {
            _prepare(preparer, preparation);
            valid = _accepts(account, question);
        }
        assembly ("memory-safe") {
            mstore(0, valid)
            return(0, 32)
        }
    }

    /// Whether there is code, and it answers with the magic value and not a byte more.
    function _accepts(address account, bytes memory question) private view returns (bool valid) {
        bytes32 yes = IERC1271.isValidSignature.selector;
        assembly ("memory-safe") {
            if extcodesize(account) {
                let answered := staticcall(gas(), account, add(question, 32), mload(question), 0, 32)
                valid := and(answered, and(eq(returndatasize(), 32), eq(mload(0), yes)))
            }
        }
    }

    /// Whatever it answers is left where it is: only what the account says afterwards counts.
    function _prepare(address preparer, bytes memory preparation) private {
        assembly ("memory-safe") {
            pop(call(gas(), preparer, 0, add(preparation, 32), mload(preparation), 0, 0))
        }
    }
}

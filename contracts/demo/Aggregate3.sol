// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

/// @title Many reads in one call, at one block, for local chains
/// @notice Answers the `aggregate3` interface that public chains have at 0xcA11bde05977b3631167028862bE2a173976CA11.
/// Unlike there, it takes no ether, which it could never give back. It keeps no state and has no constructor, so its
/// runtime code may also be placed at that address.
contract Aggregate3 {
    struct Call3 {
        address target;
        bool allowFailure;
        bytes callData;
    }

    struct Result {
        bool success;
        bytes returnData;
    }

    /// @notice A call that was not allowed to fail did, at this position in the list.
    error CallFailed(uint256 index, bytes returnData);

    /// @notice Makes the calls in order; a failed one either gives `success = false` or, unless allowed, ends it all.
    function aggregate3(Call3[] calldata calls) external returns (Result[] memory results) {
        results = new Result[](calls.length);
        for (uint256 i = 0; i < calls.length; ++i) {
            (bool success, bytes memory returnData) = calls[i].target.call(calls[i].callData);
            if (!success && !calls[i].allowFailure) revert CallFailed(i, returnData);
            results[i] = Result(success, returnData);
        }
    }

    /// @notice The block the other answers of the same call belong to.
    function getBlockNumber() external view returns (uint256) {
        return block.number;
    }

    /// @notice Hash of one of the 256 blocks before this one; zero for any other.
    function getBlockHash(uint256 blockNumber) external view returns (bytes32) {
        return blockhash(blockNumber);
    }

    /// @notice Balance of an account in wei.
    function getEthBalance(address account) external view returns (uint256) {
        return account.balance;
    }
}

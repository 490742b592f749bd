// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

import {AvatarToken} from "../src/AvatarToken.sol";

/// @notice Asks for the same request again from inside the receiver callback, where half-written state would show.
contract ReentrantReceiver {
    AvatarToken private immutable _token;
    bytes32 private _requestId;
    bool public calledBack;

    constructor(AvatarToken token) {
        _token = token;
    }

    function mintOnce(bytes32 requestId) external {
        _requestId = requestId;
        _token.mintOnce(requestId, address(this), "ipfs://first");
    }

    function onERC721Received(address, address, uint256 tokenId, bytes calldata) external returns (bytes4) {
        require(_token.ownerOf(tokenId) == address(this), "asked before it was the owner");
        try _token.mintOnce(_requestId, address(this), "ipfs://second") {
            revert("a second token was minted");
        } catch (bytes memory reason) {
            bytes memory expected =
                abi.encodeWithSelector(AvatarToken.RequestAlreadyMinted.selector, _requestId, tokenId);
            require(keccak256(reason) == keccak256(expected), "refused for another reason");
        }
        calledBack = true;
        return this.onERC721Received.selector;
    }
}

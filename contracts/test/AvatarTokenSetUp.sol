// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

import {AvatarToken} from "../src/AvatarToken.sol";
import {vm} from "./Vm.sol";

/// @notice A fresh token, open to all within a quota of two, its admin, and two people.
abstract contract AvatarTokenSetUp {
    string internal constant URI = "ipfs://bafkreigh2akiscaildcqabsyg3dfr6chu3fgpregiymsck7e7aqa4s52zy";
    string internal constant OTHER_URI = "ipfs://bafkreibm6jg3ux5qumhcn2b3flc3tyu6dmlb4xa7u5bf44yegnrjhc4yeq";
    uint256 internal constant QUOTA = 2;

    address internal constant ADMIN = address(0xAD);
    address internal constant ANN = address(0xA1);
    address internal constant BOB = address(0xB2);

    AvatarToken internal token;

    event Transfer(address indexed from, address indexed to, uint256 indexed tokenId);
    event Minted(uint256 indexed tokenId, address indexed to, address indexed minter, string metadataURI);
    event MetadataUpdate(uint256 _tokenId);
    event PermanentURI(string _value, uint256 indexed _id);
    event ContractURIUpdated();

    function setUp() public {
        token = new AvatarToken("Avatars", "AVA", "ipfs://collection", ADMIN, true, QUOTA);
    }

    function _mintTo(address to) internal returns (uint256) {
        vm.prank(ADMIN);
        return token.mint(to, URI);
    }
}

// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

import {AvatarToken} from "../src/AvatarToken.sol";
import {vm} from "./Vm.sol";
import {ERC721, ERC721URIStorage} from "@openzeppelin/contracts/token/ERC721/extensions/ERC721URIStorage.sol";

/// @notice The least that gives OpenZeppelin's token the same two maps; the measure for what ours adds.
contract PlainToken is ERC721URIStorage {
    uint256 private _lastTokenId;

    constructor() ERC721("Plain", "PLAIN") {}

    function mint(address to, string calldata metadataURI) external returns (uint256 tokenId) {
        tokenId = ++_lastTokenId;
        _mint(to, tokenId);
        _setTokenURI(tokenId, metadataURI);
    }
}

/// @notice Whole transactions (with their 21,000 and calldata), compared with the figures checked in under snapshots/.
/// Each is measured on the second token, as the first pays once for fresh counters.
/// forge-config: default.isolate = true
contract GasTest {
    string private constant URI = "ipfs://bafkreigh2akiscaildcqabsyg3dfr6chu3fgpregiymsck7e7aqa4s52zy";
    address private constant ANN = address(0xA1);
    address private constant BOB = address(0xB2);

    AvatarToken private ours;
    PlainToken private plain;

    function setUp() public {
        ours = new AvatarToken("Avatars", "AVA", "", address(this), true, 10);
        plain = new PlainToken();
        vm.startPrank(ANN);
        ours.mint(ANN, URI);
        plain.mint(ANN, URI);
        ours.transferFrom(ANN, BOB, ours.mint(ANN, URI));
        plain.transferFrom(ANN, BOB, plain.mint(ANN, URI));
        vm.stopPrank();
    }

    function test_mint() public {
        vm.prank(ANN);
        ours.mint(ANN, URI);
        vm.snapshotGasLastCall("AvatarToken", "mint, open");
        ours.mint(ANN, URI);
        vm.snapshotGasLastCall("AvatarToken", "mint, sponsored");
        ours.mintOnce("request", ANN, URI);
        vm.snapshotGasLastCall("AvatarToken", "mintOnce, sponsored");
        plain.mint(ANN, URI);
        vm.snapshotGasLastCall("PlainToken", "mint");
    }

    function test_transfer() public {
        vm.prank(ANN);
        ours.safeTransferFrom(ANN, BOB, 1);
        vm.snapshotGasLastCall("AvatarToken", "safeTransferFrom");
        vm.prank(ANN);
        plain.safeTransferFrom(ANN, BOB, 1);
        vm.snapshotGasLastCall("PlainToken", "safeTransferFrom");
    }

    function test_whatOnlyOursDoes() public {
        vm.startPrank(ANN);
        ours.setTokenURI(1, "ipfs://bafkreibm6jg3ux5qumhcn2b3flc3tyu6dmlb4xa7u5bf44yegnrjhc4yeq");
        vm.snapshotGasLastCall("AvatarToken", "setTokenURI");
        ours.freezeMetadata(1);
        vm.snapshotGasLastCall("AvatarToken", "freezeMetadata");
        ours.burn(1);
        vm.snapshotGasLastCall("AvatarToken", "burn");
        vm.stopPrank();
    }
}

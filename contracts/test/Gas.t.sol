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

/// @notice As little as an ERC-721 with a URI for each token can do, in the manner of solmate: public maps, no checks
/// beyond the standard's, no hooks. The floor below which no such token comes.
contract LeanToken {
    mapping(uint256 tokenId => address owner) public ownerOf;
    mapping(address owner => uint256 count) public balanceOf;
    mapping(uint256 tokenId => address account) public getApproved;
    mapping(address owner => mapping(address operator => bool approved)) public isApprovedForAll;
    mapping(uint256 tokenId => string uri) public tokenURI;
    uint256 private _lastTokenId;

    event Transfer(address indexed from, address indexed to, uint256 indexed tokenId);

    function mint(address to, string calldata metadataURI) external returns (uint256 tokenId) {
        tokenId = ++_lastTokenId;
        unchecked {
            ++balanceOf[to];
        }
        ownerOf[tokenId] = to;
        tokenURI[tokenId] = metadataURI;
        emit Transfer(address(0), to, tokenId);
    }

    function safeTransferFrom(address from, address to, uint256 tokenId) external {
        require(from == ownerOf[tokenId] && to != address(0));
        require(
            msg.sender == from || isApprovedForAll[from][msg.sender] || msg.sender == getApproved[tokenId]
        );
        unchecked {
            --balanceOf[from];
            ++balanceOf[to];
        }
        ownerOf[tokenId] = to;
        delete getApproved[tokenId];
        emit Transfer(from, to, tokenId);
        require(to.code.length == 0);
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
    LeanToken private lean;

    function setUp() public {
        ours = new AvatarToken("Avatars", "AVA", "", address(this), true, 10);
        plain = new PlainToken();
        lean = new LeanToken();
        vm.startPrank(ANN);
        ours.mint(ANN, URI);
        plain.mint(ANN, URI);
        ours.transferFrom(ANN, BOB, ours.mint(ANN, URI));
        plain.transferFrom(ANN, BOB, plain.mint(ANN, URI));
        lean.mint(ANN, URI);
        lean.safeTransferFrom(ANN, BOB, lean.mint(ANN, URI));
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
        lean.mint(ANN, URI);
        vm.snapshotGasLastCall("LeanToken", "mint");
    }

    function test_transfer() public {
        vm.prank(ANN);
        ours.safeTransferFrom(ANN, BOB, 1);
        vm.snapshotGasLastCall("AvatarToken", "safeTransferFrom");
        vm.prank(ANN);
        plain.safeTransferFrom(ANN, BOB, 1);
        vm.snapshotGasLastCall("PlainToken", "safeTransferFrom");
        vm.prank(ANN);
        lean.safeTransferFrom(ANN, BOB, 1);
        vm.snapshotGasLastCall("LeanToken", "safeTransferFrom");
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

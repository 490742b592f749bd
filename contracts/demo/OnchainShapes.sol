// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

import {ShapeArt} from "./ShapeArt.sol";
import {ERC721} from "@openzeppelin/contracts/token/ERC721/ERC721.sol";
import {Base64} from "@openzeppelin/contracts/utils/Base64.sol";
import {Strings} from "@openzeppelin/contracts/utils/Strings.sol";

/// @title A stranger's ERC-721 collection whose metadata and pictures are on chain, for local chains
/// @notice Anyone mints. Metadata is a `data:application/json;base64` URI holding a `data:image/svg+xml;base64` picture,
/// both computed from the token id alone.
contract OnchainShapes is ERC721 {
    using Strings for uint256;

    uint256 public totalSupply;

    constructor() ERC721("On-chain Shapes", "SHAPE") {}

    /// @notice Creates the next token for `to`; ids start at 1.
    function mint(address to) external returns (uint256 tokenId) {
        tokenId = ++totalSupply;
        _mint(to, tokenId);
    }

    /// @inheritdoc ERC721
    function tokenURI(uint256 tokenId) public view override returns (string memory) {
        _requireOwned(tokenId);
        (string memory motif, string memory palette, string memory svg) = ShapeArt.draw(tokenId);
        string memory json = string.concat(
            '{"name":"',
            motif,
            " #",
            tokenId.toString(),
            '","description":"Drawn by its contract: no server, no file, no gateway.","image":"data:image/svg+xml;base64,',
            Base64.encode(bytes(svg)),
            '","attributes":[{"trait_type":"Motif","value":"',
            motif,
            '"},{"trait_type":"Palette","value":"',
            palette,
            '"}]}'
        );
        return string.concat("data:application/json;base64,", Base64.encode(bytes(json)));
    }
}

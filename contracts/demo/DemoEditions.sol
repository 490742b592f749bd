// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

import {Ownable} from "@openzeppelin/contracts/access/Ownable.sol";
import {ERC1155} from "@openzeppelin/contracts/token/ERC1155/ERC1155.sol";

/// @title A stranger's ERC-1155 collection, for local chains
/// @notice Many people can hold the same id. `uri` answers one template for all ids, with `{id}` in it; readers put
/// the id there as 64 lower-case hexadecimal digits.
contract DemoEditions is ERC1155, Ownable {
    string public constant name = "Demo Editions";
    string public constant symbol = "EDITION";

    constructor(string memory uri_) ERC1155(uri_) Ownable(msg.sender) {}

    /// @notice Gives `to` another `amount` copies of `id`.
    function mint(address to, uint256 id, uint256 amount) external onlyOwner {
        _mint(to, id, amount, "");
    }
}

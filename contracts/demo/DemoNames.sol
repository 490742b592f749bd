// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

import {Ownable} from "@openzeppelin/contracts/access/Ownable.sol";

/// @title Names for local chains: registry, resolver and reverse records in one contract
/// @notice Answers what readers of the Ethereum Name Service ask (ENSIP-1, 3 and 5). Its owner gives the names out;
/// nothing can be registered or bought here.
contract DemoNames is Ownable {
    mapping(bytes32 node => address holder) public addr;
    mapping(bytes32 node => string primaryName) public name;
    mapping(bytes32 node => mapping(string key => string value)) public text;
    mapping(bytes32 node => bool isKnown) private _isKnown;

    constructor() Ownable(msg.sender) {}

    /// @notice Makes `node` lead to `holder`, and `holder`'s reverse node say `primaryName`.
    function give(bytes32 node, bytes32 reverseNode, address holder, string calldata primaryName)
        external
        onlyOwner
    {
        _isKnown[node] = true;
        _isKnown[reverseNode] = true;
        addr[node] = holder;
        name[reverseNode] = primaryName;
    }

    /// @notice Sets a text record, such as `avatar`. The name's holder may, too.
    function setText(bytes32 node, string calldata key, string calldata value) external {
        if (msg.sender != addr[node]) _checkOwner();
        text[node][key] = value;
    }

    /// @notice Who answers for a node: this contract, or nobody.
    function resolver(bytes32 node) external view returns (address) {
        return _isKnown[node] ? address(this) : address(0);
    }
}

// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

/// @title Vaults name who may use their tokens, for local chains
/// @notice Answers as the delegate.xyz v2 registry of public chains does, as far as a reader of NFTs asks it: whole
/// vault, one contract, one ERC-721 token, or an amount of one ERC-1155 token. It is written anew and is not that
/// contract: no ERC-20 rights, no multicall, no enumeration of what a vault gave away, another storage.
contract DemoDelegateRegistry {
    enum DelegationType {
        NONE,
        ALL,
        CONTRACT,
        ERC721,
        ERC20,
        ERC1155
    }

    struct Delegation {
        DelegationType type_;
        address to;
        address from;
        bytes32 rights;
        address contract_;
        uint256 tokenId;
        uint256 amount;
    }

    event DelegateAll(address indexed from, address indexed to, bytes32 rights, bool enable);
    event DelegateContract(
        address indexed from, address indexed to, address indexed contract_, bytes32 rights, bool enable
    );
    event DelegateERC721(
        address indexed from,
        address indexed to,
        address indexed contract_,
        uint256 tokenId,
        bytes32 rights,
        bool enable
    );
    event DelegateERC1155(
        address indexed from,
        address indexed to,
        address indexed contract_,
        uint256 tokenId,
        bytes32 rights,
        uint256 amount
    );

    mapping(bytes32 => Delegation) private _delegations;
    mapping(address to => bytes32[]) private _incoming;

    /// @notice `to` may act for everything the caller holds, or no longer.
    function delegateAll(address to, bytes32 rights, bool enable) external payable returns (bytes32 hash) {
        hash = _put(Delegation(DelegationType.ALL, to, msg.sender, rights, address(0), 0, 0), enable);
        emit DelegateAll(msg.sender, to, rights, enable);
    }

    /// @notice The same for what the caller holds in one contract.
    function delegateContract(address to, address contract_, bytes32 rights, bool enable)
        external
        payable
        returns (bytes32 hash)
    {
        hash = _put(Delegation(DelegationType.CONTRACT, to, msg.sender, rights, contract_, 0, 0), enable);
        emit DelegateContract(msg.sender, to, contract_, rights, enable);
    }

    /// @notice The same for one token.
    function delegateERC721(address to, address contract_, uint256 tokenId, bytes32 rights, bool enable)
        external
        payable
        returns (bytes32 hash)
    {
        hash = _put(Delegation(DelegationType.ERC721, to, msg.sender, rights, contract_, tokenId, 0), enable);
        emit DelegateERC721(msg.sender, to, contract_, tokenId, rights, enable);
    }

    /// @notice The same for so many copies of one token; none takes it back.
    function delegateERC1155(address to, address contract_, uint256 tokenId, bytes32 rights, uint256 amount)
        external
        payable
        returns (bytes32 hash)
    {
        Delegation memory given =
            Delegation(DelegationType.ERC1155, to, msg.sender, rights, contract_, tokenId, amount);
        hash = _put(given, amount != 0);
        emit DelegateERC1155(msg.sender, to, contract_, tokenId, rights, amount);
    }

    /// @notice Whether `from` lets `to` act for this token, by whichever of the three ways. A delegation without
    /// rights covers all rights.
    function checkDelegateForERC721(
        address to,
        address from,
        address contract_,
        uint256 tokenId,
        bytes32 rights
    ) external view returns (bool) {
        if (
            _covers(to, from, contract_, "")
                || _holds(DelegationType.ERC721, to, from, "", contract_, tokenId)
        ) {
            return true;
        }
        return rights != ""
            && (_covers(to, from, contract_, rights)
                || _holds(DelegationType.ERC721, to, from, rights, contract_, tokenId));
    }

    /// @notice How many copies of this token `from` lets `to` act for; 2^256 - 1 where it is all it holds.
    function checkDelegateForERC1155(
        address to,
        address from,
        address contract_,
        uint256 tokenId,
        bytes32 rights
    ) external view returns (uint256 amount) {
        if (_covers(to, from, contract_, "")) return type(uint256).max;
        amount = _amount(to, from, "", contract_, tokenId);
        if (rights == "") return amount;
        if (_covers(to, from, contract_, rights)) return type(uint256).max;
        uint256 special = _amount(to, from, rights, contract_, tokenId);
        return special > amount ? special : amount;
    }

    /// @notice Every delegation to `to` that stands.
    function getIncomingDelegations(address to) external view returns (Delegation[] memory standing) {
        bytes32[] storage hashes = _incoming[to];
        standing = new Delegation[](hashes.length);
        uint256 count;
        for (uint256 i = 0; i < hashes.length; ++i) {
            Delegation storage one = _delegations[hashes[i]];
            if (one.type_ != DelegationType.NONE) standing[count++] = one;
        }
        assembly ("memory-safe") {
            mstore(standing, count)
        }
    }

    function _covers(address to, address from, address contract_, bytes32 rights)
        private
        view
        returns (bool)
    {
        return _holds(DelegationType.ALL, to, from, rights, address(0), 0)
            || _holds(DelegationType.CONTRACT, to, from, rights, contract_, 0);
    }

    function _holds(
        DelegationType type_,
        address to,
        address from,
        bytes32 rights,
        address contract_,
        uint256 tokenId
    ) private view returns (bool) {
        return _delegations[_hash(type_, to, from, rights, contract_, tokenId)].type_ != DelegationType.NONE;
    }

    function _amount(address to, address from, bytes32 rights, address contract_, uint256 tokenId)
        private
        view
        returns (uint256)
    {
        return _delegations[_hash(DelegationType.ERC1155, to, from, rights, contract_, tokenId)].amount;
    }

    function _put(Delegation memory given, bool enable) private returns (bytes32 hash) {
        hash = _hash(given.type_, given.to, given.from, given.rights, given.contract_, given.tokenId);
        Delegation storage stored = _delegations[hash];
        if (!enable) {
            stored.type_ = DelegationType.NONE;
            stored.amount = 0;
            return hash;
        }
        if (stored.from == address(0)) _incoming[given.to].push(hash);
        _delegations[hash] = given;
    }

    function _hash(
        DelegationType type_,
        address to,
        address from,
        bytes32 rights,
        address contract_,
        uint256 tokenId
    ) private pure returns (bytes32) {
        return keccak256(abi.encode(type_, to, from, rights, contract_, tokenId));
    }
}

// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

import {
    AccessControlDefaultAdminRules
} from "@openzeppelin/contracts/access/extensions/AccessControlDefaultAdminRules.sol";
import {ERC721} from "@openzeppelin/contracts/token/ERC721/ERC721.sol";
import {ERC721Burnable} from "@openzeppelin/contracts/token/ERC721/extensions/ERC721Burnable.sol";
import {ERC721URIStorage} from "@openzeppelin/contracts/token/ERC721/extensions/ERC721URIStorage.sol";
import {ERC721Utils} from "@openzeppelin/contracts/token/ERC721/utils/ERC721Utils.sol";
import {ERC2981} from "@openzeppelin/contracts/token/common/ERC2981.sol";
import {Pausable} from "@openzeppelin/contracts/utils/Pausable.sol";

/// @title Avatar token: token id to owner, token id to metadata URI
/// @notice Anyone mints while minting is open, within a quota; holders of MINTER_ROLE mint for others at any time.
/// A token belongs to its owner alone: no role can move it, burn it, or change its metadata.
/// @dev ERC-721 with ERC-2981 (royalties), ERC-4906 (metadata events), ERC-5313 (owner) and ERC-7572 (contractURI).
/// Pausing stops minting and metadata changes; transfers and burning always work, so a pause never holds anybody's
/// token. There is one administrator, `owner()`, who hands over in two steps that are a day apart.
contract AvatarToken is ERC721URIStorage, ERC721Burnable, ERC2981, AccessControlDefaultAdminRules, Pausable {
    bytes32 public constant MINTER_ROLE = keccak256("MINTER_ROLE");
    bytes32 public constant PAUSER_ROLE = keccak256("PAUSER_ROLE");

    /// @notice The most a royalty may be, in basis points of the sale price (10 %).
    uint96 public constant MAX_ROYALTY_BPS = 1_000;

    /// @notice How long a change of the administrator waits before it may be accepted, at first.
    uint48 public constant ADMIN_DELAY = 1 days;

    /// @notice URI of the JSON that describes the collection (ERC-7572).
    string public contractURI;

    /// @notice Whether anyone may mint; holders of MINTER_ROLE always may.
    bool public openMint;

    /// @notice How many tokens one address may mint while minting is open, over all time; 0 = no limit.
    uint256 public quotaPerAddress;

    /// @notice Tokens an address has minted under the quota. Burning gives nothing back.
    mapping(address minter => uint256 count) public mintedUnderQuota;

    /// @notice Whether a token's metadata URI can never change again.
    mapping(uint256 tokenId => bool frozen) public isMetadataFrozen;

    /// @notice The token a minter's request produced, 0 if none yet; remains after the token is burned.
    mapping(address minter => mapping(bytes32 requestId => uint256 tokenId)) public tokenOfRequest;

    uint256 private _lastTokenId;
    uint256 private _burned;

    /// @notice `minter` created `tokenId` for `to`, described by `metadataURI`.
    event Minted(uint256 indexed tokenId, address indexed to, address indexed minter, string metadataURI);

    /// @notice The URI of token `_id` is `_value` for ever (the event marketplaces read).
    event PermanentURI(string _value, uint256 indexed _id);

    /// @notice The collection's description changed (ERC-7572).
    event ContractURIUpdated();

    /// @notice Who may mint changed.
    event MintRulesSet(bool openMint, uint256 quotaPerAddress);

    /// @notice The royalty of every token changed; `bps` is in basis points, 0 = none.
    event DefaultRoyaltySet(address indexed receiver, uint96 bps);

    error MintingClosed();
    error QuotaExceeded(address minter, uint256 quota);
    error RequestAlreadyMinted(bytes32 requestId, uint256 tokenId);
    error EmptyMetadataURI();
    error NotTokenOwner(uint256 tokenId, address caller);
    error MetadataFrozen(uint256 tokenId);
    error RoyaltyTooHigh(uint96 bps, uint96 limit);

    modifier onlyTokenOwner(uint256 tokenId) {
        if (ownerOf(tokenId) != msg.sender) revert NotTokenOwner(tokenId, msg.sender);
        _;
    }

    modifier notFrozen(uint256 tokenId) {
        if (isMetadataFrozen[tokenId]) revert MetadataFrozen(tokenId);
        _;
    }

    /// @param admin Not the zero address. It gets DEFAULT_ADMIN_ROLE, which makes it `owner()`, MINTER_ROLE and
    /// PAUSER_ROLE, each of which it may hand on.
    /// @param openMint_ Whether anyone may mint from the start.
    /// @param quotaPerAddress_ Tokens per address under open minting; 0 = no limit.
    constructor(
        string memory name_,
        string memory symbol_,
        string memory contractURI_,
        address admin,
        bool openMint_,
        uint256 quotaPerAddress_
    ) ERC721(name_, symbol_) AccessControlDefaultAdminRules(ADMIN_DELAY, admin) {
        _grantRole(MINTER_ROLE, admin);
        _grantRole(PAUSER_ROLE, admin);
        _setContractURI(contractURI_);
        _setMintRules(openMint_, quotaPerAddress_);
    }

    // ---- Minting -------------------------------------------------------------------------------------------------

    /// @notice Creates the next token for `to`. Ids start at 1 and are never used again.
    /// @param metadataURI Not empty; its form and length are not judged here, so readers must bound both.
    function mint(address to, string calldata metadataURI) external returns (uint256 tokenId) {
        return _mintFor(to, metadataURI);
    }

    /// @notice Like {mint}, at most once per caller and `requestId`: a sender that lost sight of its transaction may
    /// send another without risk of a second token, and finds the first one with {tokenOfRequest}.
    function mintOnce(bytes32 requestId, address to, string calldata metadataURI)
        external
        returns (uint256 tokenId)
    {
        uint256 earlier = tokenOfRequest[msg.sender][requestId];
        if (earlier != 0) revert RequestAlreadyMinted(requestId, earlier);
        tokenOfRequest[msg.sender][requestId] = _lastTokenId + 1; // before the receiver can call back
        return _mintFor(to, metadataURI);
    }

    /// @dev The receiver is asked last (checks, effects, interactions): when it calls back, all is already recorded.
    function _mintFor(address to, string calldata metadataURI)
        private
        whenNotPaused
        returns (uint256 tokenId)
    {
        if (!hasRole(MINTER_ROLE, msg.sender)) _spendQuota(msg.sender);
        tokenId = ++_lastTokenId;
        _mint(to, tokenId);
        _writeURI(tokenId, metadataURI);
        emit Minted(tokenId, to, msg.sender, metadataURI);
        ERC721Utils.checkOnERC721Received(msg.sender, address(0), to, tokenId, "");
    }

    function _spendQuota(address minter) private {
        if (!openMint) revert MintingClosed();
        uint256 count = ++mintedUnderQuota[minter];
        if (quotaPerAddress != 0 && count > quotaPerAddress) revert QuotaExceeded(minter, quotaPerAddress);
    }

    /// @notice Tokens that exist now: minted and not burned.
    function totalSupply() external view returns (uint256) {
        return _lastTokenId - _burned;
    }

    // ---- What the token's owner may do ---------------------------------------------------------------------------

    /// @notice Points the token at other metadata, until it is frozen.
    function setTokenURI(uint256 tokenId, string calldata metadataURI)
        external
        whenNotPaused
        onlyTokenOwner(tokenId)
        notFrozen(tokenId)
    {
        _writeURI(tokenId, metadataURI);
    }

    /// @notice Fixes the token's metadata URI for ever, for every later owner too.
    function freezeMetadata(uint256 tokenId) external onlyTokenOwner(tokenId) notFrozen(tokenId) {
        isMetadataFrozen[tokenId] = true;
        emit PermanentURI(tokenURI(tokenId), tokenId);
    }

    /// @dev Emits MetadataUpdate (ERC-4906), on the first write as well.
    function _writeURI(uint256 tokenId, string calldata metadataURI) private {
        if (bytes(metadataURI).length == 0) revert EmptyMetadataURI();
        _setTokenURI(tokenId, metadataURI);
    }

    // ---- What the roles may do -----------------------------------------------------------------------------------

    /// @notice Opens or closes minting by anyone. A lower quota takes nothing away, it only stops further mints.
    function setMintRules(bool openMint_, uint256 quotaPerAddress_) external onlyRole(DEFAULT_ADMIN_ROLE) {
        _setMintRules(openMint_, quotaPerAddress_);
    }

    /// @notice Describes the collection anew.
    function setContractURI(string calldata contractURI_) external onlyRole(DEFAULT_ADMIN_ROLE) {
        _setContractURI(contractURI_);
    }

    /// @notice Asks marketplaces to pay `bps` basis points of each sale to `receiver`; 0 ends it.
    function setDefaultRoyalty(address receiver, uint96 bps) external onlyRole(DEFAULT_ADMIN_ROLE) {
        if (bps > MAX_ROYALTY_BPS) revert RoyaltyTooHigh(bps, MAX_ROYALTY_BPS);
        if (bps == 0) _deleteDefaultRoyalty();
        else _setDefaultRoyalty(receiver, bps);
        emit DefaultRoyaltySet(receiver, bps);
    }

    /// @notice Stops minting and metadata changes.
    function pause() external onlyRole(PAUSER_ROLE) {
        _pause();
    }

    /// @notice Lets minting and metadata changes go on.
    function unpause() external onlyRole(PAUSER_ROLE) {
        _unpause();
    }

    function _setMintRules(bool openMint_, uint256 quotaPerAddress_) private {
        (openMint, quotaPerAddress) = (openMint_, quotaPerAddress_);
        emit MintRulesSet(openMint_, quotaPerAddress_);
    }

    function _setContractURI(string memory contractURI_) private {
        contractURI = contractURI_;
        emit ContractURIUpdated();
    }

    // ---- Where the parents meet ----------------------------------------------------------------------------------

    /// @dev Every mint, transfer and burn passes here.
    function _update(address to, uint256 tokenId, address auth) internal override returns (address from) {
        from = super._update(to, tokenId, auth);
        if (to == address(0)) ++_burned;
    }

    /// @inheritdoc ERC721URIStorage
    function tokenURI(uint256 tokenId)
        public
        view
        override(ERC721, ERC721URIStorage)
        returns (string memory)
    {
        return super.tokenURI(tokenId);
    }

    /// @notice Says which ERC-165 interfaces are answered: 721, 721 metadata, 2981, 4906, access control
    /// and its default admin rules.
    function supportsInterface(bytes4 interfaceId)
        public
        view
        override(ERC721, ERC721URIStorage, ERC2981, AccessControlDefaultAdminRules)
        returns (bool)
    {
        return super.supportsInterface(interfaceId);
    }
}

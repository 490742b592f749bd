// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

import {AvatarToken} from "../src/AvatarToken.sol";
import {vm} from "./Vm.sol";

/// @notice Four people and a minter do what they like, in any order; this book keeps what must then be true.
contract Crowd {
    uint256 public constant QUOTA = 3;
    uint256 public constant PEOPLE = 4;

    AvatarToken public immutable token;

    uint256 public minted;
    uint256 public burned;
    mapping(uint256 tokenId => address) public owner;
    mapping(uint256 tokenId => string) public uri;
    mapping(uint256 tokenId => bool) public frozen;
    mapping(address person => uint256) public opened;
    mapping(bytes32 requestId => uint256 tokenId) public firstToken;

    constructor() {
        token = new AvatarToken("Avatars", "AVA", "", address(this), true, QUOTA);
    }

    function person(uint256 seed) public pure returns (address) {
        return address(uint160(0x1000 + (seed % PEOPLE)));
    }

    function mintOpenly(uint256 who, uint256 to, string calldata metadataURI) external {
        vm.prank(person(who));
        try token.mint(person(to), metadataURI) returns (uint256 id) {
            require(token.openMint() && !token.paused(), "minted while closed or paused");
            ++opened[person(who)];
            _record(id, person(to), metadataURI);
        } catch {}
    }

    function mintSponsored(uint256 to, string calldata metadataURI) external {
        try token.mint(person(to), metadataURI) returns (uint256 id) {
            _record(id, person(to), metadataURI);
        } catch {}
    }

    function mintOnce(uint8 request, uint256 to, string calldata metadataURI) external {
        bytes32 requestId = bytes32(uint256(request % 8));
        try token.mintOnce(requestId, person(to), metadataURI) returns (uint256 id) {
            require(firstToken[requestId] == 0, "one request minted twice");
            firstToken[requestId] = id;
            _record(id, person(to), metadataURI);
        } catch {}
    }

    function transfer(uint256 tokenSeed, uint256 who, uint256 to) external {
        uint256 id = _anyToken(tokenSeed);
        vm.prank(person(who));
        try token.transferFrom(person(who), person(to), id) {
            owner[id] = person(to);
        } catch {}
    }

    function transferByOwner(uint256 tokenSeed, uint256 to) external {
        uint256 id = _anyToken(tokenSeed);
        if (owner[id] == address(0)) return;
        vm.prank(owner[id]);
        token.transferFrom(owner[id], person(to), id);
        owner[id] = person(to);
    }

    function burn(uint256 tokenSeed, uint256 who) external {
        uint256 id = _anyToken(tokenSeed);
        vm.prank(person(who));
        try token.burn(id) {
            require(owner[id] == person(who), "burned by a stranger");
            owner[id] = address(0);
            ++burned;
        } catch {}
    }

    function rewrite(uint256 tokenSeed, uint256 who, string calldata metadataURI) external {
        uint256 id = _anyToken(tokenSeed);
        vm.prank(person(who));
        try token.setTokenURI(id, metadataURI) {
            require(owner[id] == person(who), "rewritten by a stranger");
            if (!frozen[id]) uri[id] = metadataURI; // a change after freezing is left for the invariant to find
        } catch {}
    }

    function freezeByOwner(uint256 tokenSeed) external {
        uint256 id = _anyToken(tokenSeed);
        if (owner[id] == address(0) || frozen[id]) return;
        vm.prank(owner[id]);
        token.freezeMetadata(id);
        frozen[id] = true;
    }

    function rewriteByOwner(uint256 tokenSeed, string calldata metadataURI) external {
        uint256 id = _anyToken(tokenSeed);
        if (owner[id] == address(0)) return;
        vm.prank(owner[id]);
        try token.setTokenURI(id, metadataURI) {
            if (!frozen[id]) uri[id] = metadataURI;
        } catch {}
    }

    function setOpen(bool open) external {
        token.setMintRules(open, QUOTA);
    }

    function setPaused(bool paused) external {
        if (paused && !token.paused()) token.pause();
        if (!paused && token.paused()) token.unpause();
    }

    function _anyToken(uint256 seed) private view returns (uint256) {
        return minted == 0 ? 1 : 1 + (seed % minted);
    }

    function _record(uint256 id, address to, string calldata metadataURI) private {
        require(id == ++minted, "ids have a gap");
        (owner[id], uri[id]) = (to, metadataURI);
    }
}

contract AvatarTokenInvariantTest {
    Crowd private crowd;
    AvatarToken private token;

    function setUp() public {
        crowd = new Crowd();
        token = crowd.token();
    }

    /// @dev forge asks which contracts to call at random.
    function targetContracts() external view returns (address[] memory targets) {
        targets = new address[](1);
        targets[0] = address(crowd);
    }

    function invariant_supplyIsMintedLessBurnedAndTheSumOfBalances() public view {
        uint256 sum;
        for (uint256 i = 0; i < crowd.PEOPLE(); ++i) {
            sum += token.balanceOf(crowd.person(i));
        }
        vm.assertEq(token.totalSupply(), sum, "sum of balances");
        vm.assertEq(token.totalSupply(), crowd.minted() - crowd.burned(), "minted less burned");
    }

    function invariant_everyTokenHasTheOwnerTheBookSays() public view {
        for (uint256 id = 1; id <= crowd.minted(); ++id) {
            try token.ownerOf(id) returns (address owner) {
                vm.assertEq(owner, crowd.owner(id), "owner");
            } catch {
                vm.assertEq(crowd.owner(id), address(0), "burned");
            }
        }
    }

    function invariant_metadataChangesOnlyByItsOwnerAndNeverOnceFrozen() public view {
        for (uint256 id = 1; id <= crowd.minted(); ++id) {
            if (crowd.owner(id) == address(0)) continue;
            vm.assertEq(token.tokenURI(id), crowd.uri(id), "metadata URI");
            vm.assertTrue(token.isMetadataFrozen(id) == crowd.frozen(id), "frozen");
        }
    }

    function invariant_nobodyMintsOverTheQuota() public view {
        for (uint256 i = 0; i < crowd.PEOPLE(); ++i) {
            address person = crowd.person(i);
            vm.assertEq(token.mintedUnderQuota(person), crowd.opened(person), "count");
            vm.assertLe(crowd.opened(person), crowd.QUOTA(), "quota");
        }
    }

    function invariant_aRequestKeepsItsFirstToken() public view {
        for (uint256 request = 0; request < 8; ++request) {
            bytes32 requestId = bytes32(request);
            uint256 got = token.tokenOfRequest(address(crowd), requestId);
            vm.assertEq(got, crowd.firstToken(requestId), "request");
        }
    }
}

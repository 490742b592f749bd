// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

import {AvatarToken} from "../src/AvatarToken.sol";
import {AvatarTokenSetUp} from "./AvatarTokenSetUp.sol";
import {vm} from "./Vm.sol";
import {IAccessControl} from "@openzeppelin/contracts/access/IAccessControl.sol";
import {
    IAccessControlDefaultAdminRules
} from "@openzeppelin/contracts/access/extensions/IAccessControlDefaultAdminRules.sol";
import {IERC721Errors} from "@openzeppelin/contracts/interfaces/draft-IERC6093.sol";
import {Pausable} from "@openzeppelin/contracts/utils/Pausable.sol";

contract AvatarTokenOwnerTest is AvatarTokenSetUp {
    // ---- Metadata

    function test_theOwnerMayPointTheTokenAtOtherMetadata() public {
        uint256 id = _mintTo(ANN);
        vm.expectEmit(true, true, true, true, address(token));
        emit MetadataUpdate(id);
        vm.prank(ANN);
        token.setTokenURI(id, OTHER_URI);
        vm.assertEq(token.tokenURI(id), OTHER_URI);
    }

    function testFuzz_nobodyElseTouchesMetadataNotEvenTheAdminOrAnOperator(address stranger) public {
        vm.assume(stranger != ANN);
        uint256 id = _mintTo(ANN);
        if (stranger != address(0)) {
            vm.prank(ANN);
            token.setApprovalForAll(stranger, true);
        }
        bytes memory refusal = abi.encodeWithSelector(AvatarToken.NotTokenOwner.selector, id, stranger);
        vm.startPrank(stranger);
        vm.expectRevert(refusal);
        token.setTokenURI(id, OTHER_URI);
        vm.expectRevert(refusal);
        token.freezeMetadata(id);
        vm.stopPrank();
    }

    function test_metadataOfAFrozenTokenNeverChangesEvenForALaterOwner() public {
        uint256 id = _mintTo(ANN);
        vm.expectEmit(true, true, true, true, address(token));
        emit PermanentURI(URI, id);
        vm.startPrank(ANN);
        token.freezeMetadata(id);
        token.transferFrom(ANN, BOB, id);
        vm.stopPrank();
        vm.expectRevert(abi.encodeWithSelector(AvatarToken.MetadataFrozen.selector, id));
        vm.prank(BOB);
        token.setTokenURI(id, OTHER_URI);
        vm.assertEq(token.tokenURI(id), URI);
    }

    function test_metadataCannotBeEmptied() public {
        uint256 id = _mintTo(ANN);
        vm.expectRevert(AvatarToken.EmptyMetadataURI.selector);
        vm.prank(ANN);
        token.setTokenURI(id, "");
    }

    function test_freezingTwiceIsRefused() public {
        uint256 id = _mintTo(ANN);
        vm.startPrank(ANN);
        token.freezeMetadata(id);
        vm.expectRevert(abi.encodeWithSelector(AvatarToken.MetadataFrozen.selector, id));
        token.freezeMetadata(id);
        vm.stopPrank();
    }

    // ---- Burning and transfer

    function test_aBurnedTokenIsGoneAndItsIdIsNotUsedAgain() public {
        uint256 id = _mintTo(ANN);
        vm.prank(ANN);
        token.burn(id);
        vm.assertEq(token.totalSupply(), 0);
        vm.assertEq(_mintTo(ANN), id + 1);
        vm.expectRevert(abi.encodeWithSelector(IERC721Errors.ERC721NonexistentToken.selector, id));
        token.ownerOf(id);
    }

    function test_noRoleCanBurnOrMoveAToken() public {
        uint256 id = _mintTo(ANN);
        vm.startPrank(ADMIN);
        bytes4 refusal = IERC721Errors.ERC721InsufficientApproval.selector;
        vm.expectRevert(abi.encodeWithSelector(refusal, ADMIN, id));
        token.burn(id);
        vm.expectRevert(abi.encodeWithSelector(refusal, ADMIN, id));
        token.transferFrom(ANN, ADMIN, id);
        vm.stopPrank();
    }

    function test_whilePausedNothingIsMintedOrRewrittenButTokensMove() public {
        uint256 id = _mintTo(ANN);
        vm.prank(ADMIN);
        token.pause();
        vm.startPrank(ANN);
        vm.expectRevert(Pausable.EnforcedPause.selector);
        token.mint(ANN, URI);
        vm.expectRevert(Pausable.EnforcedPause.selector);
        token.setTokenURI(id, OTHER_URI);
        token.safeTransferFrom(ANN, BOB, id);
        vm.stopPrank();
        vm.assertEq(token.ownerOf(id), BOB);
        vm.prank(ADMIN);
        token.unpause();
        vm.assertEq(_mintTo(ANN), id + 1);
    }

    // ---- Roles

    function testFuzz_withoutARoleNoSettingChanges(address stranger) public {
        vm.assume(stranger != ADMIN);
        bytes4 refusal = IAccessControl.AccessControlUnauthorizedAccount.selector;
        vm.startPrank(stranger);
        vm.expectPartialRevert(refusal);
        token.setMintRules(true, 0);
        vm.expectPartialRevert(refusal);
        token.setContractURI("ipfs://mine");
        vm.expectPartialRevert(refusal);
        token.setDefaultRoyalty(stranger, 1);
        vm.expectPartialRevert(refusal);
        token.pause();
        vm.expectPartialRevert(refusal);
        token.unpause();
        vm.stopPrank();
    }

    function test_marketplacesFindTheAdminAsOwner() public view {
        vm.assertEq(token.owner(), ADMIN);
    }

    function test_theAdminHandsOverInTwoStepsADayApart() public {
        vm.prank(ADMIN);
        token.beginDefaultAdminTransfer(BOB);
        vm.prank(BOB);
        vm.expectPartialRevert(
            IAccessControlDefaultAdminRules.AccessControlEnforcedDefaultAdminDelay.selector
        );
        token.acceptDefaultAdminTransfer();
        vm.warp(block.timestamp + token.ADMIN_DELAY() + 1);
        vm.prank(BOB);
        token.acceptDefaultAdminTransfer();
        vm.assertEq(token.owner(), BOB);
        vm.assertFalse(token.hasRole(token.DEFAULT_ADMIN_ROLE(), ADMIN));
    }

    function test_theAdminDescribesTheCollectionAnew() public {
        vm.expectEmit(true, true, true, true, address(token));
        emit ContractURIUpdated();
        vm.prank(ADMIN);
        token.setContractURI("ipfs://anew");
        vm.assertEq(token.contractURI(), "ipfs://anew");
    }

    function test_aRoyaltyOfZeroEndsRoyalties() public {
        vm.startPrank(ADMIN);
        token.setDefaultRoyalty(BOB, 500);
        token.setDefaultRoyalty(BOB, 0);
        vm.stopPrank();
        (, uint256 amount) = token.royaltyInfo(1, 1 ether);
        vm.assertEq(amount, 0);
    }

    function testFuzz_royaltiesAreTheSetShareAndNeverMoreThanATenth(uint96 bps, uint128 price) public {
        vm.startPrank(ADMIN);
        if (bps > token.MAX_ROYALTY_BPS()) {
            vm.expectPartialRevert(AvatarToken.RoyaltyTooHigh.selector);
            token.setDefaultRoyalty(BOB, bps);
            bps %= 1_001;
        }
        token.setDefaultRoyalty(BOB, bps);
        (address receiver, uint256 amount) = token.royaltyInfo(1, price);
        vm.assertEq(receiver, bps == 0 ? address(0) : BOB);
        vm.assertEq(amount, (uint256(price) * bps) / 10_000);
        vm.assertLe(amount, price / 10);
        vm.stopPrank();
    }
}

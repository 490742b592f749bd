// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

import {OddRefusesTokens} from "../demo/Odd.sol";
import {AvatarToken} from "../src/AvatarToken.sol";
import {AvatarTokenSetUp} from "./AvatarTokenSetUp.sol";
import {ReentrantReceiver} from "./ReentrantReceiver.sol";
import {vm} from "./Vm.sol";
import {
    IAccessControlDefaultAdminRules
} from "@openzeppelin/contracts/access/extensions/IAccessControlDefaultAdminRules.sol";
import {IERC721Errors} from "@openzeppelin/contracts/interfaces/draft-IERC6093.sol";

contract AvatarTokenMintTest is AvatarTokenSetUp {
    // ---- Construction

    function test_theAdminHoldsEveryRole() public view {
        vm.assertTrue(token.hasRole(token.DEFAULT_ADMIN_ROLE(), ADMIN));
        vm.assertTrue(token.hasRole(token.MINTER_ROLE(), ADMIN));
        vm.assertTrue(token.hasRole(token.PAUSER_ROLE(), ADMIN));
        vm.assertFalse(token.hasRole(token.DEFAULT_ADMIN_ROLE(), address(this)));
    }

    function test_aContractWithoutAdminIsRefused() public {
        vm.expectPartialRevert(IAccessControlDefaultAdminRules.AccessControlInvalidDefaultAdmin.selector);
        new AvatarToken("Avatars", "AVA", "", address(0), true, 0);
    }

    function test_theCollectionDescribesItself() public view {
        vm.assertEq(token.name(), "Avatars");
        vm.assertEq(token.symbol(), "AVA");
        vm.assertEq(token.contractURI(), "ipfs://collection");
    }

    function test_everyInterfaceIsAnnounced() public view {
        bytes4[7] memory ids =
            [bytes4(0x01ffc9a7), 0x80ac58cd, 0x5b5e139f, 0x2a55205a, 0x49064906, 0x7965db0b, 0x31498786];
        for (uint256 i = 0; i < ids.length; ++i) {
            vm.assertTrue(token.supportsInterface(ids[i]));
        }
        vm.assertFalse(token.supportsInterface(0xffffffff));
        vm.assertFalse(token.supportsInterface(0xd9b67a26));
    }

    // ---- Minting

    function test_mintingGivesOwnerAndMetadataURI() public {
        vm.prank(ANN);
        uint256 id = token.mint(BOB, URI);
        vm.assertEq(id, 1);
        vm.assertEq(token.ownerOf(id), BOB);
        vm.assertEq(token.tokenURI(id), URI);
        vm.assertEq(token.totalSupply(), 1);
    }

    function test_mintingEmitsWhatIndexersRead() public {
        vm.expectEmit(true, true, true, true, address(token));
        emit Transfer(address(0), BOB, 1);
        vm.expectEmit(true, true, true, true, address(token));
        emit MetadataUpdate(1);
        vm.expectEmit(true, true, true, true, address(token));
        emit Minted(1, BOB, ANN, URI);
        vm.prank(ANN);
        token.mint(BOB, URI);
    }

    function test_anEmptyURIIsRefused() public {
        vm.expectRevert(AvatarToken.EmptyMetadataURI.selector);
        token.mint(ANN, "");
    }

    function test_theZeroAddressIsRefused() public {
        vm.expectRevert(abi.encodeWithSelector(IERC721Errors.ERC721InvalidReceiver.selector, address(0)));
        token.mint(address(0), URI);
    }

    function test_aReceiverThatRefusesGivesItsReason() public {
        address refuser = address(new OddRefusesTokens());
        vm.expectRevert(bytes("this account takes no tokens"));
        token.mint(refuser, URI);
    }

    function test_whileClosedOnlyMintersMint() public {
        vm.prank(ADMIN);
        token.setMintRules(false, 0);
        vm.assertEq(_mintTo(ANN), 1);
        vm.expectRevert(AvatarToken.MintingClosed.selector);
        vm.prank(ANN);
        token.mint(ANN, URI);
    }

    function test_theQuotaEndsOpenMintingAndBurningGivesNothingBack() public {
        vm.startPrank(ANN);
        token.mint(ANN, URI);
        token.burn(token.mint(ANN, URI));
        vm.expectRevert(abi.encodeWithSelector(AvatarToken.QuotaExceeded.selector, ANN, QUOTA));
        token.mint(ANN, URI);
        vm.stopPrank();
    }

    function test_sponsoredTokensLeaveTheReceiversQuotaAlone() public {
        for (uint256 i = 0; i <= QUOTA; ++i) {
            _mintTo(ANN);
        }
        vm.assertEq(token.mintedUnderQuota(ANN), 0);
        vm.prank(ANN);
        vm.assertEq(token.mint(ANN, URI), QUOTA + 2);
    }

    function testFuzz_theQuotaIsExact(uint8 quota, uint8 attempts) public {
        vm.prank(ADMIN);
        token.setMintRules(true, quota);
        uint256 made;
        for (uint256 i = 0; i < attempts % 32; ++i) {
            vm.prank(ANN);
            try token.mint(ANN, URI) {
                ++made;
            } catch {}
        }
        uint256 wanted = attempts % 32;
        vm.assertEq(made, quota == 0 || wanted < quota ? wanted : quota);
        vm.assertEq(token.balanceOf(ANN), made);
    }

    function testFuzz_anyURIComesBackByteForByte(string calldata uri, address to) public {
        vm.assume(bytes(uri).length != 0 && to != address(0) && to.code.length == 0);
        vm.prank(ADMIN);
        uint256 id = token.mint(to, uri);
        vm.assertEq(keccak256(bytes(token.tokenURI(id))), keccak256(bytes(uri)));
        vm.assertEq(token.ownerOf(id), to);
    }

    // ---- One token per request

    function test_aRepeatedRequestMintsNothingAndNamesTheFirstToken() public {
        vm.startPrank(ANN);
        uint256 id = token.mintOnce("request", BOB, URI);
        vm.assertEq(token.tokenOfRequest(ANN, "request"), id);
        bytes4 refusal = AvatarToken.RequestAlreadyMinted.selector;
        vm.expectRevert(abi.encodeWithSelector(refusal, bytes32("request"), id));
        token.mintOnce("request", BOB, URI);
        vm.stopPrank();
    }

    function test_aRequestStaysDoneAfterItsTokenIsBurned() public {
        vm.startPrank(ANN);
        token.burn(token.mintOnce("request", ANN, URI));
        vm.expectPartialRevert(AvatarToken.RequestAlreadyMinted.selector);
        token.mintOnce("request", ANN, URI);
        vm.stopPrank();
    }

    function testFuzz_nobodyCanUseUpAnothersRequest(bytes32 request, address stranger) public {
        vm.assume(stranger != ANN && stranger != address(0));
        vm.prank(stranger);
        token.mintOnce(request, BOB, URI);
        vm.prank(ANN);
        vm.assertEq(token.mintOnce(request, BOB, URI), 2);
    }

    function test_aReceiverThatCallsBackGetsNeitherASecondTokenNorMoreQuota() public {
        ReentrantReceiver receiver = new ReentrantReceiver(token);
        receiver.mintOnce("request");
        vm.assertTrue(receiver.calledBack());
        vm.assertEq(token.balanceOf(address(receiver)), 1);
        vm.assertEq(token.mintedUnderQuota(address(receiver)), 1);
    }
}

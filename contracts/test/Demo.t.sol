// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

import {Aggregate3} from "../demo/Aggregate3.sol";
import {DemoEditions} from "../demo/DemoEditions.sol";
import {DemoNames} from "../demo/DemoNames.sol";
import {DemoWallet, DemoWalletFactory} from "../demo/DemoWallet.sol";
import {OddLiar, OddReverts, OddZeroOwner} from "../demo/Odd.sol";
import {OnchainShapes} from "../demo/OnchainShapes.sol";
import {vm} from "./Vm.sol";
import {Ownable} from "@openzeppelin/contracts/access/Ownable.sol";
import {IERC721Errors} from "@openzeppelin/contracts/interfaces/draft-IERC6093.sol";

contract DemoCollectionsTest {
    address private constant ANN = address(0xA1);

    function test_editionsAreHeldInCopiesAndNameTheirIdByTemplate() public {
        DemoEditions editions = new DemoEditions("ipfs://folder/{id}.json");
        editions.mint(ANN, 7, 3);
        vm.assertEq(editions.balanceOf(ANN, 7), 3);
        vm.assertEq(editions.uri(7), "ipfs://folder/{id}.json");
        vm.assertTrue(editions.supportsInterface(0xd9b67a26));
    }

    function test_onlyTheOwnerMakesEditions() public {
        DemoEditions editions = new DemoEditions("");
        vm.expectRevert(abi.encodeWithSelector(Ownable.OwnableUnauthorizedAccount.selector, ANN));
        vm.prank(ANN);
        editions.mint(ANN, 7, 3);
    }

    function test_shapesAreDrawnOnChainFromTheirIdAlone() public {
        (OnchainShapes one, OnchainShapes other) = (new OnchainShapes(), new OnchainShapes());
        bytes32 earlier;
        for (uint256 id = 1; id <= 12; ++id) {
            vm.assertEq(one.mint(ANN), other.mint(address(this)));
            string memory uri = one.tokenURI(id);
            vm.assertEq(uri, other.tokenURI(id));
            vm.assertTrue(_startsWith(uri, "data:application/json;base64,"));
            vm.assertFalse(keccak256(bytes(uri)) == earlier);
            earlier = keccak256(bytes(uri));
        }
    }

    function test_aShapeNotMintedHasNoPicture() public {
        OnchainShapes shapes = new OnchainShapes();
        vm.expectRevert(abi.encodeWithSelector(IERC721Errors.ERC721NonexistentToken.selector, 1));
        shapes.tokenURI(1);
    }

    function test_aNameLeadsToItsHolderAndBack() public {
        DemoNames names = new DemoNames();
        (bytes32 node, bytes32 reverseNode) = (keccak256("node"), keccak256("reverse"));
        vm.assertEq(names.resolver(node), address(0));
        names.give(node, reverseNode, ANN, "ann.eth");
        names.setText(node, "avatar", "ipfs://picture");
        vm.assertEq(names.resolver(node), address(names));
        vm.assertEq(names.resolver(reverseNode), address(names));
        vm.assertEq(names.addr(node), ANN);
        vm.assertEq(names.name(reverseNode), "ann.eth");
        vm.assertEq(names.text(node, "avatar"), "ipfs://picture");
        vm.expectRevert(abi.encodeWithSelector(Ownable.OwnableUnauthorizedAccount.selector, ANN));
        vm.prank(ANN);
        names.give(node, reverseNode, ANN, "ann.eth");
    }

    function _startsWith(string memory text, string memory start) private pure returns (bool) {
        uint256 length = bytes(start).length;
        if (bytes(text).length < length) return false;
        bytes32 headHash;
        assembly ("memory-safe") {
            headHash := keccak256(add(text, 32), length)
        }
        return headHash == keccak256(bytes(start));
    }
}

contract DemoWalletTest {
    uint256 private constant KEY = 0xA11CE;
    bytes4 private constant VALID = 0x1626ba7e;

    DemoWalletFactory private factory = new DemoWalletFactory();

    function _signature(uint256 key, bytes32 hash) private pure returns (bytes memory) {
        (uint8 v, bytes32 r, bytes32 s) = vm.sign(key, hash);
        return abi.encodePacked(r, s, v);
    }

    function testFuzz_itStandsWhereTheFactorySaidAndMakingItTwiceIsHarmless(bytes32 salt) public {
        address owner = vm.addr(KEY);
        address foretold = factory.addressOf(owner, salt);
        vm.assertEq(foretold.code.length, 0);
        vm.assertEq(factory.create(owner, salt), foretold);
        vm.assertEq(factory.create(owner, salt), foretold);
        vm.assertEq(DemoWallet(payable(foretold)).owner(), owner);
    }

    function testFuzz_itAnswersForItsOwnersSignatureAndNoOther(bytes32 hash, uint128 otherKey) public {
        vm.assume(otherKey != 0 && otherKey != KEY);
        DemoWallet wallet = new DemoWallet(vm.addr(KEY));
        vm.assertTrue(wallet.isValidSignature(hash, _signature(KEY, hash)) == VALID);
        vm.assertFalse(wallet.isValidSignature(hash, _signature(otherKey, hash)) == VALID);
        vm.assertFalse(wallet.isValidSignature(~hash, _signature(KEY, hash)) == VALID);
        vm.assertFalse(wallet.isValidSignature(hash, "short") == VALID);
    }

    function test_itHoldsAndMovesTokensWhenItsOwnerSaysSo() public {
        DemoWallet wallet = new DemoWallet(address(this));
        DemoEditions editions = new DemoEditions("");
        editions.mint(address(wallet), 1, 2);
        bytes memory move =
            abi.encodeCall(editions.safeTransferFrom, (address(wallet), address(0xB2), 1, 2, ""));
        vm.expectRevert(abi.encodeWithSelector(DemoWallet.NotOwner.selector, address(0xB2)));
        vm.prank(address(0xB2));
        wallet.execute(address(editions), 0, move);
        wallet.execute(address(editions), 0, move);
        vm.assertEq(editions.balanceOf(address(0xB2), 1), 2);
    }

    function test_itPassesAFailureOnAsItCame() public {
        DemoWallet wallet = new DemoWallet(address(this));
        address odd = address(new OddReverts());
        vm.expectRevert(bytes("closed for repairs"));
        wallet.execute(odd, 0, abi.encodeCall(OddReverts.ownerOf, (1)));
    }
}

contract Aggregate3Test {
    Aggregate3 private many = new Aggregate3();

    function _calls(bool allowFailure) private returns (Aggregate3.Call3[] memory calls) {
        calls = new Aggregate3.Call3[](3);
        bytes memory ownerOfOne = abi.encodeWithSignature("ownerOf(uint256)", 1);
        calls[0] = Aggregate3.Call3(address(new OddZeroOwner()), false, ownerOfOne);
        calls[1] = Aggregate3.Call3(address(new OddReverts()), allowFailure, ownerOfOne);
        calls[2] = Aggregate3.Call3(address(many), false, abi.encodeCall(many.getBlockNumber, ()));
    }

    function test_oneFailureLeavesTheOtherAnswersWhole() public {
        Aggregate3.Result[] memory results = many.aggregate3(_calls(true));
        vm.assertEq(abi.decode(results[0].returnData, (address)), address(0));
        vm.assertFalse(results[1].success);
        vm.assertEq(abi.decode(results[2].returnData, (uint256)), block.number);
    }

    function test_aFailureNotAllowedEndsItAllAndNamesItsPlace() public {
        Aggregate3.Call3[] memory calls = _calls(false);
        bytes memory reason = abi.encodeWithSignature("Error(string)", "closed for repairs");
        vm.expectRevert(abi.encodeWithSelector(Aggregate3.CallFailed.selector, 1, reason));
        many.aggregate3(calls);
    }

    function test_theLiarClaimsEvenTheInterfaceNobodyMayHave() public {
        vm.assertTrue(new OddLiar().supportsInterface(0xffffffff));
    }
}

// @ts-check
import assert from "node:assert/strict";
import { test } from "node:test";
import {
  checksummedAddress,
  fromHex,
  isAddress,
  isSameAddress,
  shortAddress,
  toHex,
} from "../../nft/static/nft/js/addresses.js";
import { describeShortfall, formatBytes, formatCoin, formatFee } from "../../profiles/static/profiles/js/amounts.js";

// EIP-55, test vectors.
const ADDRESS = "0x5aAeb6053F3E94C9b9A09f33669435E7Ef1BeAed";

test("an address is 0x and exactly 40 hex digits", () => {
  assert.ok(isAddress(ADDRESS));
  for (const no of [ADDRESS.slice(2), `${ADDRESS}0`, "0x", "", null, 7]) assert.equal(isAddress(no), false);
});

test("addresses are compared without case", () => {
  assert.ok(isSameAddress(ADDRESS, ADDRESS.toLowerCase()));
});

test("a shortened address keeps its first and last digits", () => {
  assert.equal(shortAddress(ADDRESS), "0x5aAe…eAed");
  assert.equal(shortAddress("vitalik.eth"), "vitalik.eth");
});

test("the checksum is taken from the message only if it is for the same address", () => {
  const text = `site wants you to sign in with your Ethereum account:\n${ADDRESS}\n\nHello`;
  assert.equal(checksummedAddress(text, ADDRESS.toLowerCase()), ADDRESS);
  const other = `0x${"1".repeat(40)}`;
  assert.equal(checksummedAddress(text, other), other);
  assert.equal(checksummedAddress("one line", other), other);
});

test("fromHex returns the text that toHex encoded", () => {
  for (const text of ["", "Grüße, 世界 🦊\n", "0x00"]) assert.equal(fromHex(toHex(text)), text);
});

test("amounts are exact and cut to significant digits", () => {
  assert.equal(formatCoin(0n), "0");
  assert.equal(formatCoin(10n ** 18n), "1");
  assert.equal(formatCoin(1_234_567_890_123_456_789n), "1.234");
  assert.equal(formatCoin(123_456_789_000n), "0.000000123");
  assert.equal(formatCoin(1n), "0.000000000000000001");
  assert.equal(formatFee("0x5208", "0x3b9aca00"), "0.000021");
});

test("byte counts are formatted as on the server", () => {
  assert.equal(formatBytes(10), "1 KB");
  assert.equal(formatBytes(22_155), "22 KB");
  assert.equal(formatBytes(8 * 1024 * 1024), "8.0 MB");
});

test("an account with too low a balance gets a message before signing", () => {
  assert.equal(describeShortfall("0x5208", "0x3b9aca00", "0x1319718a5000", "ETH"), "");
  assert.match(
    describeShortfall("0x5208", "0x3b9aca00", "0x1319718a4fff", "ETH"),
    /holds 0\.00002\d* ETH, which is too little/,
  );
  assert.match(describeShortfall("0x5208", "0x3b9aca00", "0x0", "POL"), /holds 0 POL.*send it some POL first/);
});

// @ts-check
import assert from "node:assert/strict";
import { createHash } from "node:crypto";
import { readFileSync } from "node:fs";
import { test } from "node:test";
import { hex } from "../../nft/static/nft/js/cid.js";
import { keccak256 } from "../../nft/static/nft/js/keccak.js";
import { verifyProof } from "../../nft/static/nft/js/ownership-proof.js";
import { ProofError, findInTrie, readList, readNumber } from "../../nft/static/nft/js/state-trie.js";

// A proof of a token of this repository's contract on the local chain, as tests/nft/tokens/test_proving.py builds it.
const { block_hash: BLOCK_HASH, document: DOCUMENT } = JSON.parse(
  readFileSync(new URL("../kit/vectors/ownership-proof.json", import.meta.url), "utf8"),
);
const bytes = (/** @type {string} */ text) => new Uint8Array(Buffer.from(text, "hex"));

/**
 * Verify a document as the page does; return each step with "done" or what it failed by, and where.
 * @param {unknown} document
 * @param {string} blockHash
 * @param {string} [sha256]
 */
async function outcomes(document, blockHash = BLOCK_HASH, sha256) {
  const content = new TextEncoder().encode(JSON.stringify(document));
  const named = { sha256: sha256 ?? createHash("sha256").update(content).digest("hex"), blockHash };
  /** @type {Record<string, string>} */
  const found = {};
  for await (const outcome of verifyProof(content, named))
    found[outcome.step] = "error" in outcome ? `${outcome.error.fault} ${outcome.error.place}`.trim() : "done";
  return found;
}

// https://keccak.team/archives.html: the test vectors of the SHA-3 submission; and lengths around one block.
test("Keccak-256 is that of the submission to SHA-3", () => {
  const known = {
    "": "c5d2460186f7233c927e7db2dcc703c0e500b653ca82273b7bfad8045d85a470",
    616263: "4e03657aea45a94fc7d47ba826c8d667c0d1e6e33a64a036ec44f58fa12d6c45",
    ["01".repeat(135)]: "3c172af358851e71c45d39b53a91bb503e72de2548ea55caedbb5202f6d34bdb",
    ["01".repeat(136)]: "782165b181823a770bd1c5d6c0b5e7c5f1b53e91da289c27b3622c49fcb91402",
    ["ff".repeat(1000)]: "a2731e433da3b0232d477acfbdcc037cdc9b863559171c0ffc703cc5d61240e2",
  };
  for (const [text, digest] of Object.entries(known)) assert.equal(hex(keccak256(bytes(text))), digest);
});

// As in Ethereum's own tests (ethereum/tests, RLPTests/invalidRLPTest.json): cut short, or not in the only form.
test("what is not canonical RLP is refused", () => {
  for (const text of ["", "c1", "c20001ff", "8100", "b800", "b90000", "f800", "f8021234", `bf${"ff".repeat(8)}`]) {
    assert.throws(() => readList(bytes(text)), ProofError, text);
    if (text) assert.throws(() => readNumber(bytes(text)), ProofError, text);
  }
  assert.equal(readNumber(bytes("820400")), 1024n);
  assert.throws(() => findInTrie(new Uint8Array(32), bytes("01"), new Map(), new Set()), ProofError);
});

test("a proof leads from the hash of the block to the stored numbers", async () => {
  const steps = ["document", "header", "accounts", "slots", "code"];
  assert.deepEqual(await outcomes(DOCUMENT), Object.fromEntries(steps.map((step) => [step, "done"])));
});

test("every lie is found, at its place", async () => {
  const [read] = DOCUMENT.reads;
  const [slot] = Object.keys(read.slots);
  const reads = (/** @type {string} */ value) => [{ ...read, slots: { ...read.slots, [slot ?? ""]: value } }];
  assert.deepEqual(await outcomes(DOCUMENT, BLOCK_HASH, "00".repeat(32)).then((found) => found.document), "document");
  assert.equal((await outcomes(DOCUMENT, `0x${"ab".repeat(32)}`)).header, "header");
  assert.equal((await outcomes({ ...DOCUMENT, header: `${DOCUMENT.header.slice(0, -2)}77` })).header, "header");
  assert.equal((await outcomes({ ...DOCUMENT, reads: reads("0x7") })).slots, `slot ${slot}`);
  assert.equal((await outcomes({ ...DOCUMENT, reads: reads("x") })).slots, "malformed");
  assert.equal((await outcomes({ ...DOCUMENT, codes: ["0x00"] })).code, `code ${read.address}`);
  assert.equal((await outcomes({ ...DOCUMENT, nodes: "0x" })).document, "malformed");
  assert.equal((await outcomes([])).document, "malformed");
  for (const [place, node] of DOCUMENT.nodes.entries()) {
    const changed = node.slice(0, -1) + (node.endsWith("0") ? "1" : "0");
    for (const nodes of [DOCUMENT.nodes.toSpliced(place, 1), DOCUMENT.nodes.with(place, changed)]) {
      const found = await outcomes({ ...DOCUMENT, nodes });
      assert.ok(
        [found.accounts, found.slots].some((said) => said?.startsWith("node 0x")),
        JSON.stringify(found),
      );
    }
  }
});

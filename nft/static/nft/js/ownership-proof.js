// @ts-check
import { hex, sha256 } from "./cid.js";
import { keccak256 } from "./keccak.js";
import { ProofError, findInTrie, readList, readNumber, toNumber } from "./state-trie.js";

/**
 * The proof of ownership at `/avatar/<id>/proof.json`: from the hash of a block to what the contract read there. As
 * profiles/static/verify_proof.py does it.
 *
 * @typedef {{address: string, slots: Record<string, string>}} Read
 * @typedef {{header: string, nodes: string[], codes: string[], reads: Read[]}} Document
 * @typedef {{sha256: string, blockHash: string}} Named what the receipt says of the proof
 * @typedef {"document" | "header" | "accounts" | "slots" | "code"} Step
 * @typedef {Record<string, string | number>} Facts
 * @typedef {{step: Step, facts: Facts} | {step: Step, error: ProofError}} Outcome
 * @typedef {{storageRoot: Uint8Array, codeHash: string}} Account
 * @typedef {{content: Uint8Array, named: Named, document: Document, nodes: Map<string, Uint8Array>, stateRoot: Uint8Array,
 *   accounts: Map<string, Account | null>}} Work
 */

const EMPTY_CODE = "c5d2460186f7233c927e7db2dcc703c0e500b653ca82273b7bfad8045d85a470";
const [STATE_ROOT, NUMBER, TIME, FEWEST_FIELDS] = [3, 8, 11, 15];
const MAX_NODE = 1024;

/** @type {[Step, (work: Work) => Facts | Promise<Facts>][]} */
const CHECKS = [
  ["document", checkDocument],
  ["header", checkHeader],
  ["accounts", checkAccounts],
  ["slots", checkSlots],
  ["code", checkCode],
];

/**
 * Verify a proof step by step. After a step that fails the next ones prove nothing, and are left out; except after the
 * first one: the others then say which part of the document is wrong.
 * @param {Uint8Array} content of the document
 * @param {Named} named
 * @returns {AsyncGenerator<Outcome, void, void>}
 */
export async function* verifyProof(content, named) {
  /** @type {Work} */
  const work = {
    content,
    named,
    document: { header: "0x", nodes: [], codes: [], reads: [] },
    nodes: new Map(),
    stateRoot: new Uint8Array(),
    accounts: new Map(),
  };
  for (const [step, check] of CHECKS) {
    try {
      yield { step, facts: await check(work) };
    } catch (error) {
      yield { step, error: error instanceof ProofError ? error : new ProofError("malformed") };
      if (step !== "document" || !work.document.reads.length) return;
    }
  }
}

/**
 * Check that it is the document that the receipt names.
 * @param {Work} work
 */
async function checkDocument(work) {
  const document = JSON.parse(new TextDecoder().decode(work.content));
  if (![document.nodes, document.codes, document.reads].every(Array.isArray)) throw new ProofError("malformed");
  work.document = document;
  for (const node of work.document.nodes.map(parseHex))
    if (node.length <= MAX_NODE) work.nodes.set(hex(keccak256(node)), node);
  if (hex(await sha256(work.content)) !== work.named.sha256) throw new ProofError("document");
  return { bytes: work.content.length };
}

/**
 * Check that the header is that of the block.
 * @param {Work} work
 */
function checkHeader(work) {
  const header = parseHex(work.document.header);
  if (hex(keccak256(header)) !== hex(parseHex(work.named.blockHash.toLowerCase()))) throw new ProofError("header");
  const fields = readList(header);
  const [root, number, time] = [STATE_ROOT, NUMBER, TIME].map((place) => fields[place]?.content);
  if (fields.length < FEWEST_FIELDS || !root || !number || !time) throw new ProofError("malformed");
  work.stateRoot = root;
  return {
    block: String(toNumber(number)),
    root: `0x${hex(root)}`,
    time: new Date(Number(toNumber(time)) * 1000).toUTCString(),
  };
}

/**
 * Check each account that was read: it is in the state, or provably not.
 * @param {Work} work
 */
function checkAccounts(work) {
  /** @type {Set<string>} */
  const used = new Set();
  for (const { address } of work.document.reads) {
    const found = at(address, () => findInTrie(work.stateRoot, parseHex(address), work.nodes, used));
    work.accounts.set(address, found.length ? parseAccount(found, address) : null);
  }
  return { accounts: work.accounts.size, nodes: used.size };
}

/**
 * Check each value that was read from the storage of an account.
 * @param {Work} work
 */
function checkSlots(work) {
  /** @type {Set<string>} */
  const used = new Set();
  let slots = 0;
  for (const { address, slots: values } of work.document.reads) {
    const account = work.accounts.get(address);
    for (const [slot, value] of Object.entries(values)) {
      const found = account
        ? at(slot, () => findInTrie(account.storageRoot, parseHex(slot), work.nodes, used))
        : new Uint8Array();
      if (at(slot, () => readNumber(found)) !== BigInt(value)) throw new ProofError("slot", slot);
      slots += 1;
    }
  }
  return { slots, nodes: used.size };
}

/**
 * Check that the code is that of the accounts, and that of each is there.
 * @param {Work} work
 */
function checkCode(work) {
  const sizes = new Map(work.document.codes.map(parseHex).map((code) => [hex(keccak256(code)), code.length]));
  let bytes = 0;
  for (const [address, account] of work.accounts) {
    if (account === null || account.codeHash === EMPTY_CODE) continue;
    const size = sizes.get(account.codeHash);
    if (size === undefined) throw new ProofError("code", address);
    bytes += size;
  }
  return { contracts: sizes.size, bytes };
}

/**
 * @param {Uint8Array} content
 * @param {string} address
 * @returns {Account}
 */
function parseAccount(content, address) {
  const [nonce, balance, storageRoot, codeHash] = readList(content).map((item) => item.content);
  if (!nonce || !balance || !storageRoot || !codeHash) throw new ProofError("malformed", address);
  return { storageRoot, codeHash: hex(codeHash) };
}

/**
 * Do `work`, and name the place if it fails.
 * @template T
 * @param {string} place
 * @param {() => T} work
 * @returns {T}
 */
function at(place, work) {
  try {
    return work();
  } catch (error) {
    throw error instanceof ProofError ? new ProofError(error.fault, place) : error;
  }
}

/** @param {string} text */
function parseHex(text) {
  if (!/^0x(?:[0-9a-f]{2})*$/.test(text)) throw new ProofError("malformed");
  return Uint8Array.from(text.slice(2).match(/../g) ?? [], (pair) => parseInt(pair, 16));
}

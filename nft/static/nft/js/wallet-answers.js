// @ts-check
import { isAddress } from "./addresses.js";

/**
 * What wallets answer, read leniently. EIP-1193 says which form an answer has, and many wallets use another one. What is
 * unreadable is told apart from what is wrong: the caller asks again instead of acting on it.
 */

/**
 * Return the chain id in an answer to eth_chainId or in a chainChanged event: hex or decimal text, a number, a CAIP-2
 * identifier, or an object with `chainId` or `result`.
 * @param {any} answer
 * @returns {number} 0 if there is none
 */
export function parseChainId(answer) {
  if (typeof answer === "object" && answer !== null) return parseChainId(answer.chainId ?? answer.result ?? null);
  if (typeof answer === "bigint") return parseChainId(Number(answer));
  if (typeof answer === "number") return Number.isSafeInteger(answer) && answer > 0 ? answer : 0;
  if (typeof answer !== "string") return 0;
  const text = answer
    .trim()
    .toLowerCase()
    .replace(/^eip155:/, "");
  return /^(?:0x[0-9a-f]+|[0-9]+)$/.test(text) ? parseChainId(Number(text)) : 0;
}

/**
 * Return the addresses in an answer to eth_accounts or in an accountsChanged event: a list of addresses, of CAIP-10
 * accounts or of objects with `address`; a single one of these; or an object with `accounts` or `result`.
 * @param {any} answer
 * @returns {string[]} in the wallet's own spelling, since some wallets compare case
 */
export function parseAccounts(answer) {
  const list = answer?.accounts ?? answer?.result ?? answer;
  return (Array.isArray(list) ? list : [list]).map(parseAccount).filter(isAddress);
}

/** @param {any} account */
function parseAccount(account) {
  const text = typeof account === "string" ? account : account?.address;
  return typeof text === "string" ? text.trim().split(":").at(-1)?.replace(/^0X/, "0x") : "";
}

/**
 * Return the signature in an answer to personal_sign: hex text with or without 0x, bytes, or an object with `signature`
 * or `result`. `0x` is a signature: of a contract account that approved the text on its chain.
 * @param {any} answer
 * @returns {string} "" if there is none
 */
export function parseSignature(answer) {
  if (typeof answer === "string") return answer.trim();
  const bytes = toBytes(answer);
  if (bytes) return `0x${Array.from(bytes, (byte) => byte.toString(16).padStart(2, "0")).join("")}`;
  return parseText(answer, ["signature", "result", "sig"]);
}

/**
 * Return the hash in an answer to eth_sendTransaction: text, or an object with the hash.
 * @param {any} answer
 * @returns {string} "" if there is none
 */
export function parseHash(answer) {
  const text =
    typeof answer === "string" ? answer.trim() : parseText(answer, ["hash", "transactionHash", "txHash", "result"]);
  return /^[0-9a-f]{64}$/i.test(text) ? `0x${text}` : text.replace(/^0X/, "0x");
}

/**
 * Return the first of the members that is text.
 * @param {any} answer
 * @param {string[]} names
 * @returns {string}
 */
function parseText(answer, names) {
  const found = names.map((name) => answer?.[name]).find((value) => typeof value === "string");
  return found?.trim() ?? "";
}

/**
 * Return bytes that a wallet sent as such or as a list of numbers.
 * @param {any} answer
 * @returns {Uint8Array | null}
 */
function toBytes(answer) {
  if (answer instanceof Uint8Array) return answer;
  const isList = Array.isArray(answer) && answer.length > 0;
  return isList && answer.every((byte) => Number.isInteger(byte) && byte >= 0 && byte < 256)
    ? Uint8Array.from(answer)
    : null;
}

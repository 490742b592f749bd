// @ts-check
/**
 * What a wallet's refusal means, in a sentence with a way on. Codes: EIP-1193 (4xxx), EIP-1474 and MetaMask (-32xxx).
 *
 * @typedef {"refused" | "locked" | "waiting" | "offline" | "chain-missing" | "unsupported" | "busy" | "funds"
 *   | "failed"} Kind
 * @typedef {{kind: Kind, sentence: string}} Described
 */

/** An error of our own that carries its sentence; pages show it as it is. */
export class Trouble extends Error {
  /**
   * @param {string} sentence
   * @param {Kind} kind
   */
  constructor(sentence, kind = "failed") {
    super(sentence);
    this.kind = kind;
  }
}

/** @type {Map<number, Described>} */
const BY_CODE = new Map([
  [4001, { kind: "refused", sentence: "You said no in your wallet. Nothing was signed or sent; try again whenever you like." }],
  [4100, { kind: "locked", sentence: "Your wallet is locked, or this account is not shared with us. Unlock it, allow the account, and try again." }],
  [-32002, { kind: "waiting", sentence: "Your wallet already has a question open. Open the wallet, answer it there, then try again." }],
  [4200, { kind: "unsupported", sentence: "This wallet cannot do that. Please try another wallet." }],
  [-32601, { kind: "unsupported", sentence: "This wallet cannot do that. Please try another wallet." }],
  [4900, { kind: "offline", sentence: "Your wallet has lost its connection to every network. Check its connection, then try again." }],
  [4901, { kind: "offline", sentence: "Your wallet is not connected to this network. Choose the network in your wallet, then try again." }],
  [4902, { kind: "chain-missing", sentence: "Your wallet does not know this network yet. Add it in the wallet, then try again." }],
  [-32005, { kind: "busy", sentence: "Your wallet’s network is answering too many requests. Wait a minute, then try again." }],
  [-32000, { kind: "failed", sentence: "The network turned the request down. Check that the account has enough for the network fee, then try again." }],
  [-32603, { kind: "failed", sentence: "Something went wrong inside your wallet. Close and open it, then try again." }],
]);

/** @type {Described} */
const FUNDS = { kind: "funds", sentence: "This account has too little to pay the network fee. Add some funds to it, or use another account." };
/** @type {Described} */
const UNKNOWN = { kind: "failed", sentence: "Your wallet answered in a way we do not understand. Try again, or use another wallet." };

/**
 * Wallets wrap a node's or another layer's error in `data.originalError` or `cause`; -32603 is the usual wrapper.
 * @param {any} error
 * @returns {number | undefined} the most telling code
 */
export function errorCode(error) {
  const inner = error?.data?.originalError?.code ?? error?.cause?.code ?? error?.data?.code;
  const outer = error?.code;
  if (outer === -32603 && BY_CODE.has(inner)) return inner;
  return typeof outer === "number" ? outer : inner;
}

/**
 * @param {any} error anything a provider may throw
 * @returns {Described}
 */
export function describeError(error) {
  if (error instanceof Trouble) return { kind: error.kind, sentence: error.message };
  const code = errorCode(error);
  if (typeof error?.message === "string" && /insufficient funds/i.test(error.message)) return FUNDS;
  return (code !== undefined && BY_CODE.get(code)) || UNKNOWN;
}

export const NO_WALLET =
  "No wallet was found in this browser. A wallet is an app or extension that keeps your keys; install one, or open this page in your wallet’s own browser, then reload.";

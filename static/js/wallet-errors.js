// @ts-check
/**
 * Messages for the errors of wallets, each with advice on how to go on. Codes: EIP-1193 (4xxx), EIP-1474 and MetaMask
 * (-32xxx), CAIP-25 and WalletConnect (5xxx, 6000).
 *
 * @typedef {"refused" | "locked" | "waiting" | "offline" | "chain-missing" | "unsupported" | "busy" | "funds"
 *   | "expired" | "ended" | "failed"} Kind
 * @typedef {{kind: Kind, message: string}} ErrorDescription
 */

/** An error whose message is shown to the user. */
export class UserFacingError extends Error {
  /**
   * @param {string} message
   * @param {Kind} kind
   */
  constructor(message, kind = "failed") {
    super(message);
    this.kind = kind;
  }
}

/** @type {Map<number, ErrorDescription>} */
const BY_CODE = new Map([
  [
    4001,
    {
      kind: "refused",
      message: "You said no in your wallet. Nothing was signed or sent; try again whenever you like.",
    },
  ],
  [
    4100,
    {
      kind: "locked",
      message:
        "Your wallet is locked, or this account is not shared with us. Unlock it, allow the account, and try again.",
    },
  ],
  [
    -32002,
    {
      kind: "waiting",
      message: "Your wallet already has a question open. Open the wallet, answer it there, then try again.",
    },
  ],
  [4200, { kind: "unsupported", message: "This wallet cannot do that. Please try another wallet." }],
  [-32601, { kind: "unsupported", message: "This wallet cannot do that. Please try another wallet." }],
  [
    4900,
    {
      kind: "offline",
      message: "Your wallet has lost its connection to every network. Check its connection, then try again.",
    },
  ],
  [
    4901,
    {
      kind: "offline",
      message: "Your wallet is not connected to this network. Choose the network in your wallet, then try again.",
    },
  ],
  [
    4902,
    {
      kind: "chain-missing",
      message: "Your wallet does not know this network yet. Add it in the wallet, then try again.",
    },
  ],
  [
    -32005,
    { kind: "busy", message: "Your wallet’s network is answering too many requests. Wait a minute, then try again." },
  ],
  [
    -32000,
    {
      kind: "failed",
      message:
        "The network turned the request down. Check that the account has enough for the network fee, then try again.",
    },
  ],
  [
    5000,
    {
      kind: "refused",
      message: "You said no in your wallet. Nothing was signed or sent; try again whenever you like.",
    },
  ],
  [
    5001,
    {
      kind: "chain-missing",
      message:
        "Your wallet did not agree to the network this site uses. Add the network in the wallet, then try again.",
    },
  ],
  [
    5002,
    {
      kind: "unsupported",
      message: "Your wallet did not agree to sign for this site. Allow it in the wallet, or try another wallet.",
    },
  ],
  [
    5100,
    {
      kind: "chain-missing",
      message: "Your wallet does not have the network this site uses. Add it in the wallet, then try again.",
    },
  ],
  [5101, { kind: "unsupported", message: "This wallet cannot do that. Please try another wallet." }],
  [6000, { kind: "ended", message: "Your wallet ended the connection. Choose it again to go on." }],
  [-32603, { kind: "failed", message: "Something went wrong inside your wallet. Close and open it, then try again." }],
]);

/** @type {ErrorDescription} */
const FUNDS = {
  kind: "funds",
  message: "This account has too little to pay the network fee. Add some funds to it, or use another account.",
};
/** @type {ErrorDescription} */
const UNKNOWN = {
  kind: "failed",
  message: "Your wallet answered in a way we do not understand. Try again, or use another wallet.",
};

/**
 * Return the most specific error code. Wallets wrap errors of a node in `data.originalError` or `cause`, usually with
 * the outer code -32603.
 * @param {any} error
 * @returns {number | undefined}
 */
export function errorCode(error) {
  const inner = error?.data?.originalError?.code ?? error?.cause?.code ?? error?.data?.code;
  const outer = error?.code;
  if (outer === -32603 && BY_CODE.has(inner)) return inner;
  return typeof outer === "number" ? outer : inner;
}

/**
 * Return the kind of an error and the message for the user.
 * @param {any} error anything a provider may throw
 * @returns {ErrorDescription}
 */
export function describeError(error) {
  if (error instanceof UserFacingError) return { kind: error.kind, message: error.message };
  try {
    const code = errorCode(error);
    if (typeof error?.message === "string" && /insufficient funds/i.test(error.message)) return FUNDS;
    return (code !== undefined && BY_CODE.get(code)) || UNKNOWN;
  } catch {
    return UNKNOWN; // the error object is untrusted, and reading it may throw
  }
}

export const NO_WALLET =
  "No wallet was found in this browser. A wallet is an app or extension that keeps your keys; install one, or open this page in your wallet’s own browser, then reload.";

export const NO_WALLET_ON_PHONE = "Another wallet app? Most have a browser of their own: go to this page in it.";

/** For sites with WalletConnect. */
export const NO_WALLET_HERE =
  "No wallet was found in this browser. With WalletConnect you can use the one on your phone.";

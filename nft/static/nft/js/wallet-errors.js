// @ts-check
import { UserFacingError } from "../../profiles/js/user-facing-error.js";
import { gettext } from "../../profiles/js/words.js";

/**
 * Messages for the errors of wallets, each with advice on how to go on. Codes: EIP-1193 (4xxx), EIP-1474 and MetaMask
 * (-32xxx), CAIP-25 and WalletConnect (5xxx, 6000).
 *
 * @typedef {import("../../profiles/js/user-facing-error.js").Kind} Kind
 * @typedef {{kind: Kind, message: string}} ErrorDescription
 */

/** @type {Map<number, ErrorDescription>} */
const BY_CODE = new Map([
  [
    4001,
    {
      kind: "refused",
      message: gettext("You said no in your wallet. Nothing was signed or sent; try again whenever you like."),
    },
  ],
  [
    4100,
    {
      kind: "locked",
      message: gettext(
        "Your wallet is locked, or this account is not shared with us. Unlock it, allow the account, and try again.",
      ),
    },
  ],
  [
    -32002,
    {
      kind: "waiting",
      message: gettext("Your wallet already has a question open. Open the wallet, answer it there, then try again."),
    },
  ],
  [4200, { kind: "unsupported", message: gettext("This wallet cannot do that. Please try another wallet.") }],
  [-32601, { kind: "unsupported", message: gettext("This wallet cannot do that. Please try another wallet.") }],
  [
    4900,
    {
      kind: "offline",
      message: gettext("Your wallet has lost its connection to every network. Check its connection, then try again."),
    },
  ],
  [
    4901,
    {
      kind: "offline",
      message: gettext(
        "Your wallet is not connected to this network. Choose the network in your wallet, then try again.",
      ),
    },
  ],
  [
    4902,
    {
      kind: "chain-missing",
      message: gettext("Your wallet does not know this network yet. Add it in the wallet, then try again."),
    },
  ],
  [
    -32005,
    {
      kind: "busy",
      message: gettext("Your wallet’s network is answering too many requests. Wait a minute, then try again."),
    },
  ],
  [
    -32000,
    {
      kind: "failed",
      message: gettext(
        "The network turned the request down. Check that the account has enough for the network fee, then try again.",
      ),
    },
  ],
  [
    5000,
    {
      kind: "refused",
      message: gettext("You said no in your wallet. Nothing was signed or sent; try again whenever you like."),
    },
  ],
  [
    5001,
    {
      kind: "chain-missing",
      message: gettext(
        "Your wallet did not agree to the network this site uses. Add the network in the wallet, then try again.",
      ),
    },
  ],
  [
    5002,
    {
      kind: "unsupported",
      message: gettext(
        "Your wallet did not agree to sign for this site. Allow it in the wallet, or try another wallet.",
      ),
    },
  ],
  [
    5100,
    {
      kind: "chain-missing",
      message: gettext("Your wallet does not have the network this site uses. Add it in the wallet, then try again."),
    },
  ],
  [5101, { kind: "unsupported", message: gettext("This wallet cannot do that. Please try another wallet.") }],
  [6000, { kind: "ended", message: gettext("Your wallet ended the connection. Choose it again to go on.") }],
  [
    -32603,
    { kind: "failed", message: gettext("Something went wrong inside your wallet. Close and open it, then try again.") },
  ],
]);

/** @type {ErrorDescription} */
const FUNDS = {
  kind: "funds",
  message: gettext("This account has too little to pay the network fee. Add some funds to it, or use another account."),
};
/** @type {ErrorDescription} */
const UNKNOWN = {
  kind: "failed",
  message: gettext("Your wallet answered in a way we do not understand. Try again, or use another wallet."),
};

/** @type {ErrorDescription} */
const BREAKER = {
  kind: "busy",
  message: gettext(
    "Your wallet has stopped asking its network for a while, after too many failures. Wait a minute, or choose another RPC address for the network in your wallet, then try again.",
  ),
};

/** Codes that say nothing more than that something failed, so that the text decides. */
const GENERIC = new Set([-32603, -32000, -32001, -32003, -32099]);
/** Codes that libraries in wallets use in place of numbers. */
const NAMED = new Map([
  ["ACTION_REJECTED", 4001],
  ["USER_REJECTED", 4001],
  ["UNSUPPORTED_OPERATION", 4200],
  ["NETWORK_ERROR", 4900],
  ["SERVER_ERROR", 4900],
  ["TIMEOUT", 4900],
]);
/** @type {[RegExp, number][]} */
const BY_TEXT = [
  [
    /user (?:denied|rejected|declined|cancell?ed|closed)|(?:rejected|denied|declined|cancell?ed) by (?:the )?user/i,
    4001,
  ],
  [/action[ _]rejected|user rejection|request rejected/i, 4001],
  [
    /unrecognized chain|chain .{0,40}(?:not|n't) (?:been )?(?:added|recogni|configured|found)|unknown (?:chain|network)/i,
    4902,
  ],
  [/already (?:pending|processing)|request .{0,40}pending|another request/i, -32002],
  [/method .{0,60}(?:not (?:found|supported|available|implemented)|does not exist)|unsupported method/i, 4200],
  [/wallet is locked|unlock your wallet|has not been authorized/i, 4100],
  [/failed to fetch|could not detect network|network ?error|fetch failed|disconnected/i, 4900],
  [/too many requests|rate limit/i, -32005],
];
/** Limit of the errors read inside an error, which may refer to itself. */
const MAX_ERRORS = 12;

/**
 * Return an error and those wrapped in it, the outer ones first.
 * @param {any} error
 * @returns {any[]}
 */
function unwrapErrors(error) {
  const found = [error];
  for (const each of found) {
    if (typeof each !== "object" || each === null) continue;
    const inner = [each.data, each.data?.originalError, each.originalError, each.cause, each.error, each.info];
    for (const one of inner) if (one && found.length < MAX_ERRORS && !found.includes(one)) found.push(one);
  }
  return found;
}

/**
 * Return the code of one error as a number.
 * @param {any} error
 * @returns {number | undefined}
 */
function ownCode(error) {
  const code = error?.code;
  if (typeof code === "number") return code;
  return typeof code === "string" ? (NAMED.get(code) ?? (Number(code) || undefined)) : undefined;
}

/**
 * Return the texts of errors, as one text.
 * @param {any[]} errors
 */
function joinTexts(errors) {
  const texts = errors.flatMap((each) => (typeof each === "string" ? [each] : [each?.message, each?.details]));
  return texts
    .filter((text) => typeof text === "string")
    .join("\n")
    .slice(0, 2000);
}

/**
 * Return the code of an error. Wallets wrap errors of a node in others, write codes as text, or use a general code with
 * a text that says more. A refusal is one under any code.
 * @param {any} error
 * @returns {number | undefined}
 */
export function errorCode(error) {
  const errors = unwrapErrors(error);
  const codes = errors.map(ownCode).filter((code) => code !== undefined);
  const text = joinTexts(errors);
  const said = BY_TEXT.find(([pattern]) => pattern.test(text))?.[1];
  if (said === 4001) return said;
  return codes.find((code) => BY_CODE.has(code) && !GENERIC.has(code)) ?? said ?? codes[0];
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
    const text = joinTexts(unwrapErrors(error));
    if (/insufficient funds/i.test(text)) return FUNDS;
    if (/circuit breaker/i.test(text)) return BREAKER;
    return (code !== undefined && BY_CODE.get(code)) || UNKNOWN;
  } catch {
    return UNKNOWN; // the error object is untrusted, and reading it may throw
  }
}

export const NO_WALLET = gettext(
  "No wallet was found in this browser. A wallet is an app or extension that keeps your keys; install one, or open this page in your wallet’s own browser, then reload. A wallet without an extension, such as Base Account, cannot be used here yet.",
);

export const NO_WALLET_ON_PHONE = gettext(
  "Another wallet app? Most have a browser of their own: go to this page in it.",
);

/** For sites with WalletConnect. */
export const NO_WALLET_HERE = gettext(
  "No wallet was found in this browser. With WalletConnect you can use the one on your phone. A wallet with neither an extension nor WalletConnect, such as Base Account, cannot be used here yet.",
);

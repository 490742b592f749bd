// @ts-check
import { gettext } from "../../profiles/js/words.js";

/**
 * Discovery of wallets (EIP-6963). The name and icon of a wallet are untrusted and are sanitized here.
 *
 * @typedef {{method: string, params?: unknown, seconds?: number}} Request  `seconds` to wait, for remote wallets
 * @typedef {{request(call: Request): Promise<unknown>, on?(event: string, listener: (value: any) => void): unknown,
 *   removeListener?(event: string, listener: (value: any) => void): unknown}} Provider
 * @typedef {{name: string, icon: string, rdns: string, provider: Provider, isRemote?: boolean,
 *   appLink?(): string}} Wallet  `isRemote`: on another device or in another app, reached through WalletConnect;
 *   `appLink` then returns a link that opens that app on this device, "" if it has none
 */

const NAME_LENGTH = 40;
const ICON_LENGTH = 64 * 1024;
const ICON_TYPE = /^data:image\/(?:png|svg\+xml|webp|gif|jpeg|avif)[;,]/i;
/** Control, bidi and zero-width characters, which can make one name look like another. */
const INVISIBLE = /[\u0000-\u001f\u007f-\u009f\u00ad\u061c\u200b-\u200f\u2028-\u202e\u2060-\u206f\ufeff]/g;
const RDNS = /^[a-z0-9-]+(?:\.[a-z0-9-]+)+$/i;
/** Limit of the list, since another script on the page could announce any number of wallets. */
const MAX_WALLETS = 24;

/**
 * Return a name without invisible characters, of at most 40 characters.
 * @param {unknown} name
 */
export function cleanName(name) {
  const text = typeof name === "string" ? name.normalize("NFC").replace(INVISIBLE, "").replace(/\s+/g, " ").trim() : "";
  const letters = [...text];
  const shown = letters.length > NAME_LENGTH ? [...letters.slice(0, NAME_LENGTH - 1), "…"] : letters;
  return shown.join("").trim() || gettext("Unnamed wallet");
}

/**
 * Return the icon if it is a data URI of an image of at most 64 KB, otherwise "".
 * @param {unknown} icon
 */
export function cleanIcon(icon) {
  return typeof icon === "string" && icon.length <= ICON_LENGTH && ICON_TYPE.test(icon) ? icon : "";
}

/**
 * Parse an announcement.
 * @param {any} detail of an `eip6963:announceProvider` event
 * @returns {Wallet & {uuid: string} | null} null if it is malformed
 */
export function parseAnnouncement(detail) {
  try {
    const { info, provider } = detail ?? {};
    if (typeof provider?.request !== "function") return null;
    const { uuid, name, icon, rdns } = info ?? {};
    if (typeof uuid !== "string" || uuid === "") return null;
    const isNamed = typeof rdns === "string" && rdns.length <= 100 && RDNS.test(rdns);
    return { uuid, name: cleanName(name), icon: cleanIcon(icon), rdns: isNamed ? rdns.toLowerCase() : "", provider };
  } catch {
    return null; // the object is untrusted, and its getters may throw
  }
}

/**
 * Call `onChange` with all wallets found so far, each time another one announces itself. Their order never changes.
 *
 * A wallet is identified by uuid, name, icon and rdns together, so that an announcement with the uuid of another wallet
 * does not replace that wallet. A full copy cannot be detected: some honest wallets, too, use a new provider object for
 * each announcement.
 * @param {(wallets: Wallet[], isSettled: boolean) => void} onChange `isSettled` after the timeout
 * @param {EventTarget & {ethereum?: Provider}} target the window
 * @param {number} timeout milliseconds until `window.ethereum` is used if no wallet announced itself
 */
export function watchWallets(onChange, target, timeout = 250) {
  /** @type {Map<string, Wallet>} */
  const found = new Map();
  let isSettled = false;
  const report = () =>
    onChange(found.size > 0 ? [...found.values()] : isSettled ? legacyWallets(target) : [], isSettled);
  target.addEventListener("eip6963:announceProvider", (event) => {
    const wallet = parseAnnouncement(/** @type {CustomEvent} */ (event).detail);
    if (!wallet || found.size >= MAX_WALLETS) return;
    const { provider, ...identity } = wallet;
    const key = JSON.stringify(identity);
    if (found.has(key) || [...found.values()].some((known) => known.provider === provider)) return;
    found.set(key, wallet);
    report();
  });
  target.dispatchEvent(new Event("eip6963:requestProvider"));
  setTimeout(() => {
    isSettled = true;
    report();
  }, timeout);
}

/**
 * Return the wallet at `window.ethereum`, if any. Use it only if no wallet announced itself: otherwise it is whichever
 * wallet was loaded last.
 * @param {{ethereum?: Provider}} target
 * @returns {Wallet[]}
 */
function legacyWallets(target) {
  try {
    const provider = target.ethereum;
    return typeof provider?.request === "function"
      ? [{ name: gettext("Browser wallet"), icon: "", rdns: "", provider }]
      : [];
  } catch {
    return [];
  }
}

/**
 * Return the name of a wallet that has the name or rdns of another one, "" if there is none.
 * @param {Wallet[]} wallets
 * @returns {string}
 */
export function findDuplicateName(wallets) {
  const key = (/** @type {Wallet} */ { name }) => name.normalize("NFKC").toLowerCase();
  const duplicate = wallets.find((wallet, index) =>
    wallets
      .slice(0, index)
      .some((other) => key(other) === key(wallet) || (wallet.rdns !== "" && other.rdns === wallet.rdns)),
  );
  return duplicate?.name ?? "";
}

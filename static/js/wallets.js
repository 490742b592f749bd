// @ts-check
/**
 * Finding wallets (EIP-6963) and reading what they say. A wallet is a stranger: its name and its icon are data from
 * somebody else's program, and are cleaned here before any page shows them.
 *
 * @typedef {{method: string, params?: unknown}} Request
 * @typedef {{request(call: Request): Promise<unknown>, on?(event: string, listener: (value: any) => void): unknown,
 *   removeListener?(event: string, listener: (value: any) => void): unknown}} Provider
 * @typedef {{name: string, icon: string, rdns: string, provider: Provider, isRemote?: boolean,
 *   appLink?(): string}} Wallet  `isRemote`: on another device or in another app, reached by asking it (WalletConnect);
 *   `appLink` then leads to that app on this device, "" where it named none
 */

const NAME_LENGTH = 40;
const ICON_LENGTH = 64 * 1024;
const ICON_TYPE = /^data:image\/(?:png|svg\+xml|webp|gif|jpeg|avif)[;,]/i;
/** Control, bidi and zero-width characters: they can make one name look like another. */
const INVISIBLE = /[\u0000-\u001f\u007f-\u009f\u00ad\u061c\u200b-\u200f\u2028-\u202e\u2060-\u206f\ufeff]/g;
const RDNS = /^[a-z0-9-]+(?:\.[a-z0-9-]+)+$/i;
/** Nobody has more; a page that announces wallets without end must not fill the list. */
const MAX_WALLETS = 24;

/** @param {unknown} name */
export function cleanName(name) {
  const text = typeof name === "string" ? name.normalize("NFC").replace(INVISIBLE, "").replace(/\s+/g, " ").trim() : "";
  const letters = [...text];
  const shown = letters.length > NAME_LENGTH ? [...letters.slice(0, NAME_LENGTH - 1), "…"] : letters;
  return shown.join("").trim() || "Unnamed wallet";
}

/** @param {unknown} icon a data URI that is an image and not huge, else "" */
export function cleanIcon(icon) {
  return typeof icon === "string" && icon.length <= ICON_LENGTH && ICON_TYPE.test(icon) ? icon : "";
}

/**
 * @param {any} detail of an `eip6963:announceProvider` event
 * @returns {Wallet & {uuid: string} | null} null for what is no wallet at all
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
    return null; // a stranger's getters may throw
  }
}

/**
 * Calls back with all wallets known so far, at once and each time one more announces itself; the order never changes.
 * A uuid alone is no identity: who announces another's, with a name or an icon of their own, does not take its place.
 * Somebody who copies everything can't be told apart by any page, as some honest wallets too come with a new provider
 * object each time they announce themselves.
 * @param {(wallets: Wallet[], isSettled: boolean) => void} onChange `isSettled` once the timeout is over
 * @param {EventTarget & {ethereum?: Provider}} target the window
 * @param {number} timeout milliseconds until the older `window.ethereum` counts, if nobody announced it
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
 * With EIP-6963 in use window.ethereum is merely whichever wallet came last, so it counts only when nobody announced.
 * @param {{ethereum?: Provider}} target
 * @returns {Wallet[]}
 */
function legacyWallets(target) {
  try {
    const provider = target.ethereum;
    return typeof provider?.request === "function" ? [{ name: "Browser wallet", icon: "", rdns: "", provider }] : [];
  } catch {
    return [];
  }
}

/**
 * @param {Wallet[]} wallets
 * @returns {string} a name that more than one of them goes by, or the name of one that goes by another's rdns; "" if
 *   all are different
 */
export function findDuplicateName(wallets) {
  const key = (/** @type {Wallet} */ { name }) => name.normalize("NFKC").toLowerCase();
  const twin = wallets.find((wallet, index) =>
    wallets
      .slice(0, index)
      .some((other) => key(other) === key(wallet) || (wallet.rdns !== "" && other.rdns === wallet.rdns)),
  );
  return twin?.name ?? "";
}

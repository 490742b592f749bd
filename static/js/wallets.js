// @ts-check
/**
 * Finding wallets (EIP-6963) and reading what they say. A wallet is a stranger: its name and its icon are data from
 * somebody else's program, and are cleaned here before any page shows them.
 *
 * @typedef {{method: string, params?: unknown}} Request
 * @typedef {{request(call: Request): Promise<unknown>, on?(event: string, listener: (value: any) => void): unknown,
 *   removeListener?(event: string, listener: (value: any) => void): unknown}} Provider
 * @typedef {{id: string, name: string, icon: string, provider: Provider}} Wallet
 */

const NAME_LENGTH = 40;
const ICON_LENGTH = 64 * 1024;
const ICON_TYPE = /^data:image\/(?:png|svg\+xml|webp|gif|jpeg|avif)[;,]/i;
/** Control, bidi and zero-width characters: they can make one name look like another. */
const UNSEEN = /[\u0000-\u001f\u007f-\u009f\u00ad\u061c\u200b-\u200f\u2028-\u202e\u2060-\u206f\ufeff]/g;

/** @param {unknown} name */
export function cleanName(name) {
  const text = typeof name === "string" ? name.normalize("NFC").replace(UNSEEN, "").replace(/\s+/g, " ").trim() : "";
  return [...text].slice(0, NAME_LENGTH).join("") || "Unnamed wallet";
}

/** @param {unknown} icon a data URI that is an image and not huge, else "" */
export function cleanIcon(icon) {
  return typeof icon === "string" && icon.length <= ICON_LENGTH && ICON_TYPE.test(icon) ? icon : "";
}

/**
 * @param {any} detail of an `eip6963:announceProvider` event
 * @returns {Wallet | null} null for what is no wallet at all
 */
export function readAnnouncement(detail) {
  const { info, provider } = detail ?? {};
  if (typeof provider?.request !== "function" || typeof info?.uuid !== "string" || info.uuid === "") return null;
  return { id: info.uuid.slice(0, 100), name: cleanName(info.name), icon: cleanIcon(info.icon), provider };
}

/**
 * Calls back with all wallets known so far, at once and each time one more announces itself.
 * @param {(wallets: Wallet[]) => void} onChange
 * @param {EventTarget & {ethereum?: Provider}} target the window
 * @param {number} patience milliseconds until the older `window.ethereum` counts, if nobody announced it
 */
export function watchWallets(onChange, target, patience = 250) {
  /** @type {Map<string, Wallet>} */
  const found = new Map();
  const report = () => onChange([...found.values()]);
  target.addEventListener("eip6963:announceProvider", (event) => {
    const wallet = readAnnouncement(/** @type {CustomEvent} */ (event).detail);
    if (!wallet || found.has(wallet.id)) return;
    found.set(wallet.id, wallet);
    report();
  });
  target.dispatchEvent(new Event("eip6963:requestProvider"));
  setTimeout(() => {
    const legacy = legacyWallet(target.ethereum, [...found.values()]);
    if (legacy) found.set(legacy.id, legacy);
    report();
  }, patience);
}

/**
 * @param {Provider | undefined} provider `window.ethereum`
 * @param {Wallet[]} announced
 * @returns {Wallet | null}
 */
function legacyWallet(provider, announced) {
  if (typeof provider?.request !== "function") return null;
  // With EIP-6963 in use, window.ethereum is merely whichever wallet came last.
  return announced.length > 0 ? null : { id: "window.ethereum", name: "Browser wallet", icon: "", provider };
}

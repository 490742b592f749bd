// @ts-check
/** On a phone the wallet is an app: it has its own browser, and pages reach it by links. */

/** @param {{matchMedia(query: string): {matches: boolean}}} target the window */
export function isPhone(target) {
  return target.matchMedia("(pointer: coarse)").matches;
}

/**
 * The same page in MetaMask's own browser. Its documented link takes the address without its scheme, and unescaped.
 * https://docs.metamask.io/metamask-connect/evm/guides/metamask-exclusive/use-deeplinks/
 * @param {string} page its address
 * @param {string} [next] where the person was going, if the address does not say so already
 */
export function metaMaskLink(page, next = "") {
  const url = new URL(page);
  if (next && !url.searchParams.has("next")) url.searchParams.set("next", next);
  return `https://link.metamask.io/dapp/${url.host}${url.pathname}${url.search}`;
}

/**
 * A link that a wallet app gave for itself. It comes from a stranger, so it may only open an app or a secure page.
 * @param {unknown} link
 * @returns {string} "" for anything else
 */
export function cleanAppLink(link) {
  if (typeof link !== "string" || link.length > 200 || !URL.canParse(link)) return "";
  const { protocol, href } = new URL(link);
  const isApp =
    /^[a-z][a-z0-9+.-]*:\/\//i.test(link) &&
    !/^(?:https?|wss?|ftp|file|javascript|data|blob|vbscript|about|view-source|intent):$/.test(protocol);
  return protocol === "https:" || isApp ? href : "";
}

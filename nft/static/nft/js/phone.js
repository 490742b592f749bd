// @ts-check
/** Links to wallet apps on phones. */

/**
 * Return whether this is a phone or tablet.
 * @param {{matchMedia(query: string): {matches: boolean}}} target the window
 */
export function isPhone(target) {
  return target.matchMedia("(pointer: coarse)").matches;
}

/**
 * Return a link that opens the page in MetaMask's browser. It takes the URL without scheme and without escaping:
 * https://docs.metamask.io/metamask-connect/evm/guides/metamask-exclusive/use-deeplinks/
 * @param {string} page URL
 * @param {string} [next] the page to open after signing in, unless the URL has it already
 */
export function metaMaskLink(page, next = "") {
  const url = new URL(page);
  if (next && !url.searchParams.has("next")) url.searchParams.set("next", next);
  return `https://link.metamask.io/dapp/${url.host}${url.pathname}${url.search}`;
}

/**
 * Return a link a wallet app announced for itself, or "" unless it opens an app or an https page. The link is
 * untrusted.
 * @param {unknown} link
 * @returns {string}
 */
export function cleanAppLink(link) {
  if (typeof link !== "string" || link.length > 200 || !URL.canParse(link)) return "";
  const { protocol, href } = new URL(link);
  const isApp =
    /^[a-z][a-z0-9+.-]*:\/\//i.test(link) &&
    !/^(?:https?|wss?|ftp|file|javascript|data|blob|vbscript|about|view-source|intent):$/.test(protocol);
  return protocol === "https:" || isApp ? href : "";
}

// @ts-check
/**
 * The contents of nft/static/nft/vendor/walletconnect.js: the WalletConnect client and a QR code renderer for pairing URIs.
 *
 * 2.21.8 is the last version under the Apache license. The terms of later versions bind the operator of the site (only
 * their network, their trademarks, their rights to changes), which rules them out for software that others install.
 */
export { SignClient } from "@walletconnect/sign-client";
export { renderSVG } from "uqr";

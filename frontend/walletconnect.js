// @ts-check
/**
 * What static/vendor/walletconnect.js holds: WalletConnect's own client, and a QR code for its addresses.
 *
 * 2.21.8 is the last version under the Apache licence. Later ones come under terms that bind whoever runs the site
 * (their network only, their marks, their title to changes), so they are no choice for a project others install.
 */
export { SignClient } from "@walletconnect/sign-client";
export { renderSVG } from "uqr";

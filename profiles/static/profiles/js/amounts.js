// @ts-check
/** Formatting of amounts: native currency (18 decimals, without floating point) and byte counts. */

import { decimalPoint, gettext } from "./words.js";

const WEI_DIGITS = 18;

/**
 * Format an amount of native currency. Further digits are cut off, not rounded.
 * @param {bigint} wei
 * @param {number} significant digits of the fraction to keep, not counting leading zeros
 */
export function formatCoin(wei, significant = 3) {
  const digits = wei.toString().padStart(WEI_DIGITS + 1, "0");
  const whole = digits.slice(0, -WEI_DIGITS);
  const fraction = digits.slice(-WEI_DIGITS);
  const zeros = /^0*/.exec(fraction)?.[0].length ?? 0;
  const shown = whole === "0" ? zeros + significant : significant;
  const kept = fraction.slice(0, Math.min(shown, WEI_DIGITS)).replace(/0+$/, "");
  return kept ? `${whole}${decimalPoint}${kept}` : whole;
}

/**
 * Format the network fee in native currency.
 * @param {string} gas hex
 * @param {string} price hex, wei per unit of gas
 */
export function formatFee(gas, price) {
  return formatCoin(BigInt(gas) * BigInt(price));
}

/**
 * Return a message if the account cannot pay for its transaction, otherwise "".
 * @param {string} gas hex
 * @param {string} price hex, wei per unit of gas
 * @param {string} balance hex, wei
 * @param {string} currency
 */
export function describeShortfall(gas, price, balance, currency) {
  const needed = BigInt(gas) * BigInt(price);
  if (BigInt(balance) >= needed) return "";
  const words = { amount: formatCoin(BigInt(balance)), currency };
  return ` ${gettext("The account holds {amount} {currency}, which is too little: send it some {currency} first.", words)}`;
}

/**
 * Format a byte count like Django's filesizeformat, with 1,024 bytes per KB.
 * @param {number} bytes
 */
export function formatBytes(bytes) {
  if (bytes < 1024 * 1024) return `${Math.max(1, Math.round(bytes / 1024))} KB`;
  return `${(bytes / 1024 / 1024).toFixed(1).replace(".", decimalPoint)} MB`;
}

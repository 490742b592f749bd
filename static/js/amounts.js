// @ts-check
/** Amounts as people read them: a chain's own coin (18 decimals, no floating point), and bytes. */

const WEI_DIGITS = 18;

/**
 * @param {bigint} wei
 * @param {number} significant digits kept, cut off rather than rounded
 */
export function formatCoin(wei, significant = 3) {
  const digits = wei.toString().padStart(WEI_DIGITS + 1, "0");
  const whole = digits.slice(0, -WEI_DIGITS);
  const fraction = digits.slice(-WEI_DIGITS);
  const zeros = /^0*/.exec(fraction)?.[0].length ?? 0;
  const shown = whole === "0" ? zeros + significant : significant;
  const kept = fraction.slice(0, Math.min(shown, WEI_DIGITS)).replace(/0+$/, "");
  return kept ? `${whole}.${kept}` : whole;
}

/**
 * @param {string} gas hex
 * @param {string} price hex, wei for one unit of gas
 */
export function formatFee(gas, price) {
  return formatCoin(BigInt(gas) * BigInt(price));
}

/**
 * What to add where an account can't pay for its transaction; "" where it can.
 * @param {string} gas hex
 * @param {string} price hex, wei for one unit of gas
 * @param {string} balance hex, wei
 * @param {string} currency
 */
export function describeShortfall(gas, price, balance, currency) {
  const needed = BigInt(gas) * BigInt(price);
  if (BigInt(balance) >= needed) return "";
  return ` The account holds ${formatCoin(BigInt(balance))} ${currency}, which is too little: send it some ${currency} first.`;
}

/** @param {number} bytes as Django's filesizeformat counts: a KB has 1,024 */
export function formatBytes(bytes) {
  if (bytes < 1024 * 1024) return `${Math.max(1, Math.round(bytes / 1024))} KB`;
  return `${(bytes / 1024 / 1024).toFixed(1)} MB`;
}

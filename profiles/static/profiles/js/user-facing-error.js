// @ts-check
/**
 * An error whose message is shown to the user.
 *
 * @typedef {"refused" | "locked" | "waiting" | "offline" | "chain-missing" | "unsupported" | "busy" | "funds"
 *   | "expired" | "ended" | "failed"} Kind
 */
export class UserFacingError extends Error {
  /**
   * @param {string} message
   * @param {Kind} kind
   */
  constructor(message, kind = "failed") {
    super(message);
    this.kind = kind;
  }
}

// @ts-check
/** An error whose message is shown to the user. */
export class UserFacingError extends Error {
  /**
   * @param {string} message
   * @param {import("./wallet-errors.js").Kind} kind
   */
  constructor(message, kind = "failed") {
    super(message);
    this.kind = kind;
  }
}

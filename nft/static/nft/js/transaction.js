// @ts-check
import { isSameAddress, shortAddress } from "./addresses.js";
import { describeShortfall, formatFee } from "../../profiles/js/amounts.js";
import { fetchChainId } from "./chains.js";
import { Problem, postJson, redirectTo } from "../../profiles/js/http.js";
import { PendingHash, isTransactionHash } from "./pending-hash.js";
import { parseAccounts, parseHash } from "./wallet-answers.js";
import { UserFacingError } from "../../profiles/js/user-facing-error.js";
import { CanceledError, WalletPanel } from "./wallet-panel.js";
import { gettext } from "../../profiles/js/words.js";

/**
 * Signing and sending a transaction that the server prepared (mint, transfer), and reporting its hash to the server.
 *
 * @typedef {import("./wallets.js").Wallet} Wallet
 * @typedef {{chain_id: number, chain_name: string, from: string, to: string, data: string, value: string, gas: string, fee: string, waits: boolean}} Transaction  `waits`: the
 *   account has code, and its owners may sign one after the other
 */

/** How long the owners of an account may take to sign. */
const OWNERS_SECONDS = 86_400;
const FOR_OWNERS = gettext("If other owners have to sign too, leave this page open, or come back later.");

class TransactionPanel extends WalletPanel {
  /** @param {HTMLElement} root */
  constructor(root) {
    super(root);
    this.sentUrl = root.dataset.sentUrl ?? "";
    this.pending = new PendingHash(localStorage, this.sentUrl);
    this.transaction = parseTransaction();
    this.root.hidden = !this.transaction;
    document.addEventListener("avatarsite:status", (event) => this.onStatus(/** @type {CustomEvent} */ (event).detail));
    this.showWallets(
      (wallet) => this.sign(wallet),
      (wallets) => void this.showFee(wallets[0]),
    );
    if (this.pending.read()) this.resume();
  }

  /** Report a hash saved earlier. */
  resume() {
    this.root.hidden = false;
    void this.attempt(async () => {
      this.setStatus(gettext("You already signed this. Telling our server…"));
      await this.reportHash(this.pending.read());
    });
  }

  /**
   * Take the transaction from the job's status once the server has prepared it.
   * @param {{transaction?: Transaction}} status
   */
  onStatus({ transaction }) {
    if (!transaction || this.transaction) return;
    this.transaction = transaction;
    this.root.hidden = false;
    if (transaction.fee) this.part("fee").textContent = transaction.fee;
  }

  /**
   * Have the wallet sign and send the transaction, then report its hash.
   * @param {Wallet} wallet
   */
  async sign(wallet) {
    const { transaction } = this;
    if (!transaction) throw new UserFacingError(gettext("There is nothing to sign yet. Reload this page in a moment."));
    this.setStatus(gettext("Waiting for {wallet}…", { wallet: wallet.name }));
    this.watch(wallet, {
      accountsChanged: (changed, accounts) => this.accountsChanged(changed, accounts),
      chainChanged: (changed) => void this.chainChanged(changed),
    });
    const from = await this.findAccount(wallet, transaction);
    if (!from) return;
    await this.ensureChain(wallet, transaction.chain_id);
    void this.showFee(wallet);
    this.setStatus(
      gettext("Waiting for your signature in {wallet}. If no window opened, look for its icon in your browser.", {
        wallet: wallet.name,
      }),
    );
    this.patience = transaction.waits ? FOR_OWNERS : "";
    const sending = wallet.provider.request({
      method: "eth_sendTransaction",
      params: [{ ...buildCall(transaction), from }],
      ...(transaction.waits && { seconds: OWNERS_SECONDS }),
    });
    const hash = await this.waitFor(wallet, this.saveHash(sending));
    if (!isTransactionHash(hash))
      throw new UserFacingError(
        gettext("Your wallet did not say which transaction it sent. Look at its activity before you try again."),
      );
    await this.reportHash(hash);
  }

  /**
   * Save the hash as soon as the wallet returns it, even if the user has stopped waiting, so that the transaction is
   * not sent twice.
   * @param {Promise<unknown>} sending
   */
  async saveHash(sending) {
    const hash = parseHash(await sending);
    if (isTransactionHash(hash)) this.pending.save(hash);
    if (isTransactionHash(hash) && !this.running) this.resume();
    return hash;
  }

  /**
   * Get access to the account that has to sign.
   * @param {Wallet} wallet
   * @param {Transaction} transaction
   * @returns {Promise<string>} the account in the wallet's own spelling, since some wallets compare case; "" if it
   *   shares another account
   */
  async findAccount(wallet, { from }) {
    const findOwn = (/** @type {string[]} */ accounts) => accounts.find((account) => isSameAddress(account, from));
    const known = findOwn(await this.requestAccounts(wallet, "eth_accounts").catch(emptyUnlessCanceled));
    if (known) return known;
    const shared = await this.requestAccounts(wallet, "eth_requestAccounts");
    const own = findOwn(shared);
    if (!own) this.showWrongAccount(wallet, from, shared[0]);
    return own ?? "";
  }

  /**
   * Return the accounts the wallet shares.
   * @param {Wallet} wallet
   * @param {"eth_accounts" | "eth_requestAccounts"} method the first never asks the user, the second may
   * @returns {Promise<string[]>}
   */
  async requestAccounts(wallet, method) {
    return parseAccounts(await this.request(wallet, { method }));
  }

  /**
   * Tell the user which account has to sign, with a button to choose another.
   * @param {Wallet} wallet
   * @param {string} from
   * @param {string | undefined} other
   */
  showWrongAccount(wallet, from, other) {
    const words = { wallet: wallet.name, account: shortAddress(from), other: other ? shortAddress(other) : "" };
    const message = other
      ? gettext(
          "This has to be signed by {account}, but {wallet} is using {other}. Change the account in your wallet, then sign again.",
          words,
        )
      : gettext(
          "This has to be signed by {account}, but {wallet} shared no account. Change the account in your wallet, then sign again.",
          words,
        );
    const choose = async () => {
      await this.request(wallet, { method: "wallet_requestPermissions", params: [{ eth_accounts: {} }] });
      await this.sign(wallet);
    };
    this.showError(message, [{ label: gettext("Choose another account"), run: () => void this.attempt(choose) }]);
  }

  /**
   * Tell the user whether the newly selected account is the right one.
   * @param {Wallet} wallet
   * @param {unknown} accounts
   */
  accountsChanged(wallet, accounts) {
    const from = this.transaction?.from;
    if (!from || this.running || this.pending.read()) return;
    const [now] = parseAccounts(accounts);
    if (!now || !isSameAddress(now, from)) return this.showWrongAccount(wallet, from, now);
    this.clearAlert();
    const words = { wallet: wallet.name, account: shortAddress(now) };
    this.setStatus(gettext("{wallet} is using {account} now, which is the right account. Go on and sign.", words));
  }

  /**
   * Tell the user whether the wallet is on the right chain.
   * @param {Wallet} wallet
   */
  async chainChanged(wallet) {
    const chain = this.chains.find(({ id }) => id === this.transaction?.chain_id);
    if (!chain || this.running || this.pending.read()) return;
    const isThere = (await fetchChainId(wallet.provider).catch(() => 0)) === chain.id;
    const words = { wallet: wallet.name, chain: chain.name };
    this.setStatus(
      isThere
        ? gettext("{wallet} is on {chain} now. Go on and sign.", words)
        : gettext("{wallet} left {chain}. It will be asked to come back when you sign.", words),
    );
  }

  /**
   * Show an estimate of the fee, if the wallet is on the right chain. The fee the wallet shows is the binding one.
   * @param {Wallet | undefined} wallet
   */
  async showFee(wallet) {
    const { transaction } = this;
    if (!wallet || !transaction) return;
    try {
      if ((await fetchChainId(wallet.provider)) !== transaction.chain_id) return;
      const price = String(await wallet.provider.request({ method: "eth_gasPrice" }));
      const currency = this.chains.find(({ id }) => id === transaction.chain_id)?.currency ?? "";
      const balance = String(
        await wallet.provider.request({ method: "eth_getBalance", params: [transaction.from, "latest"] }),
      );
      const fee = formatFee(transaction.gas, price);
      this.part("fee").textContent =
        gettext("At most about {fee} {currency} for the network.", { fee, currency }) +
        describeShortfall(transaction.gas, price, balance, currency);
    } catch (error) {
      console.info("No fee estimate:", error);
    }
  }

  /**
   * Report the hash to the server. Keep it saved if the request can be repeated.
   * @param {string} hash
   * @throws {Problem} if the server rejected the hash
   */
  async reportHash(hash) {
    try {
      const { redirect } = await postJson(this.sentUrl, { tx_hash: hash }, this.csrfToken);
      this.pending.clear();
      this.setStatus(gettext("Sent. One moment…"));
      redirectTo(redirect);
    } catch (error) {
      if (!(error instanceof Problem && error.isRetryable)) {
        this.pending.clear();
        throw error;
      }
      this.showError(`${error.message} ${gettext("Your transaction is on its way; do not sign it again.")}`, [
        { label: gettext("Tell the server again"), run: () => void this.attempt(() => this.reportHash(hash)) },
      ]);
    }
  }
}

/**
 * Treat a failed request as no accounts, for a request the user does not see.
 * @param {unknown} error
 */
function emptyUnlessCanceled(error) {
  if (error instanceof CanceledError) throw error;
  return /** @type {string[]} */ ([]);
}

/**
 * Build the parameters of eth_sendTransaction. Omit a zero value: some wallets encode "0x0" as a zero byte, which nodes
 * reject.
 * @param {Transaction} transaction
 */
function buildCall({ to, data, value, gas }) {
  return { to, data, gas, ...(BigInt(value) > 0n && { value }) };
}

/**
 * Parse the transaction embedded in the page, null if it is not prepared yet.
 * @returns {Transaction | null}
 */
function parseTransaction() {
  return JSON.parse(document.getElementById("transaction")?.textContent ?? "null");
}

for (const root of document.querySelectorAll("[data-transaction]"))
  if (root instanceof HTMLElement) new TransactionPanel(root);

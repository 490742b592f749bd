// @ts-check
import { isAddress, isSameAddress, shortAddress } from "./addresses.js";
import { formatFee, describeShortfall } from "./amounts.js";
import { describeSwitchError, fetchChainId, switchChain } from "./chains.js";
import { Problem, redirectTo, postJson } from "./http.js";
import { Panel, CanceledError } from "./wallet-panel.js";
import { PendingHash, isTransactionHash } from "./pending-hash.js";
import { UserFacingError } from "./wallet-errors.js";

/**
 * Having a transaction signed that the server prepared (mint, transfer), and telling the server its hash.
 *
 * @typedef {import("./wallets.js").Wallet} Wallet
 * @typedef {{chain_id: number, chain_name: string, from: string, to: string, data: string, value: string, gas: string, fee: string}} Transaction
 */

class TransactionPanel extends Panel {
  /** @param {HTMLElement} root */
  constructor(root) {
    super(root);
    this.sentUrl = root.dataset.sentUrl ?? "";
    this.pending = new PendingHash(localStorage, this.sentUrl);
    this.transaction = readTransaction();
    this.root.hidden = !this.transaction;
    document.addEventListener("avatarsite:status", (event) => this.receive(/** @type {CustomEvent} */ (event).detail));
    this.showWallets(
      (wallet) => this.sign(wallet),
      (wallets) => void this.showFee(wallets[0]),
    );
    if (this.pending.read()) this.resume();
  }

  resume() {
    this.root.hidden = false;
    void this.attempt(async () => {
      this.say("You already signed this. Telling our server…");
      await this.report(this.pending.read());
    });
  }

  /** @param {{transaction?: Transaction}} status */
  receive({ transaction }) {
    if (!transaction || this.transaction) return;
    this.transaction = transaction;
    this.root.hidden = false;
    if (transaction.fee) this.part("fee").textContent = transaction.fee;
  }

  /** @param {Wallet} wallet */
  async sign(wallet) {
    const { transaction } = this;
    if (!transaction) throw new UserFacingError("There is nothing to sign yet. Reload this page in a moment.");
    this.say(`Waiting for ${wallet.name}…`);
    this.watch(wallet, {
      accounts: (its, now) => this.accountsChanged(its, now),
      chain: (its) => void this.chainChanged(its),
    });
    const from = await this.findAccount(wallet, transaction);
    if (!from) return;
    await this.ensureChain(wallet, transaction);
    void this.showFee(wallet);
    this.say(`Waiting for your signature in ${wallet.name}. If no window opened, look for its icon in your browser.`);
    const sending = wallet.provider.request({
      method: "eth_sendTransaction",
      params: [{ ...buildCall(transaction), from }],
    });
    const hash = await this.wait(wallet, this.kept(sending));
    if (!isTransactionHash(hash))
      throw new UserFacingError(
        "Your wallet did not say which transaction it sent. Look at its activity before you try again.",
      );
    await this.report(hash);
  }

  /**
   * The hash is kept as soon as it is there, also when the person has stopped waiting for it: nothing may be sent twice.
   * @param {Promise<unknown>} sending
   */
  async kept(sending) {
    const hash = await sending;
    if (isTransactionHash(hash)) this.pending.keep(hash);
    if (isTransactionHash(hash) && !this.running) this.resume();
    return hash;
  }

  /**
   * @param {Wallet} wallet
   * @param {Transaction} transaction
   * @returns {Promise<string>} the account as this wallet spells it, since some compare letter by letter; "" if it
   *   shares another
   */
  async findAccount(wallet, { from }) {
    const findOwn = (/** @type {string[]} */ accounts) => accounts.find((account) => isSameAddress(account, from));
    const known = findOwn(await this.readAccounts(wallet, "eth_accounts").catch(emptyUnlessCanceled));
    if (known) return known;
    const shared = await this.readAccounts(wallet, "eth_requestAccounts");
    const own = findOwn(shared);
    if (!own) this.showWrongAccount(wallet, from, shared[0]);
    return own ?? "";
  }

  /**
   * @param {Wallet} wallet
   * @param {"eth_accounts" | "eth_requestAccounts"} method the first never asks the person, the second may
   * @returns {Promise<string[]>}
   */
  async readAccounts(wallet, method) {
    const accounts = await this.ask(wallet, { method });
    return Array.isArray(accounts) ? accounts.filter(isAddress) : [];
  }

  /**
   * @param {Wallet} wallet
   * @param {string} from
   * @param {string | undefined} other
   */
  showWrongAccount(wallet, from, other) {
    const state = other ? `${wallet.name} is using ${shortAddress(other)}` : `${wallet.name} shared no account`;
    const choose = async () => {
      await this.ask(wallet, { method: "wallet_requestPermissions", params: [{ eth_accounts: {} }] });
      await this.sign(wallet);
    };
    this.showError(
      `This has to be signed by ${shortAddress(from)}, but ${state}. Change the account in your wallet, then sign again.`,
      [{ label: "Choose another account", run: () => void this.attempt(choose) }],
    );
  }

  /**
   * Whoever changes the account on this page hears at once whether it is the right one.
   * @param {Wallet} wallet
   * @param {unknown} accounts
   */
  accountsChanged(wallet, accounts) {
    const from = this.transaction?.from;
    if (!from || this.running || this.pending.read()) return;
    const [now] = Array.isArray(accounts) ? accounts.filter(isAddress) : [];
    if (!now || !isSameAddress(now, from)) return this.showWrongAccount(wallet, from, now);
    this.clearAlert();
    this.say(`${wallet.name} is using ${shortAddress(now)} now, which is the right account. Go on and sign.`);
  }

  /** @param {Wallet} wallet */
  async chainChanged(wallet) {
    const chain = this.chains.find(({ id }) => id === this.transaction?.chain_id);
    if (!chain || this.running || this.pending.read()) return;
    const isThere = (await fetchChainId(wallet.provider).catch(() => 0)) === chain.id;
    const where = isThere
      ? `is on ${chain.name} now. Go on and sign.`
      : `left ${chain.name}. It will be asked to come back when you sign.`;
    this.say(`${wallet.name} ${where}`);
  }

  /**
   * @param {Wallet} wallet
   * @param {Transaction} transaction
   */
  async ensureChain(wallet, { chain_id }) {
    const { name, provider } = wallet;
    const chain = this.chains.find(({ id }) => id === chain_id);
    if (!chain || (await this.wait(wallet, fetchChainId(provider))) === chain.id) return;
    this.say(`Asking ${name} to switch to ${chain.name}…`);
    const switching = switchChain(provider, chain).catch((error) => {
      throw new UserFacingError(describeSwitchError(error, chain));
    });
    await this.wait(wallet, switching);
  }

  /**
   * The wallet states the binding fee; ours is a hint, and only when the wallet is on the right chain.
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
      this.part("fee").textContent =
        `At most about ${formatFee(transaction.gas, price)} ${currency} for the network.${describeShortfall(transaction.gas, price, balance, currency)}`;
    } catch (error) {
      console.info("No fee estimate:", error);
    }
  }

  /** @param {string} hash */
  async report(hash) {
    try {
      const { redirect } = await postJson(this.sentUrl, { tx_hash: hash }, this.csrfToken);
      this.pending.forget();
      this.say("Sent. One moment…");
      redirectTo(redirect);
    } catch (error) {
      if (!(error instanceof Problem && error.isRetryable)) {
        this.pending.forget();
        throw error;
      }
      this.showError(`${error.message} Your transaction is on its way; do not sign it again.`, [
        { label: "Tell the server again", run: () => void this.attempt(() => this.report(hash)) },
      ]);
    }
  }
}

/** @param {unknown} error of a question the person does not see */
function emptyUnlessCanceled(error) {
  if (error instanceof CanceledError) throw error;
  return /** @type {string[]} */ ([]);
}

/**
 * What the wallet is asked to send. A value of nothing is left out: some wallets encode "0x0" as a byte of zero, which
 * nodes refuse.
 * @param {Transaction} transaction
 */
function buildCall({ to, data, value, gas }) {
  return { to, data, gas, ...(BigInt(value) > 0n && { value }) };
}

/** @returns {Transaction | null} */
function readTransaction() {
  return JSON.parse(document.getElementById("transaction")?.textContent ?? "null");
}

for (const root of document.querySelectorAll("[data-transaction]"))
  if (root instanceof HTMLElement) new TransactionPanel(root);

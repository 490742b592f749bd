// @ts-check
import { isAddress, isSameAddress, shortAddress } from "./addresses.js";
import { feeText } from "./amounts.js";
import { describeSwitchError, readChainId, readChains, switchChain } from "./chains.js";
import { Problem, goTo, postJson } from "./http.js";
import { Panel } from "./panel.js";
import { PendingHash, isHash } from "./pending-hash.js";
import { Trouble } from "./wallet-errors.js";

/**
 * Having a transaction signed that the server prepared (mint, transfer), and telling the server its hash.
 *
 * @typedef {import("./wallets.js").Wallet} Wallet
 * @typedef {{chain_id: number, chain_name: string, from: string, to: string, data: string, value: string, gas: string}} Transaction
 */

class TransactionPanel extends Panel {
  /** @param {HTMLElement} root */
  constructor(root) {
    super(root);
    this.chains = readChains(document);
    this.sentUrl = root.dataset.sentUrl ?? "";
    this.pending = new PendingHash(localStorage, this.sentUrl);
    this.transaction = readTransaction();
    this.root.hidden = !this.transaction;
    document.addEventListener("avatarsite:status", (event) => this.receive(/** @type {CustomEvent} */ (event).detail));
    this.offerWallets(
      (wallet) => void this.attempt(() => this.sign(wallet)),
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
  }

  /** @param {Wallet} wallet */
  async sign(wallet) {
    const { transaction } = this;
    if (!transaction) throw new Trouble("There is nothing to sign yet. Reload this page in a moment.");
    this.say(`Waiting for ${wallet.name}. If no window opened, look for its icon in your browser.`);
    const from = await this.findAccount(wallet, transaction);
    if (!from) return;
    await this.reachChain(wallet, transaction);
    await this.showFee(wallet);
    this.say(`Waiting for your signature in ${wallet.name}…`);
    const hash = await wallet.provider.request({ method: "eth_sendTransaction", params: [{ ...callOf(transaction), from }] });
    if (!isHash(hash)) throw new Trouble("Your wallet did not say which transaction it sent. Look at its activity before you try again.");
    this.pending.keep(hash);
    await this.report(hash);
  }

  /**
   * @param {Wallet} wallet
   * @param {Transaction} transaction
   * @returns {Promise<string>} the account as this wallet spells it, since some compare letter by letter; "" if it
   *   shares another
   */
  async findAccount({ name, provider }, { from }) {
    const findOwn = (/** @type {string[]} */ accounts) => accounts.find((account) => isSameAddress(account, from));
    const known = findOwn(await readAccounts(provider, "eth_accounts").catch(() => []));
    if (known) return known;
    const shared = await readAccounts(provider, "eth_requestAccounts");
    const own = findOwn(shared);
    if (own) return own;
    const other = shared[0] ? `${name} is using ${shortAddress(shared[0])}` : `${name} shared no account`;
    const choose = () => provider.request({ method: "wallet_requestPermissions", params: [{ eth_accounts: {} }] });
    this.showTrouble(`This has to be signed by ${shortAddress(from)}, but ${other}. Change the account in your wallet, then sign again.`, [
      { label: "Choose another account", run: () => void this.attempt(async () => void (await choose())) },
    ]);
    return "";
  }

  /**
   * @param {Wallet} wallet
   * @param {Transaction} transaction
   */
  async reachChain({ provider }, { chain_id }) {
    const chain = this.chains.find(({ id }) => id === chain_id);
    if (!chain || (await readChainId(provider)) === chain.id) return;
    this.say(`Asking your wallet to switch to ${chain.name}…`);
    await switchChain(provider, chain).catch((error) => {
      throw new Trouble(describeSwitchError(error, chain));
    });
  }

  /**
   * The wallet states the binding fee; ours is a hint, and only when the wallet is on the right chain.
   * @param {Wallet | undefined} wallet
   */
  async showFee(wallet) {
    const { transaction } = this;
    if (!wallet || !transaction) return;
    try {
      if ((await readChainId(wallet.provider)) !== transaction.chain_id) return;
      const price = String(await wallet.provider.request({ method: "eth_gasPrice" }));
      const currency = this.chains.find(({ id }) => id === transaction.chain_id)?.currency ?? "";
      this.part("fee").textContent = `At most about ${feeText(transaction.gas, price)} ${currency} for the network.`;
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
      goTo(redirect);
    } catch (error) {
      if (!(error instanceof Problem && error.isPassing)) {
        this.pending.forget();
        throw error;
      }
      this.showTrouble(`${error.message} Your transaction is on its way; do not sign it again.`, [
        { label: "Tell the server again", run: () => void this.attempt(() => this.report(hash)) },
      ]);
    }
  }
}

/**
 * @param {Wallet["provider"]} provider
 * @param {"eth_accounts" | "eth_requestAccounts"} method the first never asks the person, the second may
 * @returns {Promise<string[]>}
 */
async function readAccounts(provider, method) {
  const accounts = await provider.request({ method });
  return Array.isArray(accounts) ? accounts.filter(isAddress) : [];
}

/**
 * What the wallet is asked to send. A value of nothing is left out: some wallets encode "0x0" as a byte of zero, which
 * nodes refuse.
 * @param {Transaction} transaction
 */
function callOf({ to, data, value, gas }) {
  return { to, data, gas, ...(BigInt(value) > 0n && { value }) };
}

/** @returns {Transaction | null} */
function readTransaction() {
  return JSON.parse(document.getElementById("transaction")?.textContent ?? "null");
}

for (const root of document.querySelectorAll("[data-transaction]")) if (root instanceof HTMLElement) new TransactionPanel(root);

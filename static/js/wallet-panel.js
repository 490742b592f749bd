// @ts-check
import { parseChains } from "./chains.js";
import { rememberWallet } from "./last-wallet.js";
import { isPhone } from "./phone.js";
import { describeError } from "./wallet-errors.js";
import { WalletList, element } from "./wallet-list.js";
import { remoteWallets } from "./walletconnect-wallet.js";

/**
 * The parts that every wallet panel on a page shares: the list of wallets, a polite status line, and one place for
 * trouble with its ways on. Markup: templates/components/wallet_panel.html.
 *
 * @typedef {import("./wallets.js").Wallet} Wallet
 * @typedef {{label: string, run: () => void}} Action
 * @typedef {{accounts(wallet: Wallet, accounts: unknown): void, chain(wallet: Wallet): void}} Watcher
 */

/** A wallet's window takes a moment to come, and people read it; then the page asks whether it got lost. */
const SLOW_WALLET_MS = 15_000;

/** What the person stopped waiting for; nothing to explain. */
export class CanceledError extends Error {}

export class Panel {
  /** @param {HTMLElement} root */
  constructor(root) {
    this.root = root;
    this.list = this.part("wallets");
    this.statusLine = this.part("status");
    this.trouble = this.part("trouble");
    this.chains = parseChains(document);
    /** @type {AbortController | null} of the attempt that runs now */
    this.running = null;
    this.isWaiting = false;
    /** @type {WeakSet<Wallet>} */
    this.watched = new WeakSet();
  }

  /**
   * @param {string} name
   * @returns {HTMLElement}
   */
  part(name) {
    const found = this.root.querySelector(`[data-part="${name}"]`);
    if (!(found instanceof HTMLElement)) throw new Error(`The panel lacks its part ${name}.`);
    return found;
  }

  /** @returns {string} */
  get csrfToken() {
    const input = this.root.querySelector("input[name=csrfmiddlewaretoken]");
    return input instanceof HTMLInputElement ? input.value : "";
  }

  /** @param {string} sentence "" clears it */
  say(sentence) {
    this.statusLine.textContent = sentence;
  }

  /**
   * @param {string} sentence
   * @param {Action[]} actions
   */
  showError(sentence, actions = []) {
    this.say("");
    this.showAlert(sentence, actions);
  }

  /**
   * @param {string} sentence
   * @param {Action[]} actions
   */
  showAlert(sentence, actions) {
    const row = element("div", "", "row");
    row.append(...actions.map(actionButton));
    this.trouble.replaceChildren(element("p", sentence), ...(actions.length > 0 ? [row] : []));
    this.trouble.hidden = false;
  }

  clearAlert() {
    this.trouble.hidden = true;
    this.trouble.replaceChildren();
  }

  /**
   * Runs one attempt; whatever goes wrong ends as a sentence with a button to try again.
   * @param {() => Promise<void>} attempt
   */
  async attempt(attempt) {
    if (this.running) return;
    const running = new AbortController();
    this.clearAlert();
    this.setRunning(running);
    try {
      await attempt();
    } catch (error) {
      if (error instanceof CanceledError) return;
      console.info("Wallet or server said:", error);
      this.showError(describeError(error).sentence, [{ label: "Try again", run: () => void this.attempt(attempt) }]);
    } finally {
      if (this.running === running) this.setRunning(null);
    }
  }

  /** @param {AbortController | null} running buttons dim but stay enabled, so that the focus is not lost */
  setRunning(running) {
    this.running = running;
    this.root.setAttribute("aria-busy", String(running !== null));
  }

  /**
   * Asks a wallet, which may take its time or never answer; then the person can stop waiting for it.
   * @param {Wallet} wallet
   * @param {Promise<unknown>} answer
   * @returns {Promise<unknown>}
   */
  async wait(wallet, answer) {
    const { running } = this;
    if (!running) throw new CanceledError();
    this.isWaiting = true;
    const timer = setTimeout(() => this.offerCancel(wallet), SLOW_WALLET_MS);
    const stopped = new Promise((_, reject) =>
      running.signal.addEventListener("abort", () => reject(new CanceledError())),
    );
    this.offerApp(wallet);
    try {
      return await Promise.race([answer, stopped]);
    } finally {
      clearTimeout(timer);
      if (!running.signal.aborted) {
        this.isWaiting = false;
        this.clearAlert();
      }
    }
  }

  /**
   * @param {Wallet} wallet
   * @param {import("./wallets.js").Request} call
   */
  ask(wallet, call) {
    // Async, as a stranger's provider may throw where it should reject.
    return this.wait(wallet, (async () => wallet.provider.request(call))());
  }

  /** @param {Wallet} wallet */
  offerCancel({ name, isRemote }) {
    if (document.querySelector("dialog[open]")) return;
    const where = isRemote
      ? "Open it on your phone"
      : "Its window may be hidden behind this one; open it by its icon in your browser";
    this.showAlert(`${name} has not answered yet. ${where}, and answer there.`, [
      { label: "Stop waiting", run: () => this.stop(name) },
    ]);
  }

  /** @param {Wallet} wallet whose app this phone may open by a link */
  offerApp({ name, appLink }) {
    const href = isPhone(window) ? appLink?.() : "";
    if (!href) return;
    const link = element("a", `Open ${name}`, "button button-small");
    link.href = href;
    this.statusLine.append(" ", link);
  }

  /** @param {string} name of the wallet that is left alone */
  stop(name) {
    this.running?.abort();
    this.setRunning(null);
    this.isWaiting = false;
    this.clearAlert();
    this.say(`If ${name} still shows a question from this page, answer no there. Then choose again.`);
  }

  /**
   * @param {(wallet: Wallet) => Promise<void>} onChoose
   * @param {(wallets: Wallet[]) => void} [onFound]
   */
  showWallets(onChoose, onFound) {
    const choose = (/** @type {Wallet} */ wallet) => {
      if (this.isWaiting) this.stop("the other wallet");
      void this.attempt(async () => {
        await onChoose(wallet);
        rememberWallet(() => localStorage, wallet);
      });
    };
    new WalletList(this.list, this.root.dataset, remoteWallets(document, this.chains), choose).watch(onFound);
  }

  /**
   * Hears once per wallet of other accounts and chains.
   * @param {Wallet} wallet
   * @param {Watcher} watcher
   */
  watch(wallet, watcher) {
    if (this.watched.has(wallet)) return;
    this.watched.add(wallet);
    try {
      wallet.provider.on?.("accountsChanged", (accounts) => watcher.accounts(wallet, accounts));
      wallet.provider.on?.("chainChanged", () => watcher.chain(wallet));
    } catch (error) {
      console.info("The wallet does not tell of changes:", error);
    }
  }
}

/** @param {Action} action */
function actionButton({ label, run }) {
  const button = element("button", label, "button button-small");
  button.type = "button";
  button.addEventListener("click", run);
  return button;
}

// @ts-check
import { describeSwitchError, fetchChainId, parseChains, switchChain } from "./chains.js";
import { createElement, findPart } from "../../profiles/js/dom.js";
import { rememberWallet } from "./last-wallet.js";
import { isPhone } from "./phone.js";
import { UserFacingError } from "../../profiles/js/user-facing-error.js";
import { describeError } from "./wallet-errors.js";
import { WalletList } from "./wallet-list.js";
import { remoteWallets } from "./walletconnect-wallet.js";
import { gettext } from "../../profiles/js/words.js";

/**
 * Base class of the wallet panels: the list of wallets, a status line (polite live region) and an alert with buttons.
 * Markup: nft/templates/nft/components/wallet_panel.html.
 *
 * @typedef {import("./wallets.js").Wallet} Wallet
 * @typedef {{label: string, run: () => void}} Action
 * @typedef {{accountsChanged(wallet: Wallet, accounts: unknown): void, chainChanged(wallet: Wallet, chainId: unknown): void}} Listener
 */

/** Delay until a button to cancel stands beside the status: most wallets answer sooner, or cover the page. */
const CANCEL_MS = 1_500;
/** Delay until the panel explains what may be wrong: the user needs time to read the wallet's window. */
const SLOW_WALLET_MS = 15_000;

/** The user stopped waiting for the wallet. Needs no message. */
export class CanceledError extends Error {}

export class WalletPanel {
  /** @param {HTMLElement} root */
  constructor(root) {
    this.root = root;
    this.list = this.part("wallets");
    this.statusLine = this.part("status");
    this.alert = this.part("trouble");
    this.chains = parseChains(document);
    /** @type {AbortController | null} of the current attempt */
    this.running = null;
    this.isWaiting = false;
    /** What to say of a wallet that has not answered, if that may be right. */
    this.patience = "";
    /** @type {WeakSet<Wallet>} */
    this.watched = new WeakSet();
  }

  /**
   * @param {string} name
   * @returns {HTMLElement}
   */
  part(name) {
    return findPart(this.root, name);
  }

  /** @returns {string} */
  get csrfToken() {
    const input = this.root.querySelector("input[name=csrfmiddlewaretoken]");
    return input instanceof HTMLInputElement ? input.value : "";
  }

  /** @param {string} message "" clears it */
  setStatus(message) {
    this.statusLine.textContent = message;
  }

  /**
   * Show an alert and clear the status.
   * @param {string} message
   * @param {Action[]} actions
   */
  showError(message, actions = []) {
    this.setStatus("");
    this.showAlert(message, actions);
  }

  /**
   * Show the alert, with a button for each action.
   * @param {string} message
   * @param {Action[]} actions
   */
  showAlert(message, actions) {
    const row = createElement("div", "", "row");
    row.append(...actions.map(buildActionButton));
    this.alert.replaceChildren(createElement("p", message), ...(actions.length > 0 ? [row] : []));
    this.alert.hidden = false;
    this.alert.scrollIntoView({ block: "nearest" });
  }

  clearAlert() {
    this.alert.hidden = true;
    this.alert.replaceChildren();
  }

  /**
   * Run an attempt, unless another one is running. After an error, show its message and a button to try again.
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
      this.showError(describeError(error).message, [
        { label: gettext("Try again"), run: () => void this.attempt(attempt) },
      ]);
    } finally {
      if (this.running === running) this.setRunning(null);
    }
  }

  /** @param {AbortController | null} running the buttons are dimmed but stay enabled, so that the focus is not lost */
  setRunning(running) {
    this.running = running;
    this.root.setAttribute("aria-busy", String(running !== null));
  }

  /**
   * Wait for the answer of a wallet. It may never come, so offer to cancel after CANCEL_MS, and explain after
   * SLOW_WALLET_MS.
   * @param {Wallet} wallet
   * @param {Promise<unknown>} answer
   * @returns {Promise<unknown>}
   * @throws {CanceledError} if the user stops waiting
   */
  async waitFor(wallet, answer) {
    const { running } = this;
    if (!running) throw new CanceledError();
    this.isWaiting = true;
    const cancel = buildActionButton({ label: gettext("Cancel"), run: () => this.cancelWaiting(wallet.name) });
    const timers = [
      setTimeout(() => this.statusLine.append(" ", cancel), CANCEL_MS),
      setTimeout(() => this.offerCancel(wallet), SLOW_WALLET_MS),
    ];
    const stopped = new Promise((_, reject) =>
      running.signal.addEventListener("abort", () => reject(new CanceledError())),
    );
    this.offerApp(wallet);
    try {
      return await Promise.race([answer, stopped]);
    } finally {
      timers.forEach(clearTimeout);
      cancel.remove();
      if (!running.signal.aborted) {
        this.isWaiting = false;
        this.clearAlert();
      }
    }
  }

  /**
   * Send a request to the wallet and wait for the answer.
   * @param {Wallet} wallet
   * @param {import("./wallets.js").Request} call
   */
  request(wallet, call) {
    // The async function turns an error thrown synchronously by the provider into a rejection.
    return this.waitFor(wallet, (async () => wallet.provider.request(call))());
  }

  /**
   * Switch the wallet to the chain if it is on another one.
   * @param {Wallet} wallet
   * @param {number} chainId
   */
  async ensureChain(wallet, chainId) {
    const chain = this.chains.find(({ id }) => id === chainId);
    if (!chain || (await this.waitFor(wallet, fetchChainId(wallet.provider))) === chain.id) return;
    await this.switchTo(wallet, chain);
  }

  /**
   * @param {Wallet} wallet
   * @param {import("./chains.js").Chain} chain
   * @throws {UserFacingError} if the wallet does not switch
   */
  async switchTo(wallet, chain) {
    this.setStatus(gettext("Asking {wallet} to switch to {chain}…", { wallet: wallet.name, chain: chain.name }));
    const switching = switchChain(wallet.provider, chain).catch((error) => {
      throw new UserFacingError(describeSwitchError(error, chain));
    });
    await this.waitFor(wallet, switching);
  }

  /**
   * Tell the user where the wallet's question may be, with a button to stop waiting.
   * @param {Wallet} wallet
   */
  offerCancel({ name, isRemote }) {
    if (document.querySelector("dialog[open]")) return;
    const where = isRemote
      ? gettext("Open it on your phone, and answer there. Or choose another wallet.")
      : gettext(
          "Its window may be hidden behind this one; open it by its icon in your browser, and answer there. Or choose another wallet.",
        );
    this.showAlert(`${gettext("{wallet} has not answered yet.", { wallet: name })} ${this.patience || where}`, [
      { label: gettext("Stop waiting"), run: () => this.cancelWaiting(name) },
    ]);
  }

  /**
   * On a phone, add a link that opens the wallet's app.
   * @param {Wallet} wallet
   */
  offerApp({ name, appLink }) {
    const href = isPhone(window) ? appLink?.() : "";
    if (!href) return;
    const link = createElement("a", gettext("Open {wallet}", { wallet: name }), "button button-small");
    link.href = href;
    this.statusLine.append(" ", link);
  }

  stopWaiting() {
    this.running?.abort();
    this.setRunning(null);
    this.isWaiting = false;
    this.clearAlert();
  }

  /**
   * Stop waiting. The question stays open in the wallet, so ask the user to refuse it there.
   * @param {string} name of the wallet
   */
  cancelWaiting(name) {
    this.stopWaiting();
    this.setStatus(
      gettext("If {wallet} still shows a question from this page, answer no there. Then choose again.", {
        wallet: name,
      }),
    );
  }

  /**
   * Show the list of wallets. Choosing one cancels waiting for another.
   * @param {(wallet: Wallet) => Promise<void>} onChoose
   * @param {(wallets: Wallet[]) => void} [onFound]
   */
  showWallets(onChoose, onFound) {
    const choose = (/** @type {Wallet} */ wallet) => {
      if (this.isWaiting) this.cancelWaiting(gettext("the other wallet"));
      void this.attempt(async () => {
        await onChoose(wallet);
        rememberWallet(() => localStorage, wallet);
      });
    };
    new WalletList(this.list, this.root.dataset, remoteWallets(document, this.chains), choose).watch(onFound);
  }

  /**
   * Subscribe to account and chain changes, once per wallet.
   * @param {Wallet} wallet
   * @param {Listener} listener
   */
  watch(wallet, listener) {
    if (this.watched.has(wallet)) return;
    this.watched.add(wallet);
    try {
      wallet.provider.on?.("accountsChanged", (accounts) => listener.accountsChanged(wallet, accounts));
      wallet.provider.on?.("chainChanged", (chainId) => listener.chainChanged(wallet, chainId));
    } catch (error) {
      console.info("The wallet does not tell of changes:", error);
    }
  }
}

/**
 * Build the button of an action.
 * @param {Action} action
 */
function buildActionButton({ label, run }) {
  const button = createElement("button", label, "button button-small");
  button.type = "button";
  button.addEventListener("click", run);
  return button;
}

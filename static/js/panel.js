// @ts-check
import { NO_WALLET, describeError } from "./wallet-errors.js";
import { watchWallets } from "./wallets.js";

/**
 * The parts that every wallet panel on a page shares: the list of wallets, a polite status line, and one place for
 * trouble with its ways on. Markup: templates/components/wallet_panel.html.
 *
 * @typedef {import("./wallets.js").Wallet} Wallet
 * @typedef {{label: string, run: () => void}} WayOn
 */

export class Panel {
  /** @param {HTMLElement} root */
  constructor(root) {
    this.root = root;
    this.list = this.part("wallets");
    this.statusLine = this.part("status");
    this.trouble = this.part("trouble");
    this.isBusy = false;
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
   * @param {WayOn[]} waysOn
   */
  showTrouble(sentence, waysOn = []) {
    this.say("");
    const text = document.createElement("p");
    text.textContent = sentence;
    const row = document.createElement("div");
    row.className = "row";
    row.append(...waysOn.map(wayOnButton));
    this.trouble.replaceChildren(text, ...(waysOn.length > 0 ? [row] : []));
    this.trouble.hidden = false;
  }

  clearTrouble() {
    this.trouble.hidden = true;
    this.trouble.replaceChildren();
  }

  /**
   * Runs one attempt; whatever goes wrong ends as a sentence with a button to try again.
   * @param {() => Promise<void>} attempt
   */
  async attempt(attempt) {
    if (this.isBusy) return;
    this.clearTrouble();
    this.setBusy(true);
    try {
      await attempt();
    } catch (error) {
      console.info("Wallet or server said:", error);
      this.showTrouble(describeError(error).sentence, [{ label: "Try again", run: () => void this.attempt(attempt) }]);
    } finally {
      this.setBusy(false);
    }
  }

  /** @param {boolean} busy buttons dim but stay enabled, so that the focus is not lost */
  setBusy(busy) {
    this.isBusy = busy;
    this.root.setAttribute("aria-busy", String(busy));
  }

  /**
   * @param {(wallet: Wallet) => void} onChoose
   * @param {(wallets: Wallet[]) => void} [onFound]
   */
  offerWallets(onChoose, onFound) {
    watchWallets((wallets) => {
      this.list.replaceChildren(...wallets.map((wallet) => walletButton(wallet, this.root.dataset, onChoose)));
      if (wallets.length === 0) this.list.append(paragraph(NO_WALLET));
      onFound?.(wallets);
    }, window);
  }
}

/** @param {WayOn} wayOn */
function wayOnButton({ label, run }) {
  const button = document.createElement("button");
  button.type = "button";
  button.className = "button button-small";
  button.textContent = label;
  button.addEventListener("click", run);
  return button;
}

/**
 * @param {Wallet} wallet
 * @param {{verb?: string, buttons?: string}} look the panel's data attributes
 * @param {(wallet: Wallet) => void} onChoose
 */
function walletButton(wallet, { verb = "Use", buttons: style = "wallet-choice" }, onChoose) {
  const button = document.createElement("button");
  button.type = "button";
  button.className = `button ${style}`;
  if (wallet.icon) {
    const icon = document.createElement("img");
    icon.src = wallet.icon;
    icon.alt = "";
    icon.width = icon.height = 28;
    button.append(icon);
  }
  const label = document.createElement("span");
  label.textContent = `${verb} ${wallet.name}`;
  button.append(label);
  button.addEventListener("click", () => onChoose(wallet));
  return button;
}

/** @param {string} text */
function paragraph(text) {
  const element = document.createElement("p");
  element.className = "soft";
  element.textContent = text;
  return element;
}

// @ts-check
import { lastUsedFirst } from "./last-wallet.js";
import { isPhone, metaMaskLink } from "./phone.js";
import { NO_WALLET, NO_WALLET_HERE, NO_WALLET_ON_PHONE } from "./wallet-errors.js";
import { findDuplicateName, watchWallets } from "./wallets.js";

/**
 * The list of wallets to choose from: those of this browser, the one used last first, then those reached over a relay;
 * on a phone without any, the way into a wallet's own browser.
 *
 * @typedef {import("./wallets.js").Wallet} Wallet
 */

export class WalletList {
  /**
   * @param {HTMLElement} root where it is shown; `data-verb`, `data-buttons` and `data-next` of its panel apply
   * @param {DOMStringMap} look
   * @param {Wallet[]} remote
   * @param {(wallet: Wallet) => void} onChoose
   */
  constructor(root, look, remote, onChoose) {
    this.root = root;
    this.look = look;
    this.remote = remote;
    this.onChoose = onChoose;
    /** @type {Map<Wallet["provider"], HTMLElement>} */
    this.buttons = new Map();
    this.note = element("div", "", "wallet-list");
    this.isSettled = false;
  }

  /** @param {(wallets: Wallet[]) => void} [onFound] hears of those in this browser */
  watch(onFound) {
    watchWallets((wallets, isSettled) => {
      if (wallets.length === 0 && !isSettled) return;
      const ordered = lastUsedFirst(() => localStorage, wallets);
      this.show([...ordered, ...this.remote]);
      this.isSettled = isSettled;
      this.note.replaceChildren(...this.notes(wallets));
      onFound?.(ordered);
    }, window);
  }

  /** @param {Wallet[]} wallets */
  show(wallets) {
    for (const [provider, button] of this.buttons) {
      if (wallets.some((wallet) => wallet.provider === provider)) continue;
      button.remove();
      this.buttons.delete(provider);
    }
    const buttons = wallets.map((wallet) => this.buttonOf(wallet));
    if (this.isSettled) this.insertLate(buttons.filter((button) => !button.isConnected));
    else this.arrange([...buttons, this.note]);
    const { buttons: outstanding } = this.look;
    // One button stands out at most: the likeliest wallet's.
    if (outstanding)
      [...this.buttons.values()].forEach((button) =>
        button.classList.toggle(outstanding, button === this.root.firstElementChild),
      );
  }

  /**
   * What stands right already stays untouched: a button taken out and put back under a finger forgets the press.
   * @param {HTMLElement[]} wanted
   */
  arrange(wanted) {
    const { childNodes } = this.root;
    const isRight = childNodes.length === wanted.length && wanted.every((node, place) => childNodes[place] === node);
    if (!isRight) this.root.replaceChildren(...wanted);
  }

  /**
   * Moving a button would take the focus from it, or put it under a finger that meant another.
   * @param {HTMLElement[]} buttons
   */
  insertLate(buttons) {
    const [remote] = this.remote;
    const after = remote ? this.buttonOf(remote) : this.note;
    for (const button of buttons) after.before(button);
  }

  /** @param {Wallet} wallet */
  buttonOf(wallet) {
    const known = this.buttons.get(wallet.provider);
    if (known) return known;
    const made = walletButton(wallet, this.look, () => this.onChoose(wallet));
    this.buttons.set(wallet.provider, made);
    return made;
  }

  /** @param {Wallet[]} wallets */
  notes(wallets) {
    const twin = findDuplicateName(wallets);
    if (twin)
      return [
        element(
          "p",
          `Two wallets here call themselves ${twin}. If you did not install both, one may be a fake: look closely at the window that opens.`,
          "note note-wait",
        ),
      ];
    if (wallets.length > 0) return [];
    if (!isPhone(window)) return [element("p", this.remote.length > 0 ? NO_WALLET_HERE : NO_WALLET, "soft")];
    const link = element("a", "Open in MetaMask", "button wallet-choice");
    link.href = metaMaskLink(location.href, this.look["next"]);
    return [link, element("p", NO_WALLET_ON_PHONE, "soft small")];
  }
}

/**
 * @param {Wallet} wallet
 * @param {DOMStringMap} look
 * @param {() => void} onChoose
 */
function walletButton(wallet, { verb = "Use" }, onChoose) {
  const button = element("button", "", "button wallet-choice");
  button.type = "button";
  if (wallet.icon) button.append(icon(wallet.icon));
  button.append(element("span", `${verb} ${wallet.name}`));
  button.addEventListener("click", onChoose);
  return button;
}

/** @param {string} source as an <img> it runs no script and loads nothing else */
function icon(source) {
  const image = document.createElement("img");
  image.addEventListener("error", () => image.remove());
  image.src = source;
  image.alt = "";
  image.width = image.height = 28;
  return image;
}

/**
 * @template {keyof HTMLElementTagNameMap} Tag
 * @param {Tag} tag
 * @param {string} text
 * @param {string} [className]
 */
export function element(tag, text, className = "") {
  const made = document.createElement(tag);
  made.textContent = text;
  if (className) made.className = className;
  return made;
}

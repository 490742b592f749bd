// @ts-check
import { createElement } from "../../profiles/js/dom.js";
import { lastUsedFirst } from "./last-wallet.js";
import { isPhone, metaMaskLink } from "./phone.js";
import { NO_WALLET, NO_WALLET_HERE, NO_WALLET_ON_PHONE } from "./wallet-errors.js";
import { findDuplicateName, watchWallets } from "./wallets.js";
import { gettext } from "../../profiles/js/words.js";

/**
 * The list of wallets: those of this browser, the one used last first, then WalletConnect. On a phone without wallets
 * it links to the browser of a wallet app.
 *
 * @typedef {import("./wallets.js").Wallet} Wallet
 */

export class WalletList {
  /**
   * @param {HTMLElement} root container of the buttons
   * @param {DOMStringMap} options data attributes of the panel: `verb` (with {name} for the wallet’s) and
   *   `buttons` (class) of the buttons, `next` URL
   * @param {Wallet[]} remote
   * @param {(wallet: Wallet) => void} onChoose
   */
  constructor(root, options, remote, onChoose) {
    this.root = root;
    this.options = options;
    this.remote = remote;
    this.onChoose = onChoose;
    /** @type {Map<Wallet["provider"], HTMLElement>} */
    this.buttons = new Map();
    this.note = createElement("div", "", "wallet-list");
    this.isSettled = false;
  }

  /** @param {(wallets: Wallet[]) => void} [onFound] called with the wallets of this browser */
  watch(onFound) {
    watchWallets((wallets, isSettled) => {
      if (wallets.length === 0 && !isSettled) return;
      const ordered = lastUsedFirst(() => localStorage, wallets);
      this.show([...ordered, ...this.remote]);
      this.isSettled = isSettled;
      this.note.replaceChildren(...this.buildNotes(wallets));
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
    const buttons = wallets.map((wallet) => this.getButton(wallet));
    if (this.isSettled) this.insertLate(buttons.filter((button) => !button.isConnected));
    else this.arrange([...buttons, this.note]);
    const { buttons: highlight } = this.options;
    // At most one button is highlighted: the first one.
    if (highlight)
      [...this.buttons.values()].forEach((button) =>
        button.classList.toggle(highlight, button === this.root.firstElementChild),
      );
  }

  /**
   * Show `wanted` in this order. Leave the DOM alone if nothing changes: a button that is removed and inserted again
   * while it is pressed loses the click.
   * @param {HTMLElement[]} wanted
   */
  arrange(wanted) {
    const { childNodes } = this.root;
    const isUnchanged =
      childNodes.length === wanted.length && wanted.every((node, place) => childNodes[place] === node);
    if (!isUnchanged) this.root.replaceChildren(...wanted);
  }

  /**
   * Add buttons after the existing ones. Moving existing buttons would lose the focus or cause clicks on the wrong one.
   * @param {HTMLElement[]} buttons
   */
  insertLate(buttons) {
    const [remote] = this.remote;
    const after = remote ? this.getButton(remote) : this.note;
    for (const button of buttons) after.before(button);
  }

  /**
   * Return the button of a wallet, creating it if needed.
   * @param {Wallet} wallet
   */
  getButton(wallet) {
    const known = this.buttons.get(wallet.provider);
    if (known) return known;
    const made = buildButton(wallet, this.options, () => this.onChoose(wallet));
    this.buttons.set(wallet.provider, made);
    return made;
  }

  /**
   * Build the notes below the list: a warning about duplicates, or help if there is no wallet.
   * @param {Wallet[]} wallets
   */
  buildNotes(wallets) {
    const duplicate = findDuplicateName(wallets);
    if (duplicate)
      return [
        createElement(
          "p",
          gettext(
            "Two wallets here call themselves {name}. If you did not install both, one may be a fake: look closely at the window that opens.",
            { name: duplicate },
          ),
          "note note-wait",
        ),
      ];
    if (wallets.length > 0) return [];
    if (!isPhone(window)) return [createElement("p", this.remote.length > 0 ? NO_WALLET_HERE : NO_WALLET, "soft")];
    const link = createElement("a", gettext("Open in MetaMask"), "button wallet-choice");
    link.href = metaMaskLink(location.href, this.options["next"]);
    return [link, createElement("p", NO_WALLET_ON_PHONE, "soft small")];
  }
}

/**
 * Build the button of a wallet.
 * @param {Wallet} wallet
 * @param {DOMStringMap} options
 * @param {() => void} onChoose
 */
function buildButton(wallet, { verb = "{name}" }, onChoose) {
  const button = createElement("button", "", "button wallet-choice");
  button.type = "button";
  if (wallet.icon) button.append(buildIcon(wallet.icon));
  button.append(
    createElement(
      "span",
      verb.replace("{name}", () => wallet.name),
    ),
  );
  button.addEventListener("click", onChoose);
  return button;
}

/**
 * Build an <img>, in which an SVG icon can neither run scripts nor load anything.
 * @param {string} source data URI
 */
function buildIcon(source) {
  const image = document.createElement("img");
  image.addEventListener("error", () => image.remove());
  image.src = source;
  image.alt = "";
  image.width = image.height = 28;
  return image;
}

// @ts-check
import { checksummedAddress, isAddress, isSameAddress, shortAddress, toHex } from "./addresses.js";
import { describeSwitchError, fetchChainId, switchChain } from "./chains.js";
import { redirectTo, postJson } from "./http.js";
import { Panel } from "./wallet-panel.js";
import { UserFacingError } from "./wallet-errors.js";

/**
 * Signing in with a wallet, and linking one: the server writes the text, this page shows it in plain words, the wallet
 * signs it, the server checks it.
 *
 * @typedef {import("./wallets.js").Wallet} Wallet
 * @typedef {import("./chains.js").Chain} Chain
 * @typedef {{wallet: Wallet, address: string, chain: Chain}} Connection
 */

class SignInPanel extends Panel {
  /** @param {HTMLElement} root */
  constructor(root) {
    super(root);
    this.review = this.part("review");
    /** @type {Connection | null} */
    this.connection = null;
    this.text = "";
    this.signButton = this.part("sign");
    this.signButton.addEventListener("click", () => void this.attempt(() => this.sign()));
    this.part("back").addEventListener("click", () => this.leave());
    this.showWallets((wallet) => this.connect(wallet));
  }

  /** To another wallet. One on a phone is let go, so that choosing it again can mean another phone. */
  leave() {
    const { wallet } = this.connection ?? {};
    const { isWaiting } = this;
    this.startOver();
    if (wallet && isWaiting) this.stop(wallet.name);
    if (wallet?.isRemote) void wallet.provider.request({ method: "wallet_revokePermissions" });
  }

  startOver() {
    this.connection = null;
    this.review.hidden = true;
    this.list.hidden = false;
    this.say("");
    this.clearAlert();
  }

  /** @param {Wallet} wallet */
  async connect(wallet) {
    this.say(waitingFor(wallet));
    const accounts = await this.ask(wallet, { method: "eth_requestAccounts" });
    const address = Array.isArray(accounts) ? accounts[0] : undefined;
    if (!isAddress(address))
      throw new UserFacingError(
        "Your wallet shared no account. Unlock it, choose an account, and try again.",
        "locked",
      );
    const chainId = await this.wait(wallet, fetchChainId(wallet.provider));
    const chain = this.chains.find(({ id }) => id === chainId);
    if (!chain) return this.offerChainSwitch(wallet);
    this.watch(wallet, {
      accounts: (its, now) => this.accountsChanged(its, now),
      chain: (its) => this.chainChanged(its),
    });
    await this.prepare({ wallet, address, chain });
  }

  /** @param {Wallet} wallet */
  offerChainSwitch(wallet) {
    const names = this.chains.map(({ name }) => name).join(" or ");
    const actions = this.chains.map((chain) => ({
      label: `Switch network to ${chain.name}`,
      run: () => void this.attempt(() => this.switchAndConnect(wallet, chain)),
    }));
    this.showError(`Your wallet is on a network this site does not read. It has to be on ${names}.`, actions);
  }

  /**
   * @param {Wallet} wallet
   * @param {Chain} chain
   */
  async switchAndConnect(wallet, chain) {
    this.say(`Asking ${wallet.name} to switch to ${chain.name}…`);
    const switching = switchChain(wallet.provider, chain).catch((error) => {
      throw new UserFacingError(describeSwitchError(error, chain));
    });
    await this.wait(wallet, switching);
    await this.connect(wallet);
  }

  /** @param {Connection} connection */
  async prepare(connection) {
    this.say("Writing the text to sign…");
    const { address, chain } = connection;
    const { challengeUrl = "", purpose, next } = this.root.dataset;
    const challenge = await postJson(challengeUrl, { address, chain_id: chain.id, purpose, next }, this.csrfToken);
    this.connection = connection;
    this.text = challenge.text;
    this.showReview(connection, challenge);
  }

  /**
   * @param {Connection} connection
   * @param {{text: string, expires_at: string}} challenge
   */
  showReview({ wallet, address, chain }, { text, expires_at }) {
    this.part("account").textContent = checksummedAddress(text, address);
    this.part("chain").textContent = chain.name;
    this.part("text").textContent = text;
    const until = new Date(expires_at);
    this.part("until").textContent = until.toLocaleTimeString([], { hour: "2-digit", minute: "2-digit" });
    this.signButton.textContent = `Sign with ${wallet.name}`;
    this.list.hidden = true;
    this.review.hidden = false;
    this.say("Read what you are about to sign, then sign it in your wallet.");
    queueMicrotask(() => this.part("review-title").focus());
  }

  async sign() {
    if (!this.connection) return this.startOver();
    const { wallet, address } = this.connection;
    this.say(`Waiting for your signature in ${wallet.name}…`);
    const signature = await this.ask(wallet, { method: "personal_sign", params: [toHex(this.text), address] });
    this.say("Checking the signature…");
    await this.verify(signature);
  }

  /** @param {unknown} signature */
  async verify(signature) {
    const { verifyUrl = "" } = this.root.dataset;
    try {
      const answer = await postJson(verifyUrl, { text: this.text, signature }, this.csrfToken);
      this.say("Done. One moment…");
      redirectTo(answer.redirect);
    } catch (error) {
      // A text is good for one try only, so the next attempt starts from the wallets again.
      const sentence = error instanceof Error ? error.message : "";
      this.startOver();
      throw new UserFacingError(sentence);
    }
  }

  /**
   * @param {Wallet} wallet
   * @param {unknown} accounts
   */
  accountsChanged(wallet, accounts) {
    const connection = this.connection;
    if (connection?.wallet !== wallet) return;
    const now = Array.isArray(accounts) ? accounts[0] : undefined;
    if (!isAddress(now)) {
      this.startOver();
      this.showError(
        `${wallet.name} no longer shares ${shortAddress(connection.address)} with this page. Choose your wallet again to go on.`,
      );
    } else if (!isSameAddress(now, connection.address)) {
      this.showAccountChange(connection, now);
    } else {
      this.clearAlert();
    }
  }

  /**
   * @param {Connection} connection
   * @param {string} now
   */
  showAccountChange(connection, now) {
    const before = shortAddress(connection.address);
    this.showError(
      `Your wallet switched from ${before} to ${shortAddress(now)}. The text on this page was written for ${before}. Switch back in your wallet, or go on with the new account.`,
      [
        {
          label: `Go on with ${shortAddress(now)}`,
          run: () => void this.attempt(() => this.prepare({ ...connection, address: now })),
        },
      ],
    );
  }

  /** @param {Wallet} wallet */
  chainChanged(wallet) {
    const connection = this.connection;
    if (connection?.wallet !== wallet) return;
    const { name } = connection.chain;
    this.startOver();
    this.showError(`Your wallet left ${name}. The text to sign names its network, so it has to be written again.`, [
      { label: "Write it again", run: () => void this.attempt(() => this.connect(wallet)) },
    ]);
  }
}

/** @param {Wallet} wallet */
function waitingFor({ name, isRemote }) {
  if (isRemote) return `Connecting to ${name}…`;
  return `Waiting for ${name}. If no window opened, look for its icon in your browser.`;
}

for (const root of document.querySelectorAll("[data-sign-in]")) if (root instanceof HTMLElement) new SignInPanel(root);

// @ts-check
import { checksummedAddress, isSameAddress, shortAddress, toHex } from "./addresses.js";
import { fetchChainId } from "./chains.js";
import { postJson, redirectTo } from "../../profiles/js/http.js";
import { parseAccounts, parseChainId, parseSignature } from "./wallet-answers.js";
import { UserFacingError } from "../../profiles/js/user-facing-error.js";
import { WalletPanel } from "./wallet-panel.js";
import { gettext, joinNames } from "../../profiles/js/words.js";

/**
 * Signing in with a wallet and linking a wallet: the server creates a message (EIP-4361), the wallet shows and signs it,
 * and the server verifies the signature. The wallet is asked to sign as soon as it shared an account: it shows the
 * message itself, so a review here would only repeat it.
 *
 * @typedef {import("./wallets.js").Wallet} Wallet
 * @typedef {import("./chains.js").Chain} Chain
 * @typedef {{wallet: Wallet, address: string, chain: Chain}} Connection
 * @typedef {{text: string, seconds: number, waits: boolean}} Challenge  `seconds`: how long it may be signed, because
 *   this device's clock may be wrong; `waits`: the account has code, and its owners may sign one after the other
 */

/** Wait for the wallet's node to say whether the account has code. */
const CODE_MS = 2_000;
const NO_SIGNATURE = gettext("Your wallet answered without a signature. Try again, or use another wallet.");

class SignInPanel extends WalletPanel {
  /** @param {HTMLElement} root */
  constructor(root) {
    super(root);
    this.review = this.part("review");
    /** @type {Connection | null} */
    this.connection = null;
    /** @type {Challenge | null} */
    this.challenge = null;
    this.expiresAt = 0;
    this.showWallets((wallet) => this.connect(wallet));
  }

  reset() {
    this.connection = null;
    this.patience = "";
    this.review.hidden = true;
    this.setStatus("");
    this.clearAlert();
  }

  /**
   * Stop waiting, and disconnect a remote wallet, so that another phone can be connected.
   * @override
   * @param {string} name of the wallet
   */
  cancelWaiting(name) {
    const { wallet } = this.connection ?? {};
    super.cancelWaiting(name);
    this.review.hidden = true;
    if (wallet?.isRemote) void wallet.provider.request({ method: "wallet_revokePermissions" });
  }

  /**
   * Ask the wallet for an account and its signature, and for a switch if it is on an unsupported chain.
   * @param {Wallet} wallet
   * @throws {UserFacingError} if it shares no account
   */
  async connect(wallet) {
    this.setStatus(waitingMessage(wallet));
    const [address] = parseAccounts(await this.request(wallet, { method: "eth_requestAccounts" }));
    if (!address)
      throw new UserFacingError(
        gettext("Your wallet shared no account. Unlock it, choose an account, and try again."),
        "locked",
      );
    const chainId = await this.waitFor(wallet, fetchChainId(wallet.provider));
    const chain = this.chains.find(({ id }) => id === chainId);
    if (!chain) return this.offerChainSwitch(wallet, chainId);
    this.watch(wallet, {
      accountsChanged: (changed, accounts) => this.accountsChanged(changed, accounts),
      chainChanged: (changed, chainId) => void this.chainChanged(changed, chainId),
    });
    await this.requestMessage({ wallet, address, chain });
  }

  /**
   * Show a button for each supported chain.
   * @param {Wallet} wallet
   * @param {unknown} chainId of the wallet, 0 if it did not say
   */
  offerChainSwitch(wallet, chainId) {
    const chains = joinNames(this.chains.map(({ name }) => name));
    const actions = this.chains.map((chain) => ({
      label: gettext("Switch network to {chain}", { chain: chain.name }),
      run: () => void this.attempt(() => this.switchAndConnect(wallet, chain)),
    }));
    const message = chainId
      ? gettext("Your wallet is on a network this site does not read. It has to be on {chains}.", { chains })
      : gettext("Your wallet did not say which network it is on. It has to be on {chains}.", { chains });
    this.showError(message, actions);
  }

  /**
   * @param {Wallet} wallet
   * @param {Chain} chain
   */
  async switchAndConnect(wallet, chain) {
    await this.switchTo(wallet, chain);
    await this.connect(wallet);
  }

  /**
   * Get a message from the server and have the wallet sign it.
   * @param {Connection} connection
   */
  async requestMessage(connection) {
    this.setStatus(gettext("Writing the text to sign…"));
    const { wallet, address, chain } = connection;
    const { challengeUrl = "", purpose, next } = this.root.dataset;
    const may_have_code = await mayHaveCode(wallet, address);
    // In lower case, since some wallets spell the checksum in a way of their own.
    const wanted = { address: address.toLowerCase(), chain_id: chain.id, purpose, next, may_have_code };
    const challenge = await postJson(challengeUrl, wanted, this.csrfToken);
    this.connection = connection;
    this.challenge = challenge;
    this.expiresAt = Date.now() + challenge.seconds * 1000;
    await this.sign(connection, challenge);
  }

  /**
   * Have the wallet sign the message, then verify the signature.
   * @param {Connection} connection
   * @param {Challenge} challenge
   */
  async sign(connection, challenge) {
    const { wallet, address } = connection;
    const until = formatTime(this.expiresAt, challenge.waits);
    this.patience = challenge.waits
      ? gettext("If other owners have to sign too, they can until {until}. Leave this page open.", { until })
      : "";
    this.part("text").textContent = challenge.text;
    this.review.hidden = false;
    const account = shortAddress(checksummedAddress(challenge.text, address));
    const waiting = gettext("Waiting for the signature of {account} in {wallet}…", { account, wallet: wallet.name });
    this.setStatus(`${waiting} ${this.patience}`);
    this.statusLine.scrollIntoView({ block: "nearest" });
    const seconds = Math.floor((this.expiresAt - Date.now()) / 1000);
    const call = { method: "personal_sign", params: [toHex(challenge.text), address], seconds };
    const timer = setTimeout(() => this.expire(connection), Math.max(0, seconds) * 1000);
    const answer = await this.request(wallet, call).finally(() => {
      clearTimeout(timer);
      this.review.hidden = true;
    });
    const signature = parseSignature(answer);
    if (!signature && challenge.waits) return this.offerApproval();
    if (!signature) throw new UserFacingError(NO_SIGNATURE);
    this.setStatus(gettext("Checking the signature…"));
    await this.verify(signature);
  }

  /**
   * Stop waiting for a signature that would come too late.
   * @param {Connection} connection
   */
  expire({ wallet }) {
    this.stopWaiting();
    this.reset();
    this.showError(gettext("The text was not signed in time. It has to be written again."), [
      { label: gettext("Write it again"), run: () => void this.attempt(() => this.connect(wallet)) },
    ]);
  }

  /** Let the user say when the owners of the account have approved the text on its chain, which needs no signature. */
  offerApproval() {
    this.showError(
      gettext(
        "Your wallet answered without a signature. If the account’s owners approve the text on its chain, wait until all of them have, then check. It can be checked once.",
      ),
      [{ label: gettext("They have approved it"), run: () => void this.attempt(() => this.verify("0x")) }],
    );
  }

  /**
   * Send the signature to the server and go where it redirects.
   * @param {string} signature
   * @throws {UserFacingError} after an error of the server
   */
  async verify(signature) {
    const { verifyUrl = "" } = this.root.dataset;
    try {
      const answer = await postJson(verifyUrl, { text: this.challenge?.text, signature }, this.csrfToken);
      this.setStatus(gettext("Done. One moment…"));
      redirectTo(answer.redirect);
    } catch (error) {
      // A message is valid for one attempt, so the next attempt starts with the list of wallets.
      const message = error instanceof Error ? error.message : "";
      this.reset();
      throw new UserFacingError(message);
    }
  }

  /**
   * Offer a new message if the connected wallet switched to another account.
   * @param {Wallet} wallet
   * @param {unknown} accounts
   */
  accountsChanged(wallet, accounts) {
    const connection = this.connection;
    if (connection?.wallet !== wallet) return;
    const [now] = parseAccounts(accounts);
    if (now && isSameAddress(now, connection.address)) return;
    this.stopWaiting();
    this.reset();
    if (now) {
      this.connection = connection;
      this.showAccountChange(connection, now);
    } else {
      const account = shortAddress(connection.address);
      const words = { wallet: wallet.name, account };
      this.showError(
        gettext("{wallet} no longer shares {account} with this page. Choose your wallet again to go on.", words),
      );
    }
  }

  /**
   * @param {Connection} connection
   * @param {string} now
   */
  showAccountChange(connection, now) {
    const words = { before: shortAddress(connection.address), now: shortAddress(now) };
    this.showError(
      gettext(
        "Your wallet switched from {before} to {now}. The text to sign was written for {before}. Go on with the new account, or switch back and choose your wallet again.",
        words,
      ),
      [
        {
          label: gettext("Go on with {now}", words),
          run: () => void this.attempt(() => this.requestMessage({ ...connection, address: now })),
        },
      ],
    );
  }

  /**
   * Ask for a new message if the wallet is on another chain now, since the message contains the chain id. Wallets tell
   * of a chain they were on already, and of a switch a while after it: so the wallet is asked before anything is done.
   * @param {Wallet} wallet
   * @param {unknown} told by the event, used if the wallet does not answer
   */
  async chainChanged(wallet, told) {
    if (this.connection?.wallet !== wallet) return;
    const now = (await fetchChainId(wallet.provider).catch(() => 0)) || parseChainId(told);
    const connection = this.connection;
    if (connection?.wallet !== wallet || now === 0 || now === connection.chain.id) return;
    const { name } = connection.chain;
    this.stopWaiting();
    this.reset();
    const message = gettext(
      "Your wallet left {chain}. The text to sign names its network, so it has to be written again.",
      { chain: name },
    );
    this.showError(message, [
      { label: gettext("Write it again"), run: () => void this.attempt(() => this.connect(wallet)) },
    ]);
  }
}

/**
 * Return whether the account may be a contract: its node says so, or does not answer, as over WalletConnect. The server
 * then asks a node itself, and learns nothing new of accounts of keys here.
 * @param {Wallet} wallet
 * @param {string} address
 * @returns {Promise<boolean>}
 */
async function mayHaveCode({ provider }, address) {
  /** @type {Promise<string>} */
  const late = new Promise((resolve) => setTimeout(() => resolve(""), CODE_MS));
  try {
    const code = await Promise.race([provider.request({ method: "eth_getCode", params: [address, "latest"] }), late]);
    return typeof code !== "string" || !/^0x0*$/i.test(code);
  } catch {
    return true;
  }
}

/**
 * Format the time until which a text can be signed, with its day if it may be another one.
 * @param {number} time
 * @param {boolean} withDay
 */
function formatTime(time, withDay) {
  const day = withDay ? /** @type {const} */ ({ weekday: "long" }) : {};
  return new Date(time).toLocaleTimeString(document.documentElement.lang, {
    ...day,
    hour: "2-digit",
    minute: "2-digit",
  });
}

/**
 * Return the status while the wallet is connecting.
 * @param {Wallet} wallet
 */
function waitingMessage({ name, isRemote }) {
  if (isRemote) return gettext("Connecting to {wallet}…", { wallet: name });
  return gettext("Waiting for {wallet}. If no window opened, look for its icon in your browser.", { wallet: name });
}

for (const root of document.querySelectorAll("[data-sign-in]")) if (root instanceof HTMLElement) new SignInPanel(root);

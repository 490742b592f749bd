// @ts-check
import { isAddress } from "./addresses.js";
import { chainHex } from "./chains.js";
import { cleanAppLink } from "./phone.js";
import { parseAccounts, parseChainId } from "./wallet-answers.js";
import { UserFacingError } from "../../profiles/js/user-facing-error.js";
import { cleanName } from "./wallets.js";
import { gettext, joinNames } from "../../profiles/js/words.js";

/**
 * An EIP-1193 provider for wallets on another device or in another app, over WalletConnect v2. The library is large and
 * connects to a relay, so it is loaded only when the user chooses WalletConnect.
 *
 * @typedef {import("./chains.js").Chain} Chain
 * @typedef {Awaited<ReturnType<typeof import("../vendor/walletconnect.js").SignClient.init>>} SignClient
 * @typedef {ReturnType<SignClient["session"]["getAll"]>[number]} Session
 * @typedef {{topic: string, params: any}} SessionEvent
 * @typedef {{projectId: string, relayUrl: string, name: string, icon: string}} Settings
 * @typedef {{show(uri: string, stop: () => void): void, hide(): void}} Pairing  shows the pairing URI
 */

const METHODS = ["personal_sign", "eth_sendTransaction", "eth_signTypedData_v4"];
const EVENTS = ["accountsChanged", "chainChanged"];
/** What the library takes for requests without an expiry. */
const MIN_EXPIRY_SECONDS = 300;
const RELAY_TIMEOUT_MS = 20_000;
const NO_RELAY = gettext(
  "The WalletConnect network does not answer right now. Try again in a minute, or use another wallet.",
);
const NOT_LOADED = gettext("WalletConnect could not be loaded. Check your connection, then try again.");
const NOT_SCANNED = gettext("Nobody answered before the code ran out. Try again for a new one.");
const STOPPED = gettext("You closed the code. Nothing was connected; try again whenever you like.");

/**
 * Load the library and create its client.
 * @param {Settings} settings
 * @returns {Promise<SignClient>}
 */
export async function loadClient({ projectId, relayUrl, name, icon }) {
  const { SignClient } = await import("../vendor/walletconnect.js");
  const metadata = {
    name,
    description: gettext("Profile pictures that prove themselves"),
    url: location.origin,
    icons: [icon],
  };
  const client = await SignClient.init({ projectId, relayUrl, metadata, telemetryEnabled: false, logger: "silent" });
  // This would embed a third-party frame for each request, which our Content-Security-Policy forbids.
  client.core.verify.register = async () => "";
  return client;
}

/**
 * Return the CAIP-2 identifier of a chain.
 * @param {number} chainId
 */
const caip2 = (chainId) => `eip155:${chainId}`;

export class WalletConnectProvider {
  /** @param {{load: () => Promise<SignClient>, chains: Chain[], pairing: Pairing}} parts */
  constructor({ load, chains, pairing }) {
    this.load = load;
    this.chains = chains;
    this.pairing = pairing;
    /** @type {Promise<SignClient> | null} */
    this.loading = null;
    /** @type {Session | null} */
    this.session = null;
    this.chainId = chains[0]?.id ?? 1;
    this.selectedAccount = "";
    /** Rejected when the wallet ends the session, so that pending requests fail. */
    this.ending = createRejectable();
    /** @type {Map<string, Set<(value: any) => void>>} */
    this.listeners = new Map();
    /** @type {Record<string, (params: any) => Promise<unknown>>} */
    this.methods = {
      eth_requestAccounts: () => this.connect(),
      eth_accounts: async () => this.accounts(),
      eth_chainId: async () => chainHex(this.chainId),
      wallet_requestPermissions: () => this.reconnect(),
      wallet_revokePermissions: () => this.disconnect(),
      wallet_switchEthereumChain: (params) => this.switchChain(params),
    };
  }

  /** @param {import("./wallets.js").Request} call */
  async request({ method, params, seconds }) {
    if (METHODS.includes(method)) return this.forward(method, params, seconds);
    const own = this.methods[method];
    if (!own) throw Object.assign(new Error(`${method} does not go over WalletConnect.`), { code: 4200 });
    return own(params);
  }

  /**
   * @param {string} event
   * @param {(value: any) => void} listener
   */
  on(event, listener) {
    this.listeners.set(event, (this.listeners.get(event) ?? new Set()).add(listener));
  }

  /**
   * @param {string} event
   * @param {(value: any) => void} listener
   */
  removeListener(event, listener) {
    this.listeners.get(event)?.delete(listener);
  }

  /**
   * @param {string} event
   * @param {unknown} value
   */
  emit(event, value) {
    for (const listener of this.listeners.get(event) ?? []) listener(value);
  }

  /** @returns {Promise<SignClient>} the client of this page, loaded on the first call */
  client() {
    this.loading ??= this.initClient().catch((error) => {
      this.loading = null;
      throw error;
    });
    return this.loading;
  }

  /** Load the client, subscribe to its events and restore the newest session. */
  async initClient() {
    const client = await this.load().catch((error) => {
      console.info("WalletConnect:", error);
      throw new UserFacingError(NOT_LOADED, "offline");
    });
    client.on("session_event", (event) => this.onSessionEvent(event));
    client.on("session_update", ({ topic }) => this.onSessionUpdate(client, topic));
    client.on("session_delete", ({ topic }) => this.onSessionEnd(topic));
    client.on("session_expire", ({ topic }) => this.onSessionEnd(topic));
    const known = client.session.getAll().filter(({ expiry }) => expiry * 1000 > Date.now());
    this.setSession(known.at(-1) ?? null);
    return client;
  }

  /**
   * Use a session, on the first chain it supports.
   * @param {Session | null} session
   */
  setSession(session) {
    this.session = session;
    this.ending = createRejectable();
    const chain = this.chains.find(({ id }) => this.accountsOn(id).length > 0);
    if (chain) this.chainId = chain.id;
  }

  /**
   * Return the addresses that the session shares on a chain.
   * @param {number} chainId
   */
  accountsOn(chainId) {
    const accounts = this.session?.namespaces["eip155"]?.accounts ?? [];
    const own = accounts.filter((account) => account.startsWith(`${caip2(chainId)}:`));
    return [...new Set(own.map((account) => account.split(":")[2] ?? ""))].filter(isAddress);
  }

  /** @returns {string[]} the account selected in the wallet first */
  accounts() {
    const accounts = this.accountsOn(this.chainId);
    return [
      ...accounts.filter((account) => account === this.selectedAccount),
      ...accounts.filter((account) => account !== this.selectedAccount),
    ];
  }

  async connect() {
    const client = await this.client();
    if (this.accounts().length === 0) this.setSession(await this.pair(client));
    if (this.accounts().length > 0) return this.accounts();
    const chains = joinNames(this.chains.map(({ name }) => name));
    await this.disconnect();
    throw new UserFacingError(
      gettext("The wallet shared no account on {chains}. Add the network in the wallet, then try again.", { chains }),
      "chain-missing",
    );
  }

  /**
   * Disconnect and connect again, so that the user can choose another account (wallet_requestPermissions, EIP-2255).
   */
  async reconnect() {
    await this.disconnect();
    await this.connect();
    return [{ parentCapability: "eth_accounts" }];
  }

  /**
   * Show a pairing URI and wait until a wallet approves the session.
   * @param {SignClient} client
   * @returns {Promise<Session>}
   * @throws {UserFacingError} if the dialog is closed, the URI expires or the relay does not answer
   */
  async pair(client) {
    const chains = this.chains.map(({ id }) => caip2(id));
    const proposal = client.connect({ optionalNamespaces: { eip155: { chains, methods: METHODS, events: EVENTS } } });
    const { uri = "", approval } = await withTimeout(RELAY_TIMEOUT_MS, proposal, NO_RELAY);
    const approving = approval();
    /** @type {Promise<never>} */
    const stopped = new Promise((_, reject) => {
      this.pairing.show(uri, () => {
        reject(new UserFacingError(STOPPED, "refused"));
        approving.then((late) => disconnectSession(client, late)).catch(() => undefined);
      });
    });
    try {
      return await Promise.race([approving, stopped]);
    } catch (error) {
      throw isExpiry(error) ? new UserFacingError(NOT_SCANNED, "expired") : error;
    } finally {
      this.pairing.hide();
    }
  }

  async disconnect() {
    const { session } = this;
    this.session = null;
    if (session) await disconnectSession(await this.client(), session);
    return null;
  }

  /**
   * Send a request to the wallet.
   * @param {string} method
   * @param {unknown} params
   * @param {number} [seconds] until the request expires; at least the library's own five minutes
   */
  async forward(method, params, seconds = 0) {
    const client = await this.client();
    const { session } = this;
    if (!session) throw Object.assign(new Error("No wallet is connected."), { code: 4100 });
    try {
      const answer = client.request({
        topic: session.topic,
        chainId: caip2(this.chainId),
        request: { method, params },
        ...(seconds > MIN_EXPIRY_SECONDS && { expiry: seconds }),
      });
      return await Promise.race([answer, this.ending.promise]);
    } catch (error) {
      throw isExpiry(error)
        ? new UserFacingError(gettext("The wallet did not answer in time. Open it, then try again."), "expired")
        : error;
    }
  }

  /**
   * Switch to a chain of the session. Other chains need a new session.
   * @param {any} params EIP-3326
   */
  async switchChain(params) {
    const wanted = parseChainId(params?.[0]);
    if (this.accountsOn(wanted).length === 0)
      throw Object.assign(new Error("Not a chain of this session."), { code: 4902 });
    this.setChain(wanted);
    return null;
  }

  /** @param {number} chainId */
  setChain(chainId) {
    if (chainId === this.chainId) return;
    this.chainId = chainId;
    this.emit("chainChanged", chainHex(chainId));
  }

  /**
   * Handle an event of the wallet.
   * @param {SessionEvent} event wallets send CAIP-10 accounts or addresses, and chain ids as numbers or hex
   */
  onSessionEvent({ topic, params }) {
    if (topic !== this.session?.topic) return;
    const { name, data } = params?.event ?? {};
    if (name === "chainChanged") this.setChain(parseChainId(data) || this.chainId);
    if (name === "accountsChanged") {
      const accounts = parseAccounts(data);
      this.selectedAccount = accounts[0] ?? "";
      this.emit("accountsChanged", accounts);
    }
  }

  /**
   * Use the accounts of an updated session.
   * @param {SignClient} client
   * @param {string} topic
   */
  onSessionUpdate(client, topic) {
    if (topic !== this.session?.topic) return;
    this.session = client.session.get(topic);
    this.emit("accountsChanged", this.accounts());
  }

  /**
   * Forget the session and fail pending requests.
   * @param {string} topic
   */
  onSessionEnd(topic) {
    if (topic !== this.session?.topic) return;
    this.session = null;
    this.emit("accountsChanged", []);
    this.ending.reject(Object.assign(new Error("The wallet ended the session."), { code: 6000 }));
  }

  /** @returns {string} name of the connected wallet, "" for none */
  get peerName() {
    return this.session ? cleanName(this.session.peer.metadata.name) : "";
  }

  /** @returns {string} link that opens the app of the connected wallet, "" for none */
  get appLink() {
    const { universal, native } = this.session?.peer.metadata.redirect ?? {};
    return cleanAppLink(universal) || cleanAppLink(native);
  }
}

/** Return a promise and the function that rejects it. */
function createRejectable() {
  /** @type {(reason: Error) => void} */
  let reject = () => undefined;
  /** @type {Promise<never>} */
  const promise = new Promise((_, rejectPromise) => (reject = rejectPromise));
  promise.catch(() => undefined); // no unhandled rejection if no request is pending
  return { promise, reject };
}

/**
 * End the session. A wallet that is offline is told by the relay later.
 * @param {SignClient} client
 * @param {Session} session
 */
async function disconnectSession(client, { topic }) {
  await client
    .disconnect({ topic, reason: { code: 6000, message: "Disconnected by the person." } })
    .catch(() => undefined);
}

/**
 * Return whether a proposal or request expired. The client reports this only in the text of the message.
 * @param {any} error
 */
function isExpiry(error) {
  return /expired/i.test(String(error?.message));
}

/**
 * Wait for `work` for a limited time.
 * @template T
 * @param {number} milliseconds
 * @param {Promise<T>} work
 * @param {string} message shown to the user
 * @returns {Promise<T>}
 * @throws {UserFacingError} after the timeout, or if `work` fails
 */
async function withTimeout(milliseconds, work, message) {
  /** @type {ReturnType<typeof setTimeout> | undefined} */
  let timer;
  const timeout = new Promise((_, reject) => {
    timer = setTimeout(() => reject(new UserFacingError(message, "offline")), milliseconds);
  });
  try {
    return await Promise.race([work, /** @type {Promise<never>} */ (timeout)]);
  } catch (error) {
    throw error instanceof UserFacingError ? error : new UserFacingError(message, "offline");
  } finally {
    clearTimeout(timer);
  }
}

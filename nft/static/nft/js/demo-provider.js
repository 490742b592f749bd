// @ts-check
import { chainHex } from "./chains.js";

/**
 * The EIP-1193 provider of the demo wallet. After the user's approval, the local node signs with its unlocked accounts,
 * so the wallet holds no keys. Only the local stack loads it.
 *
 * @typedef {{address: string, name: string}} Account
 * @typedef {{kind: "connect", accounts: Account[], current: string}
 *   | {kind: "message", account: Account, text: string}
 *   | {kind: "typed-data", account: Account, text: string}
 *   | {kind: "transaction", account: Account, transaction: Record<string, string>}} Question
 * @typedef {{
 *   rpc(method: string, params: unknown[]): Promise<any>,
 *   ask(question: Question): Promise<string>,
 *   chainId: number,
 *   store: import("./pending-hash.js").Store,
 * }} Environment  `ask` resolves to the chosen address, "" for a refusal
 */

const NAMES = ["Alice", "Bob", "Carol", "Dave", "Erin"];
const KEY = "demo-wallet-account";
/** Methods a page may call without approval. Only reads: the local node would also sign without approval. */
const READ_METHODS =
  /^(?:eth_(?:blockNumber|call|estimateGas|feeHistory|gasPrice|maxPriorityFeePerGas|get\w+)|net_version)$/;

/** An error with a code, as EIP-1193 specifies. */
export class ProviderError extends Error {
  /**
   * @param {number} code
   * @param {string} message
   */
  constructor(code, message) {
    super(message);
    this.code = code;
  }
}

export class DemoProvider {
  /** @param {Environment} environment */
  constructor(environment) {
    this.environment = environment;
    /** @type {Map<string, Set<(value: unknown) => void>>} */
    this.listeners = new Map();
    this.isAsking = false;
    /** @type {Record<string, (params: any[]) => Promise<unknown>>} */
    this.methods = {
      eth_accounts: () => this.sharedAccounts(),
      eth_requestAccounts: () => this.connect(),
      wallet_requestPermissions: () => this.connect().then(() => [{ parentCapability: "eth_accounts" }]),
      wallet_revokePermissions: () => this.disconnect(),
      eth_chainId: async () => chainHex(this.environment.chainId),
      personal_sign: (params) => this.signMessage(params),
      eth_signTypedData_v4: (params) => this.signTypedData(params),
      eth_sendTransaction: (params) => this.sendTransaction(params),
      wallet_switchEthereumChain: (params) => this.checkChain(params[0]?.chainId),
      wallet_addEthereumChain: (params) => this.checkChain(params[0]?.chainId),
    };
  }

  /**
   * @param {{method: string, params?: unknown}} call
   * @returns {Promise<unknown>}
   */
  async request({ method, params }) {
    const list = Array.isArray(params) ? params : [];
    const own = this.methods[method];
    if (own) return own(list);
    if (READ_METHODS.test(method)) return this.environment.rpc(method, list);
    throw new ProviderError(4200, `The demo wallet does not support ${method}.`);
  }

  /**
   * @param {string} event
   * @param {(value: unknown) => void} listener
   */
  on(event, listener) {
    const listeners = this.listeners.get(event) ?? new Set();
    this.listeners.set(event, listeners.add(listener));
    return this;
  }

  /**
   * @param {string} event
   * @param {(value: unknown) => void} listener
   */
  removeListener(event, listener) {
    this.listeners.get(event)?.delete(listener);
    return this;
  }

  /**
   * @param {string} event
   * @param {unknown} value
   */
  emit(event, value) {
    for (const listener of this.listeners.get(event) ?? []) listener(value);
  }

  /** @returns {Promise<Account[]>} the first unlocked accounts of the local node, with the usual example names */
  async accounts() {
    const addresses = await this.environment.rpc("eth_accounts", []);
    return NAMES.flatMap((name, index) => (addresses[index] ? [{ name, address: addresses[index] }] : []));
  }

  /** @returns {string} the account connected in this tab, "" for none */
  get current() {
    return this.environment.store.getItem(KEY) ?? "";
  }

  async sharedAccounts() {
    return this.current ? [this.current] : [];
  }

  async connect() {
    const accounts = await this.accounts();
    const chosen = await this.ask({ kind: "connect", accounts, current: this.current });
    this.choose(chosen);
    return [chosen];
  }

  /** @param {string} address */
  choose(address) {
    const before = this.current;
    this.environment.store.setItem(KEY, address);
    if (before !== address) this.emit("accountsChanged", [address]);
  }

  async disconnect() {
    this.environment.store.removeItem(KEY);
    this.emit("accountsChanged", []);
    return null;
  }

  /**
   * Ask the user. Only one question can be open at a time.
   * @param {Question} question
   * @returns {Promise<string>} the selected address
   * @throws {ProviderError} 4001 if the user refuses, -32002 if another question is open
   */
  async ask(question) {
    if (this.isAsking) throw new ProviderError(-32002, "The demo wallet already has a question open.");
    this.isAsking = true;
    try {
      const answer = await this.environment.ask(question);
      if (!answer) throw new ProviderError(4001, "The person refused in the demo wallet.");
      return answer;
    } finally {
      this.isAsking = false;
    }
  }

  /**
   * Return the account for `address`.
   * @param {unknown} address
   * @returns {Promise<Account>}
   * @throws {ProviderError} 4100 if the account is not connected
   */
  async connectedAccount(address) {
    const isConnected = typeof address === "string" && address.toLowerCase() === this.current.toLowerCase();
    const account = isConnected
      ? (await this.accounts()).find((known) => known.address.toLowerCase() === address.toLowerCase())
      : undefined;
    if (!account) throw new ProviderError(4100, "This account is not connected to the page.");
    return account;
  }

  /** @param {any[]} params `[message as hex or text, address]` */
  async signMessage([message, address]) {
    const account = await this.connectedAccount(address);
    await this.ask({ kind: "message", account, text: String(message) });
    return this.environment.rpc("personal_sign", [message, account.address]);
  }

  /** @param {any[]} params `[address, typed data as JSON text]` */
  async signTypedData([address, data]) {
    const account = await this.connectedAccount(address);
    await this.ask({ kind: "typed-data", account, text: typeof data === "string" ? data : JSON.stringify(data) });
    return this.environment.rpc("eth_signTypedData_v4", [account.address, data]);
  }

  /** @param {any[]} params */
  async sendTransaction([transaction]) {
    const account = await this.connectedAccount(transaction?.from);
    await this.ask({ kind: "transaction", account, transaction });
    return this.environment.rpc("eth_sendTransaction", [transaction]);
  }

  /**
   * Accept only the local chain.
   * @param {unknown} chainId
   * @throws {ProviderError} 4902 for any other chain
   */
  async checkChain(chainId) {
    if (Number(chainId) !== this.environment.chainId)
      throw new ProviderError(4902, "The demo wallet knows the local chain only.");
    return null;
  }
}

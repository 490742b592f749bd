// @ts-check
import { chainHex } from "./chains.js";

/**
 * The demo wallet's EIP-1193 provider: asks its person, then lets the local chain's own unlocked accounts sign. It
 * keeps no key. Only the local stack loads it.
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
 * }} World  `ask` resolves to the chosen address, "" for a refusal
 */

const NAMES = ["Alice", "Bob", "Carol", "Dave", "Erin"];
const KEY = "demo-wallet-account";
/** What a page may ask the chain without the person: reads only, as the chain would also sign without asking. */
const READS = /^(?:eth_(?:blockNumber|call|estimateGas|feeHistory|gasPrice|maxPriorityFeePerGas|get\w+)|net_version)$/;

/** An error as EIP-1193 asks for it. */
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
  /** @param {World} world */
  constructor(world) {
    this.world = world;
    /** @type {Map<string, Set<(value: unknown) => void>>} */
    this.listeners = new Map();
    this.isAsking = false;
    /** @type {Record<string, (params: any[]) => Promise<unknown>>} */
    this.methods = {
      eth_accounts: () => this.sharedAccounts(),
      eth_requestAccounts: () => this.connect(),
      wallet_requestPermissions: () => this.connect().then(() => [{ parentCapability: "eth_accounts" }]),
      wallet_revokePermissions: () => this.disconnect(),
      eth_chainId: async () => chainHex(this.world.chainId),
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
    if (READS.test(method)) return this.world.rpc(method, list);
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

  /** @returns {Promise<Account[]>} the chain's first unlocked accounts, under the names everybody knows */
  async accounts() {
    const addresses = await this.world.rpc("eth_accounts", []);
    return NAMES.flatMap((name, index) => (addresses[index] ? [{ name, address: addresses[index] }] : []));
  }

  /** @returns {string} the account this tab is connected with, "" for none */
  get current() {
    return this.world.store.getItem(KEY) ?? "";
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
    this.world.store.setItem(KEY, address);
    if (before !== address) this.emit("accountsChanged", [address]);
  }

  async disconnect() {
    this.world.store.removeItem(KEY);
    this.emit("accountsChanged", []);
    return null;
  }

  /**
   * @param {Question} question
   * @returns {Promise<string>}
   */
  async ask(question) {
    if (this.isAsking) throw new ProviderError(-32002, "The demo wallet already has a question open.");
    this.isAsking = true;
    try {
      const answer = await this.world.ask(question);
      if (!answer) throw new ProviderError(4001, "The person refused in the demo wallet.");
      return answer;
    } finally {
      this.isAsking = false;
    }
  }

  /**
   * @param {unknown} address
   * @returns {Promise<Account>}
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
    return this.world.rpc("personal_sign", [message, account.address]);
  }

  /** @param {any[]} params `[address, typed data as JSON text]` */
  async signTypedData([address, data]) {
    const account = await this.connectedAccount(address);
    await this.ask({ kind: "typed-data", account, text: typeof data === "string" ? data : JSON.stringify(data) });
    return this.world.rpc("eth_signTypedData_v4", [account.address, data]);
  }

  /** @param {any[]} params */
  async sendTransaction([transaction]) {
    const account = await this.connectedAccount(transaction?.from);
    await this.ask({ kind: "transaction", account, transaction });
    return this.world.rpc("eth_sendTransaction", [transaction]);
  }

  /** @param {unknown} chainId */
  async checkChain(chainId) {
    if (Number(chainId) !== this.world.chainId)
      throw new ProviderError(4902, "The demo wallet knows the local chain only.");
    return null;
  }
}

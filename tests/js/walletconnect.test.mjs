// @ts-check
// Unit tests of the provider with a fake client. tests/browser/test_walletconnect.py runs it with the real library and
// a relay.
import assert from "node:assert/strict";
import { test } from "node:test";
import { describeError } from "../../nft/static/nft/js/wallet-errors.js";
import { WalletConnectProvider } from "../../nft/static/nft/js/walletconnect.js";

const ALICE = `0x${"a".repeat(40)}`;
const BOB = `0x${"b".repeat(40)}`;
const CHAINS = [1, 31337].map((id) => ({ id, name: `Chain ${id}`, explorer_url: "", currency: "ETH", rpc_url: "" }));

/** @param {string[]} accounts CAIP-10 */
const sessionOf = (accounts, redirect = {}) => ({
  topic: "t",
  expiry: Date.now() / 1000 + 60,
  namespaces: { eip155: { accounts, methods: [], events: [] } },
  peer: { metadata: { name: "Rain\u202ebow", redirect } },
});

/**
 * @param {{known?: object[], approval?: () => Promise<unknown>, request?: (call: any) => Promise<unknown>, connect?: () => Promise<unknown>}} [behavior]
 */
function world({
  known = [],
  approval = async () => sessionOf([`eip155:1:${ALICE}`]),
  request = async () => "0xsigned",
  connect,
} = {}) {
  /** @type {Record<string, (event: any) => void>} */
  const says = {};
  /** @type {string[]} */
  const log = [];
  const client = {
    on: (/** @type {string} */ event, /** @type {any} */ listener) => (says[event] = listener),
    session: { getAll: () => known, get: () => known[0] },
    connect: connect ?? (async () => ({ uri: "wc:t@2?symKey=k", approval })),
    request: async (/** @type {any} */ call) => (
      log.push(`request ${call.chainId} ${call.request.method}`),
      request(call)
    ),
    disconnect: async () => void log.push("disconnect"),
  };
  /** @type {() => void} */
  let stop = () => assert.fail("no pairing URI is shown");
  const pairing = {
    show: (/** @type {string} */ uri, /** @type {() => void} */ its) => (
      (stop = its),
      log.push(`show ${uri.slice(0, 3)}`)
    ),
    hide: () => void log.push("hide"),
  };
  const load = async () => (log.push("load"), /** @type {any} */ (client));
  return { provider: new WalletConnectProvider({ load, chains: CHAINS, pairing }), says, log, close: () => stop() };
}

const kindOf = (/** @type {Promise<unknown>} */ work) =>
  work.then(
    () => "no error",
    (error) => describeError(error).kind,
  );

test("the library is loaded on the first request for accounts", async () => {
  const { provider, log } = world();
  assert.deepEqual(await provider.request({ method: "eth_accounts" }), []);
  assert.equal(await provider.request({ method: "eth_chainId" }), "0x1");
  assert.deepEqual(log, []);
  assert.deepEqual(await provider.request({ method: "eth_requestAccounts" }), [ALICE]);
  assert.deepEqual(log, ["load", "show wc:", "hide"]);
});

test("a session of an earlier page is reused without a pairing URI", async () => {
  const { provider, log } = world({ known: [sessionOf([`eip155:31337:${BOB}`])] });
  assert.deepEqual(await provider.request({ method: "eth_requestAccounts" }), [BOB]);
  assert.equal(await provider.request({ method: "eth_chainId" }), "0x7a69");
  assert.deepEqual(log, ["load"]);
});

test("an expired session is not reused", async () => {
  const { provider, log } = world({ known: [{ ...sessionOf([`eip155:1:${BOB}`]), expiry: 1 }] });
  assert.deepEqual(await provider.request({ method: "eth_requestAccounts" }), [ALICE]);
  assert.ok(log.includes("show wc:"));
});

test("a refusal, an expired URI, an unreachable relay and a missing chain have their own kinds", async () => {
  const refusing = world({ approval: () => Promise.reject({ code: 5000, message: "User rejected." }) });
  const expiring = world({ approval: () => Promise.reject(new Error("Proposal expired")) });
  const offline = world({ connect: () => Promise.reject(new Error("socket stalled")) });
  const elsewhere = world({ approval: async () => sessionOf([`eip155:10:${ALICE}`]) });
  const ask = (/** @type {ReturnType<typeof world>} */ { provider }) =>
    kindOf(provider.request({ method: "eth_requestAccounts" }));
  assert.equal(await ask(refusing), "refused");
  assert.equal(await ask(expiring), "expired");
  assert.equal(await ask(offline), "offline");
  assert.equal(await ask(elsewhere), "chain-missing");
});

test("closing the dialog cancels the pairing, even if the wallet approves it later", async () => {
  /** @type {(session: unknown) => void} */
  let approve = () => undefined;
  const { provider, log, close } = world({ approval: () => new Promise((resolve) => (approve = resolve)) });
  const asking = kindOf(provider.request({ method: "eth_requestAccounts" }));
  while (!log.includes("show wc:")) await new Promise(setImmediate);
  close();
  assert.equal(await asking, "refused");
  approve(sessionOf([`eip155:1:${ALICE}`]));
  await new Promise(setImmediate);
  assert.ok(log.includes("disconnect"));
  assert.deepEqual(await provider.request({ method: "eth_accounts" }), []);
});

test("a failed load of the library is reported and retried on the next request", async () => {
  const { provider } = world();
  const { load } = provider;
  provider.load = () => Promise.reject(new TypeError("Failed to fetch dynamically imported module"));
  assert.equal(await kindOf(provider.request({ method: "eth_requestAccounts" })), "offline");
  provider.load = load;
  assert.deepEqual(await provider.request({ method: "eth_requestAccounts" }), [ALICE]);
});

test("requests go to the current chain; only chains of the session can be switched to", async () => {
  const { provider, log } = world({ approval: async () => sessionOf([`eip155:1:${ALICE}`, `eip155:31337:${ALICE}`]) });
  await provider.request({ method: "eth_requestAccounts" });
  await provider.request({ method: "personal_sign", params: ["0x", ALICE] });
  await provider.request({ method: "wallet_switchEthereumChain", params: [{ chainId: "0x7a69" }] });
  await provider.request({ method: "eth_sendTransaction", params: [{}] });
  assert.deepEqual(
    log.filter((line) => line.startsWith("request")),
    ["request eip155:1 personal_sign", "request eip155:31337 eth_sendTransaction"],
  );
  assert.equal(
    await kindOf(provider.request({ method: "wallet_switchEthereumChain", params: [{ chainId: "0xa" }] })),
    "chain-missing",
  );
  assert.equal(await kindOf(provider.request({ method: "eth_gasPrice" })), "unsupported");
});

test("events are emitted only for the current session", async () => {
  const { provider, says } = world();
  /** @type {unknown[]} */
  const heard = [];
  provider.on("accountsChanged", (accounts) => heard.push(accounts));
  provider.on("chainChanged", (id) => heard.push(id));
  await provider.request({ method: "eth_requestAccounts" });
  const event = (/** @type {string} */ topic, /** @type {string} */ name, /** @type {unknown} */ data) =>
    says["session_event"]?.({ topic, params: { event: { name, data } } });
  event("another", "accountsChanged", [BOB]);
  event("t", "accountsChanged", [`eip155:1:${BOB}`]);
  event("t", "chainChanged", 31337);
  says["session_delete"]?.({ topic: "another" });
  says["session_delete"]?.({ topic: "t" });
  assert.deepEqual(heard, [[BOB], "0x7a69", []]);
  assert.equal(await kindOf(provider.request({ method: "personal_sign", params: [] })), "locked");
});

test("a pending request fails when the wallet ends the session", async () => {
  const { provider, says, log } = world({ request: () => new Promise(() => undefined) });
  await provider.request({ method: "eth_requestAccounts" });
  const signing = kindOf(provider.request({ method: "personal_sign", params: [] }));
  while (!log.at(-1)?.startsWith("request")) await new Promise(setImmediate);
  says["session_delete"]?.({ topic: "t" });
  assert.equal(await signing, "ended");
});

test("a relay that does not answer is a timeout", async ({ mock }) => {
  mock.timers.enable({ apis: ["setTimeout"] });
  const { provider } = world({ connect: () => new Promise(() => undefined) });
  const asking = kindOf(provider.request({ method: "eth_requestAccounts" }));
  await new Promise(setImmediate);
  mock.timers.tick(20_000);
  assert.equal(await asking, "offline");
});

test("the name and link of the peer are sanitized", async () => {
  const { provider } = world({
    known: [sessionOf([`eip155:1:${ALICE}`], { native: "javascript:alert(1)", universal: "https://rainbow.example" })],
  });
  await provider.request({ method: "eth_requestAccounts" });
  assert.equal(provider.peerName, "Rainbow");
  assert.equal(provider.appLink, "https://rainbow.example/");
});

test("a request waits as long as it is told to, and five minutes at least", async () => {
  /** @type {any[]} */
  const calls = [];
  const { provider } = world({ request: async (call) => (calls.push(call), "0xsigned") });
  await provider.request({ method: "eth_requestAccounts" });
  for (const seconds of [undefined, 120, 86_400])
    await provider.request({ method: "personal_sign", params: [], ...(seconds && { seconds }) });
  assert.deepEqual(
    calls.map(({ expiry }) => expiry),
    [undefined, undefined, 86_400],
  );
});

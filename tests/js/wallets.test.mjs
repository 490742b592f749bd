// @ts-check
import assert from "node:assert/strict";
import { test } from "node:test";
import { lastUsedFirst, rememberWallet } from "../../nft/static/nft/js/last-wallet.js";
import {
  cleanIcon,
  cleanName,
  findDuplicateName,
  parseAnnouncement,
  watchWallets,
} from "../../nft/static/nft/js/wallets.js";

/**
 * @typedef {import("../../nft/static/nft/js/wallets.js").Wallet} Wallet
 * @typedef {import("../../nft/static/nft/js/wallets.js").Provider} Provider
 */

const PNG = "data:image/png;base64,iVBORw0KGgo=";
/** @returns {Provider} */
const provider = () => ({ request: async () => null });

/**
 * Build a window in which the wallets `announced` announce themselves on request.
 * @param {{info: unknown, provider?: unknown}[]} announced
 * @param {Provider} [ethereum]
 */
function windowWith(announced, ethereum) {
  const target = Object.assign(new EventTarget(), ethereum ? { ethereum } : {});
  target.addEventListener("eip6963:requestProvider", () => {
    for (const detail of announced)
      target.dispatchEvent(
        new CustomEvent("eip6963:announceProvider", { detail: { provider: provider(), ...detail } }),
      );
  });
  return target;
}

/**
 * @param {EventTarget & {ethereum?: Provider}} target
 * @returns {Promise<Wallet[]>}
 */
const found = (target) =>
  new Promise((resolve) => watchWallets((wallets, isSettled) => void (isSettled && resolve(wallets)), target, 1));

/** @param {Partial<Wallet>} facts @returns {Wallet} */
const wallet = (facts) => ({ name: "A", icon: "", rdns: "", provider: provider(), ...facts });
const names = (/** @type {Wallet[]} */ wallets) => wallets.map(({ name }) => name);

test("all wallets are listed once, in the order of their announcements", async () => {
  const five = ["a", "b", "c", "d", "e"].map((uuid) => ({
    info: { uuid, name: `Wallet ${uuid}`, icon: PNG },
    provider: provider(),
  }));
  const wallets = await found(windowWith([...five, ...five.slice(0, 1)]));
  assert.deepEqual(names(wallets), ["Wallet a", "Wallet b", "Wallet c", "Wallet d", "Wallet e"]);
  assert.deepEqual(
    wallets.map(({ provider: its }) => its),
    five.map(({ provider: its }) => its),
  );
});

test("a repeated announcement with a new provider object is the same wallet", async () => {
  const info = { uuid: "a", name: "A", icon: PNG };
  assert.deepEqual(names(await found(windowWith([{ info }, { info: { ...info } }]))), ["A"]);
});

test("one provider under two names is listed once", async () => {
  const same = provider();
  assert.equal(
    (
      await found(
        windowWith([
          { info: { uuid: "a", name: "A" }, provider: same },
          { info: { uuid: "b", name: "B" }, provider: same },
        ]),
      )
    ).length,
    1,
  );
});

test("an announcement with another wallet's uuid does not replace that wallet", async () => {
  const real = provider();
  const wallets = await found(
    windowWith([
      { info: { uuid: "m", name: "MetaMask" } },
      { info: { uuid: "m", name: "MetaMask", icon: PNG }, provider: real },
    ]),
  );
  assert.equal(wallets.length, 2);
  assert.equal(wallets[1]?.provider, real);
  assert.equal(findDuplicateName(wallets), "MetaMask");
});

test("the number of wallets is limited", async () => {
  const many = Array.from({ length: 500 }, (_, index) => ({ info: { uuid: `${index}`, name: "W" } }));
  assert.equal((await found(windowWith(many))).length, 24);
});

test("window.ethereum is used only if no wallet announced itself", async () => {
  const legacy = provider();
  assert.deepEqual(
    (await found(windowWith([], legacy))).map(({ provider: its }) => its),
    [legacy],
  );
  assert.deepEqual(names(await found(windowWith([{ info: { uuid: "a", name: "A" } }], legacy))), ["A"]);
  const trap = Object.defineProperty(new EventTarget(), "ethereum", { get: () => assert.fail("a trap") });
  assert.deepEqual(await found(trap), []);
});

test("without wallets the list is empty after the timeout", async () => {
  assert.deepEqual(await found(windowWith([])), []);
});

test("malformed announcements and those that throw when read are ignored", () => {
  const throwing = {
    info: {
      uuid: "a",
      get name() {
        throw new Error("boo");
      },
    },
    provider: provider(),
  };
  const proxy = new Proxy(
    {},
    {
      get: () => {
        throw new Error("boo");
      },
    },
  );
  for (const detail of [
    null,
    {},
    { info: { uuid: "a" } },
    { provider: provider() },
    { info: null, provider: provider() },
    { info: { uuid: "" }, provider: provider() },
    throwing,
    proxy,
  ]) {
    assert.equal(parseAnnouncement(detail), null);
  }
});

test("an announcement cannot change prototypes", () => {
  const detail = JSON.parse(
    '{"info": {"uuid": "a", "name": "A", "__proto__": {"isAdmin": true}, "constructor": {"prototype": {"isAdmin": true}}}}',
  );
  const read = parseAnnouncement({ ...detail, provider: provider() });
  assert.deepEqual(Object.keys(read ?? {}), ["uuid", "name", "icon", "rdns", "provider"]);
  assert.equal(/** @type {any} */ ({}).isAdmin, undefined);
});

test("names lose invisible characters and are shortened", () => {
  assert.equal(cleanName("Meta\u202eMask\u200b\u0000"), "MetaMask");
  assert.equal(cleanName("  two \n words "), "two words");
  assert.equal([...cleanName("🦊".repeat(100))].length, 40);
  for (const nothing of ["", "\u200b", undefined, 7, {}]) assert.equal(cleanName(nothing), "Unnamed wallet");
});

test("icons are small data URIs of images", () => {
  assert.equal(cleanIcon(PNG), PNG);
  assert.equal(cleanIcon("data:image/svg+xml,%3Csvg/%3E"), "data:image/svg+xml,%3Csvg/%3E");
  const bad = [
    "https://evil.example/i.png",
    "javascript:alert(1)",
    "data:text/html,<script>",
    " data:image/png,",
    `data:image/png,${"a".repeat(70_000)}`,
    null,
  ];
  for (const icon of bad) assert.equal(cleanIcon(icon), "");
});

test("duplicate names and rdns are detected", () => {
  assert.equal(findDuplicateName([wallet({ name: "MetaMask" }), wallet({ name: "ＭetaMask" })]), "ＭetaMask");
  assert.equal(
    findDuplicateName([wallet({ name: "A", rdns: "io.metamask" }), wallet({ name: "B", rdns: "io.metamask" })]),
    "B",
  );
  assert.equal(findDuplicateName([wallet({ name: "A" }), wallet({ name: "B" })]), "");
});

test("the wallet used last is listed first after a page load", () => {
  const items = new Map();
  const store = () => ({
    getItem: (/** @type {string} */ key) => items.get(key) ?? null,
    setItem: (/** @type {string} */ key, /** @type {string} */ value) => void items.set(key, value),
  });
  const load = () => [wallet({ name: "A", rdns: "a.a" }), wallet({ name: "B", rdns: "b.b" }), wallet({ name: "C" })];
  assert.deepEqual(names(lastUsedFirst(store, load())), ["A", "B", "C"]);
  rememberWallet(store, wallet({ name: "B", rdns: "b.b" }));
  assert.deepEqual(names(lastUsedFirst(store, load())), ["B", "A", "C"]);
  rememberWallet(store, wallet({ name: "C" }));
  assert.deepEqual(names(lastUsedFirst(store, load())), ["C", "A", "B"]);
});

test("blocked storage only loses the order", () => {
  const forbidden = () => {
    throw new DOMException("no", "SecurityError");
  };
  rememberWallet(forbidden, wallet({}));
  assert.equal(lastUsedFirst(forbidden, [wallet({})]).length, 1);
});

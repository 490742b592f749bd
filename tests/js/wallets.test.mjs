import assert from "node:assert/strict";
import { test } from "node:test";
import { cleanIcon, cleanName, readAnnouncement, watchWallets } from "../../static/js/wallets.js";

const PNG = "data:image/png;base64,iVBORw0KGgo=";
const provider = () => ({ request: async () => null });

/** A window as far as discovery needs one, in which `infos` announce themselves when asked. */
function windowWith(infos, ethereum) {
  const target = Object.assign(new EventTarget(), { ethereum });
  target.addEventListener("eip6963:requestProvider", () => {
    for (const info of infos) target.dispatchEvent(new CustomEvent("eip6963:announceProvider", { detail: { info, provider: provider() } }));
  });
  return target;
}

const found = (target) =>
  new Promise((resolve) => {
    let last = [];
    watchWallets((wallets) => (last = wallets), target, 1);
    setTimeout(() => resolve(last), 20);
  });

test("five wallets are all listed, each once", async () => {
  const infos = ["a", "b", "c", "d", "e", "a"].map((uuid) => ({ uuid, name: `Wallet ${uuid}`, icon: PNG }));
  const wallets = await found(windowWith(infos));
  assert.deepEqual(wallets.map(({ name }) => name), ["Wallet a", "Wallet b", "Wallet c", "Wallet d", "Wallet e"]);
});

test("window.ethereum counts only when no wallet announced itself", async () => {
  const legacy = provider();
  assert.deepEqual((await found(windowWith([], legacy))).map(({ provider: its }) => its), [legacy]);
  assert.equal((await found(windowWith([{ uuid: "a", name: "A" }], legacy))).length, 1);
});

test("no wallet at all is an empty list, said once the patience is over", async () => {
  assert.deepEqual(await found(windowWith([])), []);
});

test("an announcement without provider or uuid is no wallet", () => {
  for (const detail of [null, {}, { info: { uuid: "a" } }, { provider: provider() }, { info: { uuid: "" }, provider: provider() }]) {
    assert.equal(readAnnouncement(detail), null);
  }
});

test("a name loses control, bidi and zero-width characters and its excess length", () => {
  assert.equal(cleanName("Meta\u202eMask\u200b\u0000"), "MetaMask");
  assert.equal(cleanName("  two \n words "), "two words");
  assert.equal([...cleanName("🦊".repeat(100))].length, 40);
  for (const nothing of ["", "\u200b", undefined, 7, {}]) assert.equal(cleanName(nothing), "Unnamed wallet");
});

test("an icon is a small data image or nothing", () => {
  assert.equal(cleanIcon(PNG), PNG);
  assert.equal(cleanIcon("data:image/svg+xml,%3Csvg/%3E"), "data:image/svg+xml,%3Csvg/%3E");
  const bad = ["https://evil.example/i.png", "javascript:alert(1)", "data:text/html,<script>", " data:image/png,", `data:image/png,${"a".repeat(70_000)}`, null];
  for (const icon of bad) assert.equal(cleanIcon(icon), "");
});

// @ts-check
import { fromHex } from "./addresses.js";
import { parseChains } from "./chains.js";
import { DemoProvider, ProviderError } from "./demo-provider.js";
import { createElement } from "../../profiles/js/dom.js";
import { gettext } from "../../profiles/js/words.js";

/**
 * The user interface of the demo wallet: its dialogs, its button in the header and its announcement (EIP-6963).
 *
 * @typedef {import("./demo-provider.js").Question} Question
 * @typedef {import("./demo-provider.js").Account} Account
 */

const ICON =
  "data:image/svg+xml," +
  encodeURIComponent(
    '<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 32 32"><rect width="32" height="32" rx="8" fill="#243b55"/><path d="M16 5l9.5 5.5v11L16 27l-9.5-5.5v-11z" fill="none" stroke="#f3c46d" stroke-width="2.5" stroke-linejoin="round"/><circle cx="16" cy="16" r="3.5" fill="#f3c46d"/></svg>',
  );
const INFO = Object.freeze({
  uuid: crypto.randomUUID(),
  name: gettext("Demo wallet"),
  icon: ICON,
  rdns: "local.avatarsite.demo",
});

/**
 * Create a button.
 * @param {string} text
 * @param {string} className
 * @param {() => void} run
 */
function button(text, className, run) {
  const made = createElement("button", text, `button ${className}`);
  made.type = "button";
  made.addEventListener("click", run);
  return made;
}

/**
 * Return a function that calls the node at `url`. Errors become a ProviderError.
 * @param {string} url
 * @returns {(method: string, params: unknown[]) => Promise<any>}
 */
function jsonRpc(url) {
  let id = 0;
  return async (method, params) => {
    const body = JSON.stringify({ jsonrpc: "2.0", id: (id += 1), method, params });
    const response = await fetch(url, { method: "POST", headers: { "Content-Type": "application/json" }, body }).catch(
      () => {
        throw new ProviderError(4900, "The local chain does not answer.");
      },
    );
    const answer = await response.json();
    if (answer.error)
      throw new ProviderError(answer.error.code ?? -32603, answer.error.message ?? "The local chain refused.");
    return answer.result;
  };
}

/**
 * Return the title of a question.
 * @param {Question} question
 */
function buildTitle({ kind }) {
  if (kind === "connect") return gettext("Which account?");
  return kind === "transaction" ? gettext("Send this transaction?") : gettext("Sign this?");
}

/**
 * Build the body of a question.
 * @param {Question} question @returns {HTMLElement}
 */
function buildBody(question) {
  if (question.kind === "connect")
    return createElement("p", gettext("This page asks to see the address of one account."));
  const body = createElement("div", "", "stack stack-tight");
  body.append(
    createElement(
      "p",
      gettext("With {name}, {address}", { name: question.account.name, address: question.account.address }),
      "small",
    ),
  );
  body.append(createElement("pre", formatQuestion(question), "demo-wallet-text"));
  return body;
}

/**
 * Format what is to be signed or sent.
 * @param {Exclude<Question, {kind: "connect"}>} question
 */
function formatQuestion(question) {
  if (question.kind === "message")
    return /^0x([0-9a-f]{2})+$/i.test(question.text) ? fromHex(question.text) : question.text;
  if (question.kind === "typed-data") return question.text;
  const { to = "a new contract", value = "0x0", data = "0x" } = question.transaction;
  return `To ${to}\nValue ${BigInt(value)} wei\nData ${data.length > 200 ? `${data.slice(0, 200)}… (${data.length / 2 - 1} bytes)` : data}`;
}

/**
 * Create the button that selects an account.
 * @param {Account} account
 * @param {string} current
 * @param {(address: string) => void} choose
 */
function accountButton(account, current, choose) {
  const made = button("", "wallet-choice button-wide demo-wallet-account", () => choose(account.address));
  made.append(
    createElement("strong", account.name),
    createElement("code", `${account.address.slice(0, 6)}…${account.address.slice(-4)}`),
  );
  if (account.address === current) made.append(createElement("span", gettext("connected"), "pill pill-good"));
  return made;
}

/**
 * Ask the user in a modal dialog. Closing it with Escape is a refusal.
 * @param {Question} question
 * @returns {Promise<string>}
 */
function ask(question) {
  const dialog = createElement("dialog", "", "dialog demo-wallet");
  const title = createElement("h2", buildTitle(question));
  title.id = "demo-wallet-title";
  dialog.setAttribute("aria-labelledby", title.id);
  const close = (/** @type {string} */ answer) => dialog.close(answer);
  const row = createElement("div", "", "form-actions");
  if (question.kind !== "connect")
    row.append(button(gettext("Approve"), "button-primary", () => close(question.account.address)));
  row.append(button(gettext("Refuse"), "", () => close("")));
  dialog.append(
    createElement("p", gettext("Demo wallet, for this local copy only"), "demo-wallet-name small"),
    title,
    buildBody(question),
  );
  if (question.kind === "connect")
    dialog.append(...question.accounts.map((account) => accountButton(account, question.current, close)));
  dialog.append(row);
  document.body.append(dialog);
  dialog.showModal();
  return new Promise((resolve) => {
    dialog.addEventListener("close", () => {
      dialog.remove();
      resolve(dialog.returnValue);
    });
  });
}

/** @param {DemoProvider} provider */
function announce(provider) {
  const detail = Object.freeze({ info: INFO, provider });
  const say = () => dispatchEvent(new CustomEvent("eip6963:announceProvider", { detail }));
  addEventListener("eip6963:requestProvider", say);
  say();
}

/**
 * Add the wallet's button to the header, where the user can change the account. Other wallets have an icon in the
 * browser's toolbar for this.
 * @param {DemoProvider} provider
 */
async function showButton(provider) {
  const made = button("", "button-small demo-wallet-button", () => void provider.connect().catch(() => undefined));
  const icon = document.createElement("img");
  icon.src = ICON;
  icon.alt = "";
  const own = createElement("span", gettext("Demo wallet"), "demo-wallet-own");
  const name = createElement("span", "");
  made.append(icon, own, name);
  const update = async () => {
    const account = (await provider.accounts()).find(({ address }) => address === provider.current);
    own.textContent = account ? `${gettext("Demo wallet")}: ` : gettext("Demo wallet");
    name.textContent = account?.name ?? "";
  };
  document.querySelector(".brand")?.after(made);
  provider.on("accountsChanged", () => void update());
  await update().catch(() => {
    name.textContent = gettext("chain not running");
  });
}

const chain = parseChains(document).find(({ rpc_url }) => rpc_url);
if (chain) {
  const provider = new DemoProvider({ rpc: jsonRpc(chain.rpc_url), ask, chainId: chain.id, store: sessionStorage });
  announce(provider);
  void showButton(provider);
}

/** Signs in with a wallet: node wallet_sign_in.mjs <site> <private key> <chain id>. Prints where the site leads next. */
const [site, key, chainId] = process.argv.slice(2);

// wallet sign-in
import { privateKeyToAccount } from "viem/accounts";

const account = privateKeyToAccount(key);
const cookies = new Map();

async function call(path, options = {}) {
  const Cookie = [...cookies].map(([name, value]) => `${name}=${value}`).join("; ");
  const answer = await fetch(site + path, { ...options, redirect: "manual", headers: { ...options.headers, Cookie } });
  for (const cookie of answer.headers.getSetCookie()) {
    const [, name, value] = cookie.match(/^([^=]+)=([^;]*)/);
    cookies.set(name, value);
  }
  return answer;
}

async function post(path, content) {
  const csrf = [...cookies].find(([name]) => name.endsWith("csrf"))[1];
  const headers = { "Content-Type": "application/json", "X-CSRFToken": csrf, Referer: site };
  const answer = await call(path, { method: "POST", headers, body: JSON.stringify(content) });
  const said = await answer.json();
  if (!answer.ok) throw new Error(said.detail);
  return said;
}

await call("/accounts/login/"); // sets the CSRF cookie
const wanted = { address: account.address, chain_id: Number(chainId), purpose: "sign_in" };
const { text } = await post("/accounts/wallet/challenge/", wanted);
const signature = await account.signMessage({ message: text });
const done = await post("/accounts/wallet/verify/", { text, signature });
// end

console.log(done.redirect);

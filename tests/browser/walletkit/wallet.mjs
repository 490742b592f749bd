// A WalletConnect wallet built with the libraries that wallets use. Reads commands as lines of JSON, prints events as
// lines of JSON, and exits at the end of its input.
//   {"scan": [RGBA file, width, height]}  {"refuses": true}  {"emit": ["accountsChanged", ["0x…"]]}  {"leave": true}
// Arguments: <relay URL> <node URL> <chain id> <private key>...
import { readFileSync } from "node:fs";
import { createInterface } from "node:readline";
import { Core } from "@walletconnect/core";
import { WalletKit } from "@reown/walletkit";
import { buildApprovedNamespaces, getSdkError } from "@walletconnect/utils";
import jsQR from "jsqr";
import { createWalletClient, defineChain, hexToBigInt, http } from "viem";
import { privateKeyToAccount } from "viem/accounts";

const [relayUrl, node, chainId, ...keys] = process.argv.slice(2);
const id = Number(chainId);
const chain = defineChain({
  id,
  name: "Local",
  nativeCurrency: { name: "ETH", symbol: "ETH", decimals: 18 },
  rpcUrls: { default: { http: [node] } },
});
const accounts = keys.map((key) => privateKeyToAccount(key));
let refuses = false;
let refusesToSign = false;

const say = (event) => console.log(JSON.stringify(event));
const accountOf = (address) => accounts.find((account) => account.address.toLowerCase() === address.toLowerCase());

const signers = {
  personal_sign: ([raw, address]) => accountOf(address).signMessage({ message: { raw } }),
  eth_sendTransaction: ([{ from, to, data, gas, value }]) =>
    createWalletClient({ account: accountOf(from), chain, transport: http(node) }).sendTransaction({
      to,
      data,
      ...(gas && { gas: hexToBigInt(gas) }),
      ...(value && { value: hexToBigInt(value) }),
    }),
};

const core = new Core({ projectId: "tests", relayUrl, telemetryEnabled: false, logger: "silent" });
const kit = await WalletKit.init({
  core,
  metadata: {
    name: "Kit wallet",
    description: "For tests",
    url: "https://kit.example",
    icons: [],
    redirect: { native: "kitwallet://" },
  },
});

kit.on("session_proposal", async ({ id: proposal, params }) => {
  say({ saw: "proposal", name: params.proposer.metadata.name, url: params.proposer.metadata.url });
  if (refuses) return kit.rejectSession({ id: proposal, reason: getSdkError("USER_REJECTED") });
  const eip155 = {
    chains: [`eip155:${id}`],
    methods: Object.keys(signers),
    events: ["accountsChanged", "chainChanged"],
    accounts: accounts.map(({ address }) => `eip155:${id}:${address}`),
  };
  await kit.approveSession({
    id: proposal,
    namespaces: buildApprovedNamespaces({ proposal: params, supportedNamespaces: { eip155 } }),
  });
});

kit.on("session_request", async ({ topic, id: request, params }) => {
  const { method, params: asked } = params.request;
  say({ saw: method });
  const answer =
    refuses || refusesToSign ? { error: getSdkError("USER_REJECTED") } : { result: await signers[method](asked) };
  await kit.respondSessionRequest({ topic, response: { id: request, jsonrpc: "2.0", ...answer } });
});

kit.on("session_delete", () => say({ saw: "end" }));

const topics = () => Object.keys(kit.getActiveSessions());
const commands = {
  scan: ([file, width, height]) =>
    kit.pair({ uri: jsQR.default(new Uint8ClampedArray(readFileSync(file)), width, height).data }),
  refuses: (value) => {
    refuses = value;
  },
  refusesToSign: (value) => {
    refusesToSign = value;
  },
  emit: ([name, data]) =>
    Promise.all(
      topics().map((topic) => kit.emitSessionEvent({ topic, event: { name, data }, chainId: `eip155:${id}` })),
    ),
  leave: () =>
    Promise.all(topics().map((topic) => kit.disconnectSession({ topic, reason: getSdkError("USER_DISCONNECTED") }))),
};

say({ saw: "ready" });
for await (const line of createInterface({ input: process.stdin })) {
  for (const [name, value] of Object.entries(JSON.parse(line))) {
    await commands[name](value);
    say({ did: name });
  }
}
process.exit(0);

/**
 * What a program does with openapi-fetch and the types that openapi-typescript made of our document (schema.ts).
 * Run as: node story.js <site> <token> <picture in base64> <node> <receiver>. Prints what it found as JSON.
 */
declare const process: { argv: string[] };

const [site, token, base64, node, receiver] = process.argv.slice(2) as [string, string, string, string, string];
const bytes = Uint8Array.from(atob(base64), (character) => character.charCodeAt(0));

// upload
import createClient from "openapi-fetch";
import type { paths } from "./schema.js";

const api = createClient<paths>({ baseUrl: site, headers: { Authorization: `Bearer ${token}` } });
const { data: picture, error } = await api.PUT("/api/v1/me/picture", {
  params: {
    query: { alt_text: "My face", crop: "0.5,0.25,0.6" },
    header: { "Idempotency-Key": crypto.randomUUID() },
  },
  headers: { "Content-Type": "image/png" },
  body: new Blob([bytes]),
  bodySerializer: (body) => body as Blob,
});
if (error) throw new Error(error.detail);
// end

/** The answer, or its problem as an error. */
async function got<T>(answer: Promise<{ data?: T; error?: { detail: string } }>): Promise<T> {
  const { data, error } = await answer;
  if (data === undefined) throw new Error(error?.detail);
  return data;
}

/** Asks again until nothing more happens by itself. */
async function until<T extends { done?: boolean; state?: string }>(look: () => Promise<T>): Promise<T> {
  for (const endsAt = Date.now() + 60_000; Date.now() < endsAt; ) {
    const answer = await look();
    if (answer.done || answer.state === "ready") return answer;
    await new Promise((go) => setTimeout(go, 200));
  }
  throw new Error("It took too long.");
}

const form = (fields: object) => {
  const content = new FormData();
  for (const [name, value] of Object.entries(fields)) content.append(name, value);
  return content;
};

const found: Record<string, unknown> = { uploaded: picture.alt_text, is_current: picture.is_current };
const one = { params: { path: { picture_id: picture.id } } };
const cropped = await got(api.POST("/api/v1/me/pictures/{picture_id}/crop", { ...one, body: { size: 0.5 } }));
const first = await got(api.GET("/api/v1/me/pictures", { params: { query: { limit: 1 } } }));
const after = first.next ?? "";
const second = await got(api.GET("/api/v1/me/pictures", { params: { query: { limit: 1, after } } }));
found.history = [first.pictures[0]?.id === cropped.id, second.pictures[0]?.id === picture.id];
const other = { params: { path: { picture_id: cropped.id } } };
await got(api.DELETE("/api/v1/me/pictures/{picture_id}", other));
found.restored = (await got(api.POST("/api/v1/me/pictures/{picture_id}/restore", other))).state;
const refused = await api.PUT("/api/v1/me/picture", {
  headers: { "Content-Type": "image/png" },
  body: new Blob(["no picture"]),
  bodySerializer: (body) => body as Blob,
});
found.refusal = refused.error?.type;

found.free = (await got(api.GET("/api/v1/me/mints/offer"))).left > 0;
const draft = await got(
  api.POST("/api/v1/me/mints", {
    params: { header: { "Idempotency-Key": crypto.randomUUID() } },
    body: { image: new Blob([bytes]), name: "Dawn", pays: "site" },
    bodySerializer: form,
  }),
);
const mine = { params: { path: { mint_id: draft.id } } };
await got(api.POST("/api/v1/me/mints/{mint_id}/publish", { ...mine, body: { use: true } }));
const mint = await until(() => got(api.GET("/api/v1/me/mints/{mint_id}", mine)));
Object.assign(found, { mint: mint.state, token_id: mint.token_id, tx: mint.tx_hash !== "" });
const claimed = { params: { path: { claim_id: mint.claim_id ?? "" } } };
const claim = await until(() => got(api.GET("/api/v1/me/claims/{claim_id}", claimed)));
Object.assign(found, { claim: claim.state, name: claim.name });
found.shown = (await got(api.GET("/api/v1/me/picture"))).source;

const sending = await got(api.POST("/api/v1/me/claims/{claim_id}/transfer", { ...claimed, body: { to: receiver } }));
const { from, to, data, value, gas } = sending.transaction;
const asked = { jsonrpc: "2.0", id: 1, method: "eth_sendTransaction", params: [{ from, to, data, value, gas }] };
const headers = { "Content-Type": "application/json" };
const sent = await (await fetch(node, { method: "POST", headers, body: JSON.stringify(asked) })).json();
const tx_hash: string = sent.result;
await got(api.POST("/api/v1/me/claims/{claim_id}/transfer/sent", { ...claimed, body: { tx_hash } }));
found.transfer = (await until(() => got(api.GET("/api/v1/me/claims/{claim_id}/transfer", claimed)))).stage;

await got(api.POST("/api/v1/me/export", { params: { header: { "Idempotency-Key": crypto.randomUUID() } } }));
await until(() => got(api.GET("/api/v1/me/export")));
const file = await got(api.GET("/api/v1/me/export/file", { parseAs: "blob" }));
found.export = (await file.text()).slice(0, 2);

const added = { url: "https://hooks.invalid/a", events: ["avatar.changed" as const] };
const fresh = await got(api.POST("/api/v1/me/webhooks", { body: added }));
const hook = { params: { path: { webhook_id: fresh.webhook.id } } };
await got(api.PATCH("/api/v1/me/webhooks/{webhook_id}", { ...hook, body: { url: "https://hooks.invalid/b" } }));
await got(api.POST("/api/v1/me/webhooks/{webhook_id}/test", hook));
const [listed] = (await got(api.GET("/api/v1/me/webhooks"))).webhooks;
const [delivery] = (await got(api.GET("/api/v1/me/webhooks/{webhook_id}/deliveries", hook))).deliveries;
found.webhook = [fresh.secret.slice(0, 6), listed?.url, delivery?.type];
await got(api.DELETE("/api/v1/me/webhooks/{webhook_id}", hook));

console.log(JSON.stringify(found));

// A trustless IPFS gateway for tests. Helia stores and resolves; this file is the HTTP server.
// usage: node gateway.mjs FOLDER PORT. POST /add?raw-leaves=&cid-version= stores a body and answers {"cid"};
// POST /add-directory takes {"path": "base64", …} and answers the root's {"cid"}; GET /ipfs/<cid>[/path] reads.
import { createServer } from "node:http";
import { Readable } from "node:stream";
import { pipeline } from "node:stream/promises";
import { unixfs } from "@helia/unixfs";
import { createVerifiedFetchWithHelia } from "@helia/verified-fetch";
import { FsBlockstore } from "blockstore-fs";
import { FsDatastore } from "datastore-fs";
import { createHeliaLight } from "helia";

const [folder, port] = process.argv.slice(2);
const blockstore = new FsBlockstore(`${folder}/blocks`);
const datastore = new FsDatastore(`${folder}/data`);
await blockstore.open();
await datastore.open();
const helia = await createHeliaLight({ blockstore, datastore });
await helia.start();
const files = unixfs(helia);
const read = await createVerifiedFetchWithHelia(helia);

const FORMATS = { raw: "application/vnd.ipld.raw", car: "application/vnd.ipld.car" };
const PASSED_ON = ["accept", "range", "if-none-match", "cache-control"];

function options(query) {
  return { cidVersion: Number(query.get("cid-version") ?? 1), rawLeaves: query.get("raw-leaves") !== "false" };
}

async function addFile(request, query) {
  return files.addByteStream(request, options(query));
}

async function addDirectory(request, query) {
  const entries = JSON.parse(Buffer.concat(await request.toArray()).toString());
  const content = Object.entries(entries).map(([path, text]) => ({ path, content: Buffer.from(text, "base64") }));
  let root;
  for await (const entry of files.addAll(content, { ...options(query), wrapWithDirectory: true })) root = entry.cid;
  return root;
}

async function answer(request, response, url) {
  const headers = Object.fromEntries(
    PASSED_ON.filter((name) => request.headers[name]).map((name) => [name, request.headers[name]]),
  );
  if (headers.accept === "*/*") delete headers.accept; // Helia would return any format
  headers.accept ??= FORMATS[url.searchParams.get("format")] ?? "";
  if (!headers.accept) delete headers.accept;
  const target = `ipfs://${url.pathname.slice("/ipfs/".length)}${url.search}`;
  // offline: a missing block is an error, not a search on the public network.
  const found = await read(target, {
    method: request.method,
    headers,
    redirect: "manual",
    session: false,
    offline: true,
  });
  response.writeHead(found.status, Object.fromEntries(found.headers));
  if (!found.body || request.method === "HEAD") return response.end();
  return pipeline(Readable.fromWeb(found.body), response);
}

const POSTS = { "/add": addFile, "/add-directory": addDirectory };

createServer(async (request, response) => {
  try {
    const url = new URL(request.url, `http://127.0.0.1:${port}`);
    if (url.pathname.startsWith("/ipfs/")) return await answer(request, response, url);
    const add = request.method === "POST" && POSTS[url.pathname];
    if (!add) return response.writeHead(404).end("nothing here\n");
    const cid = await add(request, url.searchParams);
    response.setHeader("content-type", "application/json");
    return response.end(JSON.stringify({ cid: cid.toString() }));
  } catch (error) {
    console.error(error);
    if (!response.headersSent) response.writeHead(500);
    return response.end(`${error}\n`);
  }
}).listen(Number(port), "127.0.0.1");

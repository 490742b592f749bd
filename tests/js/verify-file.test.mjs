// @ts-check
import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { createServer } from "node:http";
import { test } from "node:test";
import { fetchArchive, showable, verifyArchive } from "../../nft/static/nft/js/archive.js";
import { parseCar, verifyBlocks } from "../../nft/static/nft/js/car.js";
import { VerificationError, parseCid, parseCidText, parseVarint } from "../../nft/static/nft/js/cid.js";
import { hashName } from "../../nft/static/nft/js/murmur3.js";
import { readFile } from "../../nft/static/nft/js/unixfs.js";

const VECTORS = new URL("../kit/vectors/", import.meta.url);
const SHARDED = {
  "shard-fanout-8.car": "bafybeihurtixtkzpfct6jexnaav2kqrl3jnd53qwcpnobs6gusmvkrylue",
  "shard-fanout-16.car": "bafybeiaw4zxwm72af4fjy5aph2qddj3ywxpwv5mvyrxrbeagg6u3ls6dna",
  "shard-fanout-256.car": "bafybeictegon6e5hezuv3d2lydyhf27jy6vy7g3p3akpyqr4hdpac4nzye",
};
const load = (/** @type {string} */ name) => new Uint8Array(readFileSync(new URL(name, VECTORS)));
const silently = () => {};

/** @param {Uint8Array} bytes @param {number} position */
function flip(bytes, position) {
  bytes[position] = (bytes[position] ?? 0) ^ 1;
}

for (const [name, root] of Object.entries(SHARDED)) {
  test(`every entry of ${name} is found, and no other`, async () => {
    const blocks = parseCar(load(name));
    const proved = await verifyBlocks(blocks, silently);
    const start = blocks.find(({ cid }) => cid.text === root)?.cid;
    assert.ok(start);
    for (let number = 0; number < 60; number += 1) {
      const file = readFile(proved, start, `token-${number}.json`);
      assert.equal(new TextDecoder().decode(file), String(number));
    }
    assert.throws(() => readFile(proved, start, "token-60.json"), /has nothing named/);
    assert.throws(() => readFile(proved, start, ""), /directory, not to a file/);
  });
}

test("no changed byte of an archive changes a file without an error", async () => {
  const whole = load("shard-fanout-8.car");
  const root = SHARDED["shard-fanout-8.car"];
  let refused = 0;
  for (let position = 60; position < whole.length; position += 97) {
    const damaged = whole.slice();
    flip(damaged, position);
    try {
      const blocks = parseCar(damaged);
      const proved = await verifyBlocks(blocks, silently);
      const start = blocks.find(({ cid }) => cid.text === root);
      if (!start) throw new VerificationError("another root");
      for (let number = 0; number < 60; number += 1) {
        assert.equal(new TextDecoder().decode(readFile(proved, start.cid, `token-${number}.json`)), String(number));
      }
    } catch (error) {
      assert.ok(error instanceof VerificationError, String(error));
      refused += 1;
    }
  }
  assert.ok(refused > 50);
});

test("a block that does not match ends the verification and is named", async () => {
  const damaged = load("shard-fanout-8.car");
  flip(damaged, damaged.length - 1);
  /** @type {[string, boolean][]} */
  const seen = [];
  await assert.rejects(
    verifyBlocks(parseCar(damaged), ({ cid }, isGood) => seen.push([cid.text, isGood])),
    /do not match/,
  );
  assert.equal(seen.at(-1)?.[1], false);
  assert.ok(seen.slice(0, -1).every(([, isGood]) => isGood));
});

test("a truncated or malformed archive is rejected", () => {
  const whole = load("shard-fanout-8.car");
  assert.throws(() => parseCar(whole.subarray(0, whole.length - 1)), /ends inside/);
  assert.throws(() => parseCar(new Uint8Array()), VerificationError);
  assert.throws(() => parseCar(new TextEncoder().encode("<!doctype html><p>no archive</p>")), VerificationError);
});

test("CIDs of both versions are parsed to their canonical text", () => {
  const v0 = Uint8Array.from(
    Buffer.from("12209139839e65fabea9efd230898ad8b574509147e48d7c1e87a33d6da70fd2efae", "hex"),
  );
  assert.equal(parseCid(v0, 0).text, "QmY7Yh4UquoXHLPFo2XbhXkhBvFoPwmQUSa92pxnxjQuPB");
  const v1 = Uint8Array.from([1, 0x55, ...v0]);
  assert.match(parseCid(v1, 0).text, /^bafkrei[a-z2-7]{52}$/);
  assert.throws(() => parseCid(v1.subarray(0, 20), 0), /inside a hash/);
  assert.throws(() => parseVarint(Uint8Array.from(new Array(9).fill(0xff)), 0), VerificationError);
});

test("names are hashed as multihash 0x22 specifies", () => {
  const names = {
    "": 0n,
    "hello, world": 0x342fac623a5ebc8en,
    "The quick brown fox jumps over the lazy dog.": 0xcd99481f9ee902c9n,
  };
  for (const [name, hash] of Object.entries(names)) assert.equal(hashName(name), hash);
});

test("a CID's text is read back, and nothing else is a CID", () => {
  const roots = [...Object.values(SHARDED), "QmY7Yh4UquoXHLPFo2XbhXkhBvFoPwmQUSa92pxnxjQuPB"];
  for (const root of roots) assert.equal(parseCidText(root).text, root);
  for (const text of ["", "b", "Qm", "z", `b${"a".repeat(600)}`, "bafy\n", "BAFY", "Qm0OIl", "\u202ebafk"])
    assert.throws(() => parseCidText(text), VerificationError, text);
});

test("an inline block does not pose as the block whose digest it holds", async () => {
  const archive = load("shard-fanout-8.car");
  const blocks = parseCar(archive);
  const digest = blocks.at(-1)?.cid.digest ?? new Uint8Array();
  const head = archive.subarray(0, 1 + (archive[0] ?? 0));
  const inline = Uint8Array.from([4 + 64, 1, 0x55, 0, 32, ...digest, ...digest]);
  const posing = Uint8Array.from([...head, ...inline]);
  const wanted = { root: blocks.at(-1)?.cid.text ?? "", path: "", sha256: "" };
  await assert.rejects(verifyArchive(posing, wanted, silently, silently), /lacks block/);
});

test("texts from outside are shown without control or direction-changing characters, and cut", () => {
  const shown = showable("a\n\u001b[2J\u202e\u200b\ufeff\u2028b\ud800");
  assert.equal(shown, String.raw`a\u{a}\u{1b}[2J\u{202e}\u{200b}\u{feff}\u{2028}b\u{d800}`);
  assert.equal(showable("x".repeat(1000)).length, 301);
  assert.equal(showable("Match: 3 blocks “é”"), "Match: 3 blocks “é”");
});

test("an archive is fetched within a limit of bytes and seconds, from the place that was asked", async () => {
  const server = createServer((request, response) => {
    if (request.url === "/elsewhere") response.writeHead(302, { Location: "/good" }).end();
    else if (request.url === "/gone") response.writeHead(404).end();
    else if (request.url === "/good") response.end("good");
    else if (request.url === "/slow") response.write("slow");
    else setInterval(() => response.write("x".repeat(60_000)), 1).unref();
  });
  await new Promise((resolve) => server.listen(0, "127.0.0.1", () => resolve(undefined)));
  const address = server.address();
  const url = `http://127.0.0.1:${typeof address === "object" ? address?.port : ""}`;
  assert.equal(new TextDecoder().decode(await fetchArchive(`${url}/good`)), "good");
  await assert.rejects(fetchArchive(`${url}/elsewhere`), /did not come/);
  await assert.rejects(fetchArchive(`${url}/gone`), /status 404/);
  await assert.rejects(fetchArchive(`${url}/slow`, 0.2), /did not come/);
  await assert.rejects(fetchArchive(`${url}/endless`, 20, 100_000), /too large/);
  server.closeAllConnections();
  server.close();
});

// Bundle the packages pinned by package-lock.json into nft/static/nft/vendor/. The bundle is checked in and served as it is, so
// installing the site needs no bundler.
//
//   node frontend/bundle.mjs            bundle and write
//   node frontend/bundle.mjs --check    bundle in memory; fail if the result differs from nft/static/nft/vendor/
//   node frontend/bundle.mjs --hashes   no bundling: fail if an input or the bundle has changed since it was written
//
// --hashes needs no packages; the other modes need `npm ci` in this folder first.
import { createHash } from "node:crypto";
import { readFileSync, readdirSync, writeFileSync } from "node:fs";
import { dirname, join, relative, resolve } from "node:path";
import { fileURLToPath } from "node:url";

const HERE = dirname(fileURLToPath(import.meta.url));
const VENDOR = resolve(HERE, "../nft/static/nft/vendor");
/** Inputs of the bundle. */
const INPUTS = ["bundle.mjs", "package-lock.json", "walletconnect.js"];
const BUNDLE = "walletconnect.js";
const LICENSES = "walletconnect.LICENSES.txt";
const RECORD = join(HERE, "bundle.json");
const LICENSE_FILE = /^(?:licen[cs]e|copying|notice)(?:[-.].*)?$/i;

const sha256 = (/** @type {string | Buffer} */ content) => createHash("sha256").update(content).digest("hex");
const vendorPath = (/** @type {string} */ name) => join(VENDOR, name);

/** Return the SHA-256 of all inputs and of the given files, as bundle.json records them. */
function hashes(/** @type {Record<string, string | Buffer>} */ files) {
  const inputs = INPUTS.map((name) => [name, sha256(readFileSync(join(HERE, name)))]);
  return {
    inputs: Object.fromEntries(inputs),
    files: Object.fromEntries(Object.entries(files).map(([name, content]) => [name, sha256(content)])),
  };
}

const toJson = (/** @type {object} */ value) => `${JSON.stringify(value, null, 1)}\n`;

/** @returns {Promise<Record<string, string>>} the content of the files of nft/static/nft/vendor/, by name */
async function bundle() {
  const { build } = await import("esbuild");
  const { metafile, outputFiles } = await build({
    entryPoints: [join(HERE, BUNDLE)],
    absWorkingDir: HERE,
    bundle: true,
    minify: true,
    format: "esm",
    platform: "browser",
    target: "es2022",
    legalComments: "none",
    metafile: true,
    write: false,
  });
  const [output] = outputFiles;
  if (!output) throw new Error("esbuild returned no bundle.");
  const heading = `/* Bundled by frontend/bundle.mjs. Licenses: ${LICENSES} */\n`;
  return { [BUNDLE]: heading + output.text, [LICENSES]: joinLicenses(Object.keys(metafile.inputs)) };
}

/** Return the license texts of all packages with a file in the bundle. */
function joinLicenses(/** @type {string[]} */ inputs) {
  const folders = new Set(inputs.flatMap((path) => /^(?:.*\/)?node_modules\/(?:@[^/]+\/)?[^/]+/.exec(path)?.[0] ?? []));
  return [...folders].sort().map(licenseText).join("\n");
}

function licenseText(/** @type {string} */ folder) {
  const path = join(HERE, folder);
  const { name, version, license } = JSON.parse(readFileSync(join(path, "package.json"), "utf8"));
  const texts = readdirSync(path)
    .filter((file) => LICENSE_FILE.test(file))
    .sort();
  const body = texts.map((file) => readFileSync(join(path, file), "utf8").trim()).join("\n\n");
  return `--- ${name} ${version} (${license}) ---\n${body || "(The package contains no license text.)"}\n`;
}

function fail(/** @type {string} */ message) {
  console.error(`${message}\nTo write it again: make walletconnect`);
  process.exitCode = 1;
}

function checkHashes() {
  const files = { [BUNDLE]: readFileSync(vendorPath(BUNDLE)), [LICENSES]: readFileSync(vendorPath(LICENSES)) };
  if (readFileSync(RECORD, "utf8") !== toJson(hashes(files)))
    fail("nft/static/nft/vendor/ or an input differs from frontend/bundle.json.");
}

async function check() {
  for (const [name, text] of Object.entries(await bundle())) {
    if (readFileSync(vendorPath(name), "utf8") !== text)
      fail(`The bundle differs from ${relative(process.cwd(), vendorPath(name))}.`);
  }
  checkHashes();
}

async function write() {
  const files = await bundle();
  for (const [name, text] of Object.entries(files)) writeFileSync(vendorPath(name), text);
  writeFileSync(RECORD, toJson(hashes(files)));
}

const modes = new Map([
  ["--check", check],
  ["--hashes", checkHashes],
]);
await (modes.get(process.argv[2] ?? "") ?? write)();

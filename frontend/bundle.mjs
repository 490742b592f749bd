// Writes static/vendor/ from what package-lock.json pins: people's browsers get it as it lies there, nothing is built
// when the site is installed.
//
//   node frontend/bundle.mjs            bundle and write
//   node frontend/bundle.mjs --check    bundle into memory; fail on any difference
//   node frontend/bundle.mjs --hashes   no bundler: fail when the recipe or the bundle changed since then
//
// --hashes needs no packages; the others need `npm ci` in this folder first.
import { createHash } from "node:crypto";
import { readFileSync, readdirSync, writeFileSync } from "node:fs";
import { dirname, join, relative, resolve } from "node:path";
import { fileURLToPath } from "node:url";

const HERE = dirname(fileURLToPath(import.meta.url));
const VENDOR = resolve(HERE, "../static/vendor");
const RECIPE = ["bundle.mjs", "package-lock.json", "walletconnect.js"];
const BUNDLE = "walletconnect.js";
const LICENCES = "walletconnect.LICENSES.txt";
const RECORD = join(HERE, "bundle.json");
const LICENCE_FILE = /^(?:licen[cs]e|copying|notice)(?:[-.].*)?$/i;

const sha256 = (/** @type {string | Buffer} */ content) => createHash("sha256").update(content).digest("hex");
const vendored = (/** @type {string} */ name) => join(VENDOR, name);

/** Of the recipe as it is here, and of the files given. */
function record(/** @type {Record<string, string | Buffer>} */ files) {
  const recipe = RECIPE.map((name) => [name, sha256(readFileSync(join(HERE, name)))]);
  return {
    recipe: Object.fromEntries(recipe),
    files: Object.fromEntries(Object.entries(files).map(([name, content]) => [name, sha256(content)])),
  };
}

const asText = (/** @type {object} */ value) => `${JSON.stringify(value, null, 1)}\n`;

/** @returns {Promise<Record<string, string>>} the files of static/vendor/ by name */
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
  if (!output) throw new Error("esbuild gave no bundle.");
  const heading = `/* Bundled by frontend/bundle.mjs. The licences of what it is made of: ${LICENCES} */\n`;
  return { [BUNDLE]: heading + output.text, [LICENCES]: licences(Object.keys(metafile.inputs)) };
}

/** The licence texts of all packages with a file in the bundle. */
function licences(/** @type {string[]} */ inputs) {
  const folders = new Set(inputs.flatMap((path) => /^(?:.*\/)?node_modules\/(?:@[^/]+\/)?[^/]+/.exec(path)?.[0] ?? []));
  return [...folders].sort().map(licenceOf).join("\n");
}

function licenceOf(/** @type {string} */ folder) {
  const path = join(HERE, folder);
  const { name, version, license } = JSON.parse(readFileSync(join(path, "package.json"), "utf8"));
  const texts = readdirSync(path)
    .filter((file) => LICENCE_FILE.test(file))
    .sort();
  const body = texts.map((file) => readFileSync(join(path, file), "utf8").trim()).join("\n\n");
  return `--- ${name} ${version} (${license}) ---\n${body || "(The package brings no text of its licence.)"}\n`;
}

function fail(/** @type {string} */ sentence) {
  console.error(`${sentence}\nTo write it anew: make walletconnect`);
  process.exitCode = 1;
}

function checkHashes() {
  const files = { [BUNDLE]: readFileSync(vendored(BUNDLE)), [LICENCES]: readFileSync(vendored(LICENCES)) };
  if (readFileSync(RECORD, "utf8") !== asText(record(files)))
    fail("static/vendor/ is not what frontend/bundle.json records of it and its recipe.");
}

async function check() {
  for (const [name, text] of Object.entries(await bundle())) {
    if (readFileSync(vendored(name), "utf8") !== text)
      fail(`Bundling gives another ${relative(process.cwd(), vendored(name))} than the one checked in.`);
  }
  checkHashes();
}

async function write() {
  const files = await bundle();
  for (const [name, text] of Object.entries(files)) writeFileSync(vendored(name), text);
  writeFileSync(RECORD, asText(record(files)));
}

const acts = new Map([
  ["--check", check],
  ["--hashes", checkHashes],
]);
await (acts.get(process.argv[2] ?? "") ?? write)();

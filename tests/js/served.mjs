// @ts-check
/**
 * Let page scripts import each other as they do where they are served, with the static files of all apps in one folder.
 * Use it as `node --import ./tests/js/served.mjs`. Node.js loads it once more in the thread that resolves imports.
 */
import { existsSync } from "node:fs";
import { register } from "node:module";
import { fileURLToPath } from "node:url";
import { isMainThread } from "node:worker_threads";

const ROOTS = ["static", "profiles/static", "nft/static"].map(
  (root) => new URL(`../../${root}/`, import.meta.url).href,
);

if (isMainThread) register(import.meta.url);

/** @type {import("node:module").ResolveHook} */
export async function resolve(specifier, context, next) {
  const importer = ROOTS.find((root) => context.parentURL?.startsWith(root));
  if (!importer || !context.parentURL || !specifier.startsWith(".")) return next(specifier, context);
  const name = new URL(specifier, context.parentURL).href.slice(importer.length);
  const found = ROOTS.map((root) => root + name).find((url) => existsSync(fileURLToPath(url)));
  return found ? { url: found, shortCircuit: true } : next(specifier, context);
}

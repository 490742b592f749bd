#!/usr/bin/env node
// forge expects a native `solc` executable, but npm ships the compiler as WebAssembly. This script gives it the command
// line of solc: `--version`, and `--standard-json` from stdin to stdout. Nothing is downloaded.
"use strict";
const fs = require("node:fs");
const path = require("node:path");
const solc = require("solc");

/** Return the values of a repeatable option, written `--name value` or `--name=value`. */
function optionValues(args, name) {
  return args.flatMap((arg, i) => {
    if (arg === name) return [args[i + 1]];
    return arg.startsWith(name + "=") ? [arg.slice(name.length + 1)] : [];
  });
}

/** Return a function that resolves imports missing from forge's request, from the folders forge allows. */
function importReader(args) {
  const roots = [...optionValues(args, "--base-path"), ...optionValues(args, "--include-path"), process.cwd()];
  return (name) => {
    const found = roots.map((root) => path.resolve(root, name)).find((file) => fs.existsSync(file));
    return found ? { contents: fs.readFileSync(found, "utf8") } : { error: `no such source: ${name}` };
  };
}

const args = process.argv.slice(2);
if (args.includes("--version")) {
  console.log(`solc, the solidity compiler commandline interface\nVersion: ${solc.version()}`);
} else if (args.includes("--standard-json")) {
  process.stdout.write(solc.compile(fs.readFileSync(0, "utf8"), { import: importReader(args) }));
} else {
  console.error("solc.cjs answers --version and --standard-json only");
  process.exitCode = 1;
}

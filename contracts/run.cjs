#!/usr/bin/env node
// `node run.cjs forge test`: run the pinned binary of this platform and exit with its code. The launcher that npm links
// as node_modules/.bin/forge exits with 0 even if a test failed.
"use strict";
const { spawn } = require("node:child_process");

const CPU = { x64: "amd64", arm64: "arm64" };

/** Return the path of the tool in the package of this platform, e.g. @foundry-rs/forge-linux-amd64. */
function binary(tool) {
  const suffix = process.platform === "win32" ? ".exe" : "";
  const name = `@foundry-rs/${tool}-${process.platform}-${CPU[process.arch]}`;
  try {
    return require.resolve(`${name}/bin/${tool}${suffix}`);
  } catch {
    console.error(`${name} is not installed; run \`npm ci\` in ${__dirname}`);
    process.exit(1);
  }
}

const [tool, ...args] = process.argv.slice(2);
const child = spawn(binary(tool), args, { stdio: "inherit" });
for (const signal of ["SIGINT", "SIGTERM", "SIGHUP"]) process.on(signal, () => child.kill(signal));
child.on("error", (error) => console.error(error.message));
child.on("close", (code) => {
  process.exitCode = code ?? 1;
});

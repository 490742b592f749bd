// @ts-check
/**
 * Verifies archives as the page does. Reads lines of JSON from stdin, each with the base64 of an archive and what it
 * should prove, and writes for each "match" or the error.
 */
import { createInterface } from "node:readline";
import { showable, verifyArchive } from "../../nft/static/nft/js/archive.js";
import { VerificationError } from "../../nft/static/nft/js/cid.js";

for await (const line of createInterface({ input: process.stdin })) {
  const { archive, root, path, sha256 } = JSON.parse(line);
  try {
    await verifyArchive(
      new Uint8Array(Buffer.from(archive, "base64")),
      { root, path, sha256 },
      () => {},
      () => {},
    );
    console.log("match");
  } catch (error) {
    const isOurs = error instanceof VerificationError;
    console.log(
      `${isOurs ? "no match" : "crash"}: ${showable(error instanceof Error ? error.message : String(error))}`,
    );
  }
}

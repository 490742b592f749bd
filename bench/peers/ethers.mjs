// Verify a signed text with ethers. It has no parser of sign-in texts, so the fields are not checked.
import { readFileSync } from "node:fs";
import { verifyMessage } from "ethers";
import { serve } from "./lane.mjs";

const { text, signature, address } = JSON.parse(readFileSync(process.argv[2], "utf8"));

await serve(async () => {
  if (verifyMessage(text, signature) !== address) throw new Error("The signature was not recognized.");
});

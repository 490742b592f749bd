// Verify a signed text with viem: parse, validate the fields, recover. No request goes to a chain.
import { readFileSync } from "node:fs";
import { verifyMessage } from "viem";
import { parseSiweMessage, validateSiweMessage } from "viem/siwe";
import { serve } from "./lane.mjs";

const { text, signature, address, domain, nonce, now } = JSON.parse(readFileSync(process.argv[2], "utf8"));
const time = new Date(now);

await serve(async () => {
  const message = parseSiweMessage(text);
  const isValid = validateSiweMessage({ message, address, domain, nonce, time });
  if (!isValid || !(await verifyMessage({ address, message: text, signature })))
    throw new Error("The signature was not recognized.");
});

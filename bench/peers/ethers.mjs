// ethers' own step for a text signed by a key; it has no parser of sign-in texts, so the fields are not looked at.
import { readFileSync } from "node:fs";
import { verifyMessage } from "ethers";
import { serve } from "./lane.mjs";

const { text, signature, address } = JSON.parse(readFileSync(process.argv[2], "utf8"));

await serve(async () => {
  if (verifyMessage(text, signature) !== address) throw new Error("not recognised");
});

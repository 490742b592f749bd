// A lane's end in Node.js: does its work as often as it is told, one call after the other.
import { createInterface } from "node:readline";

export async function serve(work, facts = {}) {
  console.log(JSON.stringify(facts));
  for await (const line of createInterface({ input: process.stdin })) {
    for (let left = Number(line); left > 0; left -= 1) await work();
    console.log("done");
  }
}

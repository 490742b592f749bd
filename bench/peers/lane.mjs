// The child's side of a lane in Node.js: do the work as often as each input line says, one call after the other.
import { createInterface } from "node:readline";

export async function serve(work, facts = {}) {
  console.log(JSON.stringify(facts));
  for await (const line of createInterface({ input: process.stdin })) {
    for (let left = Number(line); left > 0; left -= 1) await work();
    console.log("done");
  }
}

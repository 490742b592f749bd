// Read addresses, one per line, and print what the wallets' icon libraries draw for them as lines of JSON.
import { createRequire } from "node:module";
import { createInterface } from "node:readline";

const require = createRequire(import.meta.url);
const makeBlockie = require("ethereum-blockies-base64");

// A minimal document for the library: elements that record their attributes and children.
const element = () => ({
  style: {},
  attributes: {},
  children: [],
  setAttributeNS(_space, name, value) {
    this.attributes[name] = value;
  },
  appendChild(child) {
    this.children.push(child);
  },
});
globalThis.document = { createElement: element, createElementNS: element };
const jazzicon = require("@metamask/jazzicon");

for await (const address of createInterface({ input: process.stdin })) {
  const container = jazzicon(100, parseInt(address.slice(2, 10), 16));
  const shapes = container.children[0].children.map((child) => child.attributes);
  console.log(
    JSON.stringify({
      address,
      blockies: makeBlockie(address),
      ground: container.style.background,
      shapes: shapes.map(({ transform, fill }) => ({ transform, fill })),
    }),
  );
}

// Unpack and verify an archive in memory, with the libraries of ipfs-car's `unpack --verify`. Argument: the archive.
import { readFileSync } from "node:fs";
import { CarReader } from "@ipld/car";
import { validateBlock } from "@web3-storage/car-block-validator";
import { exporter } from "ipfs-unixfs-exporter";
import { serve } from "./lane.mjs";

const archive = readFileSync(process.argv[2]);

async function unpack() {
  const reader = await CarReader.fromBytes(archive);
  const [root] = await reader.getRoots();
  const blocks = {
    async get(cid) {
      const block = await reader.get(cid);
      await validateBlock(block);
      return block.bytes;
    },
  };
  const parts = [];
  for await (const part of (await exporter(root, blocks)).content()) parts.push(part);
  return Buffer.concat(parts);
}

await serve(unpack);

// Helia as a client: fetches from one gateway, verifies every block and stores none.
// usage: node fetcher.mjs GATEWAY CID[/PATH] writes the file to stdout.
import { fileURLToPath } from "node:url";
import { fallbackRouter } from "@helia/fallback-router";
import { trustlessGatewayBlockBroker } from "@helia/trustless-gateway-client";
import { createVerifiedFetchWithHelia } from "@helia/verified-fetch";
import { BlackHoleBlockstore } from "blockstore-core";
import { createHeliaLight } from "helia";

export async function createFetcher(gateway) {
  const helia = createHeliaLight({ blockstore: new BlackHoleBlockstore() });
  const known = fallbackRouter({ gateways: [gateway] });
  // Not as a fallback: with fallbacks only, Helia waits forever for other routers.
  helia.addRouter({ name: "gateway", findProviders: (cid, options) => known.findProviders(cid, options) });
  helia.addBlockBroker(trustlessGatewayBlockBroker({ allowInsecure: true, allowLocal: true }));
  await helia.start();
  const read = await createVerifiedFetchWithHelia(helia);
  return async (path) => {
    const answer = await read(`ipfs://${path}`);
    if (!answer.ok) throw new Error(`${answer.status} ${answer.statusText}`);
    return Buffer.from(await answer.arrayBuffer());
  };
}

if (process.argv[1] === fileURLToPath(import.meta.url)) {
  const fetchFile = await createFetcher(process.argv[2]);
  process.stdout.write(await fetchFile(process.argv[3]), () => process.exit(0));
}

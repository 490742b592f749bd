// Helia as a client: fetches from one gateway, hashes every block itself, keeps none.
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
  // Not as a fallback: with nothing but fallbacks Helia waits for the others for ever.
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

// Fetch and verify one file from a gateway with Helia. Arguments: the gateway's URL and the CID.
import { createFetcher } from "../../tests/servers/helia/fetcher.mjs";
import { serve } from "./lane.mjs";

const [gateway, cid] = process.argv.slice(2);
const fetchFile = await createFetcher(gateway);

await serve(() => fetchFile(cid));

// Helia's verified fetch of one file from a gateway. Arguments: the gateway, the CID.
import { createFetcher } from "../../tests/servers/helia/fetcher.mjs";
import { serve } from "./lane.mjs";

const [gateway, cid] = process.argv.slice(2);
const fetchFile = await createFetcher(gateway);

await serve(() => fetchFile(cid));

// Print the avatar URLs that npm clients build for an e-mail address, as JSON.
// Arguments: the e-mail address, the origin of this site, the port of a name server.
import dns from "node:dns";
import { createRequire } from "node:module";
import gravatarUrl from "gravatar-url";

const require = createRequire(import.meta.url);
const gravatar = require("gravatar");
const libravatar = require("libravatar");
const [email, origin, names] = process.argv.slice(2);

dns.setServers([`127.0.0.1:${names}`]);
console.log(
  JSON.stringify({
    gravatar: gravatar.url(email, { cdn: origin, s: "200", r: "pg", d: "404" }),
    "gravatar, forced": gravatar.url(email, { cdn: origin, s: "64", f: "y", d: "retro" }),
    // This client supports Gravatar's host only.
    "gravatar-url": gravatarUrl(email, { size: 128, default: "identicon" }).replace("https://gravatar.com", origin),
    libravatar: await libravatar.get_avatar_url({ email, size: 96, default: "mm", https: false }),
  }),
);

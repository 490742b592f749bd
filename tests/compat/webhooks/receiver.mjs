// node receiver.mjs <port>, with the secret in WEBHOOK_SECRET.
import { createServer } from "node:http";
import { Webhook } from "standardwebhooks";

const webhook = new Webhook(process.env.WEBHOOK_SECRET);
const seen = new Set(); // of a real program: a table, as a restart forgets this

createServer(async (request, response) => {
  const chunks = [];
  for await (const chunk of request) chunks.push(chunk);
  let event;
  try {
    // The bytes as they came: a signature is of them, not of what JSON.parse makes of them.
    event = webhook.verify(Buffer.concat(chunks).toString(), request.headers);
  } catch {
    response.writeHead(400).end();
    return;
  }
  response.writeHead(204).end();
  const id = request.headers["webhook-id"];
  if (seen.has(id)) return; // the same event, sent again
  seen.add(id);
  console.log(JSON.stringify({ id, type: event.type, data: event.data }));
}).listen(Number(process.argv[2]), "127.0.0.1");

/** Writes the types of our document: node types.mjs <document> <file>. Bytes are Blobs, which fetch sends. */
import { readFile, writeFile } from "node:fs/promises";
import openapi, { astToString } from "openapi-typescript";
import ts from "typescript";

const [document, file] = process.argv.slice(2);
const BLOB = ts.factory.createTypeReferenceNode("Blob");
const types = await openapi(JSON.parse(await readFile(document, "utf-8")), {
  transform: (schema) => (schema.format === "binary" ? BLOB : undefined),
});
await writeFile(file, astToString(types));

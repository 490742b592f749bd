// Make squares with sharp, each from the next larger one. Arguments: file, threads (0: sharp's default), side of the
// master (0: none), sizes.
import { readFileSync } from "node:fs";
import sharp from "sharp";
import { serve } from "./lane.mjs";

const [file, threads, side, ...sizes] = process.argv.slice(2);
const content = readFileSync(file);
if (Number(threads)) sharp.concurrency(Number(threads));
// In production every picture is a different one.
sharp.cache(false);

const pixels = (image) => image.raw().toBuffer({ resolveWithObject: true });
const reopen = ({ data, info }) => sharp(data, { raw: info });
const encode = (image, effort) => image.webp({ quality: 82, effort }).toBuffer();
const shrink = (image, size, fit) => pixels(image.resize(size, size, { fit, withoutEnlargement: true }));

await serve(async () => {
  let current = sharp(content).autoOrient();
  if (Number(side)) {
    const master = await shrink(current, Number(side), "inside");
    await encode(reopen(master), 2);
    current = reopen(master);
  }
  for (const size of sizes) {
    const square = await shrink(current, Number(size), "cover");
    await encode(reopen(square), 4);
    current = reopen(square);
  }
});

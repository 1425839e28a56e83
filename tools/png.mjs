// Writes an SVG picture from the standard input as PNG: node tools/png.mjs PICTURE.png FONT.ttf…
// JavaScript because resvg, which draws SVG without a browser and the same everywhere, is a library of Node's.
import { readFile, writeFile } from "node:fs/promises";
import { createRequire } from "node:module";
import { initWasm, Resvg } from "@resvg/resvg-wasm";

const [target, ...fonts] = process.argv.slice(2);
await initWasm(readFile(createRequire(import.meta.url).resolve("@resvg/resvg-wasm/index_bg.wasm")));
const svg = await new Response(process.stdin).text();
const fontBuffers = await Promise.all(fonts.map((font) => readFile(font)));
await writeFile(target, new Resvg(svg, { font: { fontBuffers, loadSystemFonts: false } }).render().asPng());

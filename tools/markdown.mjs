// Writes the HTML of a Markdown file to the standard output: node tools/markdown.mjs FILE
// JavaScript because marked, which knows Markdown, is a library of Node's.
import { readFile } from "node:fs/promises";
import { marked } from "marked";

process.stdout.write(marked.parse(await readFile(process.argv[2], "utf-8")));

// Runs a Python file in the page's Pyodide, but under Node: node tools/pyodide.mjs FILE [ARGUMENT…]
// JavaScript because Pyodide has no command of its own. The current folder is mounted under its own path. The variable
// STDLIB names another archive of the standard library, such as the site's, under _site/vendor/.
import { pathToFileURL } from "node:url";

const here = process.cwd();
const folder = "node_modules/pyodide";
const stdLibURL = process.env.STDLIB ?? `${folder}/python_stdlib.zip`;
const { loadPyodide } = await import(pathToFileURL(`${folder}/pyodide.mjs`));
const { PYTHONNODEBUGRANGES = "" } = process.env; // see tools/stdlib.py
const pyodide = await loadPyodide({ stdLibURL, env: { HOME: "/home/pyodide", PYTHONNODEBUGRANGES } });
pyodide.mountNodeFS(here, here);
pyodide.globals.set("here", here);
pyodide.globals.set("argv", pyodide.toPy(process.argv.slice(2)));
await pyodide.runPythonAsync(`
import os, runpy, sys

os.chdir(here)
sys.argv[:] = argv
runpy.run_path(argv[0], run_name="__main__")
`);

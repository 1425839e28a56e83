// Runs a measurement in the site's Pyodide, in a module worker as the site does (bench/in_tab.py asks for it). JavaScript
// because only it can start workers and Pyodide. In the page, run([module, files]) resolves to the report; in the worker
// this same file loads the Pyodide that its address names (in_tab.mjs?PATH/pyodide.mjs) and the files.
const root = new URL("..", import.meta.url);
const fetched = async (path) => new Uint8Array(await (await fetch(new URL(path, root))).arrayBuffer());

export const run = (task) => new Promise((resolve, reject) => {
  const worker = new Worker(import.meta.url, { type: "module" });
  worker.onmessage = ({ data }) => resolve(data);
  worker.onerror = (event) => reject(new Error(event.message));
  worker.postMessage(task);
});

const measure = async ([module, files]) => {
  const { loadPyodide } = await import(new URL(new URL(import.meta.url).search.slice(1), root));
  const { FS, runPython, pyimport } = await loadPyodide();
  for (const path of files) {
    FS.mkdirTree(path.split("/").slice(0, -1).join("/") || ".");
    FS.writeFile(path, await fetched(path));
  }
  runPython("import importlib; importlib.invalidate_caches()");
  return pyimport(module).in_this_tab();
};
if (typeof document === "undefined") {
  // An error outside a promise reaches the page's onerror.
  onmessage = ({ data: task }) => measure(task).then(postMessage, (error) => setTimeout(() => { throw error; }));
}

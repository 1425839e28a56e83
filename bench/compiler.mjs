// Runs bench/compiler.py in the site's Pyodide, in a module worker as the site does. JavaScript because only it starts
// workers and Pyodide. In the page, run(files) gives the report; in the worker this file works on its own,
// with the Pyodide that its address names: compiler.mjs?pyodide.mjs.
const root = new URL("..", import.meta.url);
const fetched = async (path) => new Uint8Array(await (await fetch(new URL(path, root))).arrayBuffer());

export const run = (files) => new Promise((resolve, reject) => {
  const worker = new Worker(import.meta.url, { type: "module" });
  worker.onmessage = ({ data }) => resolve(data);
  worker.onerror = (event) => reject(new Error(event.message));
  worker.postMessage(files);
});

if (typeof document === "undefined") {
  const measure = async (files) => {
    const { loadPyodide } = await import(new URL(new URL(import.meta.url).search.slice(1), root));
    const pyodide = await loadPyodide();
    pyodide.FS.mkdir("compiler");
    for (const [path, name] of Object.entries(files)) pyodide.FS.writeFile(name, await fetched(path));
    pyodide.runPython("import importlib; importlib.invalidate_caches()");
    return pyodide.pyimport("measure").in_this_tab();
  };
  onmessage = ({ data: files }) => measure(files).then(postMessage, (error) => postMessage(`failed: ${error}`));
}

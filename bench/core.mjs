// Runs bench/core.py in the site's Pyodide, in a module worker as the site does. JavaScript because only it starts
// workers and Pyodide. In the page, run() gives the table's row; in the worker this file works on its own,
// with the Pyodide that its address names: core.mjs?pyodide.mjs.
const root = new URL("..", import.meta.url);
const text = async (path) => (await fetch(new URL(path, root))).text();

export const run = () => new Promise((resolve, reject) => {
  const worker = new Worker(import.meta.url, { type: "module" });
  worker.onmessage = ({ data }) => resolve(data);
  worker.onerror = (event) => reject(new Error(event.message));
});

if (typeof document === "undefined") {
  const { loadPyodide } = await import(new URL(new URL(import.meta.url).search.slice(1), root));
  const pyodide = await loadPyodide();
  for (const path of ["py/microgpt.py", "bench/core.py"]) pyodide.FS.writeFile(path.split("/")[1], await text(path));
  const core = pyodide.pyimport("core");
  postMessage(core.measured_in("Pyodide", await text("static/datasets/us-names-2018.txt")));
}

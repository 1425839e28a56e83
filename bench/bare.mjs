// What PyScript is measured against: Pyodide alone in a module worker, with the same Python on top. The page is
// bare.html?pyodide=FOLDER. JavaScript because the measure is a page without PyScript.
const inPage = typeof document === "object";
const folder = new URL(location).searchParams.get("pyodide");

if (inPage) {
  const worker = new Worker(new URL(`bare.mjs?pyodide=${folder}`, location), { type: "module" });
  worker.onmessage = () => { document.querySelector("[data-testid=status]").dataset.state = "ready"; };
} else {
  const { loadPyodide } = await import(`${folder}pyodide.mjs`);
  const core = fetch(new URL("../py/microgpt.py", location));
  const pyodide = await loadPyodide({ indexURL: folder });
  pyodide.FS.writeFile("microgpt.py", await (await core).text());
  pyodide.runPython("import microgpt");
  postMessage("ready");
}

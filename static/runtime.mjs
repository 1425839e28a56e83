// Starts Pyodide in PyScript's worker. PyScript takes a runtime only as a JavaScript module with `loadPyodide` and
// `version`. This one adds two things that Pyodide leaves out: it says how far the download is, and it fails when a
// file cannot be had (Pyodide would wait for ever).
//
// Progress goes as {loaded, total}, in bytes after decompression, to the BroadcastChannel that this module's own
// address names: runtime.mjs?progress=NAME.
import { loadPyodide as start, version } from "../vendor/pyodide/pyodide.mjs";

const folder = new URL("../vendor/pyodide/", import.meta.url).href;
const MESSAGES = 50; // about as many are sent in all

export { version };

export async function loadPyodide(options) {
  const { fetch } = globalThis;
  const { instantiateStreaming } = WebAssembly;
  const channel = new BroadcastChannel(new URL(import.meta.url).searchParams.get("progress"));
  let loaded = 0, told = 0, total = Infinity;
  let fail;
  const failure = new Promise((_, reject) => { fail = reject; });

  const count = (bytes) => {
    loaded += bytes;
    if (loaded - told < total / MESSAGES && loaded < total) return;
    told = loaded;
    channel.postMessage({ loaded, total });
  };

  const countedFetch = async (url, init) => {
    const response = await fetch(url, init);
    if (!response.ok) throw new Error(`${url} could not be loaded (HTTP ${response.status})`);
    // The copy is counted; the original stays a network response, which browsers compile while it arrives.
    response.clone().body.pipeTo(new WritableStream({ write: (chunk) => count(chunk.length) })).catch(fail);
    return response;
  };

  const watched = (task) => (...args) => {
    const promise = task(...args);
    promise.catch(fail);
    return promise;
  };

  // Scripts are not fetched but imported: they count as soon as they are there.
  const countScripts = async () => {
    const sizes = await (await fetch(new URL("../sizes.json", folder))).json();
    total = Object.values(sizes).reduce((sum, size) => sum + size);
    await import(`${folder}pyodide.asm.mjs`);
    count(sizes["pyodide.mjs"] + sizes["pyodide.asm.mjs"]);
  };

  globalThis.fetch = watched(countedFetch);
  WebAssembly.instantiateStreaming = watched(instantiateStreaming);
  countScripts().catch(fail);
  try {
    return await Promise.race([start({ ...options, indexURL: folder, packageBaseUrl: folder }), failure]);
  } finally {
    globalThis.fetch = fetch;
    WebAssembly.instantiateStreaming = instantiateStreaming;
    channel.close();
  }
}

// Starts Pyodide in PyScript's worker. PyScript takes a runtime only as a JavaScript module with `loadPyodide` and
// `version`. This one adds three things that Pyodide leaves out: it says how far the download is, it fails when a file
// cannot be had (Pyodide would wait for ever), and it lets no Python start from bytes that are not those of the build.
//
// Progress goes to the page as a message {loaded, total}, in bytes after decompression. A damaged file fails the start
// with the message "damaged: NAME". As runtime.js?cache=reload it takes everything past the browser's cache.
const folder = new URL("../vendor/pyodide/", import.meta.url).href;
const WASM = "pyodide.asm.wasm";
const WASM_TYPE = "application/wasm"; // the one that browsers compile while it arrives
const MESSAGES = 50; // about as many are sent in all

const cache = new URL(import.meta.url).searchParams.get("cache") ?? "default";
const { fetch } = globalThis;
const checks = {}; // for each file that came: a promise that it is whole
const list = get("files.json").then((response) => response.json()); // {name: {bytes, sha256}}
list.catch(() => {}); // whoever waits for it is told

async function get(name, init = { cache }) {
  const response = await fetch(folder + name, init);
  if (!response.ok) throw new Error(`${name} could not be loaded (HTTP ${response.status})`);
  const type = response.headers.get("Content-Type") ?? "";
  if (/^text\/html\b/i.test(type)) throw new Error(`${name} could not be loaded (${type})`); // a page to log in, say
  return response;
}

// Whether these are the build's bytes. The browser itself compares them, because crypto.subtle exists only with https.
async function isWhole(content, sha256) {
  const digest = btoa(String.fromCharCode(...sha256.match(/../g).map((pair) => parseInt(pair, 16))));
  const address = URL.createObjectURL(new Blob([content]));
  try {
    return (await fetch(address, { integrity: `sha256-${digest}` })).ok;
  } catch {
    return false;
  } finally {
    URL.revokeObjectURL(address);
  }
}

// Reads a file to its end, tells `count` of each piece, and fails where the bytes are not those of the build.
async function readWhole(name, response, count = () => {}) {
  const { bytes, sha256 } = (await list)[name];
  const content = new Uint8Array(bytes);
  let length = 0;
  await response.body.pipeTo(new WritableStream({ write: (chunk) => {
    content.set(chunk.subarray(0, Math.max(bytes - length, 0)), length < bytes ? length : 0);
    length += chunk.length;
    count(chunk.length);
  } }));
  if (length === bytes && await isWhole(content, sha256)) return;
  await forget(name).catch(() => {});
  throw new Error(`damaged: ${name}`);
}

// Takes a file out of what was kept for use without a network, so that the next try asks the server. Fails where the
// browser keeps nothing: without https, or because its user wants it so.
async function forget(name) {
  for (const key of await caches.keys()) await (await caches.open(key)).delete(folder + name);
}

// Scripts are not fetched but imported. They are checked behind that, from the cache that the import has filled.
async function load(name) {
  if (cache !== "default") await get(name); // which puts it into that cache
  const loading = import(folder + name);
  checks[name] = loading.catch(() => {}).then(() => get(name, { cache: "force-cache" }))
    .then((response) => readWhole(name, response));
  checks[name].catch(() => {});
  try {
    return await loading;
  } catch (error) {
    await checks[name]; // it can say better why
    throw error;
  }
}

const failed = (error) => ({ loadPyodide: () => { throw error; } });
const { loadPyodide: start, version } = await load("pyodide.js").catch(failed);
export { version };

export async function loadPyodide(options) {
  const { instantiateStreaming } = WebAssembly; // not in every browser
  let loaded = 0, told = 0, total = Infinity;
  let fail;
  const failure = new Promise((_, reject) => { fail = reject; });

  const count = (bytes) => {
    loaded += bytes;
    if (loaded - told < total / MESSAGES && loaded < total) return;
    told = loaded;
    postMessage({ loaded, total });
  };

  const checkedFetch = async (url, init) => {
    const name = String(url).replace(folder, "");
    if (!(name in await list)) return fetch(url, init);
    const response = await get(name, { ...init, cache });
    // The copy is checked; the original stays a network response, which browsers compile while it arrives.
    checks[name] = readWhole(name, response.clone(), count);
    checks[name].catch(fail);
    if (name !== WASM) await checks[name];
    if (name !== WASM || response.headers.get("Content-Type") === WASM_TYPE) return response;
    return new Response(response.body, { headers: { "Content-Type": WASM_TYPE } }); // whatever the host calls it
  };

  // The last thing before Python starts: all that came has to be whole.
  const checkedInstance = async (response, imports) => {
    try {
      if (instantiateStreaming) return await instantiateStreaming(response, imports);
      return await WebAssembly.instantiate(await (await response).arrayBuffer(), imports);
    } finally {
      await Promise.all(Object.values(checks));
    }
  };

  // Without an answer Pyodide waits; with an error it would start Python without the file.
  const watched = (task) => (...args) => task(...args).catch((error) => {
    fail(error);
    return new Promise(() => {});
  });

  const countScripts = async () => {
    const files = await list;
    total = Object.values(files).reduce((sum, { bytes }) => sum + bytes, 0);
    await script;
    count(files["pyodide.js"].bytes + files["pyodide.asm.js"].bytes);
  };

  const script = load("pyodide.asm.js");
  script.catch(fail);

  globalThis.fetch = watched(checkedFetch);
  WebAssembly.instantiateStreaming = watched(checkedInstance);
  countScripts().catch(fail);
  try {
    const createPyodideModule = script.then((module) => module.default);
    const starting = start({ ...options, indexURL: folder, packageBaseUrl: folder, createPyodideModule });
    return await Promise.race([starting.catch(() => script.then(() => starting)), failure]);
  } finally {
    globalThis.fetch = fetch;
    WebAssembly.instantiateStreaming = instantiateStreaming;
  }
}

// Loads PyScript, which is set up from JavaScript only, and says so where that or anything else that the page's Python
// needs does not come: then there is no Python to say it.
const parsed = new Promise((resolve) => {
  if (document.readyState === "loading") addEventListener("DOMContentLoaded", resolve);
  else resolve();
});
const giveUp = async () => {
  await parsed;
  if (!document.getElementById("train").disabled) return; // Python is here, and speaks for itself
  document.getElementById("status").hidden = true;
  document.getElementById("incomplete").hidden = false;
};
addEventListener("unhandledrejection", giveUp);

// For py/page/js.py, because MicroPython cannot catch what JavaScript throws in a call: [answer], or [, what was thrown].
const caught = (call) => {
  try {
    return [call()];
  } catch (error) {
    return [undefined, String(error)];
  }
};
globalThis.attempt = (owner, name, ...given) =>
  caught(() => typeof owner[name] === "function" ? owner[name](...given) : owner[name]);
globalThis.construct = (owner, name, ...given) => caught(() => new owner[name](...given));

// Chromium and Firefox run no module whose preload was damaged. WebKit fetches it once more then, and does not look. (All
// but the chart, without which the rest goes on.)
const whole = [...document.querySelectorAll("link[rel=modulepreload]:not([href*=uplot])")].map(
  ({ href, integrity }) => fetch(href, { integrity, cache: "force-cache" }));

try {
  await Promise.all(whole);
  const { hooks } = await import("../vendor/pyscript/core.js");
  // PyScript's default hook for workers makes a function out of text; without that hook the page's
  // Content-Security-Policy can do without 'unsafe-eval'.
  hooks.worker.onBeforeRunAsync.clear();
  // Why a worker cannot start, the page's Python tells the visitor, as soon as it is here.
  hooks.main.onWorker.add((_, worker) => {
    worker.ready.catch(() => {});
    worker.onerror = ({ error }) => console.error(error);
    worker.progress = null; // for the page's Python, which may be here later than the last of its messages
    worker.addEventListener("message", ({ data }) => { if (data?.total) worker.progress = data; });
  });
  // What ends the page's Python before it can speak, PyScript only writes down.
  hooks.main.onReady.add(({ io }) => {
    const { stderr } = io;
    io.stderr = (...told) => { stderr(...told); giveUp(); };
  });
} catch {
  giveUp();
}

await parsed;
document.getElementById("load-again").onclick = async () => {
  const tags = [...document.querySelectorAll("link[integrity], script")];
  const files = tags.flatMap((tag) => Object.keys(JSON.parse(tag.getAttribute("config") ?? "{}").files ?? {}));
  const addresses = [...tags.map((tag) => tag.href || tag.src), ...files];
  await Promise.allSettled(addresses.map((address) => fetch(address, { cache: "reload" }))); // not from the cache
  location.reload();
};

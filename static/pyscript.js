// Loads PyScript, which is set up from JavaScript only. Where that or anything else that the page's Python needs does not
// come, there is no Python to say it: static/watch.js does.
const { watch } = globalThis.watch ? globalThis : await import("./watch.js").then(() => globalThis);
const isUnheard = () => document.getElementById("train")?.disabled !== false; // else Python is here, and speaks for itself
const giveUp = () => { if (isUnheard()) watch.look(true); };

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

const start = async () => {
  // Chromium and Firefox run no module whose preload was damaged. WebKit fetches it once more then, and does not look.
  // (All but the chart, without which the rest goes on.)
  await Promise.all([...document.querySelectorAll("link[rel=modulepreload]:not([href*=uplot])")].map(
    ({ href, integrity }) => fetch(href, { integrity, cache: "force-cache" })));
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
};

if (!watch.unfit) start().catch(giveUp);

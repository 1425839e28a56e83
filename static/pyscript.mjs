// Loads PyScript, which is set up from JavaScript only, and says so where that or anything else that the page's Python
// needs does not come: then there is no Python to say it.
const giveUp = () => {
  if (!document.getElementById("train").disabled) return; // Python is here, and speaks for itself
  document.getElementById("status").hidden = true;
  document.getElementById("incomplete").hidden = false;
};
document.getElementById("load-again").onclick = async () => {
  const tags = [...document.querySelectorAll("link[integrity], script[integrity]")];
  await Promise.allSettled(tags.map((tag) => fetch(tag.href || tag.src, { cache: "reload" }))); // not from the cache
  location.reload();
};
addEventListener("unhandledrejection", giveUp);

try {
  // PyScript's default hook for workers makes a function out of text; without that hook the page's
  // Content-Security-Policy can do without 'unsafe-eval'.
  const { hooks } = await import("../vendor/pyscript/core.js");
  hooks.worker.onBeforeRunAsync.clear();
} catch {
  giveUp();
}

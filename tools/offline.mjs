// Writes SITE/service-worker.js, which caches the built site for use offline: node tools/offline.mjs SITE
// JavaScript because Workbox, which makes the service worker, is a library of Node's.
//
// Each build is one version. It is fetched as a whole, checked file by file against the build's hashes, and replaces the
// version before once no tab uses that, or when a visitor asks for it (py/page/updates.py).
import { createHash } from "node:crypto";
import { readFile } from "node:fs/promises";
import { join } from "node:path";
import { generateSW } from "workbox-build";

const [site] = process.argv.slice(2);

// The browser refuses a file whose hash differs, and the whole version with it: no two versions mix.
const addIntegrity = async (entries) => {
  const manifest = [];
  for (const entry of entries) {
    const hash = createHash("sha384").update(await readFile(join(site, entry.url))).digest("base64");
    manifest.push({ ...entry, integrity: `sha384-${hash}` });
  }
  return { manifest, warnings: [] };
};

const { warnings } = await generateSW({
  globDirectory: site,
  globPatterns: ["**/*"],
  globIgnores: ["**/LICENSE", "vendor/NOTICE.txt", "static/datasets/README.md", "static/preview.png",
    "static/watch.js", "static/syntax.js", "static/noscript.css", "**/service-worker.js"],
  maximumFileSizeToCacheInBytes: 20e6,
  manifestTransforms: [addIntegrity],
  // The folders of vendor/ have a hash in their names: what the page has just loaded from there is not fetched again.
  dontCacheBustURLsMatching: /^vendor\//,
  ignoreURLParametersMatching: [/.*/], // runtime.js?cache=…, style.css?…
  swDest: join(site, "service-worker.js"),
  inlineWorkboxRuntime: true,
  sourcemap: false,
  skipWaiting: false,
  clientsClaim: false,
  cleanupOutdatedCaches: true,
});
for (const warning of warnings) console.warn(warning);

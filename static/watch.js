// Says in words why nothing begins: an older browser, a file that does not come or comes as something else, a folder
// opened without a server, a frame that allows too little. JavaScript, and of 2009, because it has to run where the
// page's Python, modules or newer JavaScript don't. The build puts it into the page, so that it is there when no other
// file is; where a host forbids that, static/pyscript.js loads it. It adds Promise.withResolvers where that is missing,
// because it is younger than all else that the page needs (tools/needs.json).
(function () {
  "use strict";
  var PATIENCE_MS = 10000; // until it asks what keeps Python
  var STUCK_MS = 30000;    // until it says so although each file is there
  var ANSWER_MS = 8000;    // that a file may take
  var LOOK_MS = 500;       // how often it looks whether Python has begun
  var GRACE_MS = 6000;     // for Python to begin all the same, where an error was no file's
  var SCRIPT = /^(text|application)\/(x-)?(java|ecma)script\b/i;
  var WASM = [0, 97, 115, 109, 1, 0, 0, 0, 1, 5, 1, 96, 1, 111, 0]; // a module with a function of an externref

  var watch = window.watch = { unfit: false, look: look };
  var inline = !!document.currentScript && !document.currentScript.src; // else static/syntax.js did not run either
  var opened = new Date().getTime(), looking = false, shown = "", forbidden = "";
  var opaque = window.origin === "null"; // in a frame with sandbox, where no module worker starts from a blob

  // ---- What the browser lacks

  function has(name) {
    if (name === "JavaScript modules") return "noModule" in HTMLScriptElement.prototype;
    if (name === "static blocks in classes") return "knowsSyntax" in window || !inline;
    if (name === "WebAssembly reference types") return WebAssembly.validate(new Uint8Array(WASM));
    if (name === "module workers") return "withResolvers" in Promise || modulesInWorkers();
    var place = window, parts = name.split(".");
    for (var i = 0; i < parts.length; i++) {
      if (place === undefined || place === null || !(parts[i] in Object(place))) return false;
      place = place[parts[i]];
    }
    return place !== undefined && place !== null;
  }

  function modulesInWorkers() {
    var asked = false, address = URL.createObjectURL(new Blob([""], { type: "text/javascript" }));
    try {
      new Worker(address, { get type() { asked = true; return "module"; } }).terminate();
    } catch (error) {} // not allowed: another sentence's matter
    URL.revokeObjectURL(address);
    return asked;
  }

  function lacking(needs) {
    var missing = [];
    for (var i = 0; i < needs.length; i++) {
      try {
        if (!has(needs[i])) missing.push(needs[i]);
      } catch (error) {
        missing.push(needs[i]); // for want of one above it
      }
    }
    return missing;
  }

  // ---- Saying it

  function at(id) { return document.getElementById(id); }

  function whenParsed(then) {
    if (document.readyState === "loading") document.addEventListener("DOMContentLoaded", then);
    else then();
  }

  function begun() {
    var train = at("train");
    return !!train && !train.disabled;
  }

  // The visitor's language, of those that there are.
  function language(texts) {
    var asked = /[#&]lang=(\w+)/.exec(location.hash), wanted = (asked ? [asked[1]] : []);
    wanted = wanted.concat(navigator.languages || [navigator.language || "en"], ["en"]);
    for (var i = 0; i < wanted.length; i++) {
      var code = String(wanted[i]).slice(0, 2);
      if (texts[code]) return code;
    }
  }

  // quiet: in the status line, which Python writes over as soon as it is there.
  function say(key, values, quiet) {
    whenParsed(function () {
      var texts = JSON.parse(at("watch-texts").textContent), code = language(texts);
      var place = at(quiet ? "status" : "incomplete-note");
      if (begun() && key !== "host.style") return;
      place.lang = code;
      place.textContent = texts[code][key].replace(/\{(\w+)\}/g, function (_, name) { return values[name]; });
      shown = key;
      if (quiet) return;
      at("load-again").lang = code;
      at("load-again").textContent = texts[code]["load-again"];
      at("status").hidden = at("recorded").hidden = !begun();
      at("incomplete").hidden = false;
    });
  }

  // The style sheets without their hashes, which browsers can compare neither in a folder nor in an opaque frame.
  function style() {
    var links = document.querySelectorAll("link[rel=stylesheet]");
    for (var i = 0; i < links.length; i++) {
      var link = document.createElement("link");
      link.rel = "stylesheet";
      link.href = links[i].href;
      document.head.appendChild(link);
    }
  }

  // Where Python has come after all, it speaks for itself.
  function withdraw() {
    if (!shown || !begun() || shown === "host.style") return;
    at("incomplete").hidden = true;
    at("status").hidden = at("recorded").hidden = false;
    at("status").removeAttribute("lang");
    shown = "";
  }

  // ---- What does not come

  // The files that the page's own Python needs, and how each is to begin: [{address, integrity, script}].
  function files() {
    var found = [], tags = document.querySelectorAll("script[type=module][src], link[rel=modulepreload]");
    for (var i = 0; i < tags.length; i++) {
      var address = tags[i].src || tags[i].href;
      if (address.indexOf("uplot") < 0) found.push({ address: address, integrity: tags[i].integrity, script: true });
    }
    var python = document.querySelector("script[type=mpy]");
    if (!python) return found;
    var config = JSON.parse(python.getAttribute("config"));
    var names = [config.interpreter.replace(/\.js$/, ".wasm"), python.getAttribute("src")];
    names = names.concat(Object.keys(config.files));
    for (i = 0; i < names.length; i++) found.push({ address: new URL(names[i], document.baseURI).href });
    return found;
  }

  // A file's name as its host knows it.
  function named(address) {
    return address.replace(new URL(".", document.baseURI).href, "").split("?")[0];
  }

  // What is wrong with a file, as a promise of [key, values]; of nothing where it is as it should be.
  function fault(file) {
    var values = { file: named(file.address) };
    var late = new Promise(function (resolve) {
      setTimeout(function () { resolve(["host.stalled", values]); }, ANSWER_MS);
    });
    var answer = fetch(file.address).then(function (response) {
      values.type = (response.headers.get("Content-Type") || "?").split(";")[0];
      values.status = response.status;
      if (!response.ok) return ["host.missing", values];
      if (/^text\/html$/i.test(values.type)) return ["host.html", values];
      if (file.script && !SCRIPT.test(values.type)) return ["host.type", values];
      return response.text().then(function (text) {
        if (/^\s*<(!doctype|html)/i.test(text)) return ["host.html", values];
        if (!file.integrity) return null;
        return fetch(file.address, { integrity: file.integrity }).then(function () { return null; }, function () {
          return ["host.damaged", values];
        });
      });
    }).catch(function () {
      return [navigator.onLine === false ? "host.offline" : "host.refused", values];
    });
    return Promise.race([answer, late]);
  }

  // Asks for each file, and says what is wrong with the first that does not come. failed: is something known to be?
  function look(failed) {
    if (looking || watch.unfit || begun()) return;
    looking = true;
    whenParsed(function () {
      Promise.all(files().map(fault)).then(function (faults) {
        looking = false;
        if (begun()) return;
        var found = faults.filter(Boolean).sort(function (one, other) { // what is only late may come
          return (one[0] === "host.stalled") - (other[0] === "host.stalled");
        })[0];
        if (found) say(found[0], found[1]);
        else if (forbidden) say("host.policy", { directive: forbidden });
        else if (failed) setTimeout(function () { say("incomplete", {}); }, GRACE_MS);
        else if (new Date().getTime() - opened < STUCK_MS) say("host.slow", {}, true);
        else say("host.stuck", needs.versions);
      });
    });
  }

  function lookAgain() {
    if (!shown || shown === "host.slow" || shown === "host.stalled") look();
  }

  // Fetches everything anew, past the browser's cache, and opens the page again.
  function reload() {
    if (!window.fetch || watch.unfit) return location.reload();
    var all = files().map(function (file) {
      return fetch(file.address, { cache: "reload" }).catch(function () {});
    });
    Promise.all(all).then(function () { location.reload(); });
  }

  // ---- From the beginning

  var needs = JSON.parse(at("watch-needs").textContent), missing = lacking(needs.names);
  var problem = location.protocol === "file:" ? "host.file" : opaque ? "host.sandbox"
    : !window.WebAssembly ? "host.wasm" : missing.length ? "host.old" : "";
  whenParsed(function () { at("load-again").onclick = reload; });
  if (problem) {
    watch.unfit = true;
    needs.versions.missing = missing.join(", ");
    say(problem, needs.versions);
    if (opaque || problem === "host.file") whenParsed(style);
    return;
  }
  if (!Promise.withResolvers) {
    Promise.withResolvers = function () {
      var made = {};
      made.promise = new Promise(function (resolve, reject) { made.resolve = resolve; made.reject = reject; });
      return made;
    };
  }
  document.addEventListener("securitypolicyviolation", function (event) {
    forbidden = event.effectiveDirective + " (" + (event.blockedURI || "inline") + ")";
  });
  window.addEventListener("error", function (event) { // of an element: such events do not bubble
    var tag = event.target;
    if (!tag || !/^(SCRIPT|LINK)$/.test(tag.tagName)) return;
    var address = tag.src || tag.href, style = tag.rel === "stylesheet";
    if (named(address) === address.split("?")[0]) return; // an extension's
    if (style && address.indexOf("style.css") > 0) say("host.style", { file: named(address) });
    else if (!style && address.indexOf("uplot") < 0) look(true);
  }, true);
  window.addEventListener("unhandledrejection", function () { look(true); });
  setInterval(lookAgain, PATIENCE_MS);
  setInterval(withdraw, LOOK_MS);
})();

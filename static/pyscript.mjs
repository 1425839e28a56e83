// Loads PyScript, which is set up from JavaScript only. Its default hook for workers makes a function out of text;
// without that hook the page's Content-Security-Policy can do without 'unsafe-eval'.
import { hooks } from "../vendor/pyscript/core.js";

hooks.worker.onBeforeRunAsync.clear();

// The newest JavaScript that Pyodide and PyScript are written in, for static/watch.js: an older browser does not get to
// the end of this line. JavaScript because nothing else tells. The build puts it into the page.
class Syntax { static { globalThis.knowsSyntax ??= typeof 1n; } }

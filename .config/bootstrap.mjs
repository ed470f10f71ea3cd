/**
 * Makes a bare clone ready: packages, build and, where asked, a browser, Python and network namespaces.
 *
 * Needs nothing but Node, and does nothing where all is ready. This file itself keeps to old syntax, so that an old
 * Node gets a sentence instead of a syntax error.
 */
var least = [20, 19];
var running = process.versions.node.split('.').map(Number);

if (running[0] < least[0] || (running[0] === least[0] && running[1] < least[1])) {
  console.error(
    'Tabchain needs Node ' +
      least.join('.') +
      ' or newer, and this is Node ' +
      process.versions.node +
      ': install a newer one from https://nodejs.org and try again.',
  );
  process.exit(2);
}

import('./bootstrap/main.mjs')
  .then(function (main) {
    return main.makeReady(process.argv.slice(2));
  })
  .then(function (exitCode) {
    process.exitCode = exitCode;
  });

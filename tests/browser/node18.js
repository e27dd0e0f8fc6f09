// Workarounds for Node.js 18, the version in Debian 12, in the unit tests of the browser build.
globalThis.crypto ??= require("node:crypto").webcrypto;

// Its V8 crashes if wasm receives a function that wasm exports. wasm-bindgen-test passes each test that way, so
// plain functions replace them.
const { Instance } = WebAssembly;

WebAssembly.Instance = function (...given) {
  const { exports } = new Instance(...given);
  const standIn = ([name, it]) => [name, name.startsWith("__wbgt_") ? (...args) => it(...args) : it];
  return { exports: Object.fromEntries(Object.entries(exports).map(standIn)) };
};

// What Node.js 18, which Debian 12 has, lacks for the unit tests of the browser build.
globalThis.crypto ??= require("node:crypto").webcrypto;

// Its V8 crashes when wasm is given a function that wasm exports, as wasm-bindgen-test does with each test: plain
// functions stand in for them.
const { Instance } = WebAssembly;

WebAssembly.Instance = function (...given) {
  const { exports } = new Instance(...given);
  const standIn = ([name, it]) => [name, name.startsWith("__wbgt_") ? (...args) => it(...args) : it];
  return { exports: Object.fromEntries(Object.entries(exports).map(standIn)) };
};

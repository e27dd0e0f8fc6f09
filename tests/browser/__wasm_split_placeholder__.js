// Stands in for the loader of chunks, which only a built site has: unit tests of the browser's half load none.
module.exports = new Proxy({}, {
  get: (_, name) => () => {
    throw new Error(`a unit test called ${String(name)}`);
  },
});

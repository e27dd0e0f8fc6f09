// Replaces the chunk loader, which only a built site has. Unit tests of the browser build load no chunks.
module.exports = new Proxy({}, {
  get: (_, name) => () => {
    throw new Error(`a unit test called ${String(name)}`);
  },
});

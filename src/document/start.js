// Starts the application once the page has been painted, so that its files do not delay what the page itself needs. A
// page in the background is not painted: there it starts after a second.
((script, wasm, files) => {
  const { nonce } = document.currentScript;
  // The data of the page is at its end.
  const parsed = new Promise((resolve) => addEventListener("DOMContentLoaded", resolve));
  let started = false;
  const start = () => {
    if (started) return;
    started = true;
    for (const href of [wasm, ...files]) {
      const link = document.createElement("link");
      const isScript = href.endsWith(".js");
      Object.assign(link, { rel: isScript ? "modulepreload" : "preload", href, nonce, crossOrigin: "anonymous" });
      if (!isScript) link.as = "fetch";
      document.head.append(link);
    }
    const loaded = import(script).then((kith) => kith.default({ module_or_path: wasm }).then(() => kith));
    Promise.all([loaded, parsed]).then(([kith]) => kith.hydrate());
  };
  requestAnimationFrame(() => setTimeout(start));
  setTimeout(start, 1000);
})

// Holds a form that is sent while the application is still loading, so that it is sent the way the
// application sends it. If loading takes long, the plain form does the same job.
(() => {
  let held;
  const hold = (event) => {
    event.preventDefault();
    held = event;
    event.target.setAttribute("aria-busy", "true");
  };
  const release = () => {
    clearTimeout(timer);
    removeEventListener("submit", hold, true);
    if (held) {
      held.target.removeAttribute("aria-busy");
      held.target.requestSubmit(held.submitter);
    }
  };
  const timer = setTimeout(release, 5000);
  addEventListener("submit", hold, true);
  addEventListener("hydrated", release, { once: true });
})();

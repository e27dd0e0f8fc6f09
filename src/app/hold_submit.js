// Holds a form that is sent while the application is still loading, so that it is sent the way the
// application sends it. If loading takes long, the plain form does the same job.
(() => {
  let held;
  const busy = (value) => {
    for (const element of [held.target, held.submitter]) {
      value ? element?.setAttribute("aria-busy", "true") : element?.removeAttribute("aria-busy");
    }
  };
  const hold = (event) => {
    event.preventDefault();
    held = event;
    busy(true);
  };
  const release = () => {
    clearTimeout(timer);
    removeEventListener("submit", hold, true);
    removeEventListener("hydrated", release);
    if (held) {
      busy(false);
      held.target.requestSubmit(held.submitter);
    }
  };
  const timer = setTimeout(release, 5000);
  addEventListener("submit", hold, true);
  addEventListener("hydrated", release);
})();

// Holds a form that is submitted while the application is still loading, so that the application can send it. 5 seconds
// after the page began to load, the browser submits it as a plain HTML form, which does the same.
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

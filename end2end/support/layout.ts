// What does not fit on a page.
import type { Page } from "@playwright/test";

/** Visible texts and controls that overflow the page or their own box. The wordmark is cropped to its mark. */
export const overflowing = (page: Page) =>
  page.evaluate(() =>
    [...document.querySelectorAll<HTMLElement>("h1, h2, p, li, a, button, summary, input, label, strong, img")]
      .filter((element) => element.checkVisibility() && !element.matches(".visually-hidden, .skip-link, .wordmark"))
      .filter((element) => {
        const { left, right } = element.getBoundingClientRect();
        const clipped = element.scrollWidth > element.clientWidth && getComputedStyle(element).overflowX !== "visible";
        return left < 0 || right > innerWidth || (clipped && !element.matches("input"));
      })
      .map((element) => element.outerHTML),
  );

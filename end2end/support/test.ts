// The `test` function of all browser tests: opens pages and fails on browser errors.
import { randomBytes } from "node:crypto";
import { test as base, expect, type Page } from "@playwright/test";
import { registerVerifiedUser, type User } from "./users";

export { expect };

declare global {
  interface Window {
    /** Resolves when the page is hydrated. */
    hydrated: Promise<void>;
  }
}

/** The console errors, console warnings and uncaught exceptions of a test. */
export class BrowserErrors {
  readonly #found: string[] = [];
  readonly #expected: RegExp[] = [];
  readonly #ignored: RegExp[] = [];

  add(text: string) {
    this.#found.push(text);
  }

  /** Expects the error that the browser logs when the test provokes a failed request. */
  expectHttpError(status: number, path: string) {
    this.expect(new RegExp(`^Failed to load resource: the server responded with a status of ${status} .*${path}\\)$`));
  }

  /** Allows errors that match `pattern`, and requires at least one. */
  expect(pattern: RegExp) {
    this.#expected.push(pattern);
  }

  /** Ignores the browser's warning that the wasm is still unused some time after its preload. */
  ignoreUnusedPreload() {
    this.#ignored.push(/\.wasm was preloaded using link preload but not used/);
  }

  check() {
    const matches = (text: string) => [...this.#expected, ...this.#ignored].some((pattern) => pattern.test(text));
    const unexpected = this.#found.filter((text) => !matches(text));
    expect(unexpected, "unexpected browser errors").toEqual([]);
    const missing = this.#expected.filter((pattern) => !this.#found.some((text) => pattern.test(text)));
    expect(missing, "expected browser errors that did not occur").toEqual([]);
  }
}

interface Fixtures {
  browserErrors: BrowserErrors;
  /** Opens a page and waits for hydration, unless JavaScript is off. */
  open: (path: string) => Promise<void>;
  /** A user with a verified email. */
  ann: User;
}

export const test = base.extend<Fixtures>({
  browserErrors: [
    async ({ context, javaScriptEnabled }, use) => {
      const browserErrors = new BrowserErrors();
      if (!javaScriptEnabled) browserErrors.ignoreUnusedPreload();
      context.on("weberror", (error) => browserErrors.add(String(error.error())));
      context.on("console", (message) => {
        if (["error", "warning"].includes(message.type())) {
          browserErrors.add(`${message.text()} (${message.location().url})`);
        }
      });
      await use(browserErrors);
      browserErrors.check();
    },
    { auto: true },
  ],

  // Rate limits are on, so each test sends its own client address, as a proxy would.
  extraHTTPHeaders: async ({}, use) => {
    await use({ "x-forwarded-for": `2001:db8:${[0, 1].map(() => randomBytes(2).toString("hex")).join(":")}::1` });
  },

  context: async ({ context }, use) => {
    await context.addInitScript(() => {
      window.hydrated = new Promise((resolve) => {
        addEventListener("hydrated", () => resolve(), { once: true });
      });
    });
    await use(context);
  },

  open: async ({ page, javaScriptEnabled }, use) => {
    await use(async (path) => {
      await page.goto(path);
      if (javaScriptEnabled) await hydrated(page);
    });
  },

  ann: async ({ request }, use) => {
    await use(await registerVerifiedUser(request));
  },
});

/** Waits until the page is hydrated. */
export const hydrated = (page: Page) => page.evaluate(() => window.hydrated);

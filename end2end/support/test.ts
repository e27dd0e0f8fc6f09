// The `test` function of all browser tests: opens pages and fails on browser errors.
import { randomBytes } from "node:crypto";
import { test as base, expect, type BrowserContext, type Page } from "@playwright/test";
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

  /** Records the errors of all pages in `context`. */
  watch(context: BrowserContext) {
    context.on("weberror", (error) => this.#found.push(String(error.error())));
    context.on("console", (message) => {
      if (["error", "warning"].includes(message.type())) {
        this.#found.push(`${message.text()} (${message.location().url})`);
      }
    });
  }

  /** Expects the error that the browser logs when the test provokes a failed request. */
  expectHttpError(status: number, path: string) {
    this.expect(new RegExp(`^Failed to load resource: the server responded with a status of ${status} .*${path}\\)$`));
  }

  /** Allows errors that match `pattern`, and requires at least one. */
  expect(pattern: RegExp) {
    this.#expected.push(pattern);
  }

  /** Ignores the browser's warnings that the wasm and the texts are still unused some time after their preload. */
  ignoreUnusedPreload() {
    this.#ignored.push(/\/(pkg|texts)\/\S+ was preloaded using link preload but not used/);
  }

  check() {
    const matches = (text: string) => [...this.#expected, ...this.#ignored].some((pattern) => pattern.test(text));
    const unexpected = this.#found.filter((text) => !matches(text));
    expect(unexpected, "unexpected browser errors").toEqual([]);
    const missing = this.#expected.filter((pattern) => !this.#found.some((text) => pattern.test(text)));
    expect(missing, "expected browser errors that did not occur").toEqual([]);
  }
}

/** Opens a page and waits for hydration, unless JavaScript is off. */
type Open = (path: string) => Promise<void>;

interface Fixtures {
  browserErrors: BrowserErrors;
  open: Open;
  /** A second browser, Firefox on Windows by its name, which shares no cookies with `page`. */
  other: { page: Page; open: Open };
  /** A user with a verified email. */
  ann: User;
}

const FIREFOX = "Mozilla/5.0 (Windows NT 10.0; Win64; x64; rv:143.0) Gecko/20100101 Firefox/143.0";

/** Lets every page of `context` set `window.hydrated`. */
const awaitHydration = (context: BrowserContext) =>
  context.addInitScript(() => {
    window.hydrated = new Promise((resolve) => {
      addEventListener("hydrated", () => resolve(), { once: true });
    });
  });

const opener = (page: Page, javaScriptEnabled: boolean): Open =>
  async (path) => {
    await page.goto(path);
    if (javaScriptEnabled) await hydrated(page);
  };

export const test = base.extend<Fixtures>({
  browserErrors: [
    // With `page`, so that it is open until the check: what is loading when it is closed fails.
    async ({ context, page: _, javaScriptEnabled }, use) => {
      const browserErrors = new BrowserErrors();
      if (!javaScriptEnabled) browserErrors.ignoreUnusedPreload();
      browserErrors.watch(context);
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
    await awaitHydration(context);
    await use(context);
  },

  open: async ({ page, javaScriptEnabled }, use) => {
    await use(opener(page, javaScriptEnabled));
  },

  other: async ({ browser, browserErrors, javaScriptEnabled }, use) => {
    const context = await browser.newContext({ userAgent: FIREFOX });
    browserErrors.watch(context);
    await awaitHydration(context);
    const page = await context.newPage();
    await use({ page, open: opener(page, javaScriptEnabled) });
    await context.close();
  },

  ann: async ({ request }, use) => {
    await use(await registerVerifiedUser(request));
  },
});

/** Waits until the page is hydrated. */
export const hydrated = (page: Page) => page.evaluate(() => window.hydrated);

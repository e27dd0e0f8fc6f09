// The test function of all tests here: opens pages, and fails when the browser complains.
import { randomBytes } from "node:crypto";
import { test as base, expect, type Page } from "@playwright/test";
import { verifiedPerson, type Person } from "./people";

export { expect };

declare global {
  interface Window {
    /** Resolved when the application has taken the page over. */
    hydrated: Promise<void>;
  }
}

/** What the browser and the application wrote to the console, or threw. */
export class Complaints {
  readonly #found: string[] = [];
  readonly #expected: RegExp[] = [];
  readonly #ignored: RegExp[] = [];

  add(text: string) {
    this.#found.push(text);
  }

  /** The browser reports each refused request; the test provokes this one. */
  expectRefusal(status: number, path: string) {
    this.expect(new RegExp(`^Failed to load resource: the server responded with a status of ${status} .*${path}\\)$`));
  }

  /** Lets complaints of this kind pass; there has to be one. */
  expect(pattern: RegExp) {
    this.#expected.push(pattern);
  }

  /** The browser misses the use of the wasm, a while after it has begun to load it. */
  ignoreUnusedWasm() {
    this.#ignored.push(/\.wasm was preloaded using link preload but not used/);
  }

  check() {
    const matches = (text: string) => [...this.#expected, ...this.#ignored].some((pattern) => pattern.test(text));
    const unexpected = this.#found.filter((text) => !matches(text));
    expect(unexpected, "complaints in the browser's console").toEqual([]);
    const missing = this.#expected.filter((pattern) => !this.#found.some((text) => pattern.test(text)));
    expect(missing, "complaints that the test provokes").toEqual([]);
  }
}

interface Fixtures {
  complaints: Complaints;
  /** Goes to a page, and waits until the application runs there, unless JavaScript is off. */
  open: (path: string) => Promise<void>;
  /** Somebody whose address is verified. */
  ann: Person;
}

export const test = base.extend<Fixtures>({
  complaints: [
    async ({ context, javaScriptEnabled }, use) => {
      const complaints = new Complaints();
      if (!javaScriptEnabled) complaints.ignoreUnusedWasm();
      context.on("weberror", (error) => complaints.add(String(error.error())));
      context.on("console", (message) => {
        if (["error", "warning"].includes(message.type())) {
          complaints.add(`${message.text()} (${message.location().url})`);
        }
      });
      await use(complaints);
      complaints.check();
    },
    { auto: true },
  ],

  // Each test comes from an address of its own, as behind a proxy: rate limits are on.
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
    await use(await verifiedPerson(request));
  },
});

/** Waits until the application has taken the page over. */
export const hydrated = (page: Page) => page.evaluate(() => window.hydrated);

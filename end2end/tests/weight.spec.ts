// What a first visit loads: a budget for each page, in bytes transferred.
import type { CDPSession, Page } from "@playwright/test";
import { signIn } from "../support/pages";
import { expect, hydrated, test } from "../support/test";

const VISITOR_BUDGET = { bytes: 166_000, requests: 7 };
/** With its picture. */
const LANDING_BUDGET = { bytes: 167_000, requests: 8 };
/**
 * `/profile` fetches its user again, in two requests, because a page from the history may be stale. Code that both chunks
 * share is a file of its own.
 */
const SIGNED_IN_BUDGET = { bytes: 362_000, requests: 11 };

/** The pages of emailed links are in the chunk of the settings, with a file of code that both chunks share. */
const ACCOUNT_BUDGET = { bytes: 255_000, requests: 10 };
/** Both chunks: the header of a signed-in user, and the settings. The user is fetched again, as on `/profile`. */
const SETTINGS_BUDGET = { bytes: 415_000, requests: 12 };

/** A name in the markup of each chunk, and one from the file that every page loads. */
const SIGNED_IN_MARKUP = "suggestions";
const ACCOUNT_MARKUP = "change-username";
const VISITOR_MARKUP = "reveal-row";

interface Loaded {
  url: string;
  bytes: number;
}

/** Opens a page with an empty cache and returns what it loads until the network is idle. */
async function firstVisit(page: Page, path: string): Promise<Loaded[]> {
  // What the page before is still loading ends here.
  await page.goto("about:blank");
  const browser: CDPSession = await page.context().newCDPSession(page);
  await browser.send("Network.enable");
  await browser.send("Network.clearBrowserCache");
  const urls = new Map<string, string>();
  const loaded: Loaded[] = [];
  browser.on("Network.responseReceived", ({ requestId, response }) => urls.set(requestId, response.url));
  browser.on("Network.loadingFinished", ({ requestId, encodedDataLength }) => {
    loaded.push({ url: urls.get(requestId) ?? "", bytes: encodedDataLength });
  });
  await page.goto(path);
  await hydrated(page);
  await page.waitForLoadState("networkidle");
  await browser.detach();
  return loaded.filter(({ url }) => !url.startsWith("data:"));
}

function expectWithinBudget(loaded: Loaded[], budget: { bytes: number; requests: number }) {
  const list = loaded.map(({ url, bytes }) => `${String(bytes).padStart(7)} ${new URL(url).pathname}`).join("\n");
  const bytes = loaded.reduce((sum, { bytes }) => sum + bytes, 0);
  console.log(`${bytes} bytes in ${loaded.length} requests\n${list}`);
  expect(bytes, list).toBeLessThanOrEqual(budget.bytes);
  expect(loaded.length, list).toBeLessThanOrEqual(budget.requests);
}

test("the landing page stays within its budget", async ({ page }) => {
  expectWithinBudget(await firstVisit(page, "/"), LANDING_BUDGET);
});

for (const path of ["/login", "/login?next=/settings", "/register", "/verify-email?token=x", "/verify-email"]) {
  test(`a visitor's first page stays within its budget: ${path}`, async ({ page }) => {
    expectWithinBudget(await firstVisit(page, path), VISITOR_BUDGET);
  });
}

test.describe("in German", () => {
  test.use({ locale: "de-DE" });
  test("a visitor's first page stays within its budget: /login", async ({ page }) => {
    expectWithinBudget(await firstVisit(page, "/login"), VISITOR_BUDGET);
    await expect(page).toHaveTitle("Anmelden · Kith");
  });
});

for (const path of ["/forgot-password", "/reset-password?token=x", "/sign-in-link"]) {
  test(`a page for a visitor who cannot sign in stays within its budget: ${path}`, async ({ page }) => {
    expectWithinBudget(await firstVisit(page, path), ACCOUNT_BUDGET);
  });
}

test("a signed-in user's first page stays within its budget", async ({ page, open, ann }) => {
  await open("/login");
  await signIn(page, ann);
  for (const path of ["/timeline", "/profile"]) expectWithinBudget(await firstVisit(page, path), SIGNED_IN_BUDGET);
});

test("the settings stay within their budget", async ({ page, open, ann }) => {
  await open("/login");
  await signIn(page, ann);
  for (const path of ["/settings", "/settings/security"]) expectWithinBudget(await firstVisit(page, path), SETTINGS_BUDGET);
});

test("every file preloaded by a page exists and is used by it", async ({ page, request, open, ann }) => {
  const expectPreloadsUsed = async (path: string) => {
    const loaded = (await firstVisit(page, path)).map(({ url }) => new URL(url).pathname);
    const links = page.locator("link[rel=preload], link[rel=modulepreload]");
    const hrefs = await links.evaluateAll((links) => links.map((link) => link.getAttribute("href")!));
    expect(hrefs.length).toBeGreaterThanOrEqual(3);
    for (const href of hrefs) {
      expect((await request.get(href)).status(), href).toBe(200);
      expect(loaded.filter((path) => path === href), href).toHaveLength(1);
    }
    // Chromium warns about an unused preload after three seconds at the earliest.
    await page.waitForTimeout(4_000);
  };
  await expectPreloadsUsed("/login");
  await expectPreloadsUsed("/forgot-password");
  await expectPreloadsUsed(`/profile/${ann.username}`);
  await open("/login");
  await signIn(page, ann);
  await expectPreloadsUsed("/timeline");
  await expectPreloadsUsed("/settings");
});

test("data delivered with a page is not requested again", async ({ page, open, ann }) => {
  const expectNoRequests = async (path: string) => {
    const loaded = (await firstVisit(page, path)).map(({ url }) => new URL(url).pathname);
    expect(loaded.filter((loaded) => loaded !== path && !/^\/(pkg|texts)\/|\.svg$/.test(loaded))).toEqual([]);
  };
  for (const path of ["", "/followers", "/following"]) await expectNoRequests(`/profile/${ann.username}${path}`);
  await open("/login");
  await signIn(page, ann);
  for (const path of ["", "/followers", "/following"]) await expectNoRequests(`/profile/${ann.username}${path}`);
  await expectNoRequests("/timeline");
});

test("each wasm file contains only its own pages", async ({ page, request, open, ann }) => {
  await open("/login");
  await signIn(page, ann);
  const loaded = await firstVisit(page, "/settings");
  const text = async (name: string) => {
    const { url } = loaded.find(({ url }) => new RegExp(`/${name}\\.[^/]+\\.wasm$`).test(url))!;
    return (await (await request.get(url)).body()).toString("latin1");
  };
  const texts = [VISITOR_MARKUP, SIGNED_IN_MARKUP, ACCOUNT_MARKUP];
  const hint = "wasm-split put data into the wrong file: see PADDING in src/start.rs";
  for (const [name, own] of [["kith", VISITOR_MARKUP], ["split_signed_in", SIGNED_IN_MARKUP], ["split_account", ACCOUNT_MARKUP]] as const) {
    const content = await text(name);
    expect(texts.filter((text) => content.includes(text)), `${name}: ${hint}`).toEqual([own]);
    // Texts come from the server, in one language.
    expect(["Create your account", "Konto erstellen", "Einstellungen"].filter((text) => content.includes(text)), name).toEqual([]);
  }
});

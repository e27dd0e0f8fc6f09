// What a first visit loads: budgets for each page, in bytes as they come over the line.
import type { CDPSession, Page } from "@playwright/test";
import { arrive } from "../support/pages";
import { expect, hydrated, test } from "../support/test";

const VISITORS = { bytes: 165_000, requests: 7 };
/** `/profile` asks for its user again, in two requests: a page from the history may be old. */
const SIGNED_IN = { bytes: 330_000, requests: 9 };

/** Texts of pages that come in a chunk of their own, and of those that every page loads. */
const SIGNED_IN_TEXT = "People you may know";
const VISITORS_TEXT = "Create your account";

interface Loaded {
  url: string;
  bytes: number;
}

/** Opens a page with an empty cache, and tells what it loaded until it was at rest. */
async function firstVisit(page: Page, path: string): Promise<Loaded[]> {
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

function expectWithin(loaded: Loaded[], budget: { bytes: number; requests: number }) {
  const list = loaded.map(({ url, bytes }) => `${String(bytes).padStart(7)} ${new URL(url).pathname}`).join("\n");
  const bytes = loaded.reduce((sum, { bytes }) => sum + bytes, 0);
  console.log(`${bytes} bytes in ${loaded.length} requests\n${list}`);
  expect(bytes, list).toBeLessThanOrEqual(budget.bytes);
  expect(loaded.length, list).toBeLessThanOrEqual(budget.requests);
}

for (const path of ["/", "/login", "/register", "/verify-email?token=x", "/verify-email"]) {
  test(`a visitor's first page is light: ${path}`, async ({ page }) => {
    expectWithin(await firstVisit(page, path), VISITORS);
  });
}

test("the first page of a signed-in user is light enough", async ({ page, open, ann }) => {
  await open("/login");
  await arrive(page, ann);
  for (const path of ["/timeline", "/profile"]) expectWithin(await firstVisit(page, path), SIGNED_IN);
});

test("what the head of a page names is there, and is what the page then uses", async ({ page, request, open, ann }) => {
  const expectUsed = async (path: string) => {
    const loaded = (await firstVisit(page, path)).map(({ url }) => new URL(url).pathname);
    const links = page.locator("link[rel=preload], link[rel=modulepreload]");
    const hrefs = await links.evaluateAll((links) => links.map((link) => link.getAttribute("href")!));
    expect(hrefs.length).toBeGreaterThanOrEqual(3);
    for (const href of hrefs) {
      expect((await request.get(href)).status(), href).toBe(200);
      expect(loaded.filter((path) => path === href), href).toHaveLength(1);
    }
    // Chromium complains of a preload that is not used, three seconds later at the earliest.
    await page.waitForTimeout(4_000);
  };
  await expectUsed("/login");
  await expectUsed(`/profile/${ann.username}`);
  await open("/login");
  await arrive(page, ann);
  await expectUsed("/timeline");
});

test("what came with a page is not asked for again", async ({ page, open, ann }) => {
  const expectNoRequests = async (path: string) => {
    const loaded = (await firstVisit(page, path)).map(({ url }) => new URL(url).pathname);
    expect(loaded.filter((loaded) => loaded !== path && !/^\/pkg\/|\.svg$/.test(loaded))).toEqual([]);
  };
  for (const path of ["", "/followers", "/following"]) await expectNoRequests(`/profile/${ann.username}${path}`);
  await open("/login");
  await arrive(page, ann);
  for (const path of ["", "/followers", "/following"]) await expectNoRequests(`/profile/${ann.username}${path}`);
  await expectNoRequests("/timeline");
});

test("no page of signed-in users hides in the file that every page loads", async ({ page, request }) => {
  const loaded = await firstVisit(page, "/login");
  const main = loaded.find(({ url }) => /\/kith\.[^/]+\.wasm$/.test(url))!;
  const text = (await (await request.get(main.url)).body()).toString("latin1");
  expect(text).toContain(VISITORS_TEXT);
  expect(text, "wasm-split put all data into the main file: see ROOM in src/start.rs").not.toContain(SIGNED_IN_TEXT);
});

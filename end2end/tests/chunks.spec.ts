// If a chunk fails to load, the browser shows the server-rendered page, which works without it.
import type { Page } from "@playwright/test";
import { button, heading, navigateInApp, submitSignIn } from "../support/pages";
import { registerVerifiedUser } from "../support/users";
import { expect, hydrated, test, type BrowserErrors } from "../support/test";

const CHUNK = /\/pkg\/split_signed_in\..*\.wasm$/;

/** Blocks the chunk from now on. */
async function blockChunk(page: Page, browserErrors: BrowserErrors) {
  browserErrors.expect(/^Failed to load resource: net::ERR_FAILED .*\/pkg\/split_signed_in\..*\.wasm\)$/);
  browserErrors.expect(/Failed to fetch/);
  await page.route(CHUNK, (route) => route.abort());
}

test("a page whose chunk fails to load still works as server-rendered HTML", async ({ page, request, ann, browserErrors }) => {
  await blockChunk(page, browserErrors);
  const bea = await registerVerifiedUser(request);
  await page.goto(`/profile/${bea.username}`);
  await expect(heading(page, bea.username)).toBeVisible();
  // Links work without hydration.
  await page.getByRole("link", { name: "Sign in to follow" }).click();
  await expect(page).toHaveURL(`/login?next=/profile/${bea.username}`);
  await hydrated(page);
  // The chunk also fails after the sign-in, so the browser loads the page from the server.
  await submitSignIn(page, ann);
  await expect(page).toHaveURL(`/profile/${bea.username}`);
  // Forms work too.
  await button(page, "Follow").click();
  await expect(button(page, "Unfollow")).toBeVisible();
  await button(page, "Sign out").click();
  await expect(page).toHaveURL("/");
  await expect(page.getByRole("main").getByRole("link", { name: "Sign in" })).toBeVisible();
});

test("navigating to a page whose chunk fails to load falls back to a full page load", async ({ page, open, ann, browserErrors }) => {
  await open("/");
  await blockChunk(page, browserErrors);
  await navigateInApp(page, `/profile/${ann.username}`);
  await expect(page).toHaveURL(`/profile/${ann.username}`);
  await expect(heading(page, ann.username)).toBeVisible();
});

test("a chunk that failed to load is requested again after a reload", async ({ page, open, ann, browserErrors }) => {
  await open("/login");
  await blockChunk(page, browserErrors);
  await submitSignIn(page, ann);
  await expect(heading(page, `Hello, ${ann.username}`)).toBeVisible();
  await page.waitForLoadState("networkidle");
  await page.unroute(CHUNK);
  await page.reload();
  await hydrated(page);
  await button(page, "Sign out").click();
  await expect(page).toHaveURL("/");
});

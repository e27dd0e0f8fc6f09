// If a chunk fails to load, the browser shows the server-rendered page, which works without it.
import type { Page } from "@playwright/test";
import { button, email, heading, holdRequests, navigateInApp, section, signIn, status, submitButton, submitNewUsername, submitSignIn } from "../support/pages";
import { newUser, registerVerifiedUser } from "../support/users";
import { expect, hydrated, test, type BrowserErrors } from "../support/test";

/** The files of the chunks, and the code that both share. */
const SIGNED_IN = "split_signed_in";
const ACCOUNT = "split_account";
const SHARED = "chunk_\\d+";

const file = (name: string) => new RegExp(`/pkg/${name}\\..*\\.wasm$`);

/** Blocks a file from now on. */
async function blockChunk(page: Page, browserErrors: BrowserErrors, name = SIGNED_IN) {
  browserErrors.expect(new RegExp(`^Failed to load resource: net::ERR_FAILED .*/pkg/${name}\\..*\\.wasm\\)$`));
  browserErrors.expect(/Failed to fetch/);
  await page.route(file(name), (route) => route.abort());
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

test("signing in on the way to a page does not wait for its chunk, nor interrupt it", async ({ page, ann }) => {
  await page.goto("/timeline");
  await hydrated(page);
  const release = await holdRequests(page, file(SIGNED_IN));
  await submitSignIn(page, ann);
  await expect(heading(page, `Hello, ${ann.username}`)).toBeVisible();
  release();
  await hydrated(page);
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
  await page.unroute(file(SIGNED_IN));
  await page.reload();
  await hydrated(page);
  await button(page, "Sign out").click();
  await expect(page).toHaveURL("/");
});

test("a page whose texts fail to load still works as server-rendered HTML", async ({ page, open, ann, browserErrors }) => {
  browserErrors.ignoreUnusedPreload();
  browserErrors.expect(/^Failed to load resource: net::ERR_FAILED .*\/texts\//);
  await page.route(/\/texts\//, (route) => route.abort());
  await page.goto("/login");
  await submitSignIn(page, ann);
  await expect(heading(page, `Hello, ${ann.username}`)).toBeVisible();
  // A page that is open already leaves the next one, which needs more texts, to the server.
  await page.unroute(/\/texts\//);
  await page.context().clearCookies();
  await open("/login");
  await page.route(/\/texts\//, (route) => route.abort());
  await page.getByRole("link", { name: "Forgot password?" }).click();
  await expect(page).toHaveURL("/forgot-password");
  await expect(heading(page, "Reset your password")).toBeVisible();
});

for (const name of [ACCOUNT, SHARED]) {
  test(`an emailed link works if a file of its page fails to load: ${name}`, async ({ page, open, browserErrors }) => {
    await open("/login");
    await blockChunk(page, browserErrors, name);
    await page.getByRole("link", { name: "Forgot password?" }).click();
    await expect(page).toHaveURL("/forgot-password");
    await email(page).fill("unknown@example.org");
    await submitButton(page).click();
    await expect(status(page)).toContainText("a link is on its way");
    await page.goto(`/reset-password?token=${"A".repeat(43)}`);
    await expect(heading(page, "Choose a new password")).toBeVisible();
  });
}

test("the settings work as server-rendered HTML if their chunk fails to load", async ({ page, open, ann, browserErrors }) => {
  await open("/login");
  await signIn(page, ann);
  await blockChunk(page, browserErrors, ACCOUNT);
  await page.getByRole("link", { name: "Settings" }).click();
  await expect(page).toHaveURL("/settings");
  await expect(section(page, "Email")).toContainText(ann.email);
  await submitNewUsername(page, newUser().username);
  await expect(status(page)).toHaveText("Your username is changed");
  await page.unroute(file(ACCOUNT));
  await page.reload();
  await hydrated(page);
  await button(page, "Sign out").click();
  await expect(page).toHaveURL("/");
});

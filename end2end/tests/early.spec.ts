// Before hydration: no user action is lost or done twice.
import type { Page } from "@playwright/test";
import { banner, email, fillRegistration, heading, holdRequests, password, requestsTo, signIn, submitButton } from "../support/pages";
import { newUser, signInStatus, type User } from "../support/users";
import { expect, hydrated, test } from "../support/test";

const WASM = /\.wasm$/;

/** Opens a page but holds its wasm. The returned function releases the wasm and waits for hydration. */
async function openBeforeHydration(page: Page, path: string) {
  await page.addInitScript(() => addEventListener("hydrated", () => console.debug("hydrated")));
  const release = await holdRequests(page, WASM);
  await page.goto(path, { waitUntil: "commit" });
  await expect(submitButton(page)).toBeVisible();
  // Reported through the console, because a test's scripts block while the page navigates away.
  return () => Promise.all([page.waitForEvent("console", (message) => message.text() === "hydrated"), release()]);
}

/** Records the URLs that the page navigates to from now on. */
function recordNavigations(page: Page): string[] {
  const urls: string[] = [];
  page.on("framenavigated", (frame) => urls.push(frame.url()));
  return urls;
}

async function fillSignIn(page: Page, user: User) {
  await email(page).fill(user.email);
  await password(page).fill(user.password);
}

test.beforeEach(({ browserErrors }) => browserErrors.ignoreUnusedPreload());

test("a form submitted before hydration is sent once, by the app, after hydration", { tag: "@phone" }, async ({ page }) => {
  const load = await openBeforeHydration(page, "/register");
  const posts = requestsTo(page, "POST", "/auth/register");
  const user = newUser();
  await fillRegistration(page, user);
  const navigations = recordNavigations(page);
  await submitButton(page).dblclick();
  await expect(page.locator("main form")).toHaveAttribute("aria-busy", "true");
  expect(posts).toHaveLength(0);

  await load();
  await expect(heading(page, "Check your inbox")).toBeVisible();
  expect(posts.map((post) => [post.resourceType(), post.postDataJSON()])).toEqual([["fetch", user]]);
  expect(navigations).toEqual([]);
});

test("if the app fails to load, the form is sent as a plain post after five seconds", async ({ page, ann, browserErrors }) => {
  browserErrors.expect(/Failed to fetch/);
  browserErrors.expect(/^Failed to load resource: net::ERR_FAILED .*\.wasm\)$/);
  await page.clock.install();
  await page.route(WASM, (route) => route.abort());
  await page.goto("/login");
  const posts = requestsTo(page, "POST", "/auth/login");
  await fillSignIn(page, ann);
  await submitButton(page).click();
  await page.clock.runFor(4_500);
  expect(posts).toHaveLength(0);

  await page.clock.runFor(600);
  await expect(heading(page, `Hello, ${ann.username}`)).toBeVisible();
  await expect(page).toHaveURL("/timeline");
  expect(posts.map((post) => post.resourceType())).toEqual(["document"]);
});

test("after five seconds without hydration, a plain form is sent immediately", async ({ page, ann, browserErrors }) => {
  browserErrors.expect(/Failed to fetch/);
  browserErrors.expect(/^Failed to load resource: net::ERR_FAILED .*\.wasm\)$/);
  await page.clock.install();
  await page.route(WASM, (route) => route.abort());
  await page.goto("/login");
  await page.clock.runFor(5_100);
  await signIn(page, ann);
  await expect(page).toHaveURL("/timeline");
});

test("hydration during a plain form post does not send the form again", async ({ page, request }) => {
  await page.clock.install();
  const load = await openBeforeHydration(page, "/register");
  const release = await holdRequests(page, "/auth/register");
  const posts = requestsTo(page, "POST", "/auth/register");
  const user = newUser();
  await fillRegistration(page, user);
  await submitButton(page).click();
  await page.clock.runFor(5_100);
  await expect.poll(() => posts.length).toBe(1);
  await load();
  release();
  await expect(heading(page, "Check your inbox")).toBeVisible();
  await expect(banner(page)).toHaveCount(0);
  expect(posts.map((post) => post.resourceType())).toEqual(["document"]);
  expect(await signInStatus(request, user)).toBe(403);
});

for (const [painted, delay] of [["never", 0], ["after the app was started without it", 1_500]] as const) {
  test(`the app starts once if the page is painted ${painted}`, async ({ page }) => {
    await page.addInitScript((delay) => {
      window.requestAnimationFrame = (callback) => (delay ? setTimeout(callback, delay) : 0) as number;
      addEventListener("hydrated", () => console.debug("hydrated"));
    }, delay);
    const hydrations: string[] = [];
    page.on("console", (message) => message.text() === "hydrated" && hydrations.push(message.text()));
    await page.goto("/login");
    await expect.poll(() => hydrations.length).toBe(1);
    await page.waitForTimeout(2_000);
    expect(hydrations).toHaveLength(1);
  });
}

test("a form that fails the browser's own validation is neither held nor sent", async ({ page }) => {
  const load = await openBeforeHydration(page, "/register");
  const posts = requestsTo(page, "POST", "/auth/register");
  const user = newUser();
  await fillRegistration(page, { ...user, email: "notanemail" });
  await submitButton(page).click();
  await expect(email(page)).toBeFocused();
  await load();
  await email(page).fill(user.email);
  await submitButton(page).click();
  await expect(heading(page, "Check your inbox")).toBeVisible();
  expect(posts.map((post) => post.postDataJSON())).toEqual([user]);
});

test("input typed before hydration is kept, and an invalid email gets its message", { tag: "@phone" }, async ({ page }) => {
  const load = await openBeforeHydration(page, "/register");
  const user = newUser();
  await fillRegistration(page, { ...user, email: "notanemail" });
  await expect(email(page)).not.toHaveAttribute("aria-invalid");
  await load();
  await expect(email(page)).toHaveAccessibleDescription("Enter a valid email address");
  await expect(email(page)).toHaveValue("notanemail");
  await expect(password(page)).toHaveValue(user.password);
  await expect(submitButton(page)).toHaveAttribute("aria-disabled", "true");
});

test("hydration does not interrupt typing", async ({ page }) => {
  const load = await openBeforeHydration(page, "/register");
  await email(page).focus();
  await page.keyboard.type("not");
  await load();
  await page.keyboard.type("anemail");
  await expect(email(page)).toHaveValue("notanemail");
  await expect(email(page)).not.toHaveAttribute("aria-invalid");
  await page.keyboard.press("Tab");
  await expect(email(page)).toHaveAccessibleDescription("Enter a valid email address");
});

test("the result of a plain form post stays visible after hydration", async ({ page, ann, browserErrors }) => {
  browserErrors.expect(/Failed to fetch/);
  browserErrors.expect(/^Failed to load resource: net::ERR_FAILED .*\.wasm\)$/);
  await page.clock.install();
  await page.route(WASM, (route) => route.abort());
  await page.goto("/login");
  await fillSignIn(page, { ...ann, password: "not the password" });
  await page.clock.runFor(5_100);
  await page.unroute(WASM);
  await submitButton(page).click();
  await expect(banner(page)).toHaveText("Invalid email or password");
  await hydrated(page);
  await expect(banner(page)).toHaveText("Invalid email or password");
  await expect(email(page)).toHaveValue(ann.email);
  await password(page).fill(ann.password);
  await submitButton(page).click();
  await expect(heading(page, `Hello, ${ann.username}`)).toBeVisible();
});

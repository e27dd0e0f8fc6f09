// The lifetime of a session: it survives reloads and lost cookies, and ends when the user signs out.
import { banner, button, heading, holdRequests, requestsTo, signIn, submitSignIn } from "../support/pages";
import { expect, test } from "../support/test";

test("a reload keeps the user signed in", { tag: "@phone" }, async ({ page, open, ann }) => {
  await open("/login");
  await signIn(page, ann);
  await page.reload();
  await expect(heading(page, `Hello, ${ann.username}`)).toBeVisible();
  await expect(page).toHaveURL("/timeline");
});

test("the page session is restored from the refresh cookie", async ({ page, open, ann, context }) => {
  await open("/login");
  await signIn(page, ann);
  await context.clearCookies({ name: "__Host-session" });
  const resumed = requestsTo(page, "GET", "/auth/resume");
  await open("/timeline");
  await expect(page).toHaveURL("/timeline");
  await expect(heading(page, `Hello, ${ann.username}`)).toBeVisible();
  expect(resumed).toHaveLength(1);
});

test("a visitor who opens the timeline signs in and returns to it", async ({ page, open, ann }) => {
  await open("/timeline");
  await expect(page).toHaveURL("/login?next=%2Ftimeline");
  await signIn(page, ann);
  await expect(page).toHaveURL("/timeline");
});

test("signing out revokes the refresh token and removes the session from the browser", { tag: "@phone" }, async ({ page, open, ann, context, request }) => {
  await open("/login");
  await signIn(page, ann);
  const refresh = (await context.cookies()).find((cookie) => cookie.name === "refresh_token");
  const [response] = await Promise.all([page.waitForResponse("/auth/logout"), button(page, "Sign out").click()]);
  expect(response.status()).toBe(204);
  await expect(page).toHaveURL("/");
  await expect(page.getByRole("navigation").getByRole("link", { name: "Sign in" })).toBeVisible();
  // The remaining cookie only shows that a user has signed in here before.
  expect((await context.cookies()).map((cookie) => cookie.name)).toEqual(["device"]);

  const again = await request.post("/auth/refresh", { headers: { cookie: `refresh_token=${refresh!.value}` } });
  expect(again.status()).toBe(401);
  await page.goBack();
  await expect(heading(page, "Your timeline")).toBeVisible();
  await expect(page.getByText(ann.username)).toHaveCount(0);
  await open("/timeline");
  await expect(page).toHaveURL("/login?next=%2Ftimeline");
});

test("a response that arrives after signing out does not bring the user back", async ({ page, open, ann }) => {
  await open("/login");
  await signIn(page, ann);
  const release = await holdRequests(page, "/users/me");
  const sent = page.waitForRequest("/users/me");
  await open("/settings");
  await sent;
  await button(page, "Sign out").click();
  await expect(page).toHaveURL("/");
  const received = page.waitForResponse("/users/me");
  release();
  await (await received).finished();
  await page.goBack();
  await expect(page.getByText("Sign in to see your settings")).toBeVisible();
  await expect(page.getByText(ann.username)).toHaveCount(0);
});

test("a failed sign-out shows an error and keeps the user signed in", async ({ page, open, ann, browserErrors }) => {
  browserErrors.expect(/^Failed to load resource: net::ERR_INTERNET_DISCONNECTED .*\/auth\/logout\)$/);
  await open("/login");
  await signIn(page, ann);
  await page.route("/auth/logout", (route) => route.abort("internetdisconnected"));
  await button(page, "Sign out").click();
  await expect(page.getByRole("alert")).toHaveText("We could not reach the server. Check your connection and try again");
  await page.unroute("/auth/logout");
  await button(page, "Sign out").click();
  await expect(page).toHaveURL("/");
  await expect(page.getByRole("alert")).toHaveCount(0);
});

test("after signing out, a user can sign in again without a page load", async ({ page, open, ann }) => {
  await open("/login");
  await signIn(page, ann);
  await button(page, "Sign out").click();
  await page.getByRole("navigation").getByRole("link", { name: "Sign in" }).click();
  await signIn(page, ann);
  await expect(button(page, "Sign out")).toHaveCount(1);
});

test("what was typed is kept when the session has ended elsewhere", { tag: "@phone" }, async ({ page, open, other, ann, browserErrors }) => {
  browserErrors.expectHttpError(401, "/users/me");
  browserErrors.expectHttpError(401, "/auth/refresh");
  await open("/login");
  await signIn(page, ann);
  await open("/profile?edit=1");
  await page.getByLabel("Bio").fill("A bio that took long to write");
  await other.open("/login");
  await signIn(other.page, ann);
  await other.open("/settings/security");
  await button(other.page, "Sign out all other devices").click();
  await expect(other.page.getByText("All other devices were signed out")).toBeVisible();

  await button(page, "Save").click();
  await expect(page).toHaveURL("/login?next=%2Fprofile%3Fedit%3D1");
  await submitSignIn(page, ann);
  await expect(banner(page)).toHaveText("You had been signed out, so this was not saved. Please send it again");
  await expect(page.getByLabel("Bio")).toHaveValue("A bio that took long to write");
  await button(page, "Save").click();
  await expect(page.getByText("A bio that took long to write")).toBeVisible();
  await expect(button(page, "Edit profile")).toBeVisible();
});

// What becomes of a sign-in: it lasts over reloads and lost cookies, and ends when one signs out.
import { arrive, button, heading, requestsTo } from "../support/pages";
import { expect, test } from "../support/test";

test("a reload keeps one signed in", { tag: "@phone" }, async ({ page, open, ann }) => {
  await open("/login");
  await arrive(page, ann);
  await page.reload();
  await expect(heading(page, `Hello, ${ann.username}`)).toBeVisible();
  await expect(page).toHaveURL("/timeline");
});

test("the page session comes back from the refresh cookie", async ({ page, open, ann, context }) => {
  await open("/login");
  await arrive(page, ann);
  await context.clearCookies({ name: "__Host-session" });
  const resumed = requestsTo(page, "GET", "/auth/resume");
  await open("/timeline");
  await expect(page).toHaveURL("/timeline");
  await expect(heading(page, `Hello, ${ann.username}`)).toBeVisible();
  expect(resumed).toHaveLength(1);
});

test("a visitor of the timeline is asked to sign in, and led back", async ({ page, open, ann }) => {
  await open("/timeline");
  await expect(page).toHaveURL("/login?next=%2Ftimeline");
  await arrive(page, ann);
  await expect(page).toHaveURL("/timeline");
});

test("signing out ends it all", { tag: "@phone" }, async ({ page, open, ann, context, request }) => {
  await open("/login");
  await arrive(page, ann);
  const refresh = (await context.cookies()).find((cookie) => cookie.name === "refresh_token");
  const [answer] = await Promise.all([page.waitForResponse("/auth/logout"), button(page, "Sign out").click()]);
  expect(answer.status()).toBe(204);
  await expect(page).toHaveURL("/");
  await expect(page.getByRole("navigation").getByRole("link", { name: "Sign in" })).toBeVisible();
  // What is left tells only that somebody has signed in here before.
  expect((await context.cookies()).map((cookie) => cookie.name)).toEqual(["device"]);

  const again = await request.post("/auth/refresh", { headers: { cookie: `refresh_token=${refresh!.value}` } });
  expect(again.status()).toBe(401);
  await page.goBack();
  await expect(heading(page, "Your timeline")).toBeVisible();
  await expect(page.getByText(ann.username)).toHaveCount(0);
  await open("/timeline");
  await expect(page).toHaveURL("/login?next=%2Ftimeline");
});

test("signing out that does not reach the server says so, and one is still signed in", async ({ page, open, ann, complaints }) => {
  complaints.expect(/^Failed to load resource: net::ERR_INTERNET_DISCONNECTED .*\/auth\/logout\)$/);
  await open("/login");
  await arrive(page, ann);
  await page.route("/auth/logout", (route) => route.abort("internetdisconnected"));
  await button(page, "Sign out").click();
  await expect(page.getByRole("alert")).toHaveText("We could not reach the server. Check your connection and try again");
  await page.unroute("/auth/logout");
  await button(page, "Sign out").click();
  await expect(page).toHaveURL("/");
  await expect(page.getByRole("alert")).toHaveCount(0);
});

test("one can sign in again after signing out, without a new page", async ({ page, open, ann }) => {
  await open("/login");
  await arrive(page, ann);
  await button(page, "Sign out").click();
  await page.getByRole("navigation").getByRole("link", { name: "Sign in" }).click();
  await arrive(page, ann);
  await expect(button(page, "Sign out")).toHaveCount(1);
});

// The follow button on profiles, in lists and on the timeline.
import type { APIRequestContext, Page } from "@playwright/test";
import { button, heading, holdRequests, row, signIn, submitSignIn } from "../support/pages";
import { fetchAccessToken, fetchProfile, follow, registerVerifiedUser, type User } from "../support/users";
import { expect, test } from "../support/test";

const main = (page: Page) => page.getByRole("main");
const followers = (page: Page) => main(page).getByRole("link", { name: /followers?$/ });
const toast = (page: Page) => page.locator(".toast");
const FOLLOW = /\/users\/[^/]+\/follow$/;

/** The count on the server, independent of the page. */
const followerCount = async (request: APIRequestContext, user: User) =>
  (await fetchProfile(request, await fetchAccessToken(request, user))).follower_count;

let ben: User;

test.beforeEach(async ({ page, open, ann, request }) => {
  ben = await registerVerifiedUser(request);
  await open("/login");
  await signIn(page, ann);
});

test("USER-FE-004.1-S1 Follow sends POST with the token and becomes Unfollow without a page load", { tag: "@phone" }, async ({ page, open, request }) => {
  await open(`/profile/${ben.username}`);
  const navigations: string[] = [];
  page.on("framenavigated", (frame) => navigations.push(frame.url()));
  await expect(button(page, "Follow")).toHaveAttribute("aria-pressed", "false");
  await expect(followers(page)).toHaveText("0 followers");
  const [response] = await Promise.all([page.waitForResponse(FOLLOW), button(page, "Follow").click()]);
  expect([response.request().method(), response.status()]).toEqual(["POST", 201]);
  expect(await response.request().headerValue("authorization")).toMatch(/^Bearer ey/);
  await expect(button(page, "Unfollow")).toHaveAttribute("aria-pressed", "true");
  await expect(button(page, "Follow")).toHaveCount(0);
  await expect(followers(page)).toHaveText("1 follower");
  expect(await followerCount(request, ben)).toBe(1);
  expect(navigations).toEqual([]);
});

test("USER-FE-004.1-S2 Unfollow sends DELETE and becomes Follow", { tag: "@phone" }, async ({ page, open, request, ann }) => {
  await follow(request, ann, ben);
  await open(`/profile/${ben.username}`);
  await expect(followers(page)).toHaveText("1 follower");
  const [response] = await Promise.all([page.waitForResponse(FOLLOW), button(page, "Unfollow").click()]);
  expect([response.request().method(), response.status()]).toEqual(["DELETE", 204]);
  await expect(button(page, "Follow")).toHaveAttribute("aria-pressed", "false");
  await expect(followers(page)).toHaveText("0 followers");
  expect(await followerCount(request, ben)).toBe(0);
});

test("USER-FE-004.1-S1 the button works with the keyboard and keeps the focus", async ({ page, open, request }) => {
  await open(`/profile/${ben.username}`);
  await button(page, "Follow").focus();
  for (const [key, label, count] of [["Enter", "Unfollow", 1], ["Space", "Follow", 0]] as const) {
    await Promise.all([page.waitForResponse(FOLLOW), page.keyboard.press(key)]);
    await expect(button(page, label)).toBeFocused();
    expect(await followerCount(request, ben)).toBe(count);
  }
});

test("a double click follows once", async ({ page, open, request }) => {
  await open(`/profile/${ben.username}`);
  const methods: string[] = [];
  page.on("request", (each) => FOLLOW.test(each.url()) && methods.push(each.method()));
  await Promise.all([page.waitForResponse(FOLLOW), button(page, "Follow").dblclick()]);
  await expect(button(page, "Unfollow")).toBeVisible();
  await page.reload();
  await expect(button(page, "Unfollow")).toBeVisible();
  expect(methods).toEqual(["POST"]);
  expect(await followerCount(request, ben)).toBe(1);
});

test("clicks during a slow response are not lost: the last one wins", async ({ page, open, request }) => {
  await open(`/profile/${ben.username}`);
  const release = await holdRequests(page, FOLLOW);
  const methods: string[] = [];
  page.on("request", (each) => FOLLOW.test(each.url()) && methods.push(each.method()));
  await button(page, "Follow").click();
  await expect(followers(page)).toHaveText("1 follower");
  await button(page, "Unfollow").click();
  await button(page, "Follow").click();
  await button(page, "Unfollow").click();
  await expect(followers(page)).toHaveText("0 followers");
  expect(methods).toEqual(["POST"]);
  const last = page.waitForResponse((response) => response.request().method() === "DELETE");
  release();
  await last;
  expect(methods).toEqual(["POST", "DELETE"]);
  await expect(button(page, "Follow")).toBeVisible();
  expect(await followerCount(request, ben)).toBe(0);
});

test("a failed follow is rolled back and explained", { tag: "@phone" }, async ({ page, open, browserErrors }) => {
  browserErrors.expect(/^Failed to load resource: net::ERR_INTERNET_DISCONNECTED .*\/follow\)$/);
  await open(`/profile/${ben.username}`);
  await page.route(FOLLOW, (route) => route.abort("internetdisconnected"));
  await button(page, "Follow").click();
  await expect(toast(page)).toHaveText(`Could not follow ${ben.username}. We could not reach the server. Check your connection and try again`);
  await expect(toast(page)).toHaveRole("alert");
  await expect(button(page, "Follow")).toHaveAttribute("aria-pressed", "false");
  await expect(followers(page)).toHaveText("0 followers");
  await page.unroute(FOLLOW);
  await button(page, "Follow").click();
  await expect(button(page, "Unfollow")).toBeVisible();
  await expect(toast(page)).toHaveCount(0);
});

test("a visitor who signs in to follow returns to the profile", { tag: "@phone" }, async ({ page, open, ann }) => {
  await button(page, "Sign out").click();
  await expect(page).toHaveURL("/");
  await open(`/profile/${ben.username}`);
  await expect(heading(page, ben.username)).toBeVisible();
  await expect(button(page, "Follow")).toHaveCount(0);
  await main(page).getByRole("link", { name: "Sign in to follow" }).click();
  await expect(page).toHaveURL(`/login?next=/profile/${ben.username}`);
  await submitSignIn(page, ann);
  await expect(page).toHaveURL(`/profile/${ben.username}`);
  await button(page, "Follow").click();
  await expect(button(page, "Unfollow")).toBeVisible();
});

test("the viewer's own profile has no follow button, and its following count updates immediately", async ({ page, open, ann }) => {
  await open(`/profile/${ann.username}`);
  await expect(main(page).getByRole("link", { name: "Edit profile" })).toBeVisible();
  await expect(button(page, "Follow")).toHaveCount(0);
  await open(`/profile/${ben.username}`);
  await Promise.all([page.waitForResponse(FOLLOW), button(page, "Follow").click()]);
  await page.getByRole("navigation").getByRole("link", { name: ann.username }).click();
  await expect(main(page).getByRole("link", { name: "1 following" })).toBeVisible();
});

test("the timeline lists people, and both buttons of a user listed twice stay in sync", { tag: "@phone" }, async ({ page, open, request, ann }) => {
  await expect(page.getByText("It’s quiet here for now")).toBeVisible();
  const [cat, dan] = [await registerVerifiedUser(request), await registerVerifiedUser(request)];
  await follow(request, ann, ben);
  await follow(request, ben, cat, ann);
  await follow(request, dan, ann);
  await open("/timeline");
  const section = (name: string) => page.getByRole("region", { name, exact: true });
  // Ben follows back, so he is listed both as followed and as a new follower.
  await expect(section("People you follow").getByRole("listitem")).toHaveCount(1);
  await expect(section("New followers").getByRole("listitem")).toHaveCount(2);
  await expect(section("People you may know").getByRole("listitem")).toContainText([cat.username]);
  await expect(row(page, cat.username)).toContainText("Followed by 1 you follow");
  const both = row(page, ben.username).getByRole("button");
  await expect(both).toHaveText(["Unfollow", "Unfollow"]);
  await Promise.all([page.waitForResponse(FOLLOW), both.first().click()]);
  await expect(both).toHaveText(["Follow", "Follow"]);
  await Promise.all([page.waitForResponse(FOLLOW), both.last().click()]);
  await expect(both).toHaveText(["Unfollow", "Unfollow"]);
  await Promise.all([page.waitForResponse(FOLLOW), row(page, cat.username).getByRole("button", { name: "Follow", exact: true }).click()]);
  await page.reload();
  await expect(section("People you follow").getByRole("listitem")).toHaveCount(2);
  await expect(section("People you may know")).toHaveCount(0);
});

test("a slow timeline shows a loading state, and a failed one can be retried", async ({ page, browserErrors }) => {
  browserErrors.expectHttpError(503, "/users/me/timeline");
  await page.getByRole("link", { name: "Kith, home" }).click();
  await page.route("/users/me/timeline", (route) =>
    route.fulfill({ status: 503, json: { error: { code: "OVERLOADED", message: "We’re very busy right now. Please try again in a moment" } } }),
  );
  await page.getByRole("main").getByRole("link", { name: "Go to your timeline" }).click();
  await expect(main(page).getByRole("alert")).toContainText("We’re very busy");
  await page.unroute("/users/me/timeline");
  const release = await holdRequests(page, "/users/me/timeline");
  await main(page).getByRole("link", { name: "Try again" }).click();
  await expect(main(page).getByText("Loading…")).toBeAttached();
  release();
  await expect(page.getByText("It’s quiet here for now")).toBeVisible();
});

test("the menu of a profile works with the keyboard alone", async ({ page, open }) => {
  await open(`/profile/${ben.username}`);
  await page.getByLabel(`More about ${ben.username}`).focus();
  await page.keyboard.press("Enter");
  for (const label of ["Mute", "Mute for a week", "Block"]) {
    await page.keyboard.press("Tab");
    await expect(button(page, label)).toBeFocused();
  }
  await page.keyboard.press("Enter");
  await expect(button(page, "Unblock")).toBeFocused();
  await page.keyboard.press("Enter");
  await expect(button(page, "Follow")).toBeFocused();
});

// Deleting the account, and “Keep my account” during the grace period.
import type { APIRequestContext, Page } from "@playwright/test";
import { banner, button, currentPassword, heading, openDeletion, password, requestsTo, row, section, signIn, submitSignIn } from "../support/pages";
import { fetchAccessToken, fetchEmails, fetchProfile, follow, registerVerifiedUser, requestDeletion, signInStatus, type User } from "../support/users";
import { expect, test } from "../support/test";

const main = (page: Page) => page.getByRole("main");

/** The user's followers and followees on the server. */
async function counts(request: APIRequestContext, user: User) {
  const { follower_count, followee_count } = await fetchProfile(request, await fetchAccessToken(request, user));
  return [follower_count, followee_count];
}

let ben: User;

test.beforeEach(async ({ ann, request }) => {
  ben = await registerVerifiedUser(request);
  await follow(request, ann, ben);
  await follow(request, ben, ann);
});

test("a deleted account is hidden from everyone at once, and its owner is told by mail", { tag: "@phone" }, async ({ page, open, other, ann, request, browserErrors }) => {
  browserErrors.expectHttpError(404, `/profile/${ann.username}`);
  await other.open("/login");
  await signIn(other.page, ben);
  await other.open(`/profile/${ann.username}`);
  await expect(heading(other.page, ann.username)).toBeVisible();

  await open("/login");
  await signIn(page, ann);
  await open("/settings");
  await expect(button(page, "Yes, delete my account")).toBeHidden();
  await openDeletion(page);
  await button(page, "Yes, delete my account").click();
  await expect(page).toHaveURL("/account-deleted");
  await expect(heading(page, "Your account is hidden now")).toBeVisible();
  await expect(page.getByRole("navigation").getByRole("link", { name: "Sign in" })).toBeVisible();
  await open("/settings");
  await expect(page).toHaveURL("/login?next=%2Fsettings");

  await other.page.reload();
  await expect(heading(other.page, "There is nothing here")).toBeVisible();
  await other.open(`/profile/${ben.username}/followers`);
  await expect(row(other.page, ann.username)).toHaveCount(0);
  expect(await counts(request, ben)).toEqual([0, 0]);
  const subjects = async () => (await fetchEmails(request, ann.email)).map(({ subject }) => subject);
  await expect.poll(subjects).toContain("Your account will be deleted");
});

test("signing in and choosing “Keep my account” restores everything", { tag: "@phone" }, async ({ page, open, ann, request, browserErrors }) => {
  browserErrors.expectHttpError(403, "/auth/login");
  await requestDeletion(request, ann);
  await open("/login");
  await submitSignIn(page, ann);
  await expect(banner(page)).toContainText("This account is about to be deleted");
  expect((await page.context().cookies()).filter((cookie) => cookie.name === "refresh_token")).toEqual([]);
  await button(page, "Keep my account").click();
  await expect(heading(page, `Hello, ${ann.username}`)).toBeVisible();
  await expect(page).toHaveURL("/timeline");
  await open("/profile");
  await expect(main(page).getByRole("link", { name: "1 follower" })).toBeVisible();
  await expect(main(page).getByRole("link", { name: "1 following" })).toBeVisible();
  await open(`/profile/${ben.username}/followers`);
  await expect(row(page, ann.username)).toBeVisible();
  expect([await counts(request, ann), await counts(request, ben)]).toEqual([[1, 1], [1, 1]]);
  const subjects = async () => (await fetchEmails(request, ann.email)).map(({ subject }) => subject);
  await expect.poll(subjects).toContain("Welcome back");
});

test("“Keep my account” leads to the page given in `next`", async ({ page, open, ann, request, browserErrors }) => {
  browserErrors.expectHttpError(403, "/auth/login");
  await requestDeletion(request, ann);
  await open("/login?next=/settings");
  await submitSignIn(page, ann);
  await button(page, "Keep my account").click();
  await expect(page).toHaveURL("/settings");
  await expect(section(page, "Email")).toContainText(ann.email);
});

test("a wrong password of a deleted account reveals nothing", async ({ page, open, ann, request, browserErrors }) => {
  browserErrors.expectHttpError(401, "/auth/login");
  await requestDeletion(request, ann);
  await open("/login");
  await submitSignIn(page, { ...ann, password: "not the password" });
  await expect(banner(page)).toHaveText("Invalid email or password");
  await expect(button(page, "Keep my account")).toHaveCount(0);
});

test("a wrong current password deletes nothing", async ({ page, open, ann, request, browserErrors }) => {
  browserErrors.expectHttpError(403, "/users/me/deletion");
  await open("/login");
  await signIn(page, ann);
  await open("/settings");
  const posts = requestsTo(page, "POST", "/users/me/deletion");
  await openDeletion(page);
  await currentPassword(section(page, "Delete account")).fill("not the password");
  await button(page, "Yes, delete my account").click();
  await expect(banner(page)).toHaveText("This is not your current password");
  await expect(currentPassword(section(page, "Delete account"))).toBeFocused();
  await expect(page).toHaveURL("/settings");
  expect(posts).toHaveLength(1);
  expect(await signInStatus(request, ann)).toBe(200);
});

test("an account that is not kept in time cannot be restored from the same page", async ({ page, open, ann, request, browserErrors }) => {
  browserErrors.expectHttpError(403, "/auth/login");
  await requestDeletion(request, ann);
  await open("/login");
  await submitSignIn(page, ann);
  await expect(button(page, "Keep my account")).toBeVisible();
  // As if the page had been open for longer than the token is valid.
  await page.context().clearCookies();
  await button(page, "Keep my account").click();
  await expect(page).toHaveURL("/login");
  await expect(banner(page)).toHaveText("Sign in again to keep your account");
  await password(page).fill(ann.password);
  expect(await signInStatus(request, ann)).toBe(403);
});

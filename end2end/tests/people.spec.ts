// The lists of followers and followees.
import type { Page } from "@playwright/test";
import { button, heading, requestsTo, row, signIn, submitSignIn } from "../support/pages";
import { fetchAccessToken, fetchProfile, follow, registerVerifiedUser, type User } from "../support/users";
import { expect, test } from "../support/test";

const main = (page: Page) => page.getByRole("main");
const items = (page: Page) => main(page).locator(".people > li");
const count = (page: Page, name: string) => main(page).getByRole("link", { name, exact: true });

let ben: User;

test.beforeEach(async ({ page, open, ann, request }) => {
  ben = await registerVerifiedUser(request);
  await open("/login");
  await signIn(page, ann);
});

/** Registers `total` users who follow `followee`. */
async function addFollowers(request: Parameters<typeof registerVerifiedUser>[0], total: number, followee: User): Promise<User[]> {
  const followers = [];
  for (let n = 0; n < total; n += 1) {
    const user = await registerVerifiedUser(request);
    await follow(request, user, followee);
    followers.push(user);
  }
  return followers;
}

test("USER-FE-005.1-S1 USER-STORY-005-S3 clicking the follower count fetches the list from its route and opens it", { tag: "@phone" }, async ({ page, open, ann, request }) => {
  await follow(request, ann, ben);
  await open(`/profile/${ben.username}`);
  const { id } = await fetchProfile(request, await fetchAccessToken(request, ben));
  const responsePromise = page.waitForResponse((response) => new URL(response.url()).pathname === `/users/${id}/followers`);
  await count(page, "1 follower").click();
  const response = await responsePromise;
  expect(response.status()).toBe(200);
  expect(await response.request().headerValue("authorization")).toMatch(/^Bearer ey/);
  expect((await response.json()).items).toMatchObject([{ username: ann.username, avatar_url: null }]);
  await expect(page).toHaveURL(`/profile/${ben.username}/followers`);
  await expect(heading(page, "Followers")).toBeVisible();
  await expect(items(page)).toHaveCount(1);
  await expect(row(page, ann.username)).toBeVisible();
  // The viewer's own entry has no follow button.
  await expect(row(page, ann.username).getByRole("button")).toHaveCount(0);
});

test("USER-STORY-005-S1 USER-STORY-005-S2 the viewer's own lists have a button for each user", { tag: "@phone" }, async ({ page, open, ann, request }) => {
  const cat = await registerVerifiedUser(request);
  await follow(request, ann, ben, cat);
  await follow(request, ben, ann);
  await open("/profile");
  await count(page, "2 following").click();
  await expect(heading(page, "Following")).toBeVisible();
  await expect(items(page)).toHaveCount(2);
  await expect(row(page, ben.username)).toContainText("Follows you");
  await expect(row(page, cat.username)).not.toContainText("Follows you");
  const unfollow = row(page, ben.username).getByRole("button");
  await expect(unfollow).toHaveAccessibleDescription(ben.username);
  await Promise.all([page.waitForResponse(/\/follow$/), unfollow.click()]);
  await expect(unfollow).toHaveText("Follow");
  await expect(count(page, "1 following")).toBeVisible();
  await count(page, "1 follower").click();
  await expect(heading(page, "Followers")).toBeVisible();
  await expect(row(page, ben.username).getByRole("button", { name: "Follow", exact: true })).toBeVisible();
  await row(page, ben.username).getByRole("link").click();
  await expect(page).toHaveURL(`/profile/${ben.username}`);
  await expect(button(page, "Follow")).toBeVisible();
  await expect(main(page).getByText("Follows you")).toBeVisible();
});

test("“Load more” continues a long list without gaps or duplicates", { tag: "@phone" }, async ({ page, open, request }) => {
  const followers = await addFollowers(request, 22, ben);
  await open(`/profile/${ben.username}/followers`);
  await expect(items(page)).toHaveCount(20);
  await expect(main(page).getByRole("link", { name: "Next" })).toHaveCount(0);
  await button(page, "Load more").focus();
  await page.keyboard.press("Enter");
  await expect(items(page)).toHaveCount(22);
  await expect(button(page, "Load more")).toHaveCount(0);
  // The focus moves to the first new entry.
  await expect(items(page).nth(20).getByRole("link")).toBeFocused();
  for (const user of followers) await expect(row(page, user.username)).toHaveCount(1);
  await row(page, followers[0]!.username).getByRole("button").click();
  await expect(row(page, followers[0]!.username).getByRole("button")).toHaveText("Unfollow");
});

test("the way back leads to the same place in a list", { tag: "@phone" }, async ({ page, open, request }) => {
  const followers = await addFollowers(request, 45, ben);
  await open(`/profile/${ben.username}/followers`);
  for (const count of [40, 45]) {
    await button(page, "Load more").click();
    await expect(items(page)).toHaveCount(count);
  }
  // The newest is the first.
  const person = row(page, followers[2]!.username).getByRole("link");
  await person.click();
  await expect(page).toHaveURL(`/profile/${followers[2]!.username}`);
  await page.goBack();
  await expect(items(page)).toHaveCount(45);
  await expect(person).toBeFocused();
  await expect(person).toBeInViewport();
  // A link starts at the beginning.
  await main(page).getByRole("link", { name: `@${ben.username}` }).click();
  await count(page, "45 followers").click();
  await expect(items(page)).toHaveCount(20);
});

test("a failed “Load more” can be retried", async ({ page, open, request, browserErrors }) => {
  browserErrors.expect(/^Failed to load resource: net::ERR_INTERNET_DISCONNECTED .*\/followers\?cursor=/);
  await addFollowers(request, 21, ben);
  await open(`/profile/${ben.username}/followers`);
  await page.route(/\/followers\?cursor=/, (route) => route.abort("internetdisconnected"));
  await button(page, "Load more").click();
  await expect(main(page).getByRole("alert")).toContainText("We could not reach the server");
  await page.unroute(/\/followers\?cursor=/);
  await button(page, "Load more").click();
  await expect(items(page)).toHaveCount(21);
  await expect(main(page).getByRole("alert")).toHaveCount(0);
});

test("followers can be removed with the keyboard, and the focus stays in the list", { tag: "@phone" }, async ({ page, open, ann, request }) => {
  const cat = await registerVerifiedUser(request);
  await follow(request, ben, ann);
  await follow(request, cat, ann);
  await open(`/profile/${ann.username}/followers`);
  const remove = (user: User) => row(page, user.username).getByRole("button", { name: "Remove", exact: true });
  await expect(remove(cat)).toHaveAccessibleDescription(cat.username);
  const removals = requestsTo(page, "DELETE", `/users/me/followers/${(await fetchProfile(request, await fetchAccessToken(request, cat))).id}`);
  await remove(cat).focus();
  await page.keyboard.press("Enter");
  await expect(items(page)).toHaveCount(1);
  await expect(remove(ben)).toBeFocused();
  await expect(page.getByRole("status").getByText(`${cat.username} no longer follows you`)).toBeAttached();
  expect(await Promise.all(removals.map((removal) => removal.headerValue("authorization")))).toEqual([expect.stringMatching(/^Bearer ey/)]);
  await expect(count(page, "1 follower")).toBeVisible();
  await page.keyboard.press("Space");
  await expect(page.getByText("You have no followers yet")).toBeVisible();
  await expect(main(page)).toBeFocused();
  await expect(count(page, "0 followers")).toBeVisible();
});

test("a failed removal shows an error and keeps the follower", async ({ page, open, ann, request, browserErrors }) => {
  browserErrors.expect(/^Failed to load resource: net::ERR_INTERNET_DISCONNECTED .*\/users\/me\/followers\//);
  await follow(request, ben, ann);
  await open(`/profile/${ann.username}/followers`);
  await page.route(/\/users\/me\/followers\//, (route) => route.abort("internetdisconnected"));
  await button(page, "Remove").click();
  await expect(page.locator(".toast")).toContainText(`Could not remove ${ben.username}. We could not reach the server`);
  await expect(items(page)).toHaveCount(1);
  await expect(count(page, "1 follower")).toBeVisible();
});

test("an empty list says so and offers a next step", async ({ page, open, ann, request }) => {
  await open(`/profile/${ann.username}/following`);
  await expect(page.getByText("You aren’t following anyone yet")).toBeVisible();
  await open(`/profile/${ben.username}/followers`);
  await expect(page.getByText("No followers yet")).toBeVisible();
  await Promise.all([page.waitForResponse(/\/follow$/), button(page, "Follow").click()]);
  await expect(count(page, "1 follower")).toBeVisible();
  expect((await fetchProfile(request, await fetchAccessToken(request, ben))).follower_count).toBe(1);
});

test("visitors are asked to sign in and return to the list", { tag: "@phone" }, async ({ page, open, ann }) => {
  await button(page, "Sign out").click();
  await expect(page).toHaveURL("/");
  await open(`/profile/${ben.username}`);
  await count(page, "0 followers").click();
  await expect(page.getByText("Sign in to see these people")).toBeVisible();
  await main(page).getByRole("link", { name: "Sign in" }).click();
  await submitSignIn(page, ann);
  await expect(page).toHaveURL(`/profile/${ben.username}/followers`);
  await expect(page.getByText("No followers yet")).toBeVisible();
});

test("the lists of an unknown username are not found", async ({ open, page, browserErrors }) => {
  browserErrors.expectHttpError(404, "/profile/unknown-user/followers");
  await open("/profile/unknown-user/followers");
  await expect(heading(page, "There is nothing here")).toBeVisible();
});

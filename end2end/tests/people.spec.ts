// The lists of followers and of those whom somebody follows.
import type { Page } from "@playwright/test";
import { arrive, button, heading, requestsTo, row, signIn } from "../support/pages";
import { follows, profileOf, tokenOf, verifiedPerson, type Person } from "../support/people";
import { expect, test } from "../support/test";

const main = (page: Page) => page.getByRole("main");
const items = (page: Page) => main(page).locator(".people > li");
const count = (page: Page, name: string) => main(page).getByRole("link", { name, exact: true });

let ben: Person;

test.beforeEach(async ({ page, open, ann, request }) => {
  ben = await verifiedPerson(request);
  await open("/login");
  await arrive(page, ann);
});

/** So many people follow somebody. */
async function crowd(request: Parameters<typeof verifiedPerson>[0], size: number, whom: Person): Promise<Person[]> {
  const people = [];
  for (let n = 0; n < size; n += 1) {
    const person = await verifiedPerson(request);
    await follows(request, person, whom);
    people.push(person);
  }
  return people;
}

test("USER-FE-005.1-S1 USER-STORY-005-S3 a click on the follower count opens the list, asked for at its route", { tag: "@phone" }, async ({ page, open, ann, request }) => {
  await follows(request, ann, ben);
  await open(`/profile/${ben.username}`);
  const { id } = await profileOf(request, await tokenOf(request, ben));
  const asked = page.waitForResponse((answer) => new URL(answer.url()).pathname === `/users/${id}/followers`);
  await count(page, "1 follower").click();
  const answer = await asked;
  expect(answer.status()).toBe(200);
  expect(await answer.request().headerValue("authorization")).toMatch(/^Bearer ey/);
  expect((await answer.json()).items).toMatchObject([{ username: ann.username, avatar_url: null }]);
  await expect(page).toHaveURL(`/profile/${ben.username}/followers`);
  await expect(heading(page, "Followers")).toBeVisible();
  await expect(items(page)).toHaveCount(1);
  await expect(row(page, ann.username)).toBeVisible();
  // Nobody follows themselves.
  await expect(row(page, ann.username).getByRole("button")).toHaveCount(0);
});

test("USER-STORY-005-S1 USER-STORY-005-S2 one's own lists, with a button for each person", { tag: "@phone" }, async ({ page, open, ann, request }) => {
  const cat = await verifiedPerson(request);
  await follows(request, ann, ben, cat);
  await follows(request, ben, ann);
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

test("a long list goes on by button, and leaves nobody out", { tag: "@phone" }, async ({ page, open, request }) => {
  const people = await crowd(request, 22, ben);
  await open(`/profile/${ben.username}/followers`);
  await expect(items(page)).toHaveCount(20);
  await expect(main(page).getByRole("link", { name: "Next" })).toHaveCount(0);
  await button(page, "Load more").focus();
  await page.keyboard.press("Enter");
  await expect(items(page)).toHaveCount(22);
  await expect(button(page, "Load more")).toHaveCount(0);
  // The keyboard goes on with the first of those who came.
  await expect(items(page).nth(20).getByRole("link")).toBeFocused();
  for (const person of people) await expect(row(page, person.username)).toHaveCount(1);
  await row(page, people[0]!.username).getByRole("button").click();
  await expect(row(page, people[0]!.username).getByRole("button")).toHaveText("Unfollow");
});

test("more that does not come can be asked for again", async ({ page, open, request, complaints }) => {
  complaints.expect(/^Failed to load resource: net::ERR_INTERNET_DISCONNECTED .*\/followers\?cursor=/);
  await crowd(request, 21, ben);
  await open(`/profile/${ben.username}/followers`);
  await page.route(/\/followers\?cursor=/, (route) => route.abort("internetdisconnected"));
  await button(page, "Load more").click();
  await expect(main(page).getByRole("alert")).toContainText("We could not reach the server");
  await page.unroute(/\/followers\?cursor=/);
  await button(page, "Load more").click();
  await expect(items(page)).toHaveCount(21);
  await expect(main(page).getByRole("alert")).toHaveCount(0);
});

test("followers are removed with the keyboard, which stays in the list", { tag: "@phone" }, async ({ page, open, ann, request }) => {
  const cat = await verifiedPerson(request);
  await follows(request, ben, ann);
  await follows(request, cat, ann);
  await open(`/profile/${ann.username}/followers`);
  const remove = (person: Person) => row(page, person.username).getByRole("button", { name: "Remove", exact: true });
  await expect(remove(cat)).toHaveAccessibleDescription(cat.username);
  const removals = requestsTo(page, "DELETE", `/users/me/followers/${(await profileOf(request, await tokenOf(request, cat))).id}`);
  await remove(cat).focus();
  await page.keyboard.press("Enter");
  await expect(items(page)).toHaveCount(1);
  await expect(remove(ben)).toBeFocused();
  await expect(page.getByRole("status").getByText(`${cat.username} does not follow you any more`)).toBeAttached();
  expect(await Promise.all(removals.map((removal) => removal.headerValue("authorization")))).toEqual([expect.stringMatching(/^Bearer ey/)]);
  await expect(count(page, "1 follower")).toBeVisible();
  await page.keyboard.press("Space");
  await expect(page.getByText("Nobody follows you yet")).toBeVisible();
  await expect(main(page)).toBeFocused();
  await expect(count(page, "0 followers")).toBeVisible();
});

test("a removal that fails is told, and the follower stays", async ({ page, open, ann, request, complaints }) => {
  complaints.expect(/^Failed to load resource: net::ERR_INTERNET_DISCONNECTED .*\/users\/me\/followers\//);
  await follows(request, ben, ann);
  await open(`/profile/${ann.username}/followers`);
  await page.route(/\/users\/me\/followers\//, (route) => route.abort("internetdisconnected"));
  await button(page, "Remove").click();
  await expect(page.locator(".toast")).toContainText(`Could not remove ${ben.username}. We could not reach the server`);
  await expect(items(page)).toHaveCount(1);
  await expect(count(page, "1 follower")).toBeVisible();
});

test("an empty list says so, and helps", async ({ page, open, ann, request }) => {
  await open(`/profile/${ann.username}/following`);
  await expect(page.getByText("You follow nobody yet")).toBeVisible();
  await open(`/profile/${ben.username}/followers`);
  await expect(page.getByText("No followers yet")).toBeVisible();
  await Promise.all([page.waitForResponse(/\/follow$/), button(page, "Follow").click()]);
  await expect(count(page, "1 follower")).toBeVisible();
  expect((await profileOf(request, await tokenOf(request, ben))).follower_count).toBe(1);
});

test("visitors are asked to sign in, and led back", { tag: "@phone" }, async ({ page, open, ann }) => {
  await button(page, "Sign out").click();
  await expect(page).toHaveURL("/");
  await open(`/profile/${ben.username}`);
  await count(page, "0 followers").click();
  await expect(page.getByText("Sign in to see these people")).toBeVisible();
  await main(page).getByRole("link", { name: "Sign in" }).click();
  await signIn(page, ann);
  await expect(page).toHaveURL(`/profile/${ben.username}/followers`);
  await expect(page.getByText("No followers yet")).toBeVisible();
});

test("nobody has no lists", async ({ open, page, complaints }) => {
  complaints.expectRefusal(404, "/profile/nobody-at-all/followers");
  await open("/profile/nobody-at-all/followers");
  await expect(heading(page, "There is nothing here")).toBeVisible();
});

// /settings/privacy, /settings/blocks and /follow-requests.
import type { APIRequestContext, Page } from "@playwright/test";
import { button, section, signIn } from "../support/pages";
import { fetchAccessToken, fetchProfile, registerVerifiedUser, type User } from "../support/users";
import { expect, test } from "../support/test";

const setting = (page: Page, name: string) => page.locator(".switch").filter({ has: page.getByRole("heading", { name, exact: true }) });
const main = (page: Page) => page.getByRole("main");

/** Sends a request about `other` in the name of `user`. */
async function act(request: APIRequestContext, user: User, what: string, other: User) {
  const headers = { authorization: `Bearer ${await fetchAccessToken(request, user)}` };
  const { id } = await (await request.get(`/profiles/${other.username}`)).json();
  expect((await request.post(`/users/${id}/${what}`, { data: {}, headers })).ok()).toBe(true);
}

let ben: User;

test.beforeEach(async ({ page, open, ann, request }) => {
  ben = await registerVerifiedUser(request);
  await open("/login");
  await signIn(page, ann);
});

test("an account becomes private, and answers requests", { tag: "@phone" }, async ({ page, open, ann, request }) => {
  await open("/settings/privacy");
  await button(setting(page, "Private account"), "Turn on").click();
  await expect(button(setting(page, "Private account"), "Turn off")).toBeVisible();
  const cat = await registerVerifiedUser(request);
  await act(request, ben, "follow", ann);
  await act(request, cat, "follow", ann);

  await open("/timeline");
  await main(page).getByRole("link", { name: "2 people have asked to follow you" }).click();
  await expect(page).toHaveURL("/follow-requests");
  const row = (user: User) => main(page).getByRole("listitem").filter({ hasText: `@${user.username}` });
  await button(row(ben), "Accept").click();
  await expect(row(ben)).toHaveCount(0);
  await button(row(cat), "Decline").click();
  await expect(page.getByText("No one is waiting for an answer.")).toBeVisible();
  expect((await fetchProfile(request, await fetchAccessToken(request, ann))).follower_count).toBe(1);
});

test("becoming public accepts who has asked", { tag: "@phone" }, async ({ page, open, ann, request }) => {
  await open("/settings/privacy");
  await button(setting(page, "Private account"), "Turn on").click();
  await expect(button(setting(page, "Private account"), "Turn off")).toBeVisible();
  await act(request, ben, "follow", ann);
  await button(setting(page, "Private account"), "Turn off").click();
  await expect(button(setting(page, "Private account"), "Turn on")).toBeVisible();
  const followers = async () => (await fetchProfile(request, await fetchAccessToken(request, ann))).follower_count;
  await expect.poll(followers).toBe(1);
});

test("lists are hidden, and the page says so", { tag: "@phone" }, async ({ page, open, other, ann, browserErrors }) => {
  browserErrors.expectHttpError(403, `/profile/${ann.username}/followers`);
  await open("/settings/privacy");
  await button(setting(page, "Hide my lists"), "Turn on").click();
  await expect(button(setting(page, "Hide my lists"), "Turn off")).toBeVisible();
  await other.open("/login");
  await signIn(other.page, ben);
  await other.open(`/profile/${ann.username}/followers`);
  await expect(main(other.page).getByText("This person does not show this list")).toBeVisible();
});

test("blocked and muted people are listed, and can be unblocked and unmuted", { tag: "@phone" }, async ({ page, open, ann, request }) => {
  const cat = await registerVerifiedUser(request);
  await act(request, ann, "block", ben);
  await act(request, ann, "mute", cat);
  await open("/settings/blocks");
  const [blocked, muted] = [section(page, "Blocked people"), section(page, "Muted people")];
  await expect(blocked).toContainText(`@${ben.username}`);
  await expect(muted).toContainText(`@${cat.username}`);
  await button(blocked, "Unblock").click();
  await expect(blocked).toContainText("You don’t block anyone.");
  await button(muted, "Unmute").click();
  await expect(muted).toContainText("You don’t mute anyone.");
});

// The menu on a profile: blocking and muting. Private accounts: asking and canceling.
import { button, heading, signIn } from "../support/pages";
import { fetchAccessToken, follow, registerVerifiedUser, type User } from "../support/users";
import { expect, test } from "../support/test";

let ben: User;

test.beforeEach(async ({ page, open, ann, request }) => {
  ben = await registerVerifiedUser(request);
  await open("/login");
  await signIn(page, ann);
});

test("a user is blocked from the menu, and missing for the other", { tag: "@phone" }, async ({ page, open, other, ann, request, browserErrors }) => {
  browserErrors.expectHttpError(404, `/profile/${ann.username}/followers`);
  await follow(request, ann, ben);
  await follow(request, ben, ann);
  await open(`/profile/${ben.username}`);
  const counts = page.getByRole("main").locator(".counts");
  await expect(counts).toContainText("1 follower");
  await page.getByLabel(`More about ${ben.username}`).click();
  await button(page, "Block").click();
  await expect(page.getByText(`You block ${ben.username}`)).toBeVisible();
  await expect(counts).toContainText("0 followers");
  await expect(counts).toContainText("0 following");
  await expect(button(page, "Follow")).toHaveCount(0);

  await other.open("/login");
  await signIn(other.page, ben);
  await other.open(`/profile/${ann.username}/followers`);
  await expect(heading(other.page, "There is nothing here")).toBeVisible();

  await button(page, "Unblock").click();
  await expect(button(page, "Follow")).toHaveAttribute("aria-pressed", "false");
  await expect(counts).toContainText("0 followers");
});

test("a user is muted and unmuted from the menu", { tag: "@phone" }, async ({ page, open }) => {
  await open(`/profile/${ben.username}`);
  const menu = page.getByLabel(`More about ${ben.username}`);
  await menu.click();
  await button(page, "Mute for a week").click();
  // Without JavaScript, the menu is closed on the next page.
  await expect(page.getByRole("button", { name: "Unmute", exact: true, includeHidden: true })).toHaveCount(1);
  if (!(await button(page, "Unmute").isVisible())) await menu.click();
  await button(page, "Unmute").click();
  await expect(button(page, "Unmute")).toHaveCount(0);
});

test("a private user is asked, and the request can be canceled", { tag: "@phone" }, async ({ page, open, request }) => {
  const headers = { authorization: `Bearer ${await fetchAccessToken(request, ben)}` };
  expect((await request.patch("/users/me", { data: { private: true }, headers })).status()).toBe(200);
  const waiting = async () => (await (await request.get("/users/me/follow-requests", { headers })).json()).items.length;
  await open(`/profile/${ben.username}`);
  await button(page, "Request to follow").click();
  await expect(button(page, "Requested")).toHaveAttribute("aria-pressed", "true");
  await expect(page.getByRole("main").locator(".counts")).toContainText("0 followers");
  await expect.poll(waiting).toBe(1);
  await open(`/profile/${ben.username}`);
  await button(page, "Requested").click();
  await expect(button(page, "Request to follow")).toHaveAttribute("aria-pressed", "false");
  await expect.poll(waiting).toBe(0);
});

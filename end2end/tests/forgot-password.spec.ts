// /forgot-password and /reset-password: a new password with a link from the mailbox.
import { banner, email, heading, newPassword, requestsTo, signIn, status, submitButton } from "../support/pages";
import { fetchEmails, newUser, requestResetLink, resetLink, signInStatus } from "../support/users";
import { expect, hydrated, test } from "../support/test";

test("a forgotten password is replaced with a mailed link, and every device is signed out", { tag: "@phone" }, async ({ page, open, other, ann, request }) => {
  await other.open("/login");
  await signIn(other.page, ann);
  await open("/login");
  await page.getByRole("link", { name: "Forgot password?" }).click();
  await expect(page).toHaveURL("/forgot-password");
  await email(page).fill(ann.email);
  await submitButton(page).click();
  await expect(status(page)).toContainText("If that address has an account, a link is on its way");

  await open(await resetLink(request, ann.email));
  const changed = { ...ann, password: newUser().password };
  await newPassword(page).fill(changed.password);
  await submitButton(page).click();
  await expect(heading(page, "Your password is changed")).toBeFocused();
  await other.page.reload();
  await expect(other.page).toHaveURL("/login?next=%2Ftimeline");
  expect(await signInStatus(request, ann)).toBe(401);
  const subjects = async () => (await fetchEmails(request, ann.email)).map(({ subject }) => subject);
  await expect.poll(subjects).toContain("Your password was reset");

  await page.getByRole("main").getByRole("link", { name: "Sign in" }).click();
  await signIn(page, changed);
});

test("the page does not reveal whether an address has an account", async ({ page, open, request }) => {
  const { email: unknown } = newUser();
  await open("/forgot-password");
  await submitButton(page).click();
  await expect(email(page)).toBeFocused();
  await expect(email(page)).toHaveAccessibleDescription("Enter a valid email address");
  const sent = page.waitForResponse("/auth/forgot-password");
  await email(page).fill(unknown);
  await submitButton(page).click();
  expect((await sent).status()).toBe(202);
  await expect(status(page)).toContainText("If that address has an account, a link is on its way");
  await expect(banner(page)).toHaveCount(0);
  expect(await fetchEmails(request, unknown)).toEqual([]);
});

test("opening the link uses nothing up and removes the token from the address bar and the history", { tag: "@phone" }, async ({ page, open, ann, request }) => {
  const link = await requestResetLink(request, ann);
  const response = await page.goto(link);
  expect(response!.headers()).toMatchObject({ "referrer-policy": "no-referrer", "cache-control": "no-store" });
  await hydrated(page);
  await expect(heading(page, "Choose a new password")).toBeVisible();
  await expect(page).toHaveURL("/reset-password");
  await open("/login");
  await page.goBack();
  await expect(page).toHaveURL("/reset-password");
  await open(link);
  await newPassword(page).fill(newUser().password);
  await submitButton(page).click();
  await expect(heading(page, "Your password is changed")).toBeVisible();
});

test("a link works once", async ({ page, open, ann, request, browserErrors }) => {
  browserErrors.expectHttpError(422, "/auth/reset-password");
  const link = await requestResetLink(request, ann);
  const changed = { ...ann, password: newUser().password };
  await open(link);
  await newPassword(page).fill(changed.password);
  await submitButton(page).click();
  await expect(heading(page, "Your password is changed")).toBeVisible();

  await open(link);
  await newPassword(page).fill(newUser().password);
  await submitButton(page).click();
  await expect(heading(page, "This link no longer works")).toBeFocused();
  expect(await signInStatus(request, changed)).toBe(200);
  await page.getByRole("link", { name: "Get a new link" }).click();
  await expect(page).toHaveURL("/forgot-password");
  await expect(email(page)).toBeVisible();
});

test("a reloaded page has lost its token and asks to open the link again", async ({ page, open, ann, request }) => {
  await open(await requestResetLink(request, ann));
  await expect(newPassword(page)).toBeVisible();
  await page.reload();
  await expect(heading(page, "Open the link again")).toBeVisible();
  await expect(newPassword(page)).toHaveCount(0);
});

test("an easily guessed password is rejected with the reason, and the link still works", { tag: "@phone" }, async ({ page, open, ann, request, browserErrors }) => {
  browserErrors.expectHttpError(422, "/auth/reset-password");
  await open(await requestResetLink(request, ann));
  const posts = requestsTo(page, "POST", "/auth/reset-password");
  await newPassword(page).fill("short");
  await submitButton(page).click();
  await expect(newPassword(page)).toHaveAccessibleDescription(/Use at least 8 characters$/);
  expect(posts).toHaveLength(0);
  for (const [rejected, reason] of [
    ["password1", /This password is too common/],
    [`my name is ${ann.username}`, /does not contain your username$/],
  ] as const) {
    await newPassword(page).fill(rejected);
    await submitButton(page).click();
    await expect(newPassword(page)).toHaveAccessibleDescription(reason);
  }
  await newPassword(page).fill(newUser().password);
  await submitButton(page).click();
  await expect(heading(page, "Your password is changed")).toBeVisible();
  expect(posts).toHaveLength(3);
});

test("a user who resets the password while signed in is signed out, too", async ({ page, open, ann, request, browserErrors }) => {
  for (const path of ["/users/me", "/auth/refresh"]) browserErrors.expectHttpError(401, path);
  await open("/login");
  await signIn(page, ann);
  await open(await requestResetLink(request, ann));
  await newPassword(page).fill(newUser().password);
  await submitButton(page).click();
  await expect(heading(page, "Your password is changed")).toBeVisible();
  await expect(page.getByRole("navigation").getByRole("link", { name: "Sign in" })).toBeVisible();
});

// /settings/security: the password and the sessions.
import type { Page } from "@playwright/test";
import {
  banner,
  button,
  currentPassword,
  heading,
  newPassword,
  requestsTo,
  section,
  sessions,
  signIn,
  status,
  submitNewPassword,
  submitSignIn,
} from "../support/pages";
import { fetchEmails, newUser, signInStatus } from "../support/users";
import { expect, test } from "../support/test";

const thisDevice = (page: Page) => sessions(page).filter({ hasText: "This device" });
const firefox = (page: Page) => sessions(page).filter({ hasText: "Firefox on Windows" });

/** Expects that only this device is in the list and stays signed in. */
async function expectOthersSignedOut(page: Page, other: Page) {
  await expect(sessions(page)).toHaveCount(1);
  await expect(thisDevice(page)).toHaveCount(1);
  await expect(button(page, "Sign out all other devices")).toHaveCount(0);
  await other.reload();
  await expect(other).toHaveURL("/login?next=%2Ftimeline");
  await page.reload();
  await expect(thisDevice(page)).toHaveCount(1);
}

test.beforeEach(async ({ page, open, other, ann }) => {
  for (const visit of [other, { page, open }]) {
    await visit.open("/login");
    await signIn(visit.page, ann);
  }
  await open("/settings/security");
});

test("a new password signs out the other devices and keeps this one", { tag: "@phone" }, async ({ page, other, ann, request }) => {
  const changed = { ...ann, password: newUser().password };
  await expect(sessions(page)).toHaveCount(2);
  await submitNewPassword(page, ann.password, changed.password);
  await expect(status(page)).toContainText("Your password is changed");
  await expect(currentPassword(section(page, "Password"))).toHaveValue("");
  await expect(newPassword(page)).toHaveValue("");
  await expectOthersSignedOut(page, other.page);
  await submitSignIn(other.page, changed);
  await expect(heading(other.page, `Hello, ${ann.username}`)).toBeVisible();
  expect(await signInStatus(request, ann)).toBe(401);
  const subjects = async () => (await fetchEmails(request, ann.email)).map(({ subject }) => subject);
  await expect.poll(subjects).toContain("Your password was changed");
});

test("a wrong current password is emptied, and nothing changes", { tag: "@phone" }, async ({ page, ann, request, browserErrors }) => {
  browserErrors.expectHttpError(403, "/users/me/password");
  const current = currentPassword(section(page, "Password"));
  const chosen = newUser().password;
  await submitNewPassword(page, "not the password", chosen);
  await expect(banner(page)).toHaveText("This is not your current password");
  await expect(current).toHaveValue("");
  await expect(current).toBeFocused();
  await expect(newPassword(page)).toHaveValue(chosen);
  expect(await signInStatus(request, ann)).toBe(200);
  await submitNewPassword(page, ann.password, chosen);
  await expect(status(page)).toContainText("Your password is changed");
});

test("missing and easily guessed passwords are reported at their fields", async ({ page, ann, browserErrors }) => {
  browserErrors.expectHttpError(422, "/users/me/password");
  const puts = requestsTo(page, "PUT", "/users/me/password");
  await button(page, "Change password").click();
  await expect(banner(page)).toBeFocused();
  await expect(currentPassword(section(page, "Password"))).toHaveAccessibleDescription("Enter your password");
  await expect(newPassword(page)).toHaveAccessibleDescription(/Use at least 8 characters$/);
  expect(puts).toHaveLength(0);
  await submitNewPassword(page, ann.password, "password1");
  await expect(newPassword(page)).toHaveAccessibleDescription(/This password is too common/);
  await expect(banner(page)).toHaveCount(0);
});

test("the list names every device and when it was used, and marks this one", { tag: "@phone" }, async ({ page }) => {
  await expect(sessions(page)).toHaveCount(2);
  await expect(thisDevice(page)).toContainText(/Last used .*Signed in .*IP address 2001:db8:/);
  await expect(firefox(page)).toHaveCount(1);
  await expect(firefox(page)).not.toContainText("This device");
  await expect(firefox(page).getByRole("button", { name: "Sign out", exact: true })).toHaveAccessibleDescription("Firefox on Windows");
});

test("another device is signed out from the list, with the keyboard too", { tag: "@phone" }, async ({ page, other }) => {
  await firefox(page).getByRole("button").focus();
  await page.keyboard.press("Enter");
  await expect(status(page)).toHaveText("Firefox on Windows was signed out");
  await expect(sessions(page)).toHaveCount(1);
  await expect(thisDevice(page).getByRole("button")).toBeFocused();
  await expect(button(page, "Sign out all other devices")).toHaveCount(0);
  await other.page.reload();
  await expect(other.page).toHaveURL("/login?next=%2Ftimeline");
});

test("signing out this device in the list leads to the home page", { tag: "@phone" }, async ({ page, open, other, ann }) => {
  await thisDevice(page).getByRole("button").click();
  await expect(page).toHaveURL("/");
  await expect(page.getByRole("navigation").getByRole("link", { name: "Sign in" })).toBeVisible();
  await open("/settings/security");
  await expect(page).toHaveURL("/login?next=%2Fsettings%2Fsecurity");
  await other.page.reload();
  await expect(heading(other.page, `Hello, ${ann.username}`)).toBeVisible();
});

test("all other devices are signed out at once", { tag: "@phone" }, async ({ page, other }) => {
  await button(page, "Sign out all other devices").click();
  await expect(status(page)).toHaveText("All other devices were signed out");
  await expect(page.getByRole("heading", { name: "Sessions" })).toBeFocused();
  await expectOthersSignedOut(page, other.page);
});

test("a failed sign-out of a device shows an error and keeps it in the list", async ({ page, browserErrors }) => {
  browserErrors.expect(/^Failed to load resource: net::ERR_INTERNET_DISCONNECTED .*\/users\/me\/sessions\//);
  await page.route(/\/users\/me\/sessions\//, (route) => route.abort("internetdisconnected"));
  await firefox(page).getByRole("button").click();
  await expect(banner(page)).toHaveText("We could not reach the server. Check your connection and try again");
  await page.unroute(/\/users\/me\/sessions\//);
  await firefox(page).getByRole("button").click();
  await expect(status(page)).toHaveText("Firefox on Windows was signed out");
  await expect(banner(page)).toHaveCount(0);
});

test("the action of a signed-out tab is refused and leads to the sign-in", async ({ page, other, ann, browserErrors }) => {
  browserErrors.expect(/^Failed to load resource: the server responded with a status of 401 /);
  await other.open("/settings/security");
  await button(page, "Sign out all other devices").click();
  await expect(status(page)).toHaveText("All other devices were signed out");
  await submitNewPassword(other.page, ann.password, newUser().password);
  await expect(other.page).toHaveURL("/login?next=%2Fsettings%2Fsecurity#change-password");
  await submitSignIn(other.page, ann);
  await expect(banner(other.page)).toHaveText("You had been signed out, so this was not saved. Please send it again");
});

test("password managers find the page through its well-known address", async ({ page, open, other, ann }) => {
  await open("/.well-known/change-password");
  await expect(page).toHaveURL("/settings/security");
  await expect(section(page, "Password")).toBeVisible();
  await button(other.page, "Sign out").click();
  await expect(other.page).toHaveURL("/");
  await other.open("/.well-known/change-password");
  await expect(other.page).toHaveURL("/login?next=%2Fsettings%2Fsecurity");
  await submitSignIn(other.page, ann);
  await expect(other.page).toHaveURL("/settings/security");
  await expect(firefox(other.page)).toContainText("This device");
});

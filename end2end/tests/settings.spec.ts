// /settings: the address, the username and the user's data. /reauthenticate asks for the password again.
import { readFile } from "node:fs/promises";
import type { Page } from "@playwright/test";
import {
  banner,
  button,
  currentPassword,
  heading,
  navigateInApp,
  newPassword,
  password,
  requestsTo,
  section,
  signIn,
  status,
  submitButton,
  submitNewEmail,
  submitNewUsername,
  submitSignIn,
} from "../support/pages";
import { confirmationLink, fetchEmails, follow, newUser, registerVerifiedUser, resetLink, signInStatus, undoLink } from "../support/users";
import { expect, test } from "../support/test";

const emailSection = (page: Page) => section(page, "Email");
const usernameField = (page: Page) => section(page, "Username").getByRole("textbox", { name: "Username" });

test.beforeEach(async ({ page, open, ann }) => {
  await open("/login");
  await signIn(page, ann);
});

test("the header links to the settings, whose pages link to each other", { tag: "@phone" }, async ({ page }) => {
  await page.getByRole("navigation", { name: "Main" }).getByRole("link", { name: "Settings" }).click();
  await expect(page).toHaveURL("/settings");
  await expect(heading(page, "Settings")).toBeVisible();
  const tabs = page.getByRole("navigation", { name: "Settings" });
  await expect(tabs.getByRole("link", { name: "Account" })).toHaveAttribute("aria-current", "page");
  for (const name of ["Security", "Privacy", "Blocks"]) {
    await tabs.getByRole("link", { name }).click();
    await expect(page).toHaveURL(`/settings/${name.toLowerCase()}`);
    await expect(heading(page, "Settings")).toBeVisible();
    await expect(tabs.getByRole("link", { name })).toHaveAttribute("aria-current", "page");
    await expect(tabs.getByRole("link", { name: "Account" })).not.toHaveAttribute("aria-current");
  }
});

test("a visitor signs in first and returns to the settings", async ({ page, open, ann }) => {
  await button(page, "Sign out").click();
  await expect(page).toHaveURL("/");
  await open("/settings");
  await expect(page).toHaveURL("/login?next=%2Fsettings");
  await submitSignIn(page, ann);
  await expect(page).toHaveURL("/settings");
  await expect(emailSection(page)).toContainText(`Your address is ${ann.email}.`);
});

test("a new address is used once its link is opened, also in another browser", { tag: "@phone" }, async ({ page, open, other, ann, request }) => {
  const changed = { ...ann, email: newUser().email };
  await open("/settings");
  await submitNewEmail(page, changed.email);
  await expect(status(page)).toContainText("We sent a link to your new address");
  await expect(emailSection(page)).toContainText(`The change to ${changed.email} is waiting for you to confirm it.`);
  await expect(page.getByLabel("New email address")).toHaveValue("");
  expect(await signInStatus(request, changed)).toBe(401);

  const link = await confirmationLink(request, changed.email);
  await other.open(link);
  await expect(other.page).toHaveURL("/confirm-email");
  await page.reload();
  await expect(emailSection(page)).toContainText(`Your address is ${ann.email}.`);
  await button(other.page, "Confirm my new address").click();
  await expect(heading(other.page, "Your email address was changed")).toBeFocused();
  await page.reload();
  await expect(emailSection(page)).toContainText(`Your address is ${changed.email}.`);
  await expect(button(page, "Cancel the change")).toHaveCount(0);
  expect([await signInStatus(request, ann), await signInStatus(request, changed)]).toEqual([401, 200]);
  const subjects = async () => (await fetchEmails(request, ann.email)).map(({ subject }) => subject);
  await expect.poll(subjects).toEqual(
    expect.arrayContaining(["A new email address was requested", "Your email address was changed"]),
  );
});

test("a link that confirms an address works once", async ({ page, open, ann, request, browserErrors }) => {
  browserErrors.expectHttpError(422, "/auth/confirm-email");
  const { email } = newUser();
  await open("/settings");
  await submitNewEmail(page, email);
  const link = await confirmationLink(request, email);
  await open(link);
  await button(page, "Confirm my new address").click();
  await expect(heading(page, "Your email address was changed")).toBeFocused();
  await open(link);
  await button(page, "Confirm my new address").click();
  await expect(heading(page, "This link no longer works")).toBeFocused();
  expect(await signInStatus(request, { ...ann, email })).toBe(200);
  await page.getByRole("link", { name: "Go to your settings" }).click();
  await expect(emailSection(page)).toContainText(`Your address is ${email}.`);
});

test("a canceled change keeps the address, and its link no longer works", { tag: "@phone" }, async ({ page, open, other, ann, request, browserErrors }) => {
  browserErrors.expectHttpError(422, "/auth/confirm-email");
  const { email } = newUser();
  await open("/settings");
  await submitNewEmail(page, email);
  const link = await confirmationLink(request, email);
  await button(page, "Cancel the change").click();
  await expect(status(page)).toHaveText("The change is canceled");
  await expect(page.getByRole("heading", { name: "Email" })).toBeFocused();
  await expect(page.getByText(email)).toHaveCount(0);
  await other.open(link);
  await button(other.page, "Confirm my new address").click();
  await expect(heading(other.page, "This link no longer works")).toBeFocused();
  expect(await signInStatus(request, ann)).toBe(200);
});

test("the owner of the old address undoes a change, which ends every session and the password", { tag: "@phone" }, async ({ page, open, other, ann, request }) => {
  const changed = { ...ann, email: newUser().email };
  await open("/settings");
  await submitNewEmail(page, changed.email);
  await open(await confirmationLink(request, changed.email));
  await button(page, "Confirm my new address").click();
  await expect(heading(page, "Your email address was changed")).toBeVisible();

  await other.open(await undoLink(request, ann.email));
  await expect(other.page).toHaveURL("/undo-email-change");
  await button(other.page, "Restore my old address").click();
  await expect(heading(other.page, "Your old address is back")).toBeFocused();
  await open("/settings");
  await expect(page).toHaveURL("/login?next=%2Fsettings");
  expect([await signInStatus(request, ann), await signInStatus(request, changed)]).toEqual([401, 401]);

  const restored = { ...ann, password: newUser().password };
  await other.open(await resetLink(request, ann.email));
  await newPassword(other.page).fill(restored.password);
  await submitButton(other.page).click();
  await expect(heading(other.page, "Your password is changed")).toBeVisible();
  await submitSignIn(page, restored);
  await expect(emailSection(page)).toContainText(`Your address is ${ann.email}.`);
});

test("a wrong current password is emptied, and nothing changes", async ({ page, open, ann, request, browserErrors }) => {
  browserErrors.expectHttpError(403, "/users/me/email");
  const { email } = newUser();
  const current = currentPassword(emailSection(page));
  await open("/settings");
  await current.fill("not the password");
  await submitNewEmail(page, email);
  await expect(banner(page)).toHaveText("This is not your current password");
  await expect(current).toHaveValue("");
  await expect(current).toBeFocused();
  await expect(page.getByLabel("New email address")).toHaveValue(email);
  expect(await fetchEmails(request, email)).toEqual([]);
  await current.fill(ann.password);
  await submitNewEmail(page, email);
  await expect(status(page)).toContainText("We sent a link to your new address");
  await expect(current).toHaveValue("");
});

test("a sign-in that is too old is explained, and the password confirms the change", async ({ page, open, ann, browserErrors }) => {
  browserErrors.expectHttpError(403, "/users/me/email");
  const { email } = newUser();
  await open("/settings");
  const error = { code: "REAUTHENTICATION_REQUIRED", message: "Enter your password to confirm that it’s you" };
  await page.route("/users/me/email", (route) => route.fulfill({ status: 403, json: { error } }));
  await submitNewEmail(page, email);
  await expect(banner(page)).toHaveText(error.message);
  await expect(currentPassword(emailSection(page))).toBeFocused();
  await page.unroute("/users/me/email");
  await page.keyboard.type(ann.password);
  await page.keyboard.press("Enter");
  await expect(status(page)).toContainText("We sent a link to your new address");
});

test("the current address and an invalid one are reported at the field", async ({ page, open, ann, browserErrors }) => {
  browserErrors.expectHttpError(422, "/users/me/email");
  const posts = requestsTo(page, "POST", "/users/me/email");
  await open("/settings");
  await submitNewEmail(page, "notanemail");
  await expect(page.getByLabel("New email address")).toHaveAccessibleDescription("Enter a valid email address");
  expect(posts).toHaveLength(0);
  await submitNewEmail(page, ann.email);
  await expect(page.getByLabel("New email address")).toHaveAccessibleDescription("This is already your address");
  await expect(banner(page)).toHaveCount(0);
});

test("after a change of username, the old one leads to the same pages", { tag: "@phone" }, async ({ page, open, ann, request }) => {
  const ben = await registerVerifiedUser(request);
  await follow(request, ben, ann);
  const renamed = newUser().username;
  await open("/settings");
  await expect(usernameField(page)).toHaveValue(ann.username);
  await submitNewUsername(page, renamed);
  await expect(status(page)).toHaveText("Your username is changed");
  await expect(section(page, "Username")).toContainText("You can choose a new one from ");
  await expect(page.getByRole("navigation", { name: "Main" }).getByRole("link", { name: renamed })).toBeAttached();

  for (const [path, title] of [["", renamed], ["/followers", "Followers"], ["/following", "Following"]] as const) {
    const response = await request.get(`/profile/${ann.username}${path}`, { maxRedirects: 0 });
    expect([response.status(), response.headers().location]).toEqual([302, `/profile/${renamed}${path}`]);
    await open(`/profile/${ann.username}${path}`);
    await expect(page).toHaveURL(`/profile/${renamed}${path}`);
    await open("/settings");
    await navigateInApp(page, `/profile/${ann.username}${path}`);
    await expect(page).toHaveURL(`/profile/${renamed}${path}`);
    await expect(heading(page, title)).toBeVisible();
    // The old address is not in the history.
    await page.goBack();
    await expect(page).toHaveURL("/settings");
  }
  const subjects = async () => (await fetchEmails(request, ann.email)).map(({ subject }) => subject);
  await expect.poll(subjects).toContain("Your username was changed");
});

test("a username can be changed once in 30 days, but going back is always possible", async ({ page, open, ann, request, browserErrors }) => {
  browserErrors.expectHttpError(409, "/users/me/username");
  const taken = await registerVerifiedUser(request);
  const puts = requestsTo(page, "PUT", "/users/me/username");
  await open("/settings");
  await submitNewUsername(page, "no spaces");
  await expect(usernameField(page)).toHaveAccessibleDescription(/Use letters, digits, _ and \. only$/);
  expect(puts).toHaveLength(0);
  await submitNewUsername(page, taken.username.toUpperCase());
  await expect(page.getByText("This username is taken", { exact: true })).toBeVisible();
  await submitNewUsername(page, newUser().username);
  await expect(status(page)).toHaveText("Your username is changed");
  await submitNewUsername(page, newUser().username);
  await expect(page.getByText("You changed your username less than 30 days ago")).toBeVisible();
  await expect(status(page)).toHaveCount(0);
  await submitNewUsername(page, ann.username);
  await expect(status(page)).toHaveText("Your username is changed");
  await open(`/profile/${ann.username}`);
  await expect(heading(page, ann.username)).toBeVisible();
});

test("a user who has just signed in downloads the data as JSON and CSV", { tag: "@phone" }, async ({ page, open, ann, request }) => {
  const ben = await registerVerifiedUser(request);
  await follow(request, ann, ben);
  await open("/settings");
  const download = async (link: string) => {
    const [download] = await Promise.all([page.waitForEvent("download"), page.getByRole("link", { name: link }).click()]);
    return { name: download.suggestedFilename(), text: await readFile(await download.path(), "utf8") };
  };
  const everything = await download("Everything (JSON)");
  expect(everything.name).toBe("kith-export.json");
  expect(() => JSON.parse(everything.text) as unknown).not.toThrow();
  for (const value of [ann.email, ann.username, ben.username]) expect(everything.text).toContain(value);
  const follows = await download("People you follow (CSV)");
  expect(follows.name).toBe("follows.csv");
  expect(follows.text.trim().split("\n")).toEqual([expect.any(String), expect.stringContaining(ben.username)]);
  await expect(page).toHaveURL("/settings");
});

test("/reauthenticate continues with the password to the page given in `next`", { tag: "@phone" }, async ({ page, open, ann, browserErrors }) => {
  browserErrors.expectHttpError(403, "/auth/reauthenticate");
  await open("/reauthenticate?next=/settings/security");
  await expect(heading(page, "Confirm that it’s you")).toBeVisible();
  await password(page).fill("not the password");
  await button(page, "Continue").click();
  await expect(banner(page)).toHaveText("This is not your current password");
  await expect(password(page)).toHaveValue("");
  await expect(password(page)).toBeFocused();
  await password(page).fill(ann.password);
  await button(page, "Continue").click();
  await expect(page).toHaveURL("/settings/security");
  await expect(section(page, "Sessions")).toContainText("This device");
});

test("/reauthenticate never leads to another site", async ({ page, open, ann }) => {
  await open(`/reauthenticate?next=${encodeURIComponent("//evil.example/")}`);
  await password(page).fill(ann.password);
  await button(page, "Continue").click();
  await expect(page).toHaveURL("/settings");
  await expect(emailSection(page)).toBeVisible();
});

test("the settings are usable with the keyboard alone, and every stop shows its focus", async ({ page, open, ann, request }) => {
  const { email, username } = newUser();
  await open("/settings");
  await page.getByRole("navigation", { name: "Settings" }).getByRole("link", { name: "Blocks" }).focus();
  const tab = async () => {
    await page.keyboard.press("Tab");
    const { outlineStyle, outlineWidth } = await page.evaluate(() => {
      const { outlineStyle, outlineWidth } = getComputedStyle(document.activeElement!);
      return { outlineStyle, outlineWidth };
    });
    expect([outlineStyle, outlineWidth]).toEqual(["solid", "3px"]);
  };
  await tab();
  await expect(page.getByLabel("New email address")).toBeFocused();
  await page.keyboard.type(email);
  await tab();
  await expect(currentPassword(emailSection(page))).toBeFocused();
  await page.keyboard.type(ann.password);
  await tab();
  await expect(emailSection(page).getByRole("button", { name: "Show current password" })).toBeFocused();
  await tab();
  await expect(button(page, "Send a link to the new address")).toBeFocused();
  await page.keyboard.press("Enter");
  await expect(status(page)).toContainText("We sent a link to your new address");
  await expect(button(page, "Send a link to the new address")).toBeFocused();
  await tab();
  await expect(usernameField(page)).toBeFocused();
  await page.keyboard.press("ControlOrMeta+a");
  await page.keyboard.type(username);
  await page.keyboard.press("Enter");
  await expect(section(page, "Username").getByRole("status")).toHaveText("Your username is changed");
  await expect(usernameField(page)).toBeFocused();
  await tab();
  await expect(button(page, "Change username")).toBeFocused();
  for (const link of await section(page, "Your data").getByRole("link").all()) {
    await tab();
    await expect(link).toBeFocused();
  }
  await tab();
  const summary = page.getByText("Delete my account", { exact: true });
  await expect(summary).toBeFocused();
  await page.keyboard.press("Enter");
  await tab();
  const confirmation = currentPassword(section(page, "Delete account"));
  await expect(confirmation).toBeFocused();
  await page.keyboard.type(ann.password);
  await tab();
  await tab();
  await expect(button(page, "Yes, delete my account")).toBeFocused();
  await page.keyboard.press("Enter");
  await expect(heading(page, "Your account is hidden now")).toBeVisible();
  expect(await signInStatus(request, ann)).toBe(403);
});

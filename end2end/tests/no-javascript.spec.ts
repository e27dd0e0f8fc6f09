// The same pages with JavaScript off: plain forms whose result appears on the next page.
import {
  banner,
  button,
  currentPassword,
  email,
  fillRegistration,
  heading,
  newPassword,
  openDeletion,
  password,
  section,
  sessions,
  signIn,
  status,
  submitButton,
  submitNewEmail,
  submitNewPassword,
  submitNewUsername,
  submitSignIn,
  username,
} from "../support/pages";
import {
  confirmationLink,
  fetchAccessToken,
  follow,
  newUser,
  registerUser,
  registerVerifiedUser,
  requestDeletion,
  resetLink,
  signInStatus,
  undoLink,
  verificationLink,
} from "../support/users";
import { expect, test } from "../support/test";

test("USER-FE-001.2-S1 the browser itself rejects an invalid email", async ({ page, open }) => {
  await open("/register");
  await fillRegistration(page, { ...newUser(), email: "notanemail" });
  await submitButton(page).click();
  await expect(email(page)).toBeFocused();
  await expect(page).toHaveURL("/register");
  await expect(page.locator("input:invalid")).toHaveCount(1);
  await expect(button(page, "Show password")).toBeHidden();
});

test("USER-STORY-001-S3 server-side errors appear at the fields, and the input is kept", async ({ page, open }) => {
  await open("/register");
  await fillRegistration(page, { email: "a@b", username: "admin", password: "short" });
  await submitButton(page).click();
  await expect(email(page)).toHaveAccessibleDescription("Enter a valid email address");
  await expect(username(page)).toHaveAccessibleDescription(/This username is reserved$/);
  await expect(password(page)).toHaveAccessibleDescription(/Use at least 8 characters$/);
  await expect(page.locator("[aria-invalid=true]")).toHaveCount(3);
  await expect(page).toHaveURL("/register");
  await expect(page).toHaveTitle("Error: Create your account · Kith");
  await expect(banner(page)).toBeFocused();
  await banner(page).getByRole("link", { name: "Password" }).press("Enter");
  await expect(password(page)).toBeFocused();
  await expect(email(page)).toHaveValue("a@b");
  await expect(username(page)).toHaveValue("admin");
  await expect(password(page)).toHaveValue("");

  await fillRegistration(page, newUser());
  await submitButton(page).click();
  await expect(heading(page, "Check your inbox")).toBeVisible();
});

test("USER-FE-001.2-S2 a taken email shows a banner, which a reload clears", async ({ page, open, request }) => {
  const taken = await registerUser(request);
  const user = newUser();
  await open("/register");
  await fillRegistration(page, { ...user, email: taken.email });
  await submitButton(page).click();
  await expect(banner(page)).toHaveText("This email is already registered");
  await expect(email(page)).toHaveValue(taken.email);
  await expect(username(page)).toHaveValue(user.username);
  await page.reload();
  await expect(banner(page)).toHaveCount(0);
  await expect(email(page)).toHaveValue("");
});

test("USER-FE-002.2-S1 wrong credentials show an error and create no session", async ({ page, open, ann, context }) => {
  await open("/login");
  await submitSignIn(page, { ...ann, password: "not the password" });
  await expect(banner(page)).toHaveText("Invalid email or password");
  await expect(email(page)).toHaveValue(ann.email);
  await expect(password(page)).toHaveValue("");
  expect((await context.cookies()).filter((cookie) => cookie.name === "refresh_token")).toEqual([]);
  await open("/timeline");
  await expect(page).toHaveURL("/login?next=%2Ftimeline");
});

test("USER-FE-002.1-S1 signing in returns to the requested page and survives a reload", async ({ page, open, ann, context }) => {
  await open("/timeline");
  await expect(page).toHaveURL("/login?next=%2Ftimeline");
  await signIn(page, ann);
  await expect(page).toHaveURL("/timeline");
  const cookies = await context.cookies();
  expect(cookies.map((cookie) => cookie.name).sort()).toEqual(["__Host-session", "device", "refresh_token"]);
  for (const cookie of cookies) expect(cookie).toMatchObject({ httpOnly: true, secure: true, sameSite: "Lax" });
  await page.reload();
  await expect(heading(page, `Hello, ${ann.username}`)).toBeVisible();
});

test("signing in with an unverified email offers a new link", async ({ page, open, request }) => {
  const user = await registerUser(request);
  await open("/login");
  await submitSignIn(page, user);
  await expect(banner(page)).toContainText("Please verify your email");
  await expect(banner(page)).toContainText(user.email);
  await button(page, "Send a new link").click();
  await expect(page.getByText("If that address still needs to be verified, a link is on its way")).toBeVisible();
});

test("signing out ends the session and leads to the home page", async ({ page, open, ann, context }) => {
  await open("/login");
  await signIn(page, ann);
  await button(page, "Sign out").click();
  await expect(page).toHaveURL("/");
  await expect(page.getByRole("navigation").getByRole("link", { name: "Sign in" })).toBeVisible();
  expect((await context.cookies()).filter((cookie) => cookie.name === "refresh_token")).toEqual([]);
  await open("/timeline");
  await expect(page).toHaveURL("/login?next=%2Ftimeline");
});

test("only the button verifies the email, and an invalid link offers a new one", async ({ page, open, request }) => {
  const user = await registerUser(request);
  await open(await verificationLink(request, user.email));
  expect(await signInStatus(request, user)).toBe(403);
  await button(page, "Verify my email").click();
  await expect(heading(page, "Your email is verified")).toBeVisible();
  await expect(page).toHaveURL("/verify-email");
  expect(await signInStatus(request, user)).toBe(200);

  await open(`/verify-email?token=${"A".repeat(43)}`);
  await button(page, "Verify my email").click();
  await expect(heading(page, "This link no longer works")).toBeVisible();
  await email(page).fill(user.email);
  await submitButton(page).click();
  await expect(page.getByText("If that address still needs to be verified, a link is on its way")).toBeVisible();
});

test("a user who did not create the account can delete it with a plain form", async ({ page, open, request }) => {
  const user = await registerUser(request);
  await open(await verificationLink(request, user.email));
  await expect(page.getByText(`The account @${user.username} was created with this email address`)).toBeVisible();
  await button(page, "I didn't create this account").click();
  await expect(heading(page, "The account was deleted")).toBeVisible();
  await expect(page).toHaveURL("/verify-email");
  expect(await signInStatus(request, user)).toBe(401);
});

test("USER-STORY-003-S2 the profile and its picture are edited with plain forms", async ({ page, open, ann }) => {
  await open("/login");
  await signIn(page, ann);
  await open("/profile");
  await button(page, "Edit profile").click();
  await page.getByLabel("Display name").fill("Ann Smith");
  await page.getByLabel("Bio").fill("x".repeat(301));
  await button(page, "Save").click();
  await expect(page.getByLabel("Bio")).toHaveAccessibleDescription(/Use at most 300 characters/);
  await expect(page.getByLabel("Display name")).toHaveValue("Ann Smith");
  await page.getByLabel("Bio").fill("Likes trees.");
  await button(page, "Save").click();
  await expect(page).toHaveURL("/profile");
  await expect(heading(page, "Ann Smith")).toBeVisible();
  await expect(page.getByText("Likes trees.")).toBeVisible();

  await button(page, "Edit profile").click();
  await page.getByLabel("Choose a picture").setInputFiles({ name: "me.png", mimeType: "image/png", buffer: Buffer.from("no picture") });
  await button(page, "Upload picture").click();
  await expect(banner(page)).toHaveText("Use a JPEG or PNG picture");
  const picture = "iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mNk+M9QDwADhgGAWjR9awAAAABJRU5ErkJggg==";
  await page.getByLabel("Choose a picture").setInputFiles({ name: "me.png", mimeType: "image/png", buffer: Buffer.from(picture, "base64") });
  await button(page, "Upload picture").click();
  await expect(page.locator("main .avatar.large img")).toHaveAttribute("src", /^\/avatars\//);
  await button(page, "Remove").click();
  await expect(page.locator("main .avatar.large img")).toHaveCount(0);
});

test("USER-FE-004.1-S1 USER-FE-004.1-S2 following and unfollowing are plain forms that return to the profile", async ({ page, open, ann, request }) => {
  const ben = await registerVerifiedUser(request);
  await open("/login");
  await signIn(page, ann);
  await open(`/profile/${ben.username}`);
  const counts = page.getByRole("main").getByRole("list");
  await button(page, "Follow").click();
  await expect(page).toHaveURL(`/profile/${ben.username}`);
  await expect(counts).toContainText("1 follower");
  await button(page, "Unfollow").click();
  await expect(page).toHaveURL(`/profile/${ben.username}`);
  await expect(button(page, "Follow")).toBeVisible();
  await expect(counts).toContainText("0 followers");
});

test("USER-FE-005.1-S1 lists are paged with links, and followers are removed with plain forms", async ({ page, open, ann, request }) => {
  for (let n = 0; n < 21; n += 1) await follow(request, await registerVerifiedUser(request), ann);
  await open("/login");
  await signIn(page, ann);
  await open("/profile");
  const main = page.getByRole("main");
  const items = main.locator(".people > li");
  await main.getByRole("link", { name: "21 followers" }).click();
  await expect(items).toHaveCount(20);
  await expect(button(page, "Load more")).toHaveCount(0);
  await main.getByRole("link", { name: "Next" }).click();
  await expect(items).toHaveCount(1);
  await items.getByRole("button", { name: "Remove" }).click();
  await expect(page.getByText("This page is empty")).toBeVisible();
  await main.getByRole("link", { name: "Previous" }).click();
  await expect(items).toHaveCount(20);
  await expect(main.getByRole("link", { name: "20 followers" })).toBeVisible();
});

test("a forgotten password is reset, and a rejected one keeps the link usable", async ({ page, open, other, ann, request }) => {
  await other.open("/login");
  await signIn(other.page, ann);
  await open("/login");
  await page.getByRole("link", { name: "Forgot password?" }).click();
  await email(page).fill(ann.email);
  await submitButton(page).click();
  await expect(page).toHaveURL("/forgot-password");
  await expect(status(page)).toContainText("If that address has an account, a link is on its way");

  const link = await resetLink(request, ann.email);
  await open(link);
  await newPassword(page).fill("password1");
  await submitButton(page).click();
  await expect(newPassword(page)).toHaveAccessibleDescription(/This password is too common/);
  await expect(newPassword(page)).toHaveValue("");
  const changed = { ...ann, password: newUser().password };
  await newPassword(page).fill(changed.password);
  await submitButton(page).click();
  await expect(heading(page, "Your password is changed")).toBeVisible();
  await expect(page).toHaveURL("/reset-password");
  await other.page.reload();
  await expect(other.page).toHaveURL("/login?next=%2Ftimeline");

  await open(link);
  await newPassword(page).fill(newUser().password);
  await submitButton(page).click();
  await expect(heading(page, "This link no longer works")).toBeVisible();
  await page.getByRole("link", { name: "Get a new link" }).click();
  await expect(heading(page, "Reset your password")).toBeVisible();
  await open("/login");
  await signIn(page, changed);
});

test("the password is changed with a plain form, which signs out the other devices", async ({ page, open, other, ann }) => {
  await other.open("/login");
  await signIn(other.page, ann);
  await open("/login");
  await signIn(page, ann);
  await open("/settings/security");
  await submitNewPassword(page, "not the password", newUser().password);
  await expect(banner(page)).toHaveText("This is not your current password");
  await expect(currentPassword(section(page, "Password"))).toHaveValue("");
  await submitNewPassword(page, ann.password, "password1");
  await expect(newPassword(page)).toHaveAccessibleDescription(/This password is too common/);
  const changed = { ...ann, password: newUser().password };
  await submitNewPassword(page, ann.password, changed.password);
  await expect(page).toHaveURL("/settings/security#change-password");
  await expect(status(page)).toContainText("Your password is changed");
  await expect(sessions(page)).toHaveCount(1);
  await other.page.reload();
  await expect(other.page).toHaveURL("/login?next=%2Ftimeline");
  await signIn(other.page, changed);
});

test("the address is changed, canceled and restored with plain forms", async ({ page, open, other, ann, request }) => {
  const [canceled, changed] = [newUser().email, newUser().email];
  await open("/login");
  await signIn(page, ann);
  await open("/settings");
  await currentPassword(section(page, "Email")).fill("not the password");
  await submitNewEmail(page, canceled);
  await expect(banner(page)).toHaveText("This is not your current password");
  await expect(page.getByLabel("New email address")).toHaveValue(canceled);
  await submitNewEmail(page, canceled);
  await expect(page).toHaveURL("/settings#change-email");
  await expect(status(page)).toContainText("We sent a link to your new address");
  await expect(section(page, "Email")).toContainText(`The change to ${canceled} is waiting`);
  await button(page, "Cancel the change").click();
  await expect(status(page)).toHaveText("The change is canceled");
  await expect(page.getByText(canceled)).toHaveCount(0);
  await other.open(await confirmationLink(request, canceled));
  await button(other.page, "Confirm my new address").click();
  await expect(heading(other.page, "This link no longer works")).toBeVisible();

  await submitNewEmail(page, changed);
  await other.open(await confirmationLink(request, changed));
  await button(other.page, "Confirm my new address").click();
  await expect(heading(other.page, "Your email address was changed")).toBeVisible();
  await expect(other.page).toHaveURL("/confirm-email");
  await open("/settings");
  await expect(section(page, "Email")).toContainText(`Your address is ${changed}.`);

  await other.open(await undoLink(request, ann.email));
  await button(other.page, "Restore my old address").click();
  await expect(heading(other.page, "Your old address is back")).toBeVisible();
  await expect(other.page).toHaveURL("/undo-email-change");
  await open("/settings");
  await expect(page).toHaveURL("/login?next=%2Fsettings");
  await resetLink(request, ann.email);
});

test("the username is changed with a plain form, and the old one leads to the profile", async ({ page, open, ann, request }) => {
  const taken = await registerVerifiedUser(request);
  const renamed = newUser().username;
  await open("/login");
  await signIn(page, ann);
  await open("/settings");
  await submitNewUsername(page, taken.username);
  await expect(page.getByText("This username is taken", { exact: true })).toBeVisible();
  await submitNewUsername(page, renamed);
  await expect(page).toHaveURL("/settings#change-username");
  await expect(status(page)).toHaveText("Your username is changed");
  for (const path of ["", "/followers", "/following"]) {
    await open(`/profile/${ann.username}${path}`);
    await expect(page).toHaveURL(`/profile/${renamed}${path}`);
  }
});

test("devices are signed out with plain forms, one by one or all at once", async ({ page, open, other, ann, request }) => {
  await other.open("/login");
  await signIn(other.page, ann);
  await open("/login");
  await signIn(page, ann);
  await open("/settings/security");
  await sessions(page).filter({ hasText: "Firefox on Windows" }).getByRole("button").click();
  await expect(page).toHaveURL("/settings/security#sessions");
  await expect(status(page)).toHaveText("The device was signed out");
  await expect(sessions(page)).toHaveCount(1);
  await other.page.reload();
  await expect(other.page).toHaveURL("/login?next=%2Ftimeline");

  await fetchAccessToken(request, ann);
  await signIn(other.page, ann);
  await page.reload();
  await expect(sessions(page)).toHaveCount(3);
  await button(page, "Sign out all other devices").click();
  await expect(status(page)).toHaveText("All other devices were signed out");
  await expect(sessions(page)).toHaveCount(1);
  await sessions(page).getByRole("button").click();
  await expect(page).toHaveURL("/");
  await expect(page.getByRole("navigation").getByRole("link", { name: "Sign in" })).toBeVisible();
});

test("the account is deleted with a plain form", async ({ page, open, other, ann, browserErrors }) => {
  browserErrors.expectHttpError(404, `/profile/${ann.username}`);
  await open("/login");
  await signIn(page, ann);
  await open("/settings");
  await openDeletion(page);
  await currentPassword(section(page, "Delete account")).fill("not the password");
  await button(page, "Yes, delete my account").click();
  await expect(page).toHaveURL("/settings#delete-account");
  await expect(banner(page)).toHaveText("This is not your current password");
  await currentPassword(section(page, "Delete account")).fill(ann.password);
  await button(page, "Yes, delete my account").click();
  await expect(page).toHaveURL("/account-deleted");
  await expect(heading(page, "Your account is hidden now")).toBeVisible();
  await other.open(`/profile/${ann.username}`);
  await expect(heading(other.page, "There is nothing here")).toBeVisible();
});

test("“Keep my account” is a plain form that restores the account", async ({ page, open, ann, request }) => {
  const ben = await registerVerifiedUser(request);
  await follow(request, ben, ann);
  await requestDeletion(request, ann);
  await open("/login?next=/profile");
  await submitSignIn(page, ann);
  await expect(banner(page)).toContainText("This account is about to be deleted");
  await button(page, "Keep my account").click();
  await expect(page).toHaveURL("/profile");
  await expect(page.getByRole("main").getByRole("link", { name: "1 follower" })).toBeVisible();
});

test("/reauthenticate continues to the page given in `next`", async ({ page, open, ann }) => {
  await open("/login");
  await signIn(page, ann);
  await open("/reauthenticate?next=/settings/security");
  await password(page).fill("not the password");
  await button(page, "Continue").click();
  await expect(banner(page)).toHaveText("This is not your current password");
  await expect(password(page)).toHaveValue("");
  await password(page).fill(ann.password);
  await button(page, "Continue").click();
  await expect(page).toHaveURL("/settings/security");
  await expect(section(page, "Sessions")).toContainText("This device");
});

// The same pages with JavaScript off: plain forms whose result appears on the next page.
import { banner, button, email, fillRegistration, heading, password, signIn, submitButton, submitSignIn, username } from "../support/pages";
import { follow, newUser, registerUser, registerVerifiedUser, signInStatus, verificationLink } from "../support/users";
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

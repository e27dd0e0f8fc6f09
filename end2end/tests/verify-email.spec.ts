// /verify-email: only the button verifies the email, and an invalid link says what to do.
import { button, email, heading, submitButton } from "../support/pages";
import { newUser, registerUser, signInStatus, verificationLink } from "../support/users";
import { expect, test } from "../support/test";

test("opening the link does not verify the email, but the button does", { tag: "@phone" }, async ({ page, open, request }) => {
  const user = await registerUser(request);
  const link = await verificationLink(request, user.email);
  await open(link);
  await expect(button(page, "Verify my email")).toBeVisible();
  await open(link);
  expect(await signInStatus(request, user)).toBe(403);

  await button(page, "Verify my email").click();
  await expect(heading(page, "Your email is verified")).toBeFocused();
  expect(await signInStatus(request, user)).toBe(200);
});

test("the page names the account, and a user who did not create it can delete it", { tag: "@phone" }, async ({ page, open, request }) => {
  const user = await registerUser(request);
  await open(await verificationLink(request, user.email));
  await expect(page.getByRole("main")).toContainText(`The account @${user.username} was created with this email address`);
  await expect(page.getByRole("main")).toContainText("the person who set its password can sign in");
  expect(await signInStatus(request, user)).toBe(403);

  await button(page, "I didn't create this account").click();
  await expect(heading(page, "The account was deleted")).toBeFocused();
  expect(await signInStatus(request, user)).toBe(401);
  const mine = { ...newUser(), email: user.email, username: user.username };
  expect((await request.post("/auth/register", { data: mine })).status()).toBe(201);
  await page.getByRole("main").getByRole("link", { name: "Create account" }).click();
  await expect(page).toHaveURL("/register");
});

test("deleting an account that was deleted in another tab reports an invalid link", async ({ page, open, request, browserErrors }) => {
  browserErrors.expectHttpError(422, "/auth/reject-account");
  const link = await verificationLink(request, (await registerUser(request)).email);
  await open(link);
  const token = new URL(link).searchParams.get("token");
  expect((await request.post("/auth/reject-account", { data: { token } })).status()).toBe(204);
  await button(page, "I didn't create this account").click();
  await expect(heading(page, "This link no longer works")).toBeFocused();
});

test("verifying a second time succeeds like the first", async ({ page, open, ann, request }) => {
  await open(await verificationLink(request, ann.email));
  await button(page, "Verify my email").click();
  await expect(heading(page, "Your email is verified")).toBeVisible();
  await page.getByRole("main").getByRole("link", { name: "Sign in" }).click();
  await expect(page).toHaveURL("/login");
});

test("an invalid link offers a new one", { tag: "@phone" }, async ({ page, open, browserErrors }) => {
  browserErrors.expectHttpError(422, "/auth/verify-email");
  await open(`/verify-email?token=${"A".repeat(43)}`);
  await button(page, "Verify my email").click();
  await expect(heading(page, "This link no longer works")).toBeFocused();

  await submitButton(page).click();
  await expect(email(page)).toHaveAccessibleDescription("Enter a valid email address");
  await email(page).fill("unknown@example.org");
  await submitButton(page).click();
  await expect(page.getByRole("status")).toContainText("If that address still needs to be verified, a link is on its way");
});

test("a link without a token is reported as invalid immediately", async ({ page, open }) => {
  await open("/verify-email");
  await expect(heading(page, "This link no longer works")).toBeVisible();
  await expect(email(page)).toBeVisible();
  await expect(button(page, "Verify my email")).toHaveCount(0);
});

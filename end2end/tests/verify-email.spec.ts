// /verify-email: only the button verifies, and a link that is no good says what to do.
import { button, email, heading, submit } from "../support/pages";
import { mailedLink, newPerson, registeredPerson, signInStatus } from "../support/people";
import { expect, test } from "../support/test";

test("opening the link verifies nothing, the button does", { tag: "@phone" }, async ({ page, open, request }) => {
  const person = await registeredPerson(request);
  const link = await mailedLink(request, person.email);
  await open(link);
  await expect(button(page, "Verify my email")).toBeVisible();
  await open(link);
  expect(await signInStatus(request, person)).toBe(403);

  await button(page, "Verify my email").click();
  await expect(heading(page, "Your email is verified")).toBeFocused();
  expect(await signInStatus(request, person)).toBe(200);
});

test("the page names the account, and who did not create it deletes it", { tag: "@phone" }, async ({ page, open, request }) => {
  const person = await registeredPerson(request);
  await open(await mailedLink(request, person.email));
  await expect(page.getByRole("main")).toContainText(`The account @${person.username} was created with this email address`);
  await expect(page.getByRole("main")).toContainText("the person who set its password can sign in");
  expect(await signInStatus(request, person)).toBe(403);

  await button(page, "I didn't create this account").click();
  await expect(heading(page, "The account is deleted")).toBeFocused();
  expect(await signInStatus(request, person)).toBe(401);
  const mine = { ...newPerson(), email: person.email, username: person.username };
  expect((await request.post("/auth/register", { data: mine })).status()).toBe(201);
  await page.getByRole("main").getByRole("link", { name: "Create account" }).click();
  await expect(page).toHaveURL("/register");
});

test("an account that was deleted in another tab leads to a new link", async ({ page, open, request, complaints }) => {
  complaints.expectRefusal(422, "/auth/reject-account");
  const link = await mailedLink(request, (await registeredPerson(request)).email);
  await open(link);
  const token = new URL(link).searchParams.get("token");
  expect((await request.post("/auth/reject-account", { data: { token } })).status()).toBe(204);
  await button(page, "I didn't create this account").click();
  await expect(heading(page, "This link doesn’t work any more")).toBeFocused();
});

test("a second click on the link is as friendly as the first", async ({ page, open, ann, request }) => {
  await open(await mailedLink(request, ann.email));
  await button(page, "Verify my email").click();
  await expect(heading(page, "Your email is verified")).toBeVisible();
  await page.getByRole("main").getByRole("link", { name: "Sign in" }).click();
  await expect(page).toHaveURL("/login");
});

test("a link that is no good leads to a new one", { tag: "@phone" }, async ({ page, open, complaints }) => {
  complaints.expectRefusal(422, "/auth/verify-email");
  await open(`/verify-email?token=${"A".repeat(43)}`);
  await button(page, "Verify my email").click();
  await expect(heading(page, "This link doesn’t work any more")).toBeFocused();

  await submit(page).click();
  await expect(email(page)).toHaveAccessibleDescription("Enter a valid email address");
  await email(page).fill("nobody@example.org");
  await submit(page).click();
  await expect(page.getByRole("status")).toContainText("If that address waits to be verified, a link is on its way");
});

test("a link without a token says so at once", async ({ page, open }) => {
  await open("/verify-email");
  await expect(heading(page, "This link doesn’t work any more")).toBeVisible();
  await expect(email(page)).toBeVisible();
  await expect(button(page, "Verify my email")).toHaveCount(0);
});

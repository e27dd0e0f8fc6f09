// /verify-email: only the button verifies, and a link that is no good says what to do.
import { button, email, heading, submit } from "../support/pages";
import { mailedLink, registeredPerson, signInStatus } from "../support/people";
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

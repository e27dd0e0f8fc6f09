// The main user journey from end to end, with and without JavaScript.
import { button, fillRegistration, heading, signIn, submitButton } from "../support/pages";
import { newUser, verificationLink } from "../support/users";
import { expect, test } from "../support/test";

test("USER-STORY-001-S1 USER-STORY-002-S1 a visitor registers, verifies the email and signs in to the timeline", { tag: "@phone" }, async ({ page, open, request }) => {
  const user = newUser();
  await open("/");
  await page.getByRole("main").getByRole("link", { name: "Create account" }).click();
  await expect(page).toHaveURL("/register");
  await fillRegistration(page, user);
  await submitButton(page).click();
  await expect(heading(page, "Check your inbox")).toBeVisible();
  await expect(page.getByRole("main")).toContainText(user.email);

  await open(await verificationLink(request, user.email));
  await button(page, "Verify my email").click();
  await expect(heading(page, "Your email is verified")).toBeVisible();
  await page.getByRole("main").getByRole("link", { name: "Sign in" }).click();
  await expect(heading(page, "Welcome back")).toBeVisible();
  await signIn(page, user);
  await expect(page).toHaveURL("/timeline");
});

// The main job from end to end, with JavaScript and without.
import { arrive, button, fillRegistration, heading, submit } from "../support/pages";
import { mailedLink, newPerson } from "../support/people";
import { expect, test } from "../support/test";

test("USER-STORY-001-S1 USER-STORY-002-S1 from /register through the mailed link to /timeline", { tag: "@phone" }, async ({ page, open, request }) => {
  const person = newPerson();
  await open("/");
  await page.getByRole("main").getByRole("link", { name: "Create account" }).click();
  await expect(page).toHaveURL("/register");
  await fillRegistration(page, person);
  await submit(page).click();
  await expect(heading(page, "Check your inbox")).toBeVisible();
  await expect(page.getByRole("main")).toContainText(person.email);

  await open(await mailedLink(request, person.email));
  await button(page, "Verify my email").click();
  await expect(heading(page, "Your email is verified")).toBeVisible();
  await page.getByRole("main").getByRole("link", { name: "Sign in" }).click();
  await expect(heading(page, "Welcome back")).toBeVisible();
  await arrive(page, person);
  await expect(page).toHaveURL("/timeline");
});

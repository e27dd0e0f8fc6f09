// `/search`: people by the beginning of their names, and reports from the menu of a profile.
import { banner, button, heading, signIn } from "../support/pages";
import { fetchAccessToken, newUser, registerVerifiedUser, type User } from "../support/users";
import { expect, test } from "../support/test";

let zoe: User;
let last: string;

test.beforeEach(async ({ page, open, ann, request }) => {
  zoe = await registerVerifiedUser(request);
  last = newUser().username;
  const headers = { authorization: `Bearer ${await fetchAccessToken(request, zoe)}` };
  const response = await request.patch("/users/me", { data: { display_name: `Zoë ${last}` }, headers });
  expect(response.status()).toBe(200);
  await open("/login");
  await signIn(page, ann);
});

test("a person is found by a part of the name, and followed", { tag: "@phone" }, async ({ page }) => {
  await page.getByRole("link", { name: "Search" }).first().click();
  await expect(heading(page, "Search")).toBeVisible();
  await page.getByLabel("Name or username").fill(`zoe ${last.slice(0, 9).toUpperCase()}`);
  await button(page, "Search").click();
  const row = page.getByRole("listitem").filter({ hasText: `@${zoe.username}` });
  await expect(row).toHaveCount(1);
  await row.getByRole("button", { name: "Follow" }).click();
  await expect(row.getByRole("button", { name: "Follow" })).toHaveAttribute("aria-pressed", "true");
  await row.getByRole("link").click();
  await expect(page).toHaveURL(`/profile/${zoe.username}`);
});

test("the field in the header is a form", async ({ page }) => {
  await page.getByRole("search").getByLabel("Search").fill(zoe.username);
  await page.getByRole("search").getByRole("button", { name: "Search" }).click();
  await expect(page).toHaveURL(`/search?q=${zoe.username}`);
  await expect(page.getByRole("listitem").filter({ hasText: `@${zoe.username}` })).toHaveCount(1);
});

test("no one is found by an email address, and the page says what to do", async ({ page, open }) => {
  await open("/search");
  await page.getByLabel("Name or username").fill(zoe.email);
  await page.getByLabel("Name or username").press("Enter");
  await expect(page.getByRole("heading", { name: "No one found" })).toBeVisible();
  await expect(page.getByText("Check the spelling")).toBeVisible();
  await expect(page).toHaveURL(/\/search\?q=/);
  await expect(page.getByLabel("Name or username")).toHaveValue(zoe.email);
});

test("a query that is too short says what is needed", async ({ page, open, browserErrors }) => {
  browserErrors.expectHttpError(422, "/search\\?q=z");
  await open("/search?q=z");
  await expect(page.getByText("at least 2 letters")).toBeVisible();
});

test("a user is reported from the menu", { tag: "@phone" }, async ({ page, open }) => {
  await open(`/profile/${zoe.username}`);
  await page.getByLabel(`More about Zoë ${last}`).click();
  await page.getByText("Report", { exact: true }).click();
  await page.getByLabel("What is wrong?").selectOption("Abuse");
  await page.getByLabel("Tell us more (optional)").fill("Rude");
  await button(page, "Send report").click();
  await expect(page.getByText("Thank you. We’ll look at it")).toBeVisible();
  await expect(banner(page)).toHaveCount(0);
});

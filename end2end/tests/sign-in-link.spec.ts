// /sign-in-link: the way in when the limits refuse the password, with JavaScript and without.
import { banner, button, email, heading, signIn, submit } from "../support/pages";
import { mailedSignInLink, type Person } from "../support/people";
import { expect, test } from "../support/test";
import type { APIRequestContext } from "@playwright/test";

/** Uses up what this address may guess. */
async function guessTenTimes(request: APIRequestContext, { email }: Person) {
  for (let guess = 0; guess < 10; guess += 1) {
    expect((await request.post("/auth/login", { data: { email, password: `guess ${guess}` } })).status()).toBe(401);
  }
}

test("after too many mistakes the sign-in page offers a link, which signs in", { tag: "@phone" }, async ({ page, open, ann, request, complaints }) => {
  complaints.expectRefusal(429, "/auth/login");
  await guessTenTimes(request, ann);
  await open("/login");
  await signIn(page, ann);
  await expect(banner(page)).toContainText("Too many attempts. Try again in ");
  await page.getByRole("link", { name: "Email me a sign-in link" }).click();
  await expect(heading(page, "Sign in with a link")).toBeVisible();
  await email(page).fill(ann.email);
  await submit(page).click();
  await expect(page.getByRole("status")).toContainText("If that address has an account, a link is on its way");

  await open(await mailedSignInLink(request, ann.email));
  await button(page, "Sign in").click();
  await expect(heading(page, `Hello, ${ann.username}`)).toBeVisible();
  await expect(page).toHaveURL("/timeline");
});

test("a link that was used says so, and offers a new one", async ({ page, open, complaints }) => {
  complaints.expectRefusal(422, "/auth/sign-in-with-link");
  await open(`/sign-in-link?token=${"A".repeat(43)}`);
  await button(page, "Sign in").click();
  await expect(heading(page, "This link doesn’t work any more")).toBeFocused();
  await submit(page).click();
  await expect(email(page)).toHaveAccessibleDescription("Enter a valid email address");
});

test.describe("with JavaScript off", () => {
  test.use({ javaScriptEnabled: false });

  test("the link is asked for, opened and used", async ({ page, open, ann, request }) => {
    await guessTenTimes(request, ann);
    await open("/login");
    await signIn(page, ann);
    await page.getByRole("link", { name: "Email me a sign-in link" }).click();
    await email(page).fill(ann.email);
    await submit(page).click();
    await expect(page.getByRole("status")).toContainText("a link is on its way");
    const link = await mailedSignInLink(request, ann.email);
    await open(link);
    await button(page, "Sign in").click();
    await expect(heading(page, `Hello, ${ann.username}`)).toBeVisible();
    await open(link);
    await button(page, "Sign in").click();
    await expect(heading(page, "This link doesn’t work any more")).toBeVisible();
    await expect(page).toHaveURL("/sign-in-link");
  });
});

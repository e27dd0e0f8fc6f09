// /sign-in-link: signing in while rate limits block the password, with and without JavaScript.
import { banner, button, email, heading, submitButton, submitSignIn } from "../support/pages";
import { signInLink, type User } from "../support/users";
import { expect, test } from "../support/test";
import type { APIRequestContext } from "@playwright/test";

/** Uses up the password attempts of this client address. */
async function useUpSignInAttempts(request: APIRequestContext, { email }: User) {
  for (let guess = 0; guess < 10; guess += 1) {
    expect((await request.post("/auth/login", { data: { email, password: `guess ${guess}` } })).status()).toBe(401);
  }
}

test("after too many wrong passwords, the sign-in page offers a link that signs in", { tag: "@phone" }, async ({ page, open, ann, request, browserErrors }) => {
  browserErrors.expectHttpError(429, "/auth/login");
  await useUpSignInAttempts(request, ann);
  await open("/login");
  await submitSignIn(page, ann);
  await expect(banner(page)).toContainText("Too many attempts. Try again in ");
  await page.getByRole("link", { name: "Email me a sign-in link" }).click();
  await expect(heading(page, "Sign in with a link")).toBeVisible();
  await email(page).fill(ann.email);
  await submitButton(page).click();
  await expect(page.getByRole("status")).toContainText("If that address has an account, a link is on its way");

  await open(await signInLink(request, ann.email));
  await button(page, "Sign in").click();
  await expect(heading(page, `Hello, ${ann.username}`)).toBeVisible();
  await expect(page).toHaveURL("/timeline");
});

test("an invalid link says so and offers a new one", async ({ page, open, browserErrors }) => {
  browserErrors.expectHttpError(422, "/auth/sign-in-with-link");
  await open(`/sign-in-link?token=${"A".repeat(43)}`);
  await button(page, "Sign in").click();
  await expect(heading(page, "This link no longer works")).toBeFocused();
  await submitButton(page).click();
  await expect(email(page)).toHaveAccessibleDescription("Enter a valid email address");
});

test.describe("without JavaScript", () => {
  test.use({ javaScriptEnabled: false });

  test("the link can be requested and works once", async ({ page, open, ann, request }) => {
    await useUpSignInAttempts(request, ann);
    await open("/login");
    await submitSignIn(page, ann);
    await page.getByRole("link", { name: "Email me a sign-in link" }).click();
    await email(page).fill(ann.email);
    await submitButton(page).click();
    await expect(page.getByRole("status")).toContainText("a link is on its way");
    const link = await signInLink(request, ann.email);
    await open(link);
    await button(page, "Sign in").click();
    await expect(heading(page, `Hello, ${ann.username}`)).toBeVisible();
    await open(link);
    await button(page, "Sign in").click();
    await expect(heading(page, "This link no longer works")).toBeVisible();
    await expect(page).toHaveURL("/sign-in-link");
  });
});

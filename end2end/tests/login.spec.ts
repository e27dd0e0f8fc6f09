// /login: what a sign-in leaves in the browser, and what it says when it fails.
import type { Page } from "@playwright/test";
import { banner, button, email, heading, password, requestsTo, signIn, submit } from "../support/pages";
import { newPerson, registeredPerson, signInStatus } from "../support/people";
import { expect, test } from "../support/test";

/** All that scripts could read, or leave behind. */
const withinReach = (page: Page) =>
  page.evaluate(async () =>
    JSON.stringify([
      { ...localStorage },
      { ...sessionStorage },
      document.cookie,
      document.documentElement.outerHTML,
      location.href,
      history.state,
      await indexedDB.databases(),
      await caches.keys(),
    ]),
  );

test("USER-FE-002.1-S1 the access token is in memory alone, and the timeline appears", { tag: "@phone" }, async ({ page, open, ann }) => {
  await open("/login");
  await page.evaluate(() => Object.assign(window, { marker: "same document" }));
  const loggedIn = page.waitForResponse("/auth/login");
  const asked = page.waitForRequest("/users/me");
  await signIn(page, ann);
  await expect(page).toHaveURL("/timeline");
  await expect(heading(page, `Hello, ${ann.username}`)).toBeVisible();
  expect(await page.evaluate(() => Reflect.get(window, "marker"))).toBe("same document");

  const answer = await loggedIn;
  expect(answer.status()).toBe(200);
  const token: string = (await answer.json()).access_token;
  expect(await (await asked).headerValue("authorization")).toBe(`Bearer ${token}`);
  expect(await withinReach(page)).not.toMatch(/eyJ/);

  const cookies = await page.context().cookies();
  expect(cookies.map((cookie) => cookie.name).sort()).toEqual(["__Host-session", "device", "refresh_token"]);
  for (const cookie of cookies) {
    expect(cookie).toMatchObject({ httpOnly: true, secure: true, sameSite: "Lax" });
    expect(cookie.value).not.toContain("eyJ");
  }
  for (const name of ["device", "refresh_token"]) {
    expect(cookies.find((cookie) => cookie.name === name)?.path).toBe("/auth");
  }
});

test("USER-STORY-002-S1 the token is a short-lived RS256 JWT with user_id, email and roles", async ({ page, open, ann }) => {
  await open("/login");
  const [answer] = await Promise.all([page.waitForResponse("/auth/login"), signIn(page, ann)]);
  const { access_token, ...rest } = await answer.json();
  expect(rest).toEqual({ token_type: "bearer", expires_in: 900 });
  const [header, claims] = access_token.split(".").map((part: string) => Buffer.from(part, "base64url").toString());
  expect(JSON.parse(header)).toMatchObject({ alg: "RS256" });
  const { user_id, email, roles, exp, iat } = JSON.parse(claims);
  expect({ email, roles, lives: exp - iat }).toEqual({ email: ann.email, roles: ["user"], lives: 900 });
  expect(user_id).toMatch(/^[0-9a-f-]{36}$/);
});

for (const [whose, wrong] of [
  ["a wrong password", { password: "not the password" }],
  ["an unknown address", { email: newPerson().email }],
] as const) {
  test(`USER-FE-002.2-S1 ${whose} is told in general words, and the password is cleared`, { tag: "@phone" }, async ({ page, open, ann, complaints }) => {
    complaints.expectRefusal(401, "/auth/login");
    const typed = { ...ann, ...wrong };
    await open("/login");
    const [answer] = await Promise.all([page.waitForResponse("/auth/login"), signIn(page, typed)]);
    expect(answer.status()).toBe(401);
    await expect(banner(page)).toHaveText("Invalid email or password");
    await expect(password(page)).toHaveValue("");
    await expect(password(page)).toBeFocused();
    await expect(email(page)).toHaveValue(typed.email);
    expect(await page.context().cookies()).toEqual([]);
    expect(await withinReach(page)).not.toMatch(/eyJ/);

    await signIn(page, ann);
    await expect(page).toHaveURL("/timeline");
  });
}

test("whoever guesses too often is told how long to wait, and the form stays", async ({ page, open, ann, request, complaints }) => {
  complaints.expectRefusal(429, "/auth/login");
  for (let guess = 0; guess < 10; guess++) {
    expect(await signInStatus(request, { ...ann, password: `guess ${guess}` })).toBe(401);
  }
  await open("/login");
  await signIn(page, ann);
  await expect(banner(page)).toHaveText(/^Too many attempts\. Try again in \d+ seconds$/);
  await expect(email(page)).toHaveValue(ann.email);
  await expect(button(page, "Sign in")).toBeEnabled();
});

test("empty fields are told, and nothing is sent", async ({ page, open, ann }) => {
  await open("/login");
  const posts = requestsTo(page, "POST", "/auth/login");
  await submit(page).click();
  await expect(email(page)).toBeFocused();
  await expect(email(page)).toHaveAccessibleDescription("Enter your email address");
  await expect(password(page)).toHaveAccessibleDescription("Enter your password");
  await signIn(page, ann);
  await expect(page).toHaveURL("/timeline");
  expect(posts).toHaveLength(1);
});

test("an address that is not verified is told, with a way to a new link", async ({ page, open, request, complaints }) => {
  complaints.expectRefusal(403, "/auth/login");
  const person = await registeredPerson(request);
  await open("/login");
  await signIn(page, person);
  await expect(banner(page)).toContainText("Please verify your email");
  // The banner keeps to the address that was sent, whatever is typed since.
  await email(page).fill(newPerson().email);
  await expect(banner(page)).toContainText(person.email);
  const [resent] = await Promise.all([
    page.waitForRequest("/auth/resend-verification"),
    button(page, "Send a new link").click(),
  ]);
  expect(resent.postDataJSON()).toEqual({ email: person.email });
  await expect(page.getByRole("status")).toContainText("If that address waits to be verified, a link is on its way");
  await expect(banner(page)).toBeHidden();
  expect(await page.context().cookies()).toEqual([]);
});

test("after a sign-in one is where one wanted to be", async ({ page, open, ann }) => {
  await open("/login?next=%2F%3Ffrom%3Dmail");
  await signIn(page, ann);
  await expect(page.getByRole("link", { name: "Go to your timeline" })).toBeVisible();
  await expect(page).toHaveURL("/?from=mail");
});

for (const elsewhere of ["https://evil.example/", "//evil.example/", "/\\evil.example/", "javascript:alert(1)"]) {
  test(`a sign-in never leads to another site: ${elsewhere}`, async ({ page, open, ann, baseURL }) => {
    const left: string[] = [];
    page.on("request", (request) => {
      if (new URL(request.url()).origin !== baseURL) left.push(request.url());
    });
    await open(`/login?next=${encodeURIComponent(elsewhere)}`);
    await signIn(page, ann);
    await expect(page).toHaveURL("/timeline");
    await expect(heading(page, `Hello, ${ann.username}`)).toBeVisible();
    expect(left).toEqual([]);
  });
}

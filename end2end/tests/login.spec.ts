// /login: what a sign-in stores in the browser, and what a failed one shows.
import type { Page } from "@playwright/test";
import { banner, button, email, heading, password, requestsTo, submitButton, submitSignIn } from "../support/pages";
import { newUser, registerUser, signInStatus } from "../support/users";
import { expect, test } from "../support/test";

/** Everything that scripts can read or store. */
const readableByScripts = (page: Page) =>
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

test("USER-FE-002.1-S1 signing in keeps the access token in memory only and opens the timeline", { tag: "@phone" }, async ({ page, open, ann }) => {
  await open("/login");
  await page.evaluate(() => Object.assign(window, { marker: "same document" }));
  const responsePromise = page.waitForResponse("/auth/login");
  const requestPromise = page.waitForRequest("/users/me");
  await submitSignIn(page, ann);
  await expect(page).toHaveURL("/timeline");
  await expect(heading(page, `Hello, ${ann.username}`)).toBeVisible();
  expect(await page.evaluate(() => Reflect.get(window, "marker"))).toBe("same document");

  const response = await responsePromise;
  expect(response.status()).toBe(200);
  const token: string = (await response.json()).access_token;
  expect(await (await requestPromise).headerValue("authorization")).toBe(`Bearer ${token}`);
  expect(await readableByScripts(page)).not.toMatch(/eyJ/);

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
  const [response] = await Promise.all([page.waitForResponse("/auth/login"), submitSignIn(page, ann)]);
  const { access_token, ...rest } = await response.json();
  expect(rest).toEqual({ token_type: "bearer", expires_in: 900 });
  const [header, claims] = access_token.split(".").map((part: string) => Buffer.from(part, "base64url").toString());
  expect(JSON.parse(header)).toMatchObject({ alg: "RS256" });
  const { user_id, email, roles, exp, iat } = JSON.parse(claims);
  expect({ email, roles, lifetime: exp - iat }).toEqual({ email: ann.email, roles: ["user"], lifetime: 900 });
  expect(user_id).toMatch(/^[0-9a-f-]{36}$/);
});

for (const [mistake, wrong] of [
  ["a wrong password", { password: "not the password" }],
  ["an unknown email", { email: newUser().email }],
] as const) {
  test(`USER-FE-002.2-S1 ${mistake} shows a generic error and clears the password`, { tag: "@phone" }, async ({ page, open, ann, browserErrors }) => {
    browserErrors.expectHttpError(401, "/auth/login");
    const typed = { ...ann, ...wrong };
    await open("/login");
    const [response] = await Promise.all([page.waitForResponse("/auth/login"), submitSignIn(page, typed)]);
    expect(response.status()).toBe(401);
    await expect(banner(page)).toHaveText("Invalid email or password");
    await expect(password(page)).toHaveValue("");
    await expect(password(page)).toBeFocused();
    await expect(email(page)).toHaveValue(typed.email);
    expect(await page.context().cookies()).toEqual([]);
    expect(await readableByScripts(page)).not.toMatch(/eyJ/);

    await submitSignIn(page, ann);
    await expect(page).toHaveURL("/timeline");
  });
}

test("after too many wrong passwords, the page says how long to wait and keeps the form", async ({ page, open, ann, request, browserErrors }) => {
  browserErrors.expectHttpError(429, "/auth/login");
  for (let guess = 0; guess < 10; guess++) {
    expect(await signInStatus(request, { ...ann, password: `guess ${guess}` })).toBe(401);
  }
  await open("/login");
  await submitSignIn(page, ann);
  await expect(banner(page)).toHaveText(/^Too many attempts\. Try again in \d+ seconds$/);
  await expect(email(page)).toHaveValue(ann.email);
  await expect(button(page, "Sign in")).toBeEnabled();
});

test("a page shows one message at a time", async ({ page, open, ann, browserErrors }) => {
  browserErrors.expectHttpError(401, "/auth/login");
  await open("/login");
  await submitSignIn(page, { ...ann, password: "not the password" });
  await expect(banner(page)).toHaveText("Invalid email or password");
  await expect(page).toHaveTitle("Error: Sign in · Kith");
  await email(page).fill("");
  await submitButton(page).click();
  await expect(banner(page)).toHaveText(/^There are 2 problems/);
  await expect(page).toHaveTitle("Error: Sign in · Kith");
  await submitSignIn(page, ann);
  await expect(page).toHaveTitle(/^(?!Error)/);
});

test("empty fields are reported and nothing is sent", async ({ page, open, ann }) => {
  await open("/login");
  const posts = requestsTo(page, "POST", "/auth/login");
  await submitButton(page).click();
  await expect(banner(page)).toBeFocused();
  await expect(email(page)).toHaveAccessibleDescription("Enter your email address");
  await expect(password(page)).toHaveAccessibleDescription("Enter your password");
  await submitSignIn(page, ann);
  await expect(page).toHaveURL("/timeline");
  expect(posts).toHaveLength(1);
});

test("signing in with an unverified email offers a new link", async ({ page, open, request, browserErrors }) => {
  browserErrors.expectHttpError(403, "/auth/login");
  const user = await registerUser(request);
  await open("/login");
  await submitSignIn(page, user);
  await expect(banner(page)).toContainText("Please verify your email");
  // The banner keeps the submitted address when the field changes.
  await email(page).fill(newUser().email);
  await expect(banner(page)).toContainText(user.email);
  const [resent] = await Promise.all([
    page.waitForRequest("/auth/resend-verification"),
    button(page, "Send a new link").click(),
  ]);
  expect(resent.postDataJSON()).toEqual({ email: user.email });
  await expect(page.getByRole("status")).toContainText("If that address still needs to be verified, a link is on its way");
  await expect(banner(page)).toBeHidden();
  expect(await page.context().cookies()).toEqual([]);
});

test("signing in leads to the page given in `next`", async ({ page, open, ann }) => {
  await open("/login?next=%2F%3Ffrom%3Dmail");
  await submitSignIn(page, ann);
  await expect(page.getByRole("link", { name: "Go to your timeline" })).toBeVisible();
  await expect(page).toHaveURL("/?from=mail");
});

for (const url of ["https://evil.example/", "//evil.example/", "/\\evil.example/", "javascript:alert(1)"]) {
  test(`signing in never leads to another site: ${url}`, async ({ page, open, ann, baseURL }) => {
    const external: string[] = [];
    page.on("request", (request) => {
      if (new URL(request.url()).origin !== baseURL) external.push(request.url());
    });
    await open(`/login?next=${encodeURIComponent(url)}`);
    await submitSignIn(page, ann);
    await expect(page).toHaveURL("/timeline");
    await expect(heading(page, `Hello, ${ann.username}`)).toBeVisible();
    expect(external).toEqual([]);
  });
}

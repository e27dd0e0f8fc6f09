// /register: the form, its validation, and how it handles responses.
import { expectNoAxeViolations } from "../support/axe";
import { banner, button, email, fillRegistration, heading, holdRequests, password, requestsTo, submitButton, username } from "../support/pages";
import { fetchEmails, newUser, registerUser } from "../support/users";
import { expect, test } from "../support/test";

test.beforeEach(async ({ open }) => open("/register"));

test("USER-FE-001.1-S1 email, username and password are visible and reachable by keyboard", { tag: "@phone" }, async ({ page }) => {
  for (const field of [email(page), username(page), password(page)]) await expect(field).toBeVisible();
  await email(page).focus();
  for (const next of [username(page), password(page), button(page, "Show password"), submitButton(page)]) {
    await page.keyboard.press("Tab");
    await expect(next).toBeFocused();
  }
  await page.keyboard.press("Shift+Tab");
  await page.keyboard.press("Shift+Tab");
  await page.keyboard.type("typed");
  await expect(password(page)).toHaveValue("typed");
});

test("USER-FE-001.1-S1 the submit button is labeled “Create account”", async ({ page }) => {
  await expect(submitButton(page)).toHaveCount(1);
  await expect(submitButton(page)).toBeVisible();
  await expect(submitButton(page)).toHaveText(/^Create account$/);
  await expect(submitButton(page)).toHaveJSProperty("type", "submit");
});

test("USER-FE-001.2-S1 an invalid email is reported below its field, and the form cannot be submitted", { tag: "@phone" }, async ({ page }) => {
  const posts = requestsTo(page, "POST", "/auth/register");
  const user = newUser();
  await username(page).fill(user.username);
  await password(page).fill(user.password);
  await email(page).focus();
  await page.keyboard.type("notanemail");
  const message = page.getByText("Enter a valid email address", { exact: true });
  await expect(message).toBeHidden();

  await page.keyboard.press("Tab");
  await expect(message).toBeVisible();
  const [field, text] = [await email(page).boundingBox(), await message.boundingBox()];
  expect(text!.y).toBeGreaterThanOrEqual(field!.y + field!.height);
  expect(text!.y).toBeLessThan(field!.y + field!.height + 16);
  await expect(email(page)).toHaveAttribute("aria-invalid", "true");
  await expect(email(page)).toHaveAccessibleDescription("Enter a valid email address");

  await expect(submitButton(page)).toHaveAttribute("aria-disabled", "true");
  await submitButton(page).click({ force: true });
  await expect(email(page)).toBeFocused();
  await password(page).press("Enter");
  await expect(email(page)).toBeFocused();
  await page.locator("main form").evaluate((form: HTMLFormElement) => form.requestSubmit());

  await email(page).fill(user.email);
  await expect(message).toBeHidden();
  await expect(email(page)).not.toHaveAttribute("aria-invalid");
  await expect(submitButton(page)).not.toHaveAttribute("aria-disabled");
  await submitButton(page).click();
  await expect(heading(page, "Check your inbox")).toBeVisible();
  expect(posts.map((post) => post.postDataJSON())).toEqual([user]);
});

test("USER-FE-001.2-S2 a taken email shows a banner, and the form stays editable", { tag: "@phone" }, async ({ page, request, browserErrors }) => {
  browserErrors.expectHttpError(409, "/auth/register");
  const taken = await registerUser(request);
  const user = newUser();
  await fillRegistration(page, { ...user, email: taken.email });
  const responsePromise = page.waitForResponse("/auth/register");
  await submitButton(page).click();
  expect((await responsePromise).status()).toBe(409);

  await expect(banner(page)).toHaveText("This email is already registered");
  await expect(email(page)).toHaveValue(taken.email);
  await expect(username(page)).toHaveValue(user.username);
  await expect(password(page)).toHaveValue(user.password);
  await expect(submitButton(page)).toHaveText("Create account");

  await email(page).fill(user.email);
  await submitButton(page).click();
  await expect(heading(page, "Check your inbox")).toBeVisible();
});

test("a taken username shows an error, and the form stays editable", async ({ page, request, browserErrors }) => {
  browserErrors.expectHttpError(409, "/auth/register");
  // On a slow machine, the answer would come before the form is sent.
  await holdRequests(page, /\/auth\/username-availability/);
  const taken = await registerUser(request);
  const user = newUser();
  await fillRegistration(page, { ...user, username: taken.username.toUpperCase() });
  await submitButton(page).click();
  await expect(page.getByText("This username is taken", { exact: true })).toBeVisible();
  await username(page).fill(user.username);
  await submitButton(page).click();
  await expect(heading(page, "Check your inbox")).toBeVisible();
});

test("USER-STORY-001-S1 a registration returns the new user and sends an email", async ({ page, request }) => {
  const user = newUser();
  await fillRegistration(page, user);
  const [response] = await Promise.all([page.waitForResponse("/auth/register"), password(page).press("Enter")]);
  expect(response.status()).toBe(201);
  const { id, created_at, ...profile } = await response.json();
  expect(profile).toEqual({ email: user.email, username: user.username });
  expect(id).toMatch(/^[0-9a-f-]{36}$/);
  expect(Math.abs(Date.now() - Date.parse(created_at))).toBeLessThan(60_000);

  await expect(heading(page, "Check your inbox")).toBeFocused();
  await expect(page.getByRole("main")).toContainText(user.email);
  await expect.poll(async () => (await fetchEmails(request, user.email)).length).toBe(1);
  await button(page, "Send a new link").click();
  await expect(page.getByRole("status")).toContainText("If that address still needs to be verified, a link is on its way");
});

test("USER-STORY-001-S3 an empty form shows an error at every field and is not sent", { tag: "@phone" }, async ({ page }) => {
  const posts = requestsTo(page, "POST", "/auth/register");
  await submitButton(page).click();
  // A summary takes the focus and leads to each field.
  await expect(banner(page)).toBeFocused();
  await expect(banner(page)).toContainText("There are 3 problems");
  await expect(page).toHaveTitle("Error: Create your account · Kith");
  await expectNoAxeViolations(page, "/register with errors");
  await expect(email(page)).toHaveAccessibleDescription("Enter a valid email address");
  await expect(username(page)).toHaveAccessibleDescription(/Choose a username$/);
  await expect(password(page)).toHaveAccessibleDescription(/Use at least 8 characters$/);
  const link = banner(page).getByRole("link", { name: "Username" });
  await expect(link).toHaveAccessibleDescription("Choose a username");
  await link.press("Enter");
  await expect(username(page)).toBeFocused();
  // It stays in place while the errors are corrected.
  await fillRegistration(page, { ...newUser(), email: "" });
  await expect(banner(page).getByRole("link")).toHaveCount(3);
  await password(page).press("Enter");
  await expect(email(page)).toBeFocused();
  await expect(banner(page)).toHaveCount(0);
  const user = newUser();
  await fillRegistration(page, user);
  await submitButton(page).click();
  await expect(heading(page, "Check your inbox")).toBeVisible();
  await expect(page).toHaveTitle("Create your account · Kith");
  expect(posts).toHaveLength(1);
});

test("a username is checked while it is typed", { tag: "@phone" }, async ({ page, request }) => {
  const taken = await registerUser(request);
  const questions = requestsTo(page, "GET", "/auth/username-availability");
  await username(page).pressSequentially(`new.${taken.username.slice(0, 20)}`, { delay: 20 });
  const free = page.getByText("This username is available", { exact: true });
  await expect(free).toBeVisible();
  await expect(username(page)).toHaveAccessibleDescription("This username is available");
  expect(questions).toHaveLength(1);

  await username(page).fill(taken.username.toUpperCase());
  await expect(free).toBeHidden();
  await expect(page.getByText("This username is taken", { exact: true })).toBeVisible();
  await expect(username(page)).toHaveAttribute("aria-invalid", "true");
  await expect(username(page)).toBeFocused();
  await expect(submitButton(page)).toHaveAttribute("aria-disabled", "true");
  // The error stays when the field is left, and the form is not sent.
  await username(page).press("Tab");
  await page.waitForTimeout(600);
  await expect(page.getByText("This username is taken", { exact: true })).toBeVisible();
  await email(page).fill(newUser().email);
  await password(page).fill(newUser().password);
  await password(page).press("Enter");
  await expect(username(page)).toBeFocused();

  // What no account can have is known without a question.
  await username(page).fill("admin");
  await expect(page.getByText("This username is reserved", { exact: true })).toBeVisible();
  await username(page).fill(newUser().username);
  await expect(free).toBeVisible();
  await username(page).press("Tab");
  await page.waitForTimeout(600);
  await expect(free).toBeVisible();
  expect(questions).toHaveLength(3);
});

test("a username that cannot be checked can still be registered", async ({ page, browserErrors }) => {
  browserErrors.expect(/status of 503 .*\/auth\/username-availability\?/);
  await page.route("/auth/username-availability*", (route) => route.fulfill({ status: 503, json: { error: { code: "OVERLOADED", message: "m" } } }));
  const user = newUser();
  await username(page).fill(user.username);
  await page.waitForResponse(/username-availability/);
  await fillRegistration(page, user);
  await submitButton(page).click();
  await expect(heading(page, "Check your inbox")).toBeVisible();
});

test("USER-STORY-001-S3 server-side errors appear at the fields", async ({ page, browserErrors }) => {
  browserErrors.expectHttpError(422, "/auth/register");
  const user = newUser();
  // The request is changed on its way to the server, after the page has validated the fields.
  await page.route("/auth/register", (route) => route.continue({ postData: { ...user, email: "a@b", password: "short" } }));
  await fillRegistration(page, user);
  await submitButton(page).click();
  await expect(email(page)).toHaveAccessibleDescription("Enter a valid email address");
  await expect(password(page)).toHaveAccessibleDescription(/Use at least 8 characters$/);
  await expect(username(page)).not.toHaveAttribute("aria-invalid");
  await expect(banner(page)).toBeFocused();
  await expect(banner(page)).toContainText("There are 2 problems");
  await expect(email(page)).toHaveValue(user.email);
  await expect(email(page)).toBeEditable();
});

test("the password can be shown and hidden", { tag: "@phone" }, async ({ page }) => {
  const posts = requestsTo(page, "POST", "/auth/register");
  await password(page).fill("quiet river");
  await expect(password(page)).toHaveAttribute("type", "password");
  await button(page, "Show password").click();
  await expect(password(page)).toHaveAttribute("type", "text");
  await button(page, "Hide password").click();
  await expect(password(page)).toHaveAttribute("type", "password");
  await expect(password(page)).toHaveValue("quiet river");
  expect(posts).toEqual([]);
});

test("the button shows that a request is pending, and a double click sends only one", async ({ page }) => {
  const posts = requestsTo(page, "POST", "/auth/register");
  const release = await holdRequests(page, "/auth/register");
  await fillRegistration(page, newUser());
  await submitButton(page).dblclick();
  await expect(submitButton(page)).toHaveText("Creating account…");
  await expect(submitButton(page)).toHaveAttribute("aria-busy", "true");
  await expect(submitButton(page)).toHaveAttribute("aria-disabled", "true");
  await expect(page.locator("main form")).toHaveAttribute("aria-busy", "true");
  await email(page).press("Enter");
  release();
  await expect(heading(page, "Check your inbox")).toBeVisible();
  expect(posts).toHaveLength(1);
});

test("an unreachable server shows an error, and the next attempt works", async ({ page, browserErrors }) => {
  browserErrors.expect(/^Failed to load resource: net::ERR_INTERNET_DISCONNECTED .*\/auth\/register\)$/);
  const user = newUser();
  await page.route("/auth/register", (route) => route.abort("internetdisconnected"));
  await fillRegistration(page, user);
  await submitButton(page).click();
  await expect(banner(page)).toHaveText("We could not reach the server. Check your connection and try again");
  await expect(email(page)).toHaveValue(user.email);
  await expect(email(page)).toBeEditable();
  await page.unroute("/auth/register");
  await submitButton(page).click();
  await expect(heading(page, "Check your inbox")).toBeVisible();
});

test("an easily guessed password is rejected at its field with the reason", async ({ page, browserErrors }) => {
  browserErrors.expectHttpError(422, "/auth/register");
  const user = newUser();
  await fillRegistration(page, { ...user, password: "password1" });
  await submitButton(page).click();
  await expect(password(page)).toHaveAccessibleDescription(/This password is too common/);
  await expect(password(page)).toHaveAttribute("aria-invalid", "true");
  await fillRegistration(page, user);
  await submitButton(page).click();
  await expect(heading(page, "Check your inbox")).toBeVisible();
});

test("a response from a captive portal is an error, and the input is kept", async ({ page }) => {
  const user = newUser();
  await fillRegistration(page, user);
  for (const body of ["<html>Sign in to the Wi-Fi</html>", '{"portal": true}', ""]) {
    await page.route("/auth/register", (route) => route.fulfill({ status: 200, body }));
    await submitButton(page).click();
    await expect(banner(page)).toHaveText("Something went wrong on our end. Please try again");
    await page.unroute("/auth/register");
  }
  await expect(email(page)).toHaveValue(user.email);
  await submitButton(page).click();
  await expect(heading(page, "Check your inbox")).toBeVisible();
});

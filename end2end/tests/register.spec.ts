// /register: the form, what it says while it is filled in, and what it does with the answers.
import { banner, button, email, fillRegistration, heading, hold, password, requestsTo, submit, username } from "../support/pages";
import { mailsTo, newPerson, registeredPerson } from "../support/people";
import { expect, test } from "../support/test";

test.beforeEach(async ({ open }) => open("/register"));

test("USER-FE-001.1-S1 email, username and password can be seen and reached by keyboard", { tag: "@phone" }, async ({ page }) => {
  for (const field of [email(page), username(page), password(page)]) await expect(field).toBeVisible();
  await email(page).focus();
  for (const next of [username(page), password(page), button(page, "Show password"), submit(page)]) {
    await page.keyboard.press("Tab");
    await expect(next).toBeFocused();
  }
  await page.keyboard.press("Shift+Tab");
  await page.keyboard.press("Shift+Tab");
  await page.keyboard.type("typed");
  await expect(password(page)).toHaveValue("typed");
});

test("USER-FE-001.1-S1 the submit button is labelled “Create account”", async ({ page }) => {
  await expect(submit(page)).toHaveCount(1);
  await expect(submit(page)).toBeVisible();
  await expect(submit(page)).toHaveText(/^Create account$/);
  await expect(submit(page)).toHaveJSProperty("type", "submit");
});

test("USER-FE-001.2-S1 a wrong email is told beneath its field, and the form cannot be sent", { tag: "@phone" }, async ({ page }) => {
  const posts = requestsTo(page, "POST", "/auth/register");
  const person = newPerson();
  await username(page).fill(person.username);
  await password(page).fill(person.password);
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

  await expect(submit(page)).toHaveAttribute("aria-disabled", "true");
  await submit(page).click({ force: true });
  await expect(email(page)).toBeFocused();
  await password(page).press("Enter");
  await expect(email(page)).toBeFocused();
  await page.locator("main form").evaluate((form: HTMLFormElement) => form.requestSubmit());

  await email(page).fill(person.email);
  await expect(message).toBeHidden();
  await expect(email(page)).not.toHaveAttribute("aria-invalid");
  await expect(submit(page)).not.toHaveAttribute("aria-disabled");
  await submit(page).click();
  await expect(heading(page, "Check your inbox")).toBeVisible();
  expect(posts.map((post) => post.postDataJSON())).toEqual([person]);
});

test("USER-FE-001.2-S2 a taken email is told in a banner, and the form stays editable", { tag: "@phone" }, async ({ page, request, complaints }) => {
  complaints.expectRefusal(409, "/auth/register");
  const taken = await registeredPerson(request);
  const person = newPerson();
  await fillRegistration(page, { ...person, email: taken.email });
  const answer = page.waitForResponse("/auth/register");
  await submit(page).click();
  expect((await answer).status()).toBe(409);

  await expect(banner(page)).toHaveText("This email is already registered");
  await expect(email(page)).toHaveValue(taken.email);
  await expect(username(page)).toHaveValue(person.username);
  await expect(password(page)).toHaveValue(person.password);
  await expect(submit(page)).toHaveText("Create account");

  await email(page).fill(person.email);
  await submit(page).click();
  await expect(heading(page, "Check your inbox")).toBeVisible();
});

test("a taken username is told, and the form stays editable", async ({ page, request, complaints }) => {
  complaints.expectRefusal(409, "/auth/register");
  const taken = await registeredPerson(request);
  const person = newPerson();
  await fillRegistration(page, { ...person, username: taken.username.toUpperCase() });
  await submit(page).click();
  await expect(page.getByText("This username is taken", { exact: true })).toBeVisible();
  await username(page).fill(person.username);
  await submit(page).click();
  await expect(heading(page, "Check your inbox")).toBeVisible();
});

test("USER-STORY-001-S1 a registration is answered with the new user, and mailed", async ({ page, request }) => {
  const person = newPerson();
  await fillRegistration(page, person);
  const [answer] = await Promise.all([page.waitForResponse("/auth/register"), password(page).press("Enter")]);
  expect(answer.status()).toBe(201);
  const { id, created_at, ...user } = await answer.json();
  expect(user).toEqual({ email: person.email, username: person.username });
  expect(id).toMatch(/^[0-9a-f-]{36}$/);
  expect(Math.abs(Date.now() - Date.parse(created_at))).toBeLessThan(60_000);

  await expect(heading(page, "Check your inbox")).toBeFocused();
  await expect(page.getByRole("main")).toContainText(person.email);
  await expect.poll(async () => (await mailsTo(request, person.email)).length).toBe(1);
  await button(page, "Send a new link").click();
  await expect(page.getByRole("status")).toContainText("If that address waits to be verified, a link is on its way");
});

test("USER-STORY-001-S3 an empty form is told at every field, and not sent", async ({ page }) => {
  const posts = requestsTo(page, "POST", "/auth/register");
  await submit(page).click();
  await expect(email(page)).toBeFocused();
  await expect(email(page)).toHaveAccessibleDescription("Enter a valid email address");
  await expect(username(page)).toHaveAccessibleDescription(/Choose a username$/);
  await expect(password(page)).toHaveAccessibleDescription(/Use at least 8 characters$/);
  const person = newPerson();
  await fillRegistration(page, person);
  await submit(page).click();
  await expect(heading(page, "Check your inbox")).toBeVisible();
  expect(posts).toHaveLength(1);
});

test("USER-STORY-001-S3 what the server finds wrong is told at the fields", async ({ page, complaints }) => {
  complaints.expectRefusal(422, "/auth/register");
  const person = newPerson();
  // On the way to the server, the fields lose what the page has made sure of.
  await page.route("/auth/register", (route) => route.continue({ postData: { ...person, email: "a@b", password: "short" } }));
  await fillRegistration(page, person);
  await submit(page).click();
  await expect(email(page)).toHaveAccessibleDescription("Enter a valid email address");
  await expect(password(page)).toHaveAccessibleDescription(/Use at least 8 characters$/);
  await expect(username(page)).not.toHaveAttribute("aria-invalid");
  await expect(banner(page)).toHaveCount(0);
  await expect(email(page)).toHaveValue(person.email);
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

test("while the answer is awaited the button says so, and a double click sends one request", async ({ page }) => {
  const posts = requestsTo(page, "POST", "/auth/register");
  const release = await hold(page, "/auth/register");
  await fillRegistration(page, newPerson());
  await submit(page).dblclick();
  await expect(submit(page)).toHaveText("Creating account…");
  await expect(submit(page)).toHaveAttribute("aria-busy", "true");
  await expect(submit(page)).toHaveAttribute("aria-disabled", "true");
  await expect(page.locator("main form")).toHaveAttribute("aria-busy", "true");
  await email(page).press("Enter");
  release();
  await expect(heading(page, "Check your inbox")).toBeVisible();
  expect(posts).toHaveLength(1);
});

test("when the server cannot be reached the page says so, and the next try works", async ({ page, complaints }) => {
  complaints.expect(/^Failed to load resource: net::ERR_INTERNET_DISCONNECTED .*\/auth\/register\)$/);
  const person = newPerson();
  await page.route("/auth/register", (route) => route.abort("internetdisconnected"));
  await fillRegistration(page, person);
  await submit(page).click();
  await expect(banner(page)).toHaveText("We could not reach the server. Check your connection and try again");
  await expect(email(page)).toHaveValue(person.email);
  await expect(email(page)).toBeEditable();
  await page.unroute("/auth/register");
  await submit(page).click();
  await expect(heading(page, "Check your inbox")).toBeVisible();
});

test("a password that is easy to guess is refused at its field, with the reason", async ({ page, complaints }) => {
  complaints.expectRefusal(422, "/auth/register");
  const person = newPerson();
  await fillRegistration(page, { ...person, password: "password1" });
  await submit(page).click();
  await expect(password(page)).toHaveAccessibleDescription(/This password is too common/);
  await expect(password(page)).toHaveAttribute("aria-invalid", "true");
  await fillRegistration(page, person);
  await submit(page).click();
  await expect(heading(page, "Check your inbox")).toBeVisible();
});

test("an answer from somewhere else is an error, and nothing that was typed is lost", async ({ page }) => {
  const person = newPerson();
  await fillRegistration(page, person);
  for (const body of ["<html>Sign in to the Wi-Fi</html>", '{"portal": true}', ""]) {
    await page.route("/auth/register", (route) => route.fulfill({ status: 200, body }));
    await submit(page).click();
    await expect(banner(page)).toHaveText("Something went wrong on our side. Please try again");
    await page.unroute("/auth/register");
  }
  await expect(email(page)).toHaveValue(person.email);
  await submit(page).click();
  await expect(heading(page, "Check your inbox")).toBeVisible();
});

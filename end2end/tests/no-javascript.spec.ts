// The same pages with JavaScript off: plain forms, whose outcome the next page shows.
import { arrive, banner, button, email, fillRegistration, heading, password, signIn, submit, username } from "../support/pages";
import { follows, mailedLink, newPerson, registeredPerson, signInStatus, verifiedPerson } from "../support/people";
import { expect, test } from "../support/test";

test("USER-FE-001.2-S1 the browser itself refuses what is no email address", async ({ page, open }) => {
  await open("/register");
  await fillRegistration(page, { ...newPerson(), email: "notanemail" });
  await submit(page).click();
  await expect(email(page)).toBeFocused();
  await expect(page).toHaveURL("/register");
  await expect(page.locator("input:invalid")).toHaveCount(1);
  await expect(button(page, "Show password")).toBeHidden();
});

test("USER-STORY-001-S3 what the server finds wrong stands at the fields, and what was typed is kept", async ({ page, open }) => {
  await open("/register");
  await fillRegistration(page, { email: "a@b", username: "admin", password: "short" });
  await submit(page).click();
  await expect(email(page)).toHaveAccessibleDescription("Enter a valid email address");
  await expect(username(page)).toHaveAccessibleDescription(/This username is reserved$/);
  await expect(password(page)).toHaveAccessibleDescription(/Use at least 8 characters$/);
  await expect(page.locator("[aria-invalid=true]")).toHaveCount(3);
  await expect(page).toHaveURL("/register");
  await expect(email(page)).toHaveValue("a@b");
  await expect(username(page)).toHaveValue("admin");
  await expect(password(page)).toHaveValue("");

  await fillRegistration(page, newPerson());
  await submit(page).click();
  await expect(heading(page, "Check your inbox")).toBeVisible();
});

test("USER-FE-001.2-S2 a taken email is told in a banner, once", async ({ page, open, request }) => {
  const taken = await registeredPerson(request);
  const person = newPerson();
  await open("/register");
  await fillRegistration(page, { ...person, email: taken.email });
  await submit(page).click();
  await expect(banner(page)).toHaveText("This email is already registered");
  await expect(email(page)).toHaveValue(taken.email);
  await expect(username(page)).toHaveValue(person.username);
  await page.reload();
  await expect(banner(page)).toHaveCount(0);
  await expect(email(page)).toHaveValue("");
});

test("USER-FE-002.2-S1 wrong credentials are told, and no cookie opens anything", async ({ page, open, ann, context }) => {
  await open("/login");
  await signIn(page, { ...ann, password: "not the password" });
  await expect(banner(page)).toHaveText("Invalid email or password");
  await expect(email(page)).toHaveValue(ann.email);
  await expect(password(page)).toHaveValue("");
  expect((await context.cookies()).filter((cookie) => cookie.name === "refresh_token")).toEqual([]);
  await open("/timeline");
  await expect(page).toHaveURL("/login?next=%2Ftimeline");
});

test("USER-FE-002.1-S1 a sign-in leads to where one wanted to be, and lasts", async ({ page, open, ann, context }) => {
  await open("/timeline");
  await expect(page).toHaveURL("/login?next=%2Ftimeline");
  await arrive(page, ann);
  await expect(page).toHaveURL("/timeline");
  const cookies = await context.cookies();
  expect(cookies.map((cookie) => cookie.name).sort()).toEqual(["__Host-session", "device", "refresh_token"]);
  for (const cookie of cookies) expect(cookie).toMatchObject({ httpOnly: true, secure: true, sameSite: "Lax" });
  await page.reload();
  await expect(heading(page, `Hello, ${ann.username}`)).toBeVisible();
});

test("an address that is not verified is told, with a way to a new link", async ({ page, open, request }) => {
  const person = await registeredPerson(request);
  await open("/login");
  await signIn(page, person);
  await expect(banner(page)).toContainText("Please verify your email");
  await expect(banner(page)).toContainText(person.email);
  await button(page, "Send a new link").click();
  await expect(page.getByText("If that address waits to be verified, a link is on its way")).toBeVisible();
});

test("signing out leads to the start, and ends it", async ({ page, open, ann, context }) => {
  await open("/login");
  await arrive(page, ann);
  await button(page, "Sign out").click();
  await expect(page).toHaveURL("/");
  await expect(page.getByRole("navigation").getByRole("link", { name: "Sign in" })).toBeVisible();
  expect((await context.cookies()).filter((cookie) => cookie.name === "refresh_token")).toEqual([]);
  await open("/timeline");
  await expect(page).toHaveURL("/login?next=%2Ftimeline");
});

test("opening the link verifies nothing, the button does, and a bad link leads to a new one", async ({ page, open, request }) => {
  const person = await registeredPerson(request);
  await open(await mailedLink(request, person.email));
  expect(await signInStatus(request, person)).toBe(403);
  await button(page, "Verify my email").click();
  await expect(heading(page, "Your email is verified")).toBeVisible();
  await expect(page).toHaveURL("/verify-email");
  expect(await signInStatus(request, person)).toBe(200);

  await open(`/verify-email?token=${"A".repeat(43)}`);
  await button(page, "Verify my email").click();
  await expect(heading(page, "This link doesn’t work any more")).toBeVisible();
  await email(page).fill(person.email);
  await submit(page).click();
  await expect(page.getByText("If that address waits to be verified, a link is on its way")).toBeVisible();
});

test("who did not create the account deletes it with a plain form", async ({ page, open, request }) => {
  const person = await registeredPerson(request);
  await open(await mailedLink(request, person.email));
  await expect(page.getByText(`The account @${person.username} was created with this email address`)).toBeVisible();
  await button(page, "I didn't create this account").click();
  await expect(heading(page, "The account is deleted")).toBeVisible();
  await expect(page).toHaveURL("/verify-email");
  expect(await signInStatus(request, person)).toBe(401);
});

test("USER-STORY-003-S2 the profile is edited with plain forms, the picture too", async ({ page, open, ann }) => {
  await open("/login");
  await arrive(page, ann);
  await open("/profile");
  await button(page, "Edit profile").click();
  await page.getByLabel("Display name").fill("Ann Smith");
  await page.getByLabel("Bio").fill("x".repeat(301));
  await button(page, "Save").click();
  await expect(page.getByLabel("Bio")).toHaveAccessibleDescription(/Use at most 300 characters/);
  await expect(page.getByLabel("Display name")).toHaveValue("Ann Smith");
  await page.getByLabel("Bio").fill("Likes trees.");
  await button(page, "Save").click();
  await expect(page).toHaveURL("/profile");
  await expect(heading(page, "Ann Smith")).toBeVisible();
  await expect(page.getByText("Likes trees.")).toBeVisible();

  await button(page, "Edit profile").click();
  await page.getByLabel("Choose a picture").setInputFiles({ name: "me.png", mimeType: "image/png", buffer: Buffer.from("no picture") });
  await button(page, "Upload picture").click();
  await expect(banner(page)).toHaveText("Use a JPEG or PNG picture");
  const picture = "iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mNk+M9QDwADhgGAWjR9awAAAABJRU5ErkJggg==";
  await page.getByLabel("Choose a picture").setInputFiles({ name: "me.png", mimeType: "image/png", buffer: Buffer.from(picture, "base64") });
  await button(page, "Upload picture").click();
  await expect(page.locator("main .avatar.large img")).toHaveAttribute("src", /^\/avatars\//);
  await button(page, "Remove").click();
  await expect(page.locator("main .avatar.large img")).toHaveCount(0);
});

test("USER-FE-004.1-S1 USER-FE-004.1-S2 following is a plain form that comes back", async ({ page, open, ann, request }) => {
  const ben = await verifiedPerson(request);
  await open("/login");
  await arrive(page, ann);
  await open(`/profile/${ben.username}`);
  const counts = page.getByRole("main").getByRole("list");
  await button(page, "Follow").click();
  await expect(page).toHaveURL(`/profile/${ben.username}`);
  await expect(counts).toContainText("1 follower");
  await button(page, "Unfollow").click();
  await expect(page).toHaveURL(`/profile/${ben.username}`);
  await expect(button(page, "Follow")).toBeVisible();
  await expect(counts).toContainText("0 followers");
});

test("USER-FE-005.1-S1 the lists go on by links, and followers are removed by plain forms", async ({ page, open, ann, request }) => {
  for (let n = 0; n < 21; n += 1) await follows(request, await verifiedPerson(request), ann);
  await open("/login");
  await arrive(page, ann);
  await open("/profile");
  const main = page.getByRole("main");
  const items = main.locator(".people > li");
  await main.getByRole("link", { name: "21 followers" }).click();
  await expect(items).toHaveCount(20);
  await expect(button(page, "Load more")).toHaveCount(0);
  await main.getByRole("link", { name: "Next" }).click();
  await expect(items).toHaveCount(1);
  await items.getByRole("button", { name: "Remove" }).click();
  await expect(page.getByText("Nobody is on this page")).toBeVisible();
  await main.getByRole("link", { name: "Previous" }).click();
  await expect(items).toHaveCount(20);
  await expect(main.getByRole("link", { name: "20 followers" })).toBeVisible();
});

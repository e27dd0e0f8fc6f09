// Before the application has loaded: nothing that a person does then is lost, or done twice.
import type { Page } from "@playwright/test";
import { arrive, banner, email, fillRegistration, heading, hold, password, requestsTo, submit } from "../support/pages";
import { newPerson, signInStatus, type Person } from "../support/people";
import { expect, hydrated, test } from "../support/test";

const WASM = /\.wasm$/;

/** Opens a page whose wasm is still on its way; gives the function that lets it arrive. */
async function openEarly(page: Page, path: string) {
  await page.addInitScript(() => addEventListener("hydrated", () => console.debug("hydrated")));
  const arriveNow = await hold(page, WASM);
  await page.goto(path, { waitUntil: "commit" });
  await expect(submit(page)).toBeVisible();
  // Told by the console, since scripts of a test have to wait while a page is being left.
  return () => Promise.all([page.waitForEvent("console", (message) => message.text() === "hydrated"), arriveNow()]);
}

/** The documents that the page's window loads from now on. */
function documents(page: Page): string[] {
  const urls: string[] = [];
  page.on("framenavigated", (frame) => urls.push(frame.url()));
  return urls;
}

async function typeSignIn(page: Page, person: Person) {
  await email(page).fill(person.email);
  await password(page).fill(person.password);
}

test.beforeEach(({ complaints }) => complaints.ignoreUnusedWasm());

test("a form sent early is sent by the application as soon as it is there, once", { tag: "@phone" }, async ({ page }) => {
  const load = await openEarly(page, "/register");
  const posts = requestsTo(page, "POST", "/auth/register");
  const person = newPerson();
  await fillRegistration(page, person);
  const loads = documents(page);
  await submit(page).dblclick();
  await expect(page.locator("main form")).toHaveAttribute("aria-busy", "true");
  expect(posts).toHaveLength(0);

  await load();
  await expect(heading(page, "Check your inbox")).toBeVisible();
  expect(posts.map((post) => [post.resourceType(), post.postDataJSON()])).toEqual([["fetch", person]]);
  expect(loads).toEqual([]);
});

test("when the application does not come, the form is posted plainly after five seconds", async ({ page, ann, complaints }) => {
  complaints.expect(/Failed to fetch/);
  complaints.expect(/^Failed to load resource: net::ERR_FAILED .*\.wasm\)$/);
  await page.clock.install();
  await page.route(WASM, (route) => route.abort());
  await page.goto("/login");
  const posts = requestsTo(page, "POST", "/auth/login");
  await typeSignIn(page, ann);
  await submit(page).click();
  await page.clock.runFor(4_500);
  expect(posts).toHaveLength(0);

  await page.clock.runFor(600);
  await expect(heading(page, `Hello, ${ann.username}`)).toBeVisible();
  await expect(page).toHaveURL("/timeline");
  expect(posts.map((post) => post.resourceType())).toEqual(["document"]);
});

test("later still, a plain form is sent at once", async ({ page, ann, complaints }) => {
  complaints.expect(/Failed to fetch/);
  complaints.expect(/^Failed to load resource: net::ERR_FAILED .*\.wasm\)$/);
  await page.clock.install();
  await page.route(WASM, (route) => route.abort());
  await page.goto("/login");
  await page.clock.runFor(5_100);
  await arrive(page, ann);
  await expect(page).toHaveURL("/timeline");
});

test("an application that comes while the plain form is on its way does not send it again", async ({ page, request }) => {
  await page.clock.install();
  const load = await openEarly(page, "/register");
  const answer = await hold(page, "/auth/register");
  const posts = requestsTo(page, "POST", "/auth/register");
  const person = newPerson();
  await fillRegistration(page, person);
  await submit(page).click();
  await page.clock.runFor(5_100);
  await expect.poll(() => posts.length).toBe(1);
  await load();
  answer();
  await expect(heading(page, "Check your inbox")).toBeVisible();
  await expect(banner(page)).toHaveCount(0);
  expect(posts.map((post) => post.resourceType())).toEqual(["document"]);
  expect(await signInStatus(request, person)).toBe(403);
});

test("a form that the browser refuses early is neither held nor sent", async ({ page }) => {
  const load = await openEarly(page, "/register");
  const posts = requestsTo(page, "POST", "/auth/register");
  const person = newPerson();
  await fillRegistration(page, { ...person, email: "notanemail" });
  await submit(page).click();
  await expect(email(page)).toBeFocused();
  await load();
  await email(page).fill(person.email);
  await submit(page).click();
  await expect(heading(page, "Check your inbox")).toBeVisible();
  expect(posts.map((post) => post.postDataJSON())).toEqual([person]);
});

test("what was typed early stays, and a wrong email gets its message", { tag: "@phone" }, async ({ page }) => {
  const load = await openEarly(page, "/register");
  const person = newPerson();
  await fillRegistration(page, { ...person, email: "notanemail" });
  await expect(email(page)).not.toHaveAttribute("aria-invalid");
  await load();
  await expect(email(page)).toHaveAccessibleDescription("Enter a valid email address");
  await expect(email(page)).toHaveValue("notanemail");
  await expect(password(page)).toHaveValue(person.password);
  await expect(submit(page)).toHaveAttribute("aria-disabled", "true");
});

test("what is being typed while the application comes stays, and goes on", async ({ page }) => {
  const load = await openEarly(page, "/register");
  await email(page).focus();
  await page.keyboard.type("not");
  await load();
  await page.keyboard.type("anemail");
  await expect(email(page)).toHaveValue("notanemail");
  await expect(email(page)).not.toHaveAttribute("aria-invalid");
  await page.keyboard.press("Tab");
  await expect(email(page)).toHaveAccessibleDescription("Enter a valid email address");
});

test("the outcome of a plain post is still shown when the application takes over", async ({ page, ann, complaints }) => {
  complaints.expect(/Failed to fetch/);
  complaints.expect(/^Failed to load resource: net::ERR_FAILED .*\.wasm\)$/);
  await page.clock.install();
  await page.route(WASM, (route) => route.abort());
  await page.goto("/login");
  await typeSignIn(page, { ...ann, password: "not the password" });
  await page.clock.runFor(5_100);
  await page.unroute(WASM);
  await submit(page).click();
  await expect(banner(page)).toHaveText("Invalid email or password");
  await hydrated(page);
  await expect(banner(page)).toHaveText("Invalid email or password");
  await expect(email(page)).toHaveValue(ann.email);
  await password(page).fill(ann.password);
  await submit(page).click();
  await expect(heading(page, `Hello, ${ann.username}`)).toBeVisible();
});

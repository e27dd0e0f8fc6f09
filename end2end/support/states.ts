// Every page in every state that it can show, and how to get there.
import { expect, type APIRequestContext, type Page } from "@playwright/test";
import { arrive, banner, button, email, fillRegistration, heading, hold, password, signIn, submit } from "./pages";
import { follows, mailedLink, newPerson, registeredPerson, tokenOf, verifiedPerson, type Person } from "./people";
import type { Complaints } from "./test";

interface Stage {
  page: Page;
  request: APIRequestContext;
  open: (path: string) => Promise<void>;
  complaints: Complaints;
}

const BAD_LINK = `/verify-email?token=${"A".repeat(43)}`;

async function signedIn({ page, request, open }: Stage): Promise<Person> {
  const person = await verifiedPerson(request);
  await open("/login");
  await arrive(page, person);
  return person;
}

/** Somebody with a name that is hard on the layout. */
async function named(request: APIRequestContext, display_name: string, bio?: string): Promise<Person> {
  const person = await verifiedPerson(request);
  const headers = { authorization: `Bearer ${await tokenOf(request, person)}` };
  const answer = await request.patch("/users/me", { data: { display_name, bio }, headers });
  expect(answer.status()).toBe(200);
  return person;
}

/** A profile with a follower of every kind of name; the viewer is signed in, and follows some of them. */
async function popular(stage: Stage) {
  const { request } = stage;
  const viewer = await signedIn(stage);
  const star = await named(request, "Augusta Ada King, Countess of Lovelace", "Poetical science.");
  const people = [
    await named(request, "W".repeat(100)),
    await named(request, "שלום עולם!"),
    await named(request, "نور الهدى بنت عبد الرحمن"),
    await named(request, "Anna-Maria Schmidt-Hohenstein von und zu Wolkenkuckucksheim"),
    await verifiedPerson(request),
    await named(request, "李"),
  ];
  for (const person of people) await follows(request, person, star, viewer);
  await follows(request, viewer, star, ...people.slice(2, 5));
  await follows(request, star, viewer, ...people);
  return { viewer, star, people };
}

async function registered({ page, open }: Stage) {
  await open("/register");
  await fillRegistration(page, newPerson());
  await submit(page).click();
  await expect(heading(page, "Check your inbox")).toBeVisible();
}

async function brokenLink({ page, open, complaints }: Stage) {
  complaints.expectRefusal(422, "/auth/verify-email");
  await open(BAD_LINK);
  await button(page, "Verify my email").click();
  await expect(heading(page, "This link doesn’t work any more")).toBeVisible();
}

async function notVerified({ page, open, request, complaints }: Stage) {
  complaints.expectRefusal(403, "/auth/login");
  await open("/login");
  await signIn(page, await registeredPerson(request));
  await expect(banner(page)).toBeVisible();
}

export const states: Record<string, (stage: Stage) => Promise<void>> = {
  start: ({ open }) => open("/"),
  "sign-in-link": ({ open }) => open("/sign-in-link"),
  "sign-in-link-with-token": ({ open }) => open(`/sign-in-link?token=${"A".repeat(43)}`),
  "start-signed-in": async (stage) => {
    await signedIn(stage);
    await stage.open("/");
  },
  register: ({ open }) => open("/register"),
  "register-invalid": async ({ page, open }) => {
    await open("/register");
    await submit(page).click();
    await expect(page.locator("[aria-invalid=true]")).toHaveCount(3);
  },
  "register-taken": async ({ page, open, request, complaints }) => {
    complaints.expectRefusal(409, "/auth/register");
    const { email } = await registeredPerson(request);
    await open("/register");
    await fillRegistration(page, { ...newPerson(), email });
    await submit(page).click();
    await expect(banner(page)).toBeVisible();
  },
  "register-pending": async ({ page, open }) => {
    await open("/register");
    await hold(page, "/auth/register");
    await fillRegistration(page, newPerson());
    await submit(page).click();
    await expect(submit(page)).toHaveText("Creating account…");
  },
  "register-done": registered,
  "register-resent": async (stage) => {
    await registered(stage);
    await button(stage.page, "Send a new link").click();
    await expect(stage.page.getByRole("status")).toBeVisible();
  },
  login: ({ open }) => open("/login"),
  "login-empty": async ({ page, open }) => {
    await open("/login");
    await submit(page).click();
    await expect(page.locator("[aria-invalid=true]")).toHaveCount(2);
  },
  "login-wrong": async ({ page, open, complaints }) => {
    complaints.expectRefusal(401, "/auth/login");
    await open("/login");
    await signIn(page, newPerson());
    await expect(banner(page)).toBeVisible();
  },
  "login-not-verified": notVerified,
  "login-resent": async (stage) => {
    await notVerified(stage);
    await button(stage.page, "Send a new link").click();
    await expect(stage.page.getByRole("status")).toBeVisible();
  },
  "login-shown-password": async ({ page, open }) => {
    await open("/login");
    await password(page).fill("a quiet river runs");
    await button(page, "Show password").click();
  },
  verify: async ({ open, request }) => open(await mailedLink(request, (await registeredPerson(request)).email)),
  "verify-unknown": ({ open }) => open(BAD_LINK),
  "verify-rejected": async ({ page, open, request }) => {
    await open(await mailedLink(request, (await registeredPerson(request)).email));
    await button(page, "I didn't create this account").click();
    await expect(heading(page, "The account is deleted")).toBeVisible();
  },
  "verify-done": async ({ page, open, request }) => {
    await open(await mailedLink(request, (await registeredPerson(request)).email));
    await button(page, "Verify my email").click();
    await expect(heading(page, "Your email is verified")).toBeVisible();
  },
  "verify-broken": brokenLink,
  "verify-resent": async (stage) => {
    await brokenLink(stage);
    await email(stage.page).fill("nobody@example.org");
    await submit(stage.page).click();
    await expect(stage.page.getByRole("status")).toBeVisible();
  },
  timeline: async (stage) => {
    await signedIn(stage);
    await expect(stage.page.getByText("It’s quiet here for now")).toBeVisible();
  },
  "timeline-people": async (stage) => {
    await popular(stage);
    await stage.open("/timeline");
    await expect(stage.page.getByRole("region", { name: "People you may know" })).toBeVisible();
  },
  "timeline-loading": async (stage) => {
    await signedIn(stage);
    await stage.open("/");
    await hold(stage.page, "/users/me/timeline");
    await stage.page.getByRole("main").getByRole("link", { name: "Go to your timeline" }).click();
    await expect(stage.page.locator(".skeleton").first()).toBeVisible();
  },
  "timeline-failed": async (stage) => {
    stage.complaints.expectRefusal(503, "/users/me/timeline");
    await signedIn(stage);
    await stage.open("/");
    const error = { code: "OVERLOADED", message: "We are very busy. Please try again in a moment" };
    await stage.page.route("/users/me/timeline", (route) => route.fulfill({ status: 503, json: { error } }));
    await stage.page.getByRole("main").getByRole("link", { name: "Go to your timeline" }).click();
    await expect(banner(stage.page)).toBeVisible();
  },
  "timeline-signed-out": async (stage) => {
    await signedIn(stage);
    await button(stage.page, "Sign out").click();
    await expect(stage.page).toHaveURL("/");
    await stage.page.goBack();
    await expect(heading(stage.page, "Your timeline")).toBeVisible();
  },
  profile: async (stage) => {
    await signedIn(stage);
    await stage.open("/profile");
    await expect(button(stage.page, "Edit profile")).toBeVisible();
  },
  "profile-edit": async (stage) => {
    await signedIn(stage);
    await stage.open("/profile");
    await button(stage.page, "Edit profile").click();
    await stage.page.getByLabel("Bio").fill("Likes trees.\nAnd rivers.");
  },
  "profile-full": async (stage) => {
    await signedIn(stage);
    await stage.open("/profile");
    await button(stage.page, "Edit profile").click();
    await stage.page.getByLabel("Display name").fill("Augusta Ada King, Countess of Lovelace");
    await stage.page.getByLabel("Bio").fill("Poetical science.\n\nNotes on the Analytical Engine, and on what it might do beyond numbers.");
    await button(stage.page, "Save").click();
    await expect(heading(stage.page, "Augusta Ada King, Countess of Lovelace")).toBeVisible();
  },
  "profile-other": async (stage) => {
    const { star } = await popular(stage);
    await stage.open(`/profile/${star.username}`);
    await expect(button(stage.page, "Unfollow")).toBeVisible();
  },
  "profile-other-long": async (stage) => {
    await signedIn(stage);
    const { username } = await named(stage.request, "W".repeat(100), "x".repeat(300));
    await stage.open(`/profile/${username}`);
    await expect(button(stage.page, "Follow")).toBeVisible();
  },
  "profile-visited": async ({ open, request }) => {
    await open(`/profile/${(await named(request, "שלום עולם!")).username}`);
  },
  "profile-follow-failed": async (stage) => {
    stage.complaints.expect(/ERR_FAILED .*\/follow\)$/);
    await signedIn(stage);
    await stage.open(`/profile/${(await verifiedPerson(stage.request)).username}`);
    await stage.page.route(/\/follow$/, (route) => route.abort());
    await button(stage.page, "Follow").click();
    await expect(stage.page.locator(".toast")).toBeVisible();
  },
  "people-other": async (stage) => {
    const { star } = await popular(stage);
    await stage.open(`/profile/${star.username}/followers`);
  },
  "people-own": async (stage) => {
    const { viewer } = await popular(stage);
    await stage.open(`/profile/${viewer.username}/followers`);
    await expect(button(stage.page, "Remove").first()).toBeVisible();
  },
  "people-more": async (stage) => {
    const viewer = await signedIn(stage);
    for (let n = 0; n < 21; n += 1) await follows(stage.request, await verifiedPerson(stage.request), viewer);
    await stage.open(`/profile/${viewer.username}/followers`);
    await expect(button(stage.page, "Load more")).toBeVisible();
  },
  "people-none": async (stage) => {
    await signedIn(stage);
    await stage.open(`/profile/${(await verifiedPerson(stage.request)).username}/followers`);
  },
  "people-none-own": async (stage) => {
    const { username } = await signedIn(stage);
    await stage.open(`/profile/${username}/following`);
  },
  "people-visited": async ({ open, request }) => {
    await open(`/profile/${(await verifiedPerson(request)).username}/followers`);
  },
  "profile-unknown": async ({ open, complaints }) => {
    complaints.expectRefusal(404, "/profile/nobody-at-all");
    await open("/profile/nobody-at-all");
  },
  "not-found": async ({ open, complaints }) => {
    complaints.expectRefusal(404, "/no/such/page");
    await open("/no/such/page");
  },
};

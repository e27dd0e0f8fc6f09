// Every page in every state that it can show, and how to get there.
import { expect, type APIRequestContext, type Page } from "@playwright/test";
import { arrive, banner, button, email, fillRegistration, heading, hold, password, signIn, submit } from "./pages";
import { mailedLink, newPerson, registeredPerson, verifiedPerson } from "./people";
import type { Complaints } from "./test";

interface Stage {
  page: Page;
  request: APIRequestContext;
  open: (path: string) => Promise<void>;
  complaints: Complaints;
}

const BAD_LINK = `/verify-email?token=${"A".repeat(43)}`;

async function signedIn({ page, request, open }: Stage) {
  await open("/login");
  await arrive(page, await verifiedPerson(request));
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
  await submit(page).click();
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
  verify: ({ open }) => open(BAD_LINK),
  "verify-done": async ({ page, open, request }) => {
    await open(await mailedLink(request, (await registeredPerson(request)).email));
    await submit(page).click();
    await expect(heading(page, "Your email is verified")).toBeVisible();
  },
  "verify-broken": brokenLink,
  "verify-resent": async (stage) => {
    await brokenLink(stage);
    await email(stage.page).fill("nobody@example.org");
    await submit(stage.page).click();
    await expect(stage.page.getByRole("status")).toBeVisible();
  },
  timeline: signedIn,
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
  "profile-unknown": async ({ open, complaints }) => {
    complaints.expectRefusal(404, "/profile/nobody-at-all");
    await open("/profile/nobody-at-all");
  },
  "not-found": async ({ open, complaints }) => {
    complaints.expectRefusal(404, "/no/such/page");
    await open("/no/such/page");
  },
};

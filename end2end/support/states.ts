// Every page in each of its states, and how to reach that state.
import { expect, type APIRequestContext } from "@playwright/test";
import { accountStates, signInAsNewUser, type Context } from "./account-states";
import { banner, button, heading, holdRequests } from "./pages";
import { fetchAccessToken, follow, registerVerifiedUser, type User } from "./users";

/** Registers a user whose display name and bio test the layout. */
async function registerNamedUser(request: APIRequestContext, display_name: string, bio?: string): Promise<User> {
  const user = await registerVerifiedUser(request);
  const headers = { authorization: `Bearer ${await fetchAccessToken(request, user)}` };
  const response = await request.patch("/users/me", { data: { display_name, bio }, headers });
  expect(response.status()).toBe(200);
  return user;
}

/** Creates a profile whose followers have all kinds of names. The viewer is signed in and follows some of them. */
async function setUpPopularProfile(context: Context) {
  const { request } = context;
  const viewer = await signInAsNewUser(context);
  const star = await registerNamedUser(request, "Augusta Ada King, Countess of Lovelace", "Poetical science.");
  const followers = [
    await registerNamedUser(request, "W".repeat(100)),
    await registerNamedUser(request, "שלום עולם!"),
    await registerNamedUser(request, "نور الهدى بنت عبد الرحمن"),
    await registerNamedUser(request, "Anna-Maria Schmidt-Hohenstein von und zu Wolkenkuckucksheim"),
    await registerVerifiedUser(request),
    await registerNamedUser(request, "李"),
  ];
  for (const user of followers) await follow(request, user, star, viewer);
  await follow(request, viewer, star, ...followers.slice(2, 5));
  await follow(request, star, viewer, ...followers);
  return { viewer, star, followers };
}

export const states: Record<string, (context: Context) => Promise<void>> = {
  ...accountStates,
  home: ({ open }) => open("/"),
  "home-signed-in": async (context) => {
    await signInAsNewUser(context);
    await context.open("/");
  },
  timeline: async (context) => {
    await signInAsNewUser(context);
    await expect(context.page.getByText("It’s quiet here for now")).toBeVisible();
  },
  "timeline-people": async (context) => {
    await setUpPopularProfile(context);
    await context.open("/timeline");
    await expect(context.page.getByRole("region", { name: "People you may know" })).toBeVisible();
  },
  "timeline-loading": async (context) => {
    await signInAsNewUser(context);
    await context.open("/");
    await holdRequests(context.page, "/users/me/timeline");
    await context.page.getByRole("main").getByRole("link", { name: "Go to your timeline" }).click();
    await expect(context.page.locator(".skeleton").first()).toBeVisible();
  },
  "timeline-failed": async (context) => {
    context.browserErrors.expectHttpError(503, "/users/me/timeline");
    await signInAsNewUser(context);
    await context.open("/");
    const error = { code: "OVERLOADED", message: "We’re very busy right now. Please try again in a moment" };
    await context.page.route("/users/me/timeline", (route) => route.fulfill({ status: 503, json: { error } }));
    await context.page.getByRole("main").getByRole("link", { name: "Go to your timeline" }).click();
    await expect(banner(context.page)).toBeVisible();
  },
  "timeline-signed-out": async (context) => {
    await signInAsNewUser(context);
    await button(context.page, "Sign out").click();
    await expect(context.page).toHaveURL("/");
    await context.page.goBack();
    await expect(heading(context.page, "Your timeline")).toBeVisible();
  },
  profile: async (context) => {
    await signInAsNewUser(context);
    await context.open("/profile");
    await expect(button(context.page, "Edit profile")).toBeVisible();
  },
  "profile-edit": async (context) => {
    await signInAsNewUser(context);
    await context.open("/profile");
    await button(context.page, "Edit profile").click();
    await context.page.getByLabel("Bio").fill("Likes trees.\nAnd rivers.");
  },
  "profile-full": async (context) => {
    await signInAsNewUser(context);
    await context.open("/profile");
    await button(context.page, "Edit profile").click();
    await context.page.getByLabel("Display name").fill("Augusta Ada King, Countess of Lovelace");
    await context.page.getByLabel("Bio").fill("Poetical science.\n\nNotes on the Analytical Engine, and on what it might do beyond numbers.");
    await button(context.page, "Save").click();
    await expect(heading(context.page, "Augusta Ada King, Countess of Lovelace")).toBeVisible();
  },
  "profile-other": async (context) => {
    const { star } = await setUpPopularProfile(context);
    await context.open(`/profile/${star.username}`);
    await expect(button(context.page, "Unfollow")).toBeVisible();
  },
  "profile-menu": async (context) => {
    const { star } = await setUpPopularProfile(context);
    await context.open(`/profile/${star.username}`);
    await context.page.locator(".menu > summary").click();
    await expect(button(context.page, "Block")).toBeVisible();
  },
  "profile-blocked": async (context) => {
    const { star } = await setUpPopularProfile(context);
    await context.open(`/profile/${star.username}`);
    await context.page.locator(".menu > summary").click();
    await button(context.page, "Block").click();
    await expect(button(context.page, "Unblock")).toBeVisible();
  },
  "settings-privacy": async (context) => {
    await signInAsNewUser(context);
    await context.open("/settings/privacy");
    await button(context.page, "Turn on").first().click();
    await expect(context.page.getByRole("link", { name: "Requests to follow you" })).toBeVisible();
  },
  "settings-blocks": async (context) => {
    const { star } = await setUpPopularProfile(context);
    await context.open(`/profile/${star.username}`);
    await context.page.locator(".menu > summary").click();
    await button(context.page, "Block").click();
    await expect(button(context.page, "Unblock")).toBeVisible();
    await context.open("/settings/blocks");
    await expect(button(context.page, "Unblock")).toBeVisible();
  },
  "follow-requests": async (context) => {
    const viewer = await signInAsNewUser(context);
    const headers = { authorization: `Bearer ${await fetchAccessToken(context.request, viewer)}` };
    await context.request.patch("/users/me", { data: { private: true }, headers });
    for (let n = 0; n < 2; n += 1) await follow(context.request, await registerVerifiedUser(context.request), viewer);
    await context.open("/follow-requests");
    await expect(button(context.page, "Accept").first()).toBeVisible();
  },
  search: async (context) => {
    await signInAsNewUser(context);
    await context.open("/search");
    await expect(context.page.getByText("at least 2 letters")).toBeVisible();
  },
  "search-found": async (context) => {
    await setUpPopularProfile(context);
    await context.open("/search?q=anna-maria");
    await expect(context.page.locator("#found > li").first()).toBeVisible();
  },
  "search-none": async (context) => {
    await signInAsNewUser(context);
    await context.open("/search?q=xyzxyzxyz");
    await expect(context.page.getByRole("heading", { name: "No one found" })).toBeVisible();
  },
  "profile-report": async (context) => {
    await signInAsNewUser(context);
    const { username } = await registerNamedUser(context.request, "Ada");
    await context.open(`/profile/${username}`);
    await context.page.locator(".menu > summary").click();
    await context.page.getByText("Report", { exact: true }).click();
    await expect(button(context.page, "Send report")).toBeVisible();
  },
  "profile-other-long": async (context) => {
    await signInAsNewUser(context);
    const { username } = await registerNamedUser(context.request, "W".repeat(100), "x".repeat(300));
    await context.open(`/profile/${username}`);
    await expect(button(context.page, "Follow")).toBeVisible();
  },
  "profile-visitor": async ({ open, request }) => {
    await open(`/profile/${(await registerNamedUser(request, "שלום עולם!")).username}`);
  },
  "profile-follow-failed": async (context) => {
    context.browserErrors.expect(/ERR_FAILED .*\/follow\)$/);
    await signInAsNewUser(context);
    await context.open(`/profile/${(await registerVerifiedUser(context.request)).username}`);
    await context.page.route(/\/follow$/, (route) => route.abort());
    await button(context.page, "Follow").click();
    await expect(context.page.locator(".toast")).toBeVisible();
  },
  "people-other": async (context) => {
    const { star } = await setUpPopularProfile(context);
    await context.open(`/profile/${star.username}/followers`);
  },
  "people-own": async (context) => {
    const { viewer } = await setUpPopularProfile(context);
    await context.open(`/profile/${viewer.username}/followers`);
    await expect(button(context.page, "Remove").first()).toBeVisible();
  },
  "people-more": async (context) => {
    const viewer = await signInAsNewUser(context);
    for (let n = 0; n < 21; n += 1) await follow(context.request, await registerVerifiedUser(context.request), viewer);
    await context.open(`/profile/${viewer.username}/followers`);
    await expect(button(context.page, "Load more")).toBeVisible();
  },
  "people-empty": async (context) => {
    await signInAsNewUser(context);
    await context.open(`/profile/${(await registerVerifiedUser(context.request)).username}/followers`);
  },
  "people-empty-own": async (context) => {
    const { username } = await signInAsNewUser(context);
    await context.open(`/profile/${username}/following`);
  },
  "people-visitor": async ({ open, request }) => {
    await open(`/profile/${(await registerVerifiedUser(request)).username}/followers`);
  },
  "profile-unknown": async ({ open, browserErrors }) => {
    browserErrors.expectHttpError(404, "/profile/unknown-user");
    await open("/profile/unknown-user");
  },
  "not-found": async ({ open, browserErrors }) => {
    browserErrors.expectHttpError(404, "/no/such/page");
    await open("/no/such/page");
  },
};

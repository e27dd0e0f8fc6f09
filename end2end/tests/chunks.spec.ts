// A chunk that does not come: the server's page takes its place, and everything on it works.
import type { Page } from "@playwright/test";
import { button, followLink, heading, signIn } from "../support/pages";
import { verifiedPerson } from "../support/people";
import { expect, hydrated, test, type Complaints } from "../support/test";

const CHUNK = /\/pkg\/split_signed_in\..*\.wasm$/;

/** Lets no chunk through from now on. */
async function withoutChunk(page: Page, complaints: Complaints) {
  complaints.expect(/^Failed to load resource: net::ERR_FAILED .*\/pkg\/split_signed_in\..*\.wasm\)$/);
  complaints.expect(/Failed to fetch/);
  await page.route(CHUNK, (route) => route.abort());
}

test("a page whose chunk does not come stays as the server sent it", async ({ page, request, ann, complaints }) => {
  await withoutChunk(page, complaints);
  const bea = await verifiedPerson(request);
  await page.goto(`/profile/${bea.username}`);
  await expect(heading(page, bea.username)).toBeVisible();
  // What is a link is a link.
  await page.getByRole("link", { name: "Sign in to follow" }).click();
  await expect(page).toHaveURL(`/login?next=/profile/${bea.username}`);
  await hydrated(page);
  // The chunk does not come after the sign-in either: the browser goes to the server's page.
  await signIn(page, ann);
  await expect(page).toHaveURL(`/profile/${bea.username}`);
  // And what is a form is a form.
  await button(page, "Follow").click();
  await expect(button(page, "Unfollow")).toBeVisible();
  await button(page, "Sign out").click();
  await expect(page).toHaveURL("/");
  await expect(page.getByRole("main").getByRole("link", { name: "Sign in" })).toBeVisible();
});

test("on the way to a page whose chunk does not come, the browser loads it from the server", async ({ page, open, ann, complaints }) => {
  await open("/");
  await withoutChunk(page, complaints);
  await followLink(page, `/profile/${ann.username}`);
  await expect(page).toHaveURL(`/profile/${ann.username}`);
  await expect(heading(page, ann.username)).toBeVisible();
});

test("a chunk that did not come once is asked for again", async ({ page, open, ann, complaints }) => {
  await open("/login");
  await withoutChunk(page, complaints);
  await signIn(page, ann);
  await expect(heading(page, `Hello, ${ann.username}`)).toBeVisible();
  await page.waitForLoadState("networkidle");
  await page.unroute(CHUNK);
  await page.reload();
  await hydrated(page);
  await button(page, "Sign out").click();
  await expect(page).toHaveURL("/");
});

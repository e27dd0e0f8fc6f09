// What `/search` and the header find while a name is typed.
import { expectNoAxeViolations } from "../support/axe";
import { signIn } from "../support/pages";
import { fetchAccessToken, newUser, registerVerifiedUser } from "../support/users";
import { expect, test } from "../support/test";

test("people are listed while a name is typed", async ({ page, open, ann, request }) => {
  const last = newUser().username;
  const [one, two] = [await registerVerifiedUser(request), await registerVerifiedUser(request)];
  for (const [user, first] of [[one, "Mia"], [two, "Mio"]] as const) {
    const headers = { authorization: `Bearer ${await fetchAccessToken(request, user)}` };
    await request.patch("/users/me", { data: { display_name: `${last} ${first}` }, headers });
  }
  await open("/login");
  await signIn(page, ann);
  await open("/search");
  const input = page.getByLabel("Name or username");
  await expect(input).toBeFocused();
  await input.pressSequentially(`${last} mi`);
  const people = page.locator("#found > li");
  await expect(people).toHaveCount(2);
  await expect(page.getByRole("status").filter({ hasText: "2 people found" })).toHaveCount(1);
  await input.pressSequentially("a");
  await expect(people).toHaveCount(1);
  await expect(people).toContainText(`@${one.username}`);
  // An answer that comes late does not replace a newer one.
  const late = `${last} mio`;
  const isLate = (url: URL) => url.pathname === "/users/typeahead" && url.searchParams.get("q") === late;
  let answer = () => {};
  const held = new Promise<void>((resolve) => (answer = resolve));
  let hold = () => {};
  const isHeld = new Promise<void>((resolve) => (hold = resolve));
  await page.route(isLate, async (route) => {
    hold();
    await held;
    await route.continue();
  });
  await input.fill(late);
  await isHeld;
  await input.fill(last);
  await expect(people).toHaveCount(2);
  const answered = page.waitForResponse((response) => isLate(new URL(response.url())));
  answer();
  await (await answered).finished();
  // Time in which it would be shown.
  await page.waitForTimeout(500);
  await expect(people).toHaveCount(2);
  await input.fill("");
  await expect(people).toHaveCount(0);
  await expect(page.getByText("at least 2 letters")).toBeVisible();
});

test("a failure says so, and the next key tries again", async ({ page, open, ann, browserErrors }) => {
  browserErrors.expectHttpError(503, "/users/typeahead\\?q=zoe");
  await open("/login");
  await signIn(page, ann);
  await open("/search");
  const error = { code: "OVERLOADED", message: "We’re very busy right now. Please try again in a moment" };
  await page.route("/users/typeahead*", (route) => route.fulfill({ status: 503, json: { error } }));
  await page.getByLabel("Name or username").fill("zoe");
  await expect(page.getByRole("alert")).toContainText("very busy");
  await page.unroute("/users/typeahead*");
  await page.getByLabel("Name or username").fill(ann.username);
  await expect(page.locator("#found > li")).toContainText(`@${ann.username}`);
  await expect(page.getByRole("alert")).toHaveCount(0);
});

test("the header of every page finds people, with the keyboard too", async ({ page, open, ann, request }) => {
  const zoe = await registerVerifiedUser(request);
  await open("/login");
  await signIn(page, ann);
  const form = page.getByRole("search");
  const input = form.getByLabel("Search");
  const links = form.getByRole("link");
  await input.fill(zoe.username);
  await expect(links).toHaveCount(1);
  await expect(form.getByRole("status")).toHaveText("1 person found");
  await expectNoAxeViolations(page, "the suggestions of the header");
  await input.press("ArrowDown");
  await expect(links).toBeFocused();
  await page.keyboard.press("ArrowUp");
  await expect(input).toBeFocused();
  await page.keyboard.press("Escape");
  await expect(links).toHaveCount(0);
  await input.fill(zoe.username);
  await expect(links).toHaveCount(1);
  // They go when the focus does, and come back with it.
  await page.mouse.click(10, 700);
  await expect(links).toHaveCount(0);
  await input.focus();
  await page.keyboard.press("ArrowDown");
  await page.keyboard.press("Enter");
  await expect(page).toHaveURL(`/profile/${zoe.username}`);
  await expect(links).toHaveCount(0);
  await input.fill(`${zoe.username}x`);
  await expect(form.getByRole("status")).toHaveText("No one found");
  await input.press("Enter");
  await expect(page).toHaveURL(`/search?q=${zoe.username}x`);
  await expect(page.getByRole("search")).toHaveCount(1);
  await expect(page.getByLabel("Name or username")).toHaveValue(`${zoe.username}x`);
});

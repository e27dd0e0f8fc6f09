// The pages in German, whose words are longer.
import { expectNoAxeViolations } from "../support/axe";
import { overflowing } from "../support/layout";
import { signIn } from "../support/pages";
import { registerVerifiedUser } from "../support/users";
import { expect, test } from "../support/test";

test.use({ locale: "de-DE", contextOptions: { reducedMotion: "reduce" } });

const VISITOR_PAGES = ["/", "/login", "/register", "/forgot-password", "/reset-password?token=x", "/verify-email?token=x", "/sign-in-link?token=x", "/account-deleted"];
const SIGNED_IN_PAGES = ["/", "/timeline", "/profile", "/settings", "/settings/security", "/reauthenticate"];

test("a person is corrected, refused and signed in in German", { tag: "@phone" }, async ({ page, open, browserErrors, request }) => {
  const ann = await registerVerifiedUser(request);
  browserErrors.expectHttpError(401, "/auth/login");
  await open("/register");
  await page.getByLabel("E-Mail-Adresse").fill("not an address");
  await page.getByLabel("Passwort", { exact: true }).fill("short");
  await expect(page.getByText("Gib eine gültige E-Mail-Adresse ein")).toBeVisible();
  await page.getByRole("link", { name: "Anmelden" }).first().click();
  await page.getByLabel("Passwort", { exact: true }).fill("wrong password");
  await page.getByLabel("E-Mail-Adresse").fill(ann.email);
  await page.getByRole("button", { name: "Anmelden", exact: true }).click();
  await expect(page.getByRole("main").getByRole("alert")).toHaveText("E-Mail-Adresse oder Passwort ist falsch");
  await page.getByLabel("Passwort", { exact: true }).fill(ann.password);
  await page.getByRole("button", { name: "Anmelden", exact: true }).click();
  await expect(page.getByRole("heading", { level: 1, name: `Hallo ${ann.username}` })).toBeVisible();
});

test("a page reached by a link says the same as one that the server renders", async ({ page, open }) => {
  await open("/");
  await page.evaluate(() => document.documentElement.setAttribute("data-first", ""));
  for (const [link, path] of [
    ["Anmelden", "/login"],
    ["Konto erstellen", "/register"],
    ["Anmelden", "/login"],
    ["Passwort vergessen?", "/forgot-password"],
    ["Anmelden", "/login"],
    ["Link zum Anmelden per E-Mail schicken", "/sign-in-link"],
  ] as const) {
    await page.getByRole("link", { name: link, exact: true }).first().click();
    await expect(page).toHaveURL(path);
    const [title, text] = await page.evaluate(async (path) => {
      const rendered = new DOMParser().parseFromString(await (await fetch(path)).text(), "text/html");
      return [rendered.title, rendered.querySelector("main")!.textContent];
    }, path);
    await expect(page).toHaveTitle(title);
    await expect.poll(() => page.locator("main").evaluate((main) => main.textContent), { message: path }).toBe(text);
  }
  await expect(page.locator("html"), "the browser loaded another document").toHaveAttribute("data-first");
});

for (const width of [320, 1280]) {
  test(`nothing is clipped, and axe finds nothing: ${width} pixels wide`, async ({ page, open, context, baseURL, request }) => {
    const ann = await registerVerifiedUser(request);
    await page.setViewportSize({ width, height: 640 });
    const expectGood = async (path: string) => {
      await open(path);
      await expect(page.locator("html")).toHaveAttribute("lang", "de");
      expect(await page.evaluate(() => document.documentElement.scrollWidth), path).toBe(width);
      expect(await overflowing(page), path).toEqual([]);
      await expectNoAxeViolations(page, path);
    };
    for (const path of VISITOR_PAGES) await expectGood(path);
    await context.addCookies([{ name: "language", value: "en", url: baseURL! }]);
    await open("/login");
    await signIn(page, ann);
    await context.addCookies([{ name: "language", value: "de", url: baseURL! }]);
    for (const path of [...SIGNED_IN_PAGES, `/profile/${ann.username}/followers`]) await expectGood(path);
  });
}

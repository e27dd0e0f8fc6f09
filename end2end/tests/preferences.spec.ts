// The language and the colors of the pages: chosen at their end, remembered, and rendered by the server at once.
import { expect, test } from "../support/test";

const DARK_PAPER = "rgb(18, 22, 20)";
const LIGHT_PAPER = "rgb(246, 244, 238)";

test("a visitor switches the language, stays on the page, and finds it again", { tag: "@phone" }, async ({ page, open }) => {
  await open("/login?next=%2Fsettings");
  await page.getByRole("button", { name: "Deutsch" }).click();
  await expect(page).toHaveURL("/login?next=%2Fsettings");
  await expect(page.getByRole("heading", { level: 1, name: "Willkommen zurück" })).toBeVisible();
  await expect(page.locator("html")).toHaveAttribute("lang", "de");
  await expect(page.getByRole("button", { name: "Deutsch" })).toHaveAttribute("aria-current", "true");
  await open("/register");
  await expect(page).toHaveTitle("Konto erstellen · Kith");
  await page.getByRole("button", { name: "English" }).click();
  await expect(page).toHaveTitle("Create your account · Kith");
});

test("colors are those of the system until they are chosen", { tag: "@phone" }, async ({ page, open }) => {
  const paper = () => page.evaluate(() => getComputedStyle(document.documentElement).backgroundColor);
  const themeColors = () => page.locator("meta[name=theme-color]").evaluateAll((all) => all.map((meta) => (meta as HTMLMetaElement).content));
  await page.emulateMedia({ colorScheme: "light" });
  await open("/login");
  expect(await paper()).toBe(LIGHT_PAPER);
  await page.getByRole("button", { name: "Dark", exact: true }).click();
  await expect.poll(paper).toBe(DARK_PAPER);
  await expect(page).toHaveURL("/login");
  await open("/register");
  expect(await paper()).toBe(DARK_PAPER);
  expect(await themeColors()).toEqual(["#121614"]);
  await page.emulateMedia({ colorScheme: "dark" });
  await page.getByRole("button", { name: "Light", exact: true }).click();
  await expect.poll(paper).toBe(LIGHT_PAPER);
  await page.getByRole("button", { name: "System", exact: true }).click();
  await expect.poll(paper).toBe(DARK_PAPER);
});

// Pages look as they did: in both languages and colors, on a phone and a desktop. After an intended change,
// `npx playwright test pictures --update-snapshots` takes the pictures again.
import { expect, test } from "../support/test";

const PAGES = { landing: "/", login: "/login", register: "/register", "forgot-password": "/forgot-password" };

for (const [locale, colorScheme] of [["en-US", "light"], ["de-DE", "dark"]] as const) {
  test.describe(`${locale}, ${colorScheme}`, () => {
    test.use({ locale, colorScheme, contextOptions: { reducedMotion: "reduce" } });
    for (const [name, path] of Object.entries(PAGES)) {
      test(`${name} looks as before`, { tag: "@phone" }, async ({ page, open }) => {
        await open(path);
        // Fonts are rendered a little differently from machine to machine.
        await expect(page).toHaveScreenshot(`${name}-${colorScheme}.png`, { fullPage: true, maxDiffPixelRatio: 0.03 });
      });
    }
  });
}

for (const path of Object.values(PAGES)) {
  test(`everything that can be operated is visible in forced colors: ${path}`, async ({ page, open }) => {
    await page.emulateMedia({ forcedColors: "active" });
    await open(path);
    const controls = page.getByRole("main").locator(".button:visible, input:visible");
    expect(await controls.count()).toBeGreaterThan(0);
    for (const control of await controls.all()) {
      const border = await control.evaluate((control) => {
        const { borderTopStyle, borderTopWidth, borderTopColor, backgroundColor } = getComputedStyle(control);
        return { style: borderTopStyle, width: parseFloat(borderTopWidth), isVisible: borderTopColor !== backgroundColor };
      });
      expect(border).toEqual({ style: "solid", width: expect.any(Number), isVisible: true });
      expect(border.width).toBeGreaterThanOrEqual(1);
    }
  });
}

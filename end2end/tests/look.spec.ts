// What every page owes to everybody: contrast, names, order, room, focus, rest.
import type { Page } from "@playwright/test";
import { expectNoAxeFindings } from "../support/axe";
import { arrive, fillRegistration, hold, submit } from "../support/pages";
import { newPerson } from "../support/people";
import { states } from "../support/states";
import { expect, test } from "../support/test";

test.describe("axe", () => {
  // Colours that are still on their way would be measured.
  test.use({ contextOptions: { reducedMotion: "reduce" } });
  for (const [name, reach] of Object.entries(states)) {
    test(`nothing to find, light or dark: ${name}`, { tag: "@phone" }, async ({ page, request, open, complaints }) => {
      await reach({ page, request, open, complaints });
      for (const colorScheme of ["light", "dark"] as const) {
        await page.emulateMedia({ colorScheme });
        await expectNoAxeFindings(page, `${name}, ${colorScheme}`);
      }
    });
  }
});

test.describe("320 pixels wide", () => {
  test.use({ viewport: { width: 320, height: 640 } });
  for (const [name, reach] of Object.entries(states)) {
    test(`nothing is cut off, or needs scrolling sideways: ${name}`, async ({ page, request, open, complaints }) => {
      await reach({ page, request, open, complaints });
      expect(await page.evaluate(() => document.documentElement.scrollWidth)).toBe(320);
      expect(await outside(page)).toEqual([]);
    });
  }
});

/** Visible texts and controls that reach over an edge of the page, or of their own box. */
const outside = (page: Page) =>
  page.evaluate(() =>
    [...document.querySelectorAll<HTMLElement>("h1, h2, p, a, button, input, label, strong, img")]
      .filter((element) => element.checkVisibility() && !element.matches(".visually-hidden, .skip-link"))
      .filter((element) => {
        const { left, right } = element.getBoundingClientRect();
        const cut = element.scrollWidth > element.clientWidth && getComputedStyle(element).overflowX !== "visible";
        return left < 0 || right > innerWidth || (cut && !element.matches("input"));
      })
      .map((element) => element.outerHTML),
  );

test("the skip link comes first, shows itself, and leads to the content", async ({ page, open }) => {
  await open("/register");
  const skip = page.getByRole("link", { name: "Skip to content" });
  await expect(skip).not.toBeInViewport();
  await page.keyboard.press("Tab");
  await expect(skip).toBeFocused();
  await expect(skip).toBeInViewport({ ratio: 1 });
  await page.keyboard.press("Enter");
  await expect(page.getByRole("main")).toBeFocused();
  await page.keyboard.press("Tab");
  await expect(page.getByLabel("Email")).toBeFocused();
});

for (const path of ["/", "/register", "/login", "/verify-email?token=x"]) {
  for (const colorScheme of ["light", "dark"] as const) {
    test(`the focus can be seen wherever it goes: ${path}, ${colorScheme}`, async ({ page, open }) => {
      await page.emulateMedia({ colorScheme });
      await open(path);
      const stops = await page.locator("a, button, input:not([type=hidden])").count();
      for (let stop = 0; stop < stops; stop += 1) {
        await page.keyboard.press("Tab");
        const focus = await page.evaluate(() => {
          const { outlineStyle, outlineWidth, outlineColor } = getComputedStyle(document.activeElement!);
          const on = document.activeElement!.tagName;
          return { on, outlineStyle, width: parseFloat(outlineWidth), seen: !outlineColor.endsWith(", 0)") };
        });
        expect(focus).toEqual({ on: expect.stringMatching(/^(A|BUTTON|INPUT)$/), outlineStyle: "solid", width: 3, seen: true });
      }
    });
  }
}

for (const [reducedMotion, animation] of [["no-preference", "turn"], ["reduce", "none"]] as const) {
  test(`the waiting button moves only where motion is welcome: ${reducedMotion}`, async ({ page, open }) => {
    await page.emulateMedia({ reducedMotion });
    await open("/register");
    await hold(page, "/auth/register");
    await fillRegistration(page, newPerson());
    await submit(page).click();
    await expect(submit(page)).toHaveAttribute("aria-busy", "true");
    const name = await submit(page).evaluate((button) => getComputedStyle(button, "::before").animationName);
    expect(name).toBe(animation);
  });
}

test("every page has its own title, one heading and one main part", async ({ page, open, complaints, ann }) => {
  complaints.expectRefusal(404, "/no/such/page");
  const titles = {
    "/": "Kith",
    "/register": "Create your account · Kith",
    "/login": "Sign in · Kith",
    "/verify-email": "Verify your email · Kith",
    "/no/such/page": "Page not found · Kith",
  };
  for (const [path, title] of Object.entries(titles)) {
    await open(path);
    await expect(page).toHaveTitle(title);
    await expect(page.getByRole("heading", { level: 1 })).toHaveCount(1);
    await expect(page.getByRole("main")).toHaveCount(1);
  }
  await open("/login");
  await arrive(page, ann);
  await expect(page).toHaveTitle("Timeline · Kith");
});

// Accessibility of every page: contrast, names, reading order, narrow screens, focus, reduced motion.
import { expectNoAxeViolations } from "../support/axe";
import { overflowing } from "../support/layout";
import { fillRegistration, holdRequests, signIn, submitButton } from "../support/pages";
import { newUser } from "../support/users";
import { states } from "../support/states";
import { expect, test } from "../support/test";

test.describe("axe", () => {
  // Otherwise axe measures colors in the middle of a transition.
  test.use({ contextOptions: { reducedMotion: "reduce" } });
  for (const [name, setUp] of Object.entries(states)) {
    test(`no violations in light or dark mode: ${name}`, { tag: "@phone" }, async ({ page, request, open, browserErrors }) => {
      await setUp({ page, request, open, browserErrors });
      for (const colorScheme of ["light", "dark"] as const) {
        await page.emulateMedia({ colorScheme });
        await expectNoAxeViolations(page, `${name}, ${colorScheme}`);
      }
    });
  }
});

test.describe("320 pixels wide", () => {
  test.use({ viewport: { width: 320, height: 640 } });
  for (const [name, setUp] of Object.entries(states)) {
    test(`nothing is clipped or needs horizontal scrolling: ${name}`, async ({ page, request, open, browserErrors }) => {
      await setUp({ page, request, open, browserErrors });
      expect(await page.evaluate(() => document.documentElement.scrollWidth)).toBe(320);
      expect(await overflowing(page)).toEqual([]);
    });
  }
});

test("the skip link comes first, appears on focus and leads to the content", async ({ page, open }) => {
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

for (const path of ["/", "/register", "/login", "/verify-email?token=x", "/reset-password?token=x"]) {
  for (const colorScheme of ["light", "dark"] as const) {
    test(`every focusable element shows its focus: ${path}, ${colorScheme}`, async ({ page, open }) => {
      await page.emulateMedia({ colorScheme });
      await open(path);
      const stops = await page.locator("a, button, input:not([type=hidden])").count();
      for (let stop = 0; stop < stops; stop += 1) {
        await page.keyboard.press("Tab");
        const focus = await page.evaluate(() => {
          const { outlineStyle, outlineWidth, outlineColor } = getComputedStyle(document.activeElement!);
          const tag = document.activeElement!.tagName;
          return { tag, outlineStyle, width: parseFloat(outlineWidth), visible: !outlineColor.endsWith(", 0)") };
        });
        expect(focus).toEqual({ tag: expect.stringMatching(/^(A|BUTTON|INPUT)$/), outlineStyle: "solid", width: 3, visible: true });
      }
    });
  }
}

for (const [reducedMotion, animation] of [["no-preference", "turn"], ["reduce", "none"]] as const) {
  test(`the busy button respects the reduced-motion preference: ${reducedMotion}`, async ({ page, open }) => {
    await page.emulateMedia({ reducedMotion });
    await open("/register");
    await holdRequests(page, "/auth/register");
    await fillRegistration(page, newUser());
    await submitButton(page).click();
    await expect(submitButton(page)).toHaveAttribute("aria-busy", "true");
    const name = await submitButton(page).evaluate((button) => getComputedStyle(button, "::before").animationName);
    expect(name).toBe(animation);
  });
}

test("every page has its own title, one h1 and one main landmark", async ({ page, open, browserErrors, ann }) => {
  browserErrors.expectHttpError(404, "/no/such/page");
  const titles = {
    "/": "Kith",
    "/register": "Create your account · Kith",
    "/login": "Sign in · Kith",
    "/verify-email": "Verify your email · Kith",
    "/forgot-password": "Reset your password · Kith",
    "/reset-password": "Choose a new password · Kith",
    "/confirm-email": "Confirm your new email address · Kith",
    "/undo-email-change": "Restore your old email address · Kith",
    "/account-deleted": "Your account is hidden now · Kith",
    "/no/such/page": "Page not found · Kith",
  };
  for (const [path, title] of Object.entries(titles)) {
    await open(path);
    await expect(page).toHaveTitle(title);
    await expect(page.getByRole("heading", { level: 1 })).toHaveCount(1);
    await expect(page.getByRole("main")).toHaveCount(1);
  }
  await open("/login");
  await signIn(page, ann);
  await expect(page).toHaveTitle("Timeline · Kith");
  for (const [path, title] of [
    ["/settings", "Account · Kith"],
    ["/settings/security", "Security · Kith"],
    ["/reauthenticate", "Confirm that it’s you · Kith"],
  ] as const) {
    await open(path);
    await expect(page).toHaveTitle(title);
    await expect(page.getByRole("heading", { level: 1 })).toHaveCount(1);
    await expect(page.getByRole("main")).toHaveCount(1);
  }
});

// The server's log must not contain anything that can be used to sign in.
import { readFileSync } from "node:fs";
import { button, email, fillRegistration, heading, newPassword, password, submitButton, submitSignIn } from "../support/pages";
import { newUser, requestResetLink, verificationLink } from "../support/users";
import { expect, test } from "../support/test";

test("no password, token or cookie from a complete visit appears in the log", async ({ page, open, request, browserErrors, context }) => {
  browserErrors.expectHttpError(401, "/auth/login");
  const ann = newUser();
  const secrets = new Set([ann.password, "a mistaken guess"]);
  const ids = new Set<string>();
  const pending: Promise<void>[] = [];
  page.on("response", (response) => {
    const path = new URL(response.url()).pathname;
    ids.add(response.headers()["x-request-id"] ?? "");
    if (["/auth/login", "/auth/refresh"].includes(path) && response.status() === 200) {
      pending.push(response.json().then(({ access_token }) => void secrets.add(access_token)));
    }
  });
  const collectCookies = async () => (await context.cookies()).forEach(({ value }) => secrets.add(value));

  await open("/register");
  await fillRegistration(page, ann);
  await submitButton(page).click();
  await expect(heading(page, "Check your inbox")).toBeVisible();
  const link = await verificationLink(request, ann.email);
  secrets.add(new URL(link).searchParams.get("token")!);
  await open(link);
  await button(page, "Verify my email").click();
  await expect(heading(page, "Your email is verified")).toBeVisible();
  await open("/login");
  await submitSignIn(page, { ...ann, password: "a mistaken guess" });
  await expect(password(page)).toHaveValue("");
  await email(page).fill(ann.email);
  await password(page).fill(ann.password);
  await button(page, "Sign in").click();
  await expect(heading(page, `Hello, ${ann.username}`)).toBeVisible();
  await collectCookies();
  await open("/profile");
  await button(page, "Edit profile").click();
  await page.getByLabel("Bio").fill("Nothing to hide.");
  await button(page, "Save").click();
  await expect(page.getByText("Nothing to hide.")).toBeVisible();
  await collectCookies();
  await button(page, "Sign out").click();
  await expect(page).toHaveURL("/");
  const resetLink = await requestResetLink(request, ann);
  const chosen = newUser().password;
  for (const secret of [new URL(resetLink).searchParams.get("token")!, chosen]) secrets.add(secret);
  await open(resetLink);
  await newPassword(page).fill(chosen);
  await submitButton(page).click();
  await expect(heading(page, "Your password is changed")).toBeVisible();
  await Promise.all(pending);

  expect(secrets.size, "at least three passwords, two emailed tokens, two access tokens and four cookies").toBeGreaterThanOrEqual(11);
  const log = readFileSync(process.env.KITH_LOG!, "utf8");
  expect([...ids].filter((id) => log.includes(id)).length, "requests in the log").toBeGreaterThan(5);
  expect([...secrets].filter((secret) => log.includes(secret))).toEqual([]);
});

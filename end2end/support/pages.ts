// Locators and actions shared by the tests.
import { expect, type Locator, type Page, type Request } from "@playwright/test";
import type { User } from "./users";

export const email = (page: Page) => page.getByLabel("Email", { exact: true });
export const username = (page: Page) => page.getByLabel("Username", { exact: true });
export const password = (page: Page) => page.getByLabel("Password", { exact: true });
export const newPassword = (page: Page) => page.getByLabel("New password", { exact: true });
export const banner = (page: Page) => page.getByRole("main").getByRole("alert");
export const heading = (page: Page, name: string) => page.getByRole("heading", { level: 1, name, exact: true });
export const button = (within: Page | Locator, name: string) => within.getByRole("button", { name, exact: true });

/** The banner that reports a success. */
export const status = (page: Page) => page.getByRole("main").locator(".banner[role=status]");

/** A section of a settings page. */
export const section = (page: Page, name: string) => page.getByRole("region", { name, exact: true });

/** The field for the current password in a section. */
export const currentPassword = (section: Locator) => section.getByLabel("Current password", { exact: true });

/** The entries in the list of sessions. */
export const sessions = (page: Page) => page.locator(".sessions > li");

/** A user's entry in a list of people. */
export const row = (page: Page, name: string) =>
  page.locator(".people > li").filter({ has: page.getByText(`@${name}`, { exact: true }) });

/** The submit button of the page's main form, whatever its label. */
export const submitButton = (page: Page) => page.getByRole("main").locator("form button:not([type=button])");

export async function fillRegistration(page: Page, user: User) {
  await email(page).fill(user.email);
  await username(page).fill(user.username);
  await password(page).fill(user.password);
}

/** Fills in and submits the form on /login, which must be open. */
export async function submitSignIn(page: Page, user: Pick<User, "email" | "password">) {
  await email(page).fill(user.email);
  await password(page).fill(user.password);
  await button(page, "Sign in").click();
}

/** Signs in on /login and waits for the timeline. */
export async function signIn(page: Page, user: User) {
  await submitSignIn(page, user);
  await expect(heading(page, `Hello, ${user.username}`)).toBeVisible();
}

/** Fills in and submits the form of the section "Email" on /settings, which must be open. */
export async function submitNewEmail(page: Page, address: string) {
  await page.getByLabel("New email address").fill(address);
  await button(page, "Send a link to the new address").click();
}

/** Fills in and submits the form of the section "Username" on /settings, which must be open. */
export async function submitNewUsername(page: Page, name: string) {
  await section(page, "Username").getByRole("textbox", { name: "Username" }).fill(name);
  await button(page, "Change username").click();
}

/** Fills in and submits the form of the section "Password" on /settings/security, which must be open. */
export async function submitNewPassword(page: Page, current: string, password: string) {
  await currentPassword(section(page, "Password")).fill(current);
  await newPassword(page).fill(password);
  await button(page, "Change password").click();
}

/** Opens the form that deletes the account, on /settings, which must be open. */
export const openDeletion = (page: Page) => page.getByText("Delete my account", { exact: true }).click();

/** Navigates by clicking a link to `path`. */
export const navigateInApp = (page: Page, path: string) =>
  page.evaluate((path) => {
    const link = document.querySelector<HTMLAnchorElement>("a.wordmark")!;
    link.href = path;
    link.click();
  }, path);

/** Records the requests with `method` to `path` from now on. */
export function requestsTo(page: Page, method: string, path: string): Request[] {
  const requests: Request[] = [];
  page.on("request", (request) => {
    if (request.method() === method && new URL(request.url()).pathname === path) requests.push(request);
  });
  return requests;
}

/** Holds requests to `path` until the returned function is called. */
export async function holdRequests(page: Page, path: string | RegExp): Promise<() => void> {
  let release = () => {};
  const released = new Promise<void>((resolve) => (release = resolve));
  await page.route(path, async (route) => {
    await released;
    await route.continue();
  });
  return release;
}

// Locators and actions shared by the tests.
import { expect, type Page, type Request } from "@playwright/test";
import type { User } from "./users";

export const email = (page: Page) => page.getByLabel("Email", { exact: true });
export const username = (page: Page) => page.getByLabel("Username", { exact: true });
export const password = (page: Page) => page.getByLabel("Password", { exact: true });
export const banner = (page: Page) => page.getByRole("main").getByRole("alert");
export const heading = (page: Page, name: string) => page.getByRole("heading", { level: 1, name, exact: true });
export const button = (page: Page, name: string) => page.getByRole("button", { name, exact: true });

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

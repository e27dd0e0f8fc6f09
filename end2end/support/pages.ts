// What a person finds on the pages, and does there.
import { expect, type Page, type Request } from "@playwright/test";
import type { Person } from "./people";

export const email = (page: Page) => page.getByLabel("Email", { exact: true });
export const username = (page: Page) => page.getByLabel("Username", { exact: true });
export const password = (page: Page) => page.getByLabel("Password", { exact: true });
export const banner = (page: Page) => page.getByRole("main").getByRole("alert");
export const heading = (page: Page, name: string) => page.getByRole("heading", { level: 1, name, exact: true });
export const button = (page: Page, name: string) => page.getByRole("button", { name, exact: true });

/** The item of a list of people that is about somebody. */
export const row = (page: Page, name: string) =>
  page.locator(".people > li").filter({ has: page.getByText(`@${name}`, { exact: true }) });

/** The button that sends the page's own form, whatever it says. */
export const submit = (page: Page) => page.getByRole("main").locator("form button:not([type=button])");

export async function fillRegistration(page: Page, person: Person) {
  await email(page).fill(person.email);
  await username(page).fill(person.username);
  await password(page).fill(person.password);
}

/** From /login, opened before. */
export async function signIn(page: Page, person: Pick<Person, "email" | "password">) {
  await email(page).fill(person.email);
  await password(page).fill(person.password);
  await button(page, "Sign in").click();
}

/** Signs in and arrives. */
export async function arrive(page: Page, person: Person) {
  await signIn(page, person);
  await expect(heading(page, `Hello, ${person.username}`)).toBeVisible();
}

/** Goes to a path as a link of the page does. */
export const followLink = (page: Page, path: string) =>
  page.evaluate((path) => {
    const link = document.querySelector<HTMLAnchorElement>("a.wordmark")!;
    link.href = path;
    link.click();
  }, path);

/** All requests of a method to a path, from now on. */
export function requestsTo(page: Page, method: string, path: string): Request[] {
  const requests: Request[] = [];
  page.on("request", (request) => {
    if (request.method() === method && new URL(request.url()).pathname === path) requests.push(request);
  });
  return requests;
}

/** Keeps requests to a path waiting until the function that it gives is called. */
export async function hold(page: Page, path: string | RegExp): Promise<() => void> {
  let release = () => {};
  const released = new Promise<void>((resolve) => (release = resolve));
  await page.route(path, async (route) => {
    await released;
    await route.continue();
  });
  return release;
}

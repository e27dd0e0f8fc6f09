// The pages of an account in each of their states: registering, signing in, mailed links and settings.
import { expect, type APIRequestContext, type Page } from "@playwright/test";
import {
  banner,
  button,
  currentPassword,
  email,
  fillRegistration,
  heading,
  holdRequests,
  newPassword,
  openDeletion,
  password,
  section,
  sessions,
  signIn,
  status,
  submitButton,
  submitNewEmail,
  submitNewPassword,
  submitNewUsername,
  submitSignIn,
} from "./pages";
import {
  changeEmail,
  confirmationLink,
  fetchAccessToken,
  newUser,
  registerUser,
  registerVerifiedUser,
  requestDeletion,
  requestEmailChange,
  requestResetLink,
  undoLink,
  verificationLink,
  type User,
} from "./users";
import type { BrowserErrors } from "./test";

export interface Context {
  page: Page;
  request: APIRequestContext;
  open: (path: string) => Promise<void>;
  browserErrors: BrowserErrors;
}

const INVALID_TOKEN = `?token=${"A".repeat(43)}`;
/** An address that tests the layout. */
const LONG_EMAIL = `${"w".repeat(60)}@${"wolkenkuckucksheim".repeat(3)}.example.org`;

export async function signInAsNewUser({ page, request, open }: Context): Promise<User> {
  const user = await registerVerifiedUser(request);
  await open("/login");
  await signIn(page, user);
  return user;
}

async function submitRegistration({ page, open }: Context) {
  await open("/register");
  await fillRegistration(page, newUser());
  await submitButton(page).click();
  await expect(heading(page, "Check your inbox")).toBeVisible();
}

async function signInUnverified({ page, open, request, browserErrors }: Context) {
  browserErrors.expectHttpError(403, "/auth/login");
  await open("/login");
  await submitSignIn(page, await registerUser(request));
  await expect(banner(page)).toBeVisible();
}

async function openSettings(context: Context, path = "/settings"): Promise<User> {
  const user = await signInAsNewUser(context);
  await context.open(path);
  return user;
}

/** Opens an invalid link to the page at `path` and clicks its button. */
async function useInvalidLink({ page, open, browserErrors }: Context, path: string, label: string) {
  browserErrors.expectHttpError(422, `/auth${path}`);
  await open(`${path}${INVALID_TOKEN}`);
  await button(page, label).click();
  await expect(heading(page, "This link no longer works")).toBeVisible();
}

export const accountStates: Record<string, (context: Context) => Promise<void>> = {
  register: ({ open }) => open("/register"),
  "register-invalid": async ({ page, open }) => {
    await open("/register");
    await submitButton(page).click();
    await expect(page.locator("[aria-invalid=true]")).toHaveCount(3);
  },
  "register-taken": async ({ page, open, request, browserErrors }) => {
    browserErrors.expectHttpError(409, "/auth/register");
    const { email } = await registerUser(request);
    await open("/register");
    await fillRegistration(page, { ...newUser(), email });
    await submitButton(page).click();
    await expect(banner(page)).toBeVisible();
  },
  "register-pending": async ({ page, open }) => {
    await open("/register");
    await holdRequests(page, "/auth/register");
    await fillRegistration(page, newUser());
    await submitButton(page).click();
    await expect(submitButton(page)).toHaveText("Creating account…");
  },
  "register-done": submitRegistration,
  "register-resent": async (context) => {
    await submitRegistration(context);
    await button(context.page, "Send a new link").click();
    await expect(context.page.getByRole("status")).toBeVisible();
  },
  login: ({ open }) => open("/login"),
  "login-empty": async ({ page, open }) => {
    await open("/login");
    await submitButton(page).click();
    await expect(page.locator("[aria-invalid=true]")).toHaveCount(2);
  },
  "login-wrong-password": async ({ page, open, browserErrors }) => {
    browserErrors.expectHttpError(401, "/auth/login");
    await open("/login");
    await submitSignIn(page, newUser());
    await expect(banner(page)).toBeVisible();
  },
  "login-unverified": signInUnverified,
  "login-resent": async (context) => {
    await signInUnverified(context);
    await button(context.page, "Send a new link").click();
    await expect(context.page.getByRole("status")).toBeVisible();
  },
  "login-password-shown": async ({ page, open }) => {
    await open("/login");
    await password(page).fill("a quiet river runs");
    await button(page, "Show password").click();
  },
  "login-pending-deletion": async ({ page, open, request, browserErrors }) => {
    browserErrors.expectHttpError(403, "/auth/login");
    const user = await registerVerifiedUser(request);
    await requestDeletion(request, user);
    await open("/login");
    await submitSignIn(page, user);
    await expect(button(page, "Keep my account")).toBeVisible();
  },
  "sign-in-link": ({ open }) => open("/sign-in-link"),
  "sign-in-link-with-token": ({ open }) => open(`/sign-in-link${INVALID_TOKEN}`),
  "account-deleted": ({ open }) => open("/account-deleted"),
  "forgot-password": ({ open }) => open("/forgot-password"),
  "forgot-password-sent": async ({ page, open }) => {
    await open("/forgot-password");
    await email(page).fill("unknown@example.org");
    await submitButton(page).click();
    await expect(status(page)).toBeVisible();
  },
  "reset-password": ({ open }) => open(`/reset-password${INVALID_TOKEN}`),
  "reset-password-again": ({ open }) => open("/reset-password"),
  "reset-password-rejected": async ({ page, open, request, browserErrors }) => {
    browserErrors.expectHttpError(422, "/auth/reset-password");
    await open(await requestResetLink(request, await registerVerifiedUser(request)));
    await newPassword(page).fill("password1");
    await submitButton(page).click();
    await expect(page.getByText("This password is too common")).toBeVisible();
  },
  "reset-password-done": async ({ page, open, request }) => {
    await open(await requestResetLink(request, await registerVerifiedUser(request)));
    await newPassword(page).fill(newUser().password);
    await submitButton(page).click();
    await expect(heading(page, "Your password is changed")).toBeVisible();
  },
  "reset-password-broken": async ({ page, open, browserErrors }) => {
    browserErrors.expectHttpError(422, "/auth/reset-password");
    await open(`/reset-password${INVALID_TOKEN}`);
    await newPassword(page).fill(newUser().password);
    await submitButton(page).click();
    await expect(heading(page, "This link no longer works")).toBeVisible();
  },
  "confirm-email": ({ open }) => open(`/confirm-email${INVALID_TOKEN}`),
  "confirm-email-done": async ({ page, open, request }) => {
    const { email } = newUser();
    await requestEmailChange(request, await registerVerifiedUser(request), email);
    await open(await confirmationLink(request, email));
    await button(page, "Confirm my new address").click();
    await expect(heading(page, "Your email address was changed")).toBeVisible();
  },
  "confirm-email-broken": (context) => useInvalidLink(context, "/confirm-email", "Confirm my new address"),
  "undo-email-change": ({ open }) => open(`/undo-email-change${INVALID_TOKEN}`),
  "undo-email-change-done": async ({ page, open, request }) => {
    const user = await registerVerifiedUser(request);
    await changeEmail(request, user);
    await open(await undoLink(request, user.email));
    await button(page, "Restore my old address").click();
    await expect(heading(page, "Your old address is back")).toBeVisible();
  },
  "undo-email-change-broken": (context) => useInvalidLink(context, "/undo-email-change", "Restore my old address"),
  reauthenticate: async (context) => {
    await openSettings(context, "/reauthenticate?next=/settings");
  },
  "reauthenticate-wrong-password": async (context) => {
    context.browserErrors.expectHttpError(403, "/auth/reauthenticate");
    await openSettings(context, "/reauthenticate?next=/settings");
    await password(context.page).fill("not the password");
    await submitButton(context.page).click();
    await expect(banner(context.page)).toBeVisible();
  },
  settings: async (context) => {
    await openSettings(context);
  },
  "settings-pending": async (context) => {
    const user = await signInAsNewUser(context);
    await requestEmailChange(context.request, user, LONG_EMAIL);
    await context.open("/settings");
    await expect(context.page.getByText(LONG_EMAIL)).toBeVisible();
  },
  "settings-email-sent": async (context) => {
    await openSettings(context);
    await submitNewEmail(context.page, newUser().email);
    await expect(status(context.page)).toBeVisible();
  },
  "settings-wrong-password": async (context) => {
    context.browserErrors.expectHttpError(403, "/users/me/email");
    await openSettings(context);
    await currentPassword(section(context.page, "Email")).fill("not the password");
    await submitNewEmail(context.page, newUser().email);
    await expect(banner(context.page)).toBeVisible();
  },
  "settings-username-changed": async (context) => {
    await openSettings(context);
    await submitNewUsername(context.page, newUser().username);
    await expect(status(context.page)).toBeVisible();
  },
  "settings-delete-opened": async (context) => {
    await openSettings(context);
    await openDeletion(context.page);
    await expect(button(context.page, "Yes, delete my account")).toBeVisible();
  },
  "settings-signed-out": async (context) => {
    await openSettings(context);
    await button(context.page, "Sign out").click();
    await expect(context.page).toHaveURL("/");
    await context.page.goBack();
    await expect(context.page.getByText("Sign in to see your settings")).toBeVisible();
  },
  security: async (context) => {
    const user = await signInAsNewUser(context);
    await fetchAccessToken(context.request, user);
    await context.open("/settings/security");
    await expect(sessions(context.page)).toHaveCount(2);
  },
  "security-changed": async (context) => {
    const user = await openSettings(context, "/settings/security");
    await submitNewPassword(context.page, user.password, newUser().password);
    await expect(status(context.page)).toBeVisible();
    await expect(sessions(context.page)).toHaveCount(1);
  },
  "security-invalid": async (context) => {
    context.browserErrors.expectHttpError(422, "/users/me/password");
    const user = await openSettings(context, "/settings/security");
    await submitNewPassword(context.page, user.password, "password1");
    await expect(context.page.getByText("This password is too common")).toBeVisible();
  },
  verify: async ({ open, request }) => open(await verificationLink(request, (await registerUser(request)).email)),
  "verify-unknown": ({ open }) => open(`/verify-email${INVALID_TOKEN}`),
  "verify-rejected": async ({ page, open, request }) => {
    await open(await verificationLink(request, (await registerUser(request)).email));
    await button(page, "I didn't create this account").click();
    await expect(heading(page, "The account was deleted")).toBeVisible();
  },
  "verify-done": async ({ page, open, request }) => {
    await open(await verificationLink(request, (await registerUser(request)).email));
    await button(page, "Verify my email").click();
    await expect(heading(page, "Your email is verified")).toBeVisible();
  },
  "verify-invalid": (context) => useInvalidLink(context, "/verify-email", "Verify my email"),
  "verify-resent": async (context) => {
    await useInvalidLink(context, "/verify-email", "Verify my email");
    await email(context.page).fill("unknown@example.org");
    await submitButton(context.page).click();
    await expect(context.page.getByRole("status")).toBeVisible();
  },
};

// Test users, and what the API and the mailbox return for them.
import { randomBytes } from "node:crypto";
import { expect, type APIRequestContext } from "@playwright/test";

export interface User {
  email: string;
  username: string;
  password: string;
}

/** Generates a user without an account. */
export function newUser(): User {
  const id = randomBytes(6).toString("hex");
  return { email: `p${id}@example.org`, username: `p${id}`, password: `quiet ${id} river` };
}

/** Registers a user, whose email is not verified yet. */
export async function registerUser(request: APIRequestContext, user = newUser()): Promise<User> {
  const response = await request.post("/auth/register", { data: user });
  expect(response.status()).toBe(201);
  return user;
}

/** Registers a user and verifies the email, so that the user can sign in. */
export async function registerVerifiedUser(request: APIRequestContext, user = newUser()): Promise<User> {
  await registerUser(request, user);
  const token = new URL(await verificationLink(request, user.email)).searchParams.get("token");
  const response = await request.post("/auth/verify-email", { data: { token } });
  expect(response.status()).toBe(200);
  return user;
}

/** Signs a user in over the API and returns the access token. */
export async function fetchAccessToken(request: APIRequestContext, { email, password }: User): Promise<string> {
  const response = await request.post("/auth/login", { data: { email, password } });
  expect(response.status()).toBe(200);
  return (await response.json()).access_token;
}

/** Returns the profile of the token's user. */
export async function fetchProfile(request: APIRequestContext, token: string) {
  const response = await request.get("/users/me", { headers: { authorization: `Bearer ${token}` } });
  expect(response.status()).toBe(200);
  return (await response.json()) as { id: string; username: string; follower_count: number; followee_count: number };
}

/** Requests a change of a user's address. */
export async function requestEmailChange(request: APIRequestContext, user: User, email: string) {
  const headers = { authorization: `Bearer ${await fetchAccessToken(request, user)}` };
  const response = await request.post("/users/me/email", { data: { email }, headers });
  expect(response.status()).toBe(202);
}

/** Changes a user's address and returns the user with the new one. */
export async function changeEmail(request: APIRequestContext, user: User): Promise<User> {
  const { email } = newUser();
  await requestEmailChange(request, user, email);
  const token = new URL(await confirmationLink(request, email)).searchParams.get("token");
  const response = await request.post("/auth/confirm-email", { data: { token } });
  expect(response.status()).toBe(200);
  return { ...user, email };
}

/** Requests the deletion of a user's account. */
export async function requestDeletion(request: APIRequestContext, user: User) {
  const headers = { authorization: `Bearer ${await fetchAccessToken(request, user)}` };
  const response = await request.post("/users/me/deletion", { data: {}, headers });
  expect(response.status()).toBe(202);
}

/** Requests a link that resets a user's password and returns it. */
export async function requestResetLink(request: APIRequestContext, { email }: User): Promise<string> {
  const response = await request.post("/auth/forgot-password", { data: { email } });
  expect(response.status()).toBe(202);
  return resetLink(request, email);
}

/** Makes one user follow others. */
export async function follow(request: APIRequestContext, follower: User, ...followees: User[]) {
  const headers = { authorization: `Bearer ${await fetchAccessToken(request, follower)}` };
  for (const { username } of followees) {
    const { id } = await (await request.get(`/profiles/${username}`)).json();
    const response = await request.post(`/users/${id}/follow`, { headers });
    expect(response.ok()).toBe(true);
  }
}

interface Email {
  to: string;
  subject: string;
  text: string;
  html: string;
}

/** Returns the emails sent to an address, newest first. */
export async function fetchEmails(request: APIRequestContext, address: string): Promise<Email[]> {
  const response = await request.get("/dev/mail.json");
  expect(response.status()).toBe(200);
  const emails = (await response.json()) as Email[];
  return emails.filter((email) => email.to === address);
}

/** Returns the link in the only verification email to an address. */
export const verificationLink = (request: APIRequestContext, address: string) => emailedLink("verify-email", request, address);

/** Returns the link in the only sign-in email to an address. */
export const signInLink = (request: APIRequestContext, address: string) => emailedLink("sign-in-link", request, address);

/** Returns the link in the only password reset email to an address. */
export const resetLink = (request: APIRequestContext, address: string) => emailedLink("reset-password", request, address);

/** Returns the link in the only email to a new address that asks to confirm it. */
export const confirmationLink = (request: APIRequestContext, address: string) => emailedLink("confirm-email", request, address);

/** Returns the link in the only email to an old address that undoes its change. */
export const undoLink = (request: APIRequestContext, address: string) => emailedLink("undo-email-change", request, address);

async function emailedLink(page: string, request: APIRequestContext, address: string): Promise<string> {
  const pattern = new RegExp(`^http\\S+/${page}\\?token=\\S+$`, "m");
  const links = async () => (await fetchEmails(request, address)).flatMap(({ text }) => pattern.exec(text) ?? []);
  await expect.poll(links, `emails to ${address} with a link to ${page}`).toHaveLength(1);
  return (await links())[0]!;
}

/** Returns the response status of a sign-in attempt. */
export async function signInStatus(request: APIRequestContext, { email, password }: User): Promise<number> {
  return (await request.post("/auth/login", { data: { email, password } })).status();
}

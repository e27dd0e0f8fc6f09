// People who use Kith: made up, registered, verified.
import { randomBytes } from "node:crypto";
import { expect, type APIRequestContext } from "@playwright/test";

export interface Person {
  email: string;
  username: string;
  password: string;
}

/** Somebody whom nobody has met. */
export function newPerson(): Person {
  const id = randomBytes(6).toString("hex");
  return { email: `p${id}@example.org`, username: `p${id}`, password: `quiet ${id} river` };
}

/** Somebody with an account, and with a mail in their inbox. */
export async function registeredPerson(request: APIRequestContext): Promise<Person> {
  const person = newPerson();
  const answer = await request.post("/auth/register", { data: person });
  expect(answer.status()).toBe(201);
  return person;
}

/** Somebody who can sign in. */
export async function verifiedPerson(request: APIRequestContext): Promise<Person> {
  const person = await registeredPerson(request);
  const token = new URL(await mailedLink(request, person.email)).searchParams.get("token");
  const answer = await request.post("/auth/verify-email", { data: { token } });
  expect(answer.status()).toBe(200);
  return person;
}

/** Somebody's access token, for requests beside the page. */
export async function tokenOf(request: APIRequestContext, { email, password }: Person): Promise<string> {
  const answer = await request.post("/auth/login", { data: { email, password } });
  expect(answer.status()).toBe(200);
  return (await answer.json()).access_token;
}

/** Somebody's profile, as they see it themselves. */
export async function profileOf(request: APIRequestContext, token: string) {
  const answer = await request.get("/users/me", { headers: { authorization: `Bearer ${token}` } });
  expect(answer.status()).toBe(200);
  return (await answer.json()) as { id: string; username: string; follower_count: number; followee_count: number };
}

/** Lets one person follow others. */
export async function follows(request: APIRequestContext, who: Person, ...whom: Person[]) {
  const headers = { authorization: `Bearer ${await tokenOf(request, who)}` };
  for (const { username } of whom) {
    const { id } = await (await request.get(`/profiles/${username}`)).json();
    const answer = await request.post(`/users/${id}/follow`, { headers });
    expect(answer.ok()).toBe(true);
  }
}

interface Mail {
  to: string;
  subject: string;
  text: string;
  html: string;
}

/** The mails that were sent to an address, newest first. */
export async function mailsTo(request: APIRequestContext, email: string): Promise<Mail[]> {
  const answer = await request.get("/dev/mail.json");
  expect(answer.status()).toBe(200);
  const mails = (await answer.json()) as Mail[];
  return mails.filter((mail) => mail.to === email);
}

/** The link in the one mail that asks to verify an address. */
export const mailedLink = (request: APIRequestContext, email: string) => linkTo("verify-email", request, email);

/** The link in the one mail that offers to sign in. */
export const mailedSignInLink = (request: APIRequestContext, email: string) => linkTo("sign-in-link", request, email);

async function linkTo(page: string, request: APIRequestContext, email: string): Promise<string> {
  const pattern = new RegExp(`^http\\S+/${page}\\?token=\\S+$`, "m");
  const links = async () => (await mailsTo(request, email)).flatMap((mail) => pattern.exec(mail.text) ?? []);
  await expect.poll(links, `mails to ${email} with a link to ${page}`).toHaveLength(1);
  return (await links())[0]!;
}

/** The status with which a sign-in is answered. */
export async function signInStatus(request: APIRequestContext, { email, password }: Person): Promise<number> {
  return (await request.post("/auth/login", { data: { email, password } })).status();
}

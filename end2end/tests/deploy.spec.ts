// A deploy that changed one page: what browsers kept of the version before must not get in its way.
import { readdirSync } from "node:fs";
import type { APIRequestContext, Page } from "@playwright/test";
import { followLink, heading } from "../support/pages";
import { newPerson } from "../support/people";
import { Service } from "../support/server";
import { expect, hydrated, test } from "../support/test";

const BEFORE = "../target";
const AFTER = "../target/next";

/** The names of the application's files that tell one version from another. */
const names = (version: string) =>
  readdirSync(`${version}/site/pkg`).filter((name) => /^(kith|__wasm_split|split_signed_in)\..*(js|wasm)$/.test(name));

test("every file that the change reaches has another name", () => {
  const before = names(BEFORE);
  expect(before, "kith.js, kith.wasm, __wasm_split.js, split_signed_in.wasm").toHaveLength(4);
  expect(names(AFTER)).toHaveLength(4);
  expect(names(AFTER).filter((name) => before.includes(name))).toEqual([]);
});

/** A visitor is on `/login`, hydrated; then the next version takes the service's place, at the same address. */
async function deployedUnder(page: Page, request: APIRequestContext, port: number, then: (profile: string) => Promise<void>) {
  const service = new Service(port);
  try {
    await service.start(`${BEFORE}/release/kith`);
    const ann = newPerson();
    expect((await request.post(`${service.origin}/auth/register`, { data: ann })).status()).toBe(201);
    await page.goto(`${service.origin}/login`);
    await hydrated(page);
    await service.stop();
    await service.start(`${AFTER}/release/kith`);
    await then(`/profile/${ann.username}`);
    await expect(heading(page, ann.username)).toBeVisible();
    await hydrated(page);
  } finally {
    await service.end();
  }
}

test("a returning visitor's page comes to life after a deploy", async ({ page, request }) => {
  // A page whose chunk the browser does not have yet: only the new version's is there.
  await deployedUnder(page, request, 38128, async (profile) => {
    await page.goto(new URL(profile, page.url()).href);
  });
});

test("a tab that was open during a deploy goes on, with pages from the server", async ({ page, request, complaints }) => {
  // The chunk of the version before is gone.
  complaints.expect(/^Failed to load resource: .* 404 .*\/pkg\/split_signed_in\..*\.wasm\)$/);
  complaints.expect(/WebAssembly/);
  await deployedUnder(page, request, 38129, (profile) => followLink(page, profile));
});

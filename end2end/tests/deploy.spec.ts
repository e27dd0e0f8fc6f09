// A deploy that changed one page: what browsers kept of the version before must not get in its way.
import { readdirSync } from "node:fs";
import { heading } from "../support/pages";
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

test("a returning visitor's page comes to life after a deploy", async ({ page, request }) => {
  const service = new Service(38128);
  try {
    await service.start(`${BEFORE}/release/kith`);
    const ann = newPerson();
    expect((await request.post(`${service.origin}/auth/register`, { data: ann })).status()).toBe(201);
    await page.goto(`${service.origin}/login`);
    await hydrated(page);

    await service.stop();
    await service.start(`${AFTER}/release/kith`);
    // A page whose chunk the browser does not have yet: only the new version's is there.
    await page.goto(`${service.origin}/profile/${ann.username}`);
    await hydrated(page);
    await expect(heading(page, ann.username)).toBeVisible();
    await page.goto(`${service.origin}/login`);
    await hydrated(page);
  } finally {
    await service.end();
  }
});

test("a tab that was open during a deploy goes on, with pages from the server", async ({ page, request, complaints }) => {
  // The chunk of the version before is gone.
  complaints.expect(/^Failed to load resource: .* 404 .*\/pkg\/split_signed_in\..*\.wasm\)$/);
  complaints.expect(/TypeError: Failed to execute 'compile' on 'WebAssembly'|WebAssembly/);
  const service = new Service(38129);
  try {
    await service.start(`${BEFORE}/release/kith`);
    const ann = newPerson();
    expect((await request.post(`${service.origin}/auth/register`, { data: ann })).status()).toBe(201);
    await page.goto(`${service.origin}/login`);
    await hydrated(page);

    await service.stop();
    await service.start(`${AFTER}/release/kith`);
    await page.evaluate((path) => {
      const link = document.querySelector<HTMLAnchorElement>(".wordmark")!;
      link.href = path;
      link.click();
    }, `/profile/${ann.username}`);
    await expect(heading(page, ann.username)).toBeVisible();
    await hydrated(page);
  } finally {
    await service.end();
  }
});

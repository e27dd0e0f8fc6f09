// A deploy that changes one page: files cached from the old version must not break the new one.
import { readFileSync, readdirSync, statSync } from "node:fs";
import type { APIRequestContext, Page } from "@playwright/test";
import { heading, navigateInApp } from "../support/pages";
import { newUser } from "../support/users";
import { Service } from "../support/server";
import { expect, hydrated, test } from "../support/test";

const BEFORE = "../target";
const AFTER = "../target/next";

/** The app's files: its name without the hash, its name, and its content. */
const appFiles = (version: string) =>
  readdirSync(`${version}/site/pkg`)
    .filter((name) => /^(kith|__wasm_split|split_\w+|chunk_\w+)\.[^.]+\.(js|wasm)$/.test(name))
    .map((name) => ({ kind: name.replace(/\..*\./, "."), name, content: readFileSync(`${version}/site/pkg/${name}`) }));

/** The files that contain the change, or the names of files that do. */
const AFFECTED = ["__wasm_split.js", "kith.js", "kith.wasm", "split_signed_in.wasm"];

// Two services with new databases start in each test.
test.slow();

test.beforeAll(() => {
  const builtAt = statSync(`${BEFORE}/.build-ended`).mtimeMs;
  const nextBuiltAt = statSync(`${AFTER}/release/kith`, { throwIfNoEntry: false })?.mtimeMs ?? 0;
  expect(nextBuiltAt, "target/next is stale: run scripts/next-site.sh").toBeGreaterThan(builtAt);
});

test("every file affected by the change gets a new name", () => {
  const [before, after] = [appFiles(BEFORE), appFiles(AFTER)];
  for (const files of [before, after]) {
    const kinds = files.map(({ kind }) => kind).filter((kind) => !kind.startsWith("chunk_"));
    expect(kinds.sort()).toEqual([...AFFECTED, "split_account.wasm"].sort());
  }
  const kept = before.flatMap((file) => {
    const same = after.find(({ name }) => name === file.name);
    return same ? [{ kind: file.kind, unchanged: same.content.equals(file.content) }] : [];
  });
  expect(kept.filter(({ kind, unchanged }) => AFFECTED.includes(kind) || !unchanged)).toEqual([]);
});

/** Opens a hydrated `/login`, replaces the service with the next version at the same address, then opens a profile. */
async function deployDuringVisit(page: Page, request: APIRequestContext, port: number, openProfile: (path: string) => Promise<void>) {
  const service = new Service(port);
  try {
    await service.start(`${BEFORE}/release/kith`);
    const ann = newUser();
    expect((await request.post(`${service.origin}/auth/register`, { data: ann })).status()).toBe(201);
    await page.goto(`${service.origin}/login`);
    await hydrated(page);
    await service.stop();
    await service.start(`${AFTER}/release/kith`);
    await openProfile(`/profile/${ann.username}`);
    await expect(heading(page, ann.username)).toBeVisible();
    await hydrated(page);
  } finally {
    await service.dispose();
  }
}

test("a page hydrates for a returning visitor after a deploy", async ({ page, request }) => {
  // The browser has not loaded this page's chunk yet, and the server has only the new version.
  await deployDuringVisit(page, request, 28128, async (path) => {
    await page.goto(new URL(path, page.url()).href);
  });
});

test("a tab left open during a deploy keeps working with full page loads", async ({ page, request, browserErrors }) => {
  // The old version's chunk is gone. The file that it shares with the other chunk may be gone, too.
  browserErrors.expect(/^Failed to load resource: .* 404 .*\/pkg\/(split_signed_in|chunk_\w+)\..*\.wasm\)$/);
  browserErrors.expect(/WebAssembly/);
  await deployDuringVisit(page, request, 28129, (path) => navigateInApp(page, path));
});

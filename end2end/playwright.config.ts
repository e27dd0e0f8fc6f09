// Configuration of the browser tests: Chromium against the release build, with its own database.
import { existsSync } from "node:fs";
import { resolve } from "node:path";
import { defineConfig } from "@playwright/test";

// Below the ports that systems give to outgoing connections, any of which could have this one.
const address = `127.0.0.1:${process.env.E2E_PORT ?? "28127"}`;
const origin = `http://${address}`;
// The server's log, which a test searches for secrets.
process.env.KITH_LOG ??= resolve("server.log");
const chromium = process.env.CHROMIUM_PATH ?? "/usr/bin/chromium";
const isRoot = process.getuid?.() === 0;

const phone = { viewport: { width: 390, height: 844 }, deviceScaleFactor: 2, isMobile: true, hasTouch: true };
const noJavaScriptTests = /(block|journey|no-javascript|preferences|privacy|search)\.spec\.ts/;

export default defineConfig({
  testDir: "tests",
  fullyParallel: true,
  forbidOnly: true,
  retries: 0,
  workers: 2,
  timeout: 45_000,
  expect: { timeout: 10_000 },
  snapshotPathTemplate: "{testDir}/pictures/{arg}-{projectName}{ext}",
  reporter: [["list"], ["html", { open: "never" }]],
  use: {
    baseURL: origin,
    viewport: { width: 1280, height: 800 },
    // It takes a third of the time. To see what a test does: npx playwright test --trace on NAME
    trace: "off",
    screenshot: "only-on-failure",
    launchOptions: {
      // Falls back to the Chromium that Playwright downloaded.
      ...(existsSync(chromium) && { executablePath: chromium }),
      // Chromium's sandbox does not work as root.
      chromiumSandbox: !isRoot,
      args: [
        "--disable-gpu",
        "--disable-background-networking",
        "--disable-component-update",
        "--disable-sync",
        "--no-first-run",
      ],
    },
  },
  projects: [
    { name: "hydrated", testIgnore: /no-javascript\.spec\.ts/ },
    { name: "phone", grep: /@phone/, use: phone },
    { name: "no-javascript", testMatch: noJavaScriptTests, use: { javaScriptEnabled: false } },
  ],
  webServer: {
    command: `sh support/server.sh ${address}`,
    url: `${origin}/health`,
    reuseExistingServer: false,
    timeout: 60_000,
    gracefulShutdown: { signal: "SIGTERM", timeout: 20_000 },
    env: {
      BCRYPT_COST: "4",
      KITH_LOG: process.env.KITH_LOG,
      PUBLIC_URL: origin,
      RATE_LIMITS: "on",
      RUST_LOG: "info,kith=debug",
      TRUSTED_PROXIES: "127.0.0.1",
    },
  },
});

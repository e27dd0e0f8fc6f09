// `npm run screenshots` saves every page in every state to screenshots/.
import { defineConfig } from "@playwright/test";
import config from "./playwright.config";

const phone = config.projects?.find(({ name }) => name === "phone")?.use;
const schemes = ["light", "dark"] as const;

export default defineConfig({
  ...config,
  testDir: ".",
  testMatch: "screenshots.ts",
  reporter: "list",
  projects: schemes.flatMap((colorScheme) => [
    { name: `desktop-${colorScheme}`, use: { colorScheme } },
    { name: `phone-${colorScheme}`, use: { ...phone, colorScheme } },
  ]),
});

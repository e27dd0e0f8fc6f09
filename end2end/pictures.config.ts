// `make pictures` saves the pictures of the README: real pages, light and dark, phone and desktop, in both languages.
import { defineConfig } from "@playwright/test";
import config from "./playwright.config";

const phone = config.projects?.find(({ name }) => name === "phone")?.use;
const desktop = { viewport: { width: 1280, height: 800 } };

export default defineConfig({
  ...config,
  testDir: ".",
  testMatch: "pictures.ts",
  reporter: "list",
  projects: [
    { name: "desktop-light-en", use: { ...desktop, colorScheme: "light", locale: "en-US" } },
    { name: "desktop-dark-de", use: { ...desktop, colorScheme: "dark", locale: "de-DE" } },
    { name: "phone-light-de", use: { ...phone, colorScheme: "light", locale: "de-DE" } },
    { name: "phone-dark-en", use: { ...phone, colorScheme: "dark", locale: "en-US" } },
  ],
});

// Prints Lighthouse's scores, out of 100 (mobile, medians of three runs), of the pages that are named, else of
// those that people see most: `make lighthouse`. Pages that require a user are shown to one.
import { execFileSync, spawn } from "node:child_process";
import { chmodSync, mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout } from "node:timers/promises";

// The last major version that runs on Node.js 18 and 20.
const LIGHTHOUSE = "lighthouse@12.8.2";
const ADDRESS = "127.0.0.1:28130";
const RUNS = 3;
const CATEGORIES = ["performance", "accessibility", "best-practices", "seo"];

const USER = { email: "ann@example.org", username: "ann", password: "correct horse battery" };
const PUBLIC_PAGES = ["/", "/login", "/register", `/profile/${USER.username}`];

const pages = process.argv.length > 2 ? process.argv.slice(2) : [...PUBLIC_PAGES, "/settings"];

/** Creates a verified account and returns the cookies of a sign-in. */
async function signIn() {
  const post = async (path, body) => {
    const headers = { accept: "application/json", "content-type": "application/json" };
    const response = await fetch(`http://${ADDRESS}${path}`, { method: "POST", headers, body: JSON.stringify(body) });
    if (!response.ok) throw new Error(`POST ${path}: ${response.status} ${await response.text()}`);
    return response;
  };
  await post("/auth/register", USER);
  let mail;
  while (!(mail = (await (await fetch(`http://${ADDRESS}/dev/mail.json`)).json()).find(({ to }) => to === USER.email))) {
    await setTimeout(100);
  }
  const token = /verify-email\?token=([\w-]+)/.exec(mail.text)[1];
  await post("/auth/verify-email", { token });
  const cookies = (await post("/auth/login", USER)).headers.getSetCookie();
  return cookies.map((cookie) => cookie.split(";")[0]).join("; ");
}

/** One run on a page, with cookies if it requires a user. */
function report(page, cookies) {
  const chrome = "--chrome-flags=--headless=new --no-sandbox --disable-gpu";
  const command = ["--yes", LIGHTHOUSE, `http://${ADDRESS}${page}`, "--quiet", "--output=json", chrome];
  // Pages for their user alone ask search engines not to list them.
  if (!PUBLIC_PAGES.includes(page)) {
    command.push(`--extra-headers=${JSON.stringify({ Cookie: cookies })}`, "--skip-audits=is-crawlable");
  }
  const env = { ...process.env, CHROME_PATH: process.env.CHROMIUM_PATH };
  return JSON.parse(execFileSync("npx", command, { env, encoding: "utf8", maxBuffer: 1 << 26 }));
}

const median = (numbers) => numbers.sort((a, b) => a - b)[numbers.length >> 1];

const folder = mkdtempSync(join(tmpdir(), "kith-"));
// As root, PostgreSQL runs as another user, who has to get in.
chmodSync(folder, 0o711);
const service = spawn("target/release/kith", ["dev", "--dir", join(folder, "kith"), "--listen", ADDRESS], {
  stdio: ["ignore", "ignore", "inherit"],
  env: { ...process.env, RUST_LOG: "error" },
});
const stopped = new Promise((resolve) => service.once("exit", resolve));
try {
  while (!(await fetch(`http://${ADDRESS}/health`).then(({ ok }) => ok, () => false))) {
    if (service.exitCode !== null) throw new Error("Kith did not start: see above");
    await setTimeout(200);
  }
  const cookies = await signIn();
  console.log(["page".padEnd(28), ...CATEGORIES, "LCP"].join("  "));
  for (const page of pages) {
    const reports = Array.from({ length: RUNS }, () => report(page, cookies));
    const scores = CATEGORIES.map((name) => {
      const score = median(reports.map(({ categories }) => categories[name].score));
      return String(Math.round(100 * score)).padStart(name.length);
    });
    const lcp = median(reports.map(({ audits }) => audits["largest-contentful-paint"].numericValue));
    console.log([page.padEnd(28), ...scores, `${(lcp / 1000).toFixed(1)} s`].join("  "));
  }
} finally {
  service.kill();
  await stopped;
  rmSync(folder, { recursive: true, force: true });
}

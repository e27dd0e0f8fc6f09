// A service of a test's own, beside the one that all tests share: to be stopped, or replaced by another.
import { spawn, type ChildProcess } from "node:child_process";
import { mkdtempSync, chmodSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join, resolve } from "node:path";
import { expect } from "@playwright/test";

/** One address and one database; what runs there can change. */
export class Service {
  readonly origin: string;
  readonly #folder = mkdtempSync(join(tmpdir(), "kith-"));
  #process: ChildProcess | undefined;

  constructor(readonly port: number) {
    this.origin = `http://127.0.0.1:${port}`;
    // As root, PostgreSQL runs as another user, who has to get in.
    chmodSync(this.#folder, 0o711);
  }

  /** Starts the binary, which brings the site beside it. */
  async start(binary: string) {
    const command = ["dev", "--dir", join(this.#folder, "kith"), "--listen", `127.0.0.1:${this.port}`];
    const env = { ...process.env, BCRYPT_COST: "4", PUBLIC_URL: this.origin };
    this.#process = spawn(resolve(binary), command, { env, stdio: "ignore" });
    const healthy = () => fetch(`${this.origin}/health`).then(({ ok }) => ok, () => false);
    await expect.poll(healthy, { timeout: 30_000 }).toBe(true);
  }

  async stop() {
    const running = this.#process;
    this.#process = undefined;
    if (!running || running.exitCode !== null) return;
    const stopped = new Promise((resolve) => running.once("exit", resolve));
    running.kill("SIGTERM");
    await stopped;
  }

  /** Stops it, and leaves nothing behind. */
  async end() {
    await this.stop();
    rmSync(this.#folder, { recursive: true, force: true });
  }
}

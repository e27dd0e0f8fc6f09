// A separate service for tests that stop or replace it. All other tests share one.
import { spawn, type ChildProcess } from "node:child_process";
import { mkdtempSync, chmodSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join, resolve } from "node:path";
import { expect } from "@playwright/test";

/** A service with a fixed address and database, whose binary can be replaced. */
export class Service {
  readonly origin: string;
  readonly #directory = mkdtempSync(join(tmpdir(), "kith-"));
  #process: ChildProcess | undefined;

  constructor(readonly port: number) {
    this.origin = `http://127.0.0.1:${port}`;
    // If the tests run as root, PostgreSQL runs as another user, which needs access to the directory.
    chmodSync(this.#directory, 0o711);
  }

  /** Starts `binary`, which serves the site from its own target directory. */
  async start(binary: string) {
    const command = ["dev", "--dir", join(this.#directory, "kith"), "--listen", `127.0.0.1:${this.port}`];
    const env = { ...process.env, BCRYPT_COST: "4", PUBLIC_URL: this.origin };
    this.#process = spawn(resolve(binary), command, { env, stdio: "ignore" });
    const healthy = () => fetch(`${this.origin}/health`).then(({ ok }) => ok, () => false);
    await expect.poll(healthy, { timeout: 60_000 }).toBe(true);
  }

  async stop() {
    const running = this.#process;
    this.#process = undefined;
    if (!running || running.exitCode !== null) return;
    const stopped = new Promise((resolve) => running.once("exit", resolve));
    running.kill("SIGTERM");
    await stopped;
  }

  /** Stops the service and deletes its data. */
  async dispose() {
    await this.stop();
    rmSync(this.#directory, { recursive: true, force: true });
  }
}

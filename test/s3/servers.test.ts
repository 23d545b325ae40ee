// Servers for tests leave nothing behind, not even where the process that started them is killed.

import { spawn } from "node:child_process";
import { once } from "node:events";
import { mkdtempSync, readdirSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, expect, test } from "vitest";
import { until } from "../faults/disk-support.js";
import { describeS3 } from "./support.js";
import { startServer } from "./servers.js";

// A folder of its own: beside it, tests of other files start servers too.
let own: string;
const { TMPDIR } = process.env;

beforeAll(() => {
  own = mkdtempSync(join(tmpdir(), "stedi-servers-"));
  process.env.TMPDIR = own;
});

afterAll(() => {
  if (TMPDIR === undefined) delete process.env.TMPDIR;
  else process.env.TMPDIR = TMPDIR;
  rmSync(own, { recursive: true });
});

const folders = (): readonly string[] =>
  readdirSync(tmpdir()).filter((name) => name.startsWith("stedi-toxiproxy-"));

const answers = (endpoint: string): Promise<boolean> =>
  fetch(endpoint).then(
    () => true,
    () => false,
  );

describeS3("servers for tests", () => {
  test("end, and take their folder away, when they are closed", async () => {
    const before = folders();
    const server = await startServer("toxiproxy");
    expect(await answers(server.endpoint)).toBe(true);
    expect(folders().length).toBe(before.length + 1);
    await server.close();
    expect(await answers(server.endpoint)).toBe(false);
    expect(folders()).toEqual(before);
  });

  test("end, and take their folder away, when whoever started them is killed", async () => {
    const before = folders();
    const script = `
      import { startServer } from ${JSON.stringify(new URL("servers.ts", import.meta.url).href)};
      console.log((await startServer("toxiproxy")).endpoint);
    `;
    const child = spawn(process.execPath, ["--import", "tsx", "--input-type=module", "-e", script], {
      stdio: ["ignore", "pipe", "inherit"],
    });
    const [line] = (await once(child.stdout, "data")) as [Buffer];
    const endpoint = line.toString().trim();
    expect(await answers(endpoint)).toBe(true);
    child.kill("SIGKILL");
    await until(() => folders().length === before.length);
    expect(await answers(endpoint)).toBe(false);
  });
});

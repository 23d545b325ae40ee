// What goes to which stream, in colour or not, and what happens when nobody reads it.

import { spawn } from "node:child_process";
import { closeSync, existsSync, openSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, test } from "vitest";
import { andFiles } from "../faults/support.js";
import { inPlace, reportOf, stedi } from "./support.js";

const damaged = andFiles(["accelerometer/landing/b.json", "{"]);
const escape = "\u001b";
const program = join(import.meta.dirname, "../../dist/cli.js");

describe("how much is said", () => {
  test("--quiet says results and errors only", async () => {
    await inPlace(async (here) => {
      const run = await here.call("run all --quiet");
      expect(run).toMatchObject({ code: 0, stderr: "" });
      expect(run.stdout).toContain("commit 1 in data");
      const refused = await here.call("run nothing --quiet");
      expect(refused).toMatchObject({ code: 2, stdout: "" });
      expect(refused.stderr).toContain("error STEDI_UNKNOWN_STAGE");
    }, damaged);
  });

  test("--progress none still warns; --verbose says what is read", async () => {
    await inPlace(async (here) => {
      const none = await here.call("run all --progress none");
      expect(none.stderr).toMatch(/^warning STEDI_W_QUARANTINED: [^\n]+\n$/);
      const verbose = await here.call("run all --verbose");
      expect(verbose.stderr).toMatch(/^reading customer_landing \(\d+ B\) for customer_trusted$/m);
      expect(verbose.stderr).toMatch(
        /^reading step_trainer_landing \([\d.]+ kB\) for step_trainer_trusted, machine_learning_curated$/m,
      );
      expect(none.stdout.split("\n").length).toBe(verbose.stdout.split("\n").length);
    }, damaged);
  });

  test("--json puts one document on standard output and the rest on standard error", async () => {
    await inPlace(async (here) => {
      const { stdout, stderr } = await here.call("run all --json --verbose");
      const { warnings } = reportOf(stdout);
      for (const { code, message } of warnings) expect(stderr).toContain(`warning ${code}: ${message}\n`);
      expect(warnings).toHaveLength(1);
      expect(stderr).toContain("reading customer_landing");
    }, damaged);
  });
});

test("an error that nobody waits for is told as any other, without its message", async () => {
  const escaping = `const timer = setInterval(() => {
    if (process.listenerCount("uncaughtException") === 0) return;
    clearInterval(timer);
    Promise.reject(new TypeError("ann@person.example"));
  })`;
  const preload = `data:text/javascript,${encodeURIComponent(escaping)}`;
  await inPlace(async (here) => {
    const { code, stdout, stderr } = await here.call("run all --json", {
      NODE_OPTIONS: `--import=${preload}`,
    });
    expect(code).toBe(70);
    expect(stderr).toMatch(/^error STEDI_BUG: [^\n]+\n {2}where TypeError\n/);
    expect(JSON.parse(stdout)).toMatchObject({ error: { code: "STEDI_BUG", exitCode: 70 } });
    expect(stdout + stderr).not.toContain("ann@");
    expect(here.files().filter((path) => path.includes("/commits/"))).toEqual([]);
  });
});

describe("colours", () => {
  test("none where nothing is a terminal", async () => {
    await inPlace(async (here) => {
      for (const line of ["run all", "run nothing", "doctor", "plan --graph", "status"]) {
        const { stdout, stderr } = await here.call(line);
        expect(stdout + stderr, line).not.toContain(escape);
      }
    }, damaged);
  });
});

describe("readers that go away", () => {
  test("a closed standard output ends no run, and is no fault", async () => {
    await inPlace(async (here) => {
      const { code, stderr } = await stedi(["run", "all", "--json"], {
        cwd: here.folder,
        started: (child) => child.stdout!.destroy(),
      });
      expect({ code, stderr }).toMatchObject({ code: 0 });
      expect(stderr).not.toMatch(/EPIPE|at /);
      expect(JSON.parse(await here.done("status --json"))).toMatchObject({ commit: { number: 1 } });
      const refused = await stedi(["run", "nothing", "--json"], {
        cwd: here.folder,
        started: (child) => child.stdout!.destroy(),
      });
      expect(refused.code).toBe(2);
    });
  });

  test("a closed standard error ends no run", async () => {
    await inPlace(async (here) => {
      const { code, stdout } = await stedi(["run", "all", "--json"], {
        cwd: here.folder,
        started: (child) => child.stderr!.destroy(),
      });
      expect(code).toBe(0);
      expect(reportOf(stdout).commit).toBe(1);
    });
  });

  test.runIf(existsSync("/dev/full"))(
    "a full disk behind standard output is exit 3, and the run is committed",
    async () => {
      await inPlace(async (here) => {
        const full = openSync("/dev/full", "w");
        const code = await new Promise((resolve) => {
          spawn(process.execPath, [program, "run", "all", "--quiet"], {
            cwd: here.folder,
            stdio: ["ignore", full, "ignore"],
          }).on("close", resolve);
        });
        closeSync(full);
        expect(code).toBe(3);
        expect(JSON.parse(await here.done("status --json"))).toMatchObject({ commit: { number: 1 } });
      });
    },
  );
});

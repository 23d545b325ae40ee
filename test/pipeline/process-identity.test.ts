// Whether a process that once wrote something is still running: told for this machine and container, and left open
// for what cannot be seen from here.

import { spawn, spawnSync } from "node:child_process";
import { existsSync } from "node:fs";
import { describe, expect, test } from "vitest";
import { identityOf, stateOf } from "../../src/pipeline/process-identity.js";

const own = await identityOf(process.pid);

describe("the state of a process", () => {
  test("this one is running", async () => {
    expect(await stateOf(own)).toBe("running");
  });

  test("one that has ended", async () => {
    const { pid } = spawnSync(process.execPath, ["--version"]);
    expect(await stateOf({ ...own, pid, began: "1" })).toBe("ended");
  });

  test("one that was killed and that its parent has not asked after yet", async () => {
    const child = spawn(process.execPath, ["-e", "setInterval(() => 0, 1000)"]);
    const of = await identityOf(child.pid!);
    expect(await stateOf(of)).toBe("running");
    const gone = new Promise((resolve) => child.once("close", resolve));
    child.kill("SIGKILL");
    await gone;
    expect(await stateOf(of)).toBe("ended");
  });

  test.runIf(existsSync("/proc/self/stat"))("one whose number another process has now", async () => {
    expect(await stateOf({ ...own, began: "1" })).toBe("ended");
  });

  test("one of another machine: unknown", async () => {
    expect(await stateOf({ ...own, host: "elsewhere.example" })).toBe("unknown");
  });

  test("one of another container of the same name: unknown, whatever its number means here", async () => {
    const elsewhere = { ...own, numbering: "pid:[1]" };
    expect(await stateOf(elsewhere)).toBe("unknown");
    const { pid } = spawnSync(process.execPath, ["--version"]);
    expect(await stateOf({ ...elsewhere, pid })).toBe("unknown");
  });

  test("one from before a restart of this machine; of a machine that only goes by the same name: unknown", async () => {
    const restarted = { ...own, boot: "another" };
    expect(await stateOf(restarted)).toBe(own.machine === "" ? "unknown" : "restarted");
    expect(await stateOf({ ...restarted, machine: "another" })).toBe("unknown");
    expect(await stateOf({ ...restarted, machine: "" })).toBe("unknown");
  });
});

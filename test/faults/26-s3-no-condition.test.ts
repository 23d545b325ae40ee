// Row 26 of the fault table: a store that does not honour If-None-Match. The first commit notices, and so does `doctor`;
// refused unless --unsafe-single-writer.

import { expect, test } from "vitest";
import { withFolder } from "../io/support.js";
import { stedi } from "../e2e/support.js";
import type { Fault } from "../s3/fault-proxy.js";
import { withS3Lake } from "../s3/lake.js";
import { describeS3 } from "../s3/support.js";

const ignored: Fault = { without: ["if-none-match"] };

describeS3("fault 26: a store without puts on condition", () => {
  test.each<[string, Fault]>([
    ["ignores it", ignored],
    ["does not have it", { instead: { status: 501, code: "NotImplemented" } }],
  ])("one that %s: the first commit is refused, and so is every other", (_what, fault) =>
    withS3Lake(async (lake) => {
      lake.proxy.fault({ operation: "PutObject", when: ({ headers }) => "if-none-match" in headers }, fault);
      for (const stages of [["all"], ["customer_trusted"]]) {
        const { code, exitCode, parts } = await lake.refused({ stages });
        expect([code, exitCode]).toEqual(["STEDI_NO_CONDITION", 3]);
        expect(parts.next).toContain("--unsafe-single-writer");
      }
      lake.proxy.reset();
      await lake.run();
      lake.proxy.fault({ operation: "PutObject", when: ({ headers }) => "if-none-match" in headers }, fault);
      expect((await lake.refused()).code).toBe("STEDI_NO_CONDITION");
    }),
  );

  test("--unsafe-single-writer: whole", () =>
    withS3Lake(async (lake) => {
      lake.proxy.fault({ operation: "PutObject" }, ignored);
      const s3 = { unsafeSingleWriter: true };
      await lake.whole({ s3 });
      await lake.whole({ s3 });
      expect(lake.proxy.seen.some(({ headers }) => "if-none-match" in headers)).toBe(false);
    }));

  test("`doctor` notices, and so does `run`: exit 3, unless --unsafe-single-writer", () =>
    withS3Lake((lake) =>
      withFolder(async (cwd) => {
        lake.proxy.fault(
          { operation: "PutObject", when: ({ headers }) => "if-none-match" in headers },
          ignored,
        );
        const call = (...args: readonly string[]) =>
          stedi([...args, "--lake", lake.uri], { cwd, env: lake.environment });
        for (const command of [["doctor"], ["run", "all"]]) {
          const { code, stdout, stderr } = await call(...command);
          expect(code, stderr).toBe(3);
          expect(stdout + stderr).toContain("STEDI_NO_CONDITION");
          lake.expectDiscreet(stdout, stderr);
        }
        expect((await lake.find()).number).toBe(0);
        expect((await call("run", "all", "--unsafe-single-writer")).code).toBe(0);
        expect((await lake.find()).number).toBe(1);
      }),
    ));
});

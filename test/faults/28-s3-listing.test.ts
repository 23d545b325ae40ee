// Row 28 of the fault table, on S3: listings that come in pages, fail half-way, or have odd keys. All of the files are
// read, or the run is refused; a part of them would be a lake without some of its withdrawals.

import { expect, test } from "vitest";
import type { Fault, Matching } from "../s3/fault-proxy.js";
import { withS3Lake } from "../s3/lake.js";
import { describeS3 } from "../s3/support.js";
import { andFiles, email, type Files, lines, no, soundLake, yes } from "./support.js";

/** Every page but the last has two keys; the withdrawal is in the last. */
const pages: Fault = { asked: { "max-keys": "2" } };
const paged = andFiles(
  ...["b", "c", "d", "e"].map((name) => [`customer/landing/${name}.json`, lines([yes("ann", 2)])] as const),
  ["customer/landing/z.json", lines([no("ben")])],
);
const customers: Matching = {
  operation: "ListObjects",
  when: ({ query }) => query.get("prefix")!.endsWith("customer/landing/"),
};

describeS3.each(["minio", "versitygw"] as const)("fault 28: listings, on %s", (server) => {
  test("of many pages: whole", () =>
    withS3Lake(
      async (lake) => {
        lake.proxy.fault({ operation: "ListObjects" }, pages);
        await lake.whole();
        await lake.whole();
        const asked = lake.proxy.seen.filter(({ query }) =>
          query.get("prefix")?.endsWith("customer/landing/"),
        );
        const further = asked.filter(({ query }) => query.has("continuation-token"));
        expect(further.length).toBeGreaterThanOrEqual(4);
      },
      paged,
      server,
    ));

  test("with odd keys: whole, each named as it is", () =>
    withS3Lake(
      async (lake) => {
        await lake.whole();
        const commit = JSON.parse(
          Buffer.from((await lake.content()).get("_stedi/commits/000000000001.json")!).toString(),
        ) as { landing: Record<string, { files: { path: string }[] }> };
        const read = commit.landing.customer_landing!.files.map(({ path }) => path);
        expect(read).toEqual(
          [...oddFiles.keys()].filter((path) => path.startsWith("customer/landing/")).sort(),
        );
      },
      oddFiles,
      server,
    ));
});

const oddFiles: Files = andFiles(
  ...[
    " leading and trailing .json",
    "with space.json",
    "a+b.json",
    "100%.json",
    "%2e%2e%2f.json",
    "%zz.json",
    "m\u00fcller.json",
    "mu\u0308ller.json",
    "\u65e5\u672c.json",
    "\u{1f9be}.json",
    "q'uo\"te.json",
    "semi;colon&and=#?.json",
    "<tag>&amp;.json",
    "~.json",
    "back\\slash.json",
    "tab\t.json",
    "new\nline.json",
    "-rf.json",
    "x=1/y=2/part.json",
    "a b/c+d/e%20f.json",
  ].map((name, index) => [`customer/landing/${name}`, lines([no("ben", 50 + index)])] as const),
);

describeS3("fault 28: a listing that fails half-way", () => {
  test.each<[string, Fault]>([
    ["a 500", { instead: { status: 500, code: "InternalError" } }],
    ["a reset", { instead: "reset" }],
    ["a page that breaks off", { body: { at: 300, then: "close" } }],
  ])("%s in place of its second page, once: whole", (_what, fault) =>
    withS3Lake(async (lake) => {
      lake.proxy.fault({ ...customers, after: 1, times: 1 }, { ...pages, ...fault });
      lake.proxy.fault(customers, pages);
      await lake.whole();
    }, paged),
  );

  test.each<[string, string, Fault]>([
    ["a 503", "STEDI_UNAVAILABLE", { instead: { status: 503, code: "SlowDown" } }],
    ["a refusal", "STEDI_NO_ACCESS", { instead: { status: 403, code: "AccessDenied" } }],
    [
      "another that says that there is more, and not where",
      "STEDI_REFUSED",
      { ...pages, rewrite: (xml) => xml.replace(/<NextContinuationToken>.*<\/NextContinuationToken>/, "") },
    ],
    [
      "one that says to go on from where it was",
      "STEDI_REFUSED",
      {
        ...pages,
        rewrite: (xml) => {
          const [, here] = /<ContinuationToken>(.*)<\/ContinuationToken>/.exec(xml)!;
          return xml.replace(/(<NextContinuationToken>).*(<)/, `$1${here!}$2`);
        },
      },
    ],
    ["one that is cut off", "STEDI_REFUSED", { ...pages, body: { at: 300, then: "end" } }],
    ["a page for people", "STEDI_REFUSED", { rewrite: () => "<html><body>Sign in</body></html>" }],
    ["nothing", "STEDI_REFUSED", { rewrite: () => "" }],
  ])("%s in place of its second page, and ever after: refused", (_what, expected, fault) =>
    // The first run has no commit from which it would know what is missing.
    withS3Lake(async (lake) => {
      lake.proxy.fault({ ...customers, after: 1 }, fault);
      lake.proxy.fault(customers, pages);
      const { code, exitCode } = await lake.refused({ s3: { retryForMs: 1500 } });
      expect([code, exitCode]).toEqual([expected, 3]);
    }, paged),
  );

  test("more than 1,000 keys, with a withdrawal in the last: whole", () => {
    const files = new Map(soundLake);
    for (let file = 0; file < 1001; file++) {
      files.set(`customer/landing/b/${file}.json`, lines([yes("ann", 2)]));
    }
    files.set("customer/landing/b/zz.json", lines([no("ben")]));
    return withS3Lake(async (lake) => {
      await lake.whole();
      expect((await lake.find()).zones.customer_trusted).not.toContain(email("ben"));
    }, files);
  });
});

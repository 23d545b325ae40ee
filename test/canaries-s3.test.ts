// The canaries of canaries.test.ts on S3: what is planted in the landing zone appears nowhere in the bucket but in the
// zones it belongs to, and in nothing that a command says, however it ends. Credentials appear nowhere at all.

import type { ChildProcess } from "node:child_process";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { inspect } from "node:util";
import { gunzipSync } from "node:zlib";
import { GetObjectCommand, paginateListObjectsV2 } from "@aws-sdk/client-s3";
import { expect, test } from "vitest";
import { stediPlan } from "../src/pipeline/stedi-plan.js";
import { type Ended, inPlace, type Place, stedi } from "./e2e/support.js";
import type { Answer, FaultProxy, Matching } from "./s3/fault-proxy.js";
import { type S3Lake, withS3Lake } from "./s3/lake.js";
import type { Access } from "./s3/servers.js";
import { sessionOf } from "./s3/session.js";
import { describeS3, environmentOf } from "./s3/support.js";
import type { Aviary } from "./support/canaries.js";
import { heard, planted, search } from "./support/planted.js";

type Environment = Readonly<Record<string, string>>;

/** How people are told of a run, in turn. */
const verbosities = ["--verbose --progress plain", "--json", "--quiet", "", "--json --verbose"];

/** A lake on S3 and a folder with the same landing files in `data`, both full of canaries; credentials are canaries too. */
interface Planting {
  readonly birds: Aviary;
  readonly lake: S3Lake;
  readonly here: Place;
  /** Lent, with a session token; all commands use them. */
  readonly session: Access;
  readonly environment: Environment;
  /** Runs a command line, and looks at all that it said. @param code what it has to end with */
  readonly says: (line: string, code?: number, environment?: Environment) => Promise<Ended>;
}

function withPlanting(action: (planting: Planting) => Promise<void>, any = false): Promise<void> {
  const { birds, files } = planted(any);
  return withS3Lake(
    (lake) =>
      inPlace(async (here) => {
        const { accessKeyId, secretAccessKey } = lake.bucket.access;
        const session = await sessionOf(lake.bucket.access);
        birds.plant("access key", [], () => accessKeyId);
        birds.plant("secret key", [], () => secretAccessKey);
        birds.plant("access key that is lent", [], () => session.accessKeyId);
        birds.plant("secret key that is lent", [], () => session.secretAccessKey);
        birds.plant("session token", [], () => session.sessionToken!);
        const environment = environmentOf({ ...session, endpoint: lake.proxy.endpoint });
        const says = async (line: string, code?: number, other = environment): Promise<Ended> => {
          const ended = await here.call(line, other);
          heard(birds, line, ended, code);
          return ended;
        };
        await action({ birds, lake, here, session, environment, says });
      }, files),
    files,
  );
}

/** Everything in the bucket, by the paths below the lakes that are in it. What is stored about it holds no canary. */
async function stored(
  { birds, lake }: Planting,
  roots: readonly string[] = ["some/lake/"],
): Promise<readonly (readonly [string, Uint8Array])[]> {
  const { client, name: Bucket } = lake.bucket;
  const found: (readonly [string, Uint8Array])[] = [];
  for await (const { Contents = [] } of paginateListObjectsV2({ client }, { Bucket })) {
    for (const { Key } of Contents) {
      const root = roots.find((each) => Key!.startsWith(each));
      if (root === undefined) throw new Error(`${Key!} is in none of the lakes`);
      const { Body, ...about } = await client.send(new GetObjectCommand({ Bucket, Key }));
      expect(birds.found(JSON.stringify(about)), `about ${Key!}`).toEqual([]);
      found.push([Key!.slice(root.length), await Body!.transformToByteArray()]);
    }
  }
  return found;
}

describeS3("a run on S3", () => {
  test.each([
    ["--consent latest", false],
    ["--consent any --pair timestamp", true],
  ])("%s: everything is where it belongs, and nothing of it is said", (rules, any) =>
    withPlanting(async (planting) => {
      const { birds, lake, says } = planting;
      const on = `--lake ${lake.uri}`;
      await says(`run all ${on} ${rules} --verbose --progress plain`, 0);
      expect(birds.missing(search(birds, await stored(planting)))).toEqual([]);
      for (const command of [
        "status",
        "status --json",
        "status --verbose",
        "doctor",
        "doctor --json --verbose",
      ])
        await says(`${command} ${on}`, 0);
      for (const command of ["plan", "plan --graph", "plan --json", "plan --verbose"])
        await says(`${command} ${on} ${rules}`, 0);
      for (const verbosity of verbosities.slice(1)) await says(`run all ${on} ${rules} ${verbosity}`, 0);
      search(birds, await stored(planting));
      expect((await lake.find()).uploads).toEqual([]);
      expectSafeRequests(planting, lake.proxy);
    }, any),
  );

  test("stage by stage, and on a lake that is half on S3 and half in a folder", () =>
    withPlanting(async (planting) => {
      const { birds, lake, here, says } = planting;
      for (const { name } of stediPlan.zones) await says(`run ${name} --lake ${lake.uri} --verbose`, 0);
      await says(`run all --lake ${lake.uri} --out out --verbose`, 0);
      const mixed = `s3://${lake.bucket.name}/mixed`;
      await says(`run all --out ${mixed} --json`, 0);
      for (const command of ["status", "plan", "doctor"])
        await says(`${command} --out ${mixed} --verbose`, 0);
      search(birds, await stored(planting, ["some/lake/", "mixed/"]));
      const local = here.files("out").map((path) => [path, readFileSync(join(here.folder, path))] as const);
      expect(birds.missing(search(birds, local))).toEqual([]);
    }));
});

/** A request's URL and headers hold no more than they have to: the number of the key, and the token that goes with it. */
function expectSafeRequests({ birds, session }: Planting, { seen }: FaultProxy): void {
  expect(seen.length).toBeGreaterThan(0);
  for (const { url, headers } of seen) {
    const { authorization, "x-amz-security-token": token, ...others } = headers;
    expect(birds.found(JSON.stringify([url, others])), url).toEqual([]);
    expect(token).toBe(session.sessionToken);
    expect(birds.found(authorization!)).toEqual(["access key that is lent"]);
  }
}

describeS3("a sync with S3", () => {
  /** What no clean file has: unlisted fields, and what is damaged but for whose it is. */
  const unclean =
    /unlisted|^note at|^line of|no JSON|^(name|phone|text|field|user)( name)? (in|that|for|under)/;

  test("to S3 and back: nothing but landing files, and nothing of them is said", () =>
    withPlanting(async (planting) => {
      const { lake, here, says } = planting;
      const copy = `s3://${lake.bucket.name}/copy`;
      for (const line of [
        `sync data ${copy} --dry-run`,
        `sync data ${copy} --verbose`,
        `sync data ${copy} --json`,
        `sync ${copy} back --json --verbose`,
        `sync ${copy} back`,
        `sync ${lake.uri} ${copy} --quiet`,
      ])
        await says(line, 0);
      const paths = [...lake.files.keys()].filter((path) => !path.endsWith(".csv")).sort();
      const copied = (await stored(planting, ["some/lake/", "copy/"])).map(([path]) => path);
      expect(copied.filter((path) => !path.endsWith(".csv")).sort()).toEqual([...paths, ...paths].sort());
      expect(here.files("back")).toEqual(paths.map((path) => `back/${path}`));
      expectSafeRequests(planting, lake.proxy);
    }));

  test("--clean: a clean lake holds no unlisted field and nothing that is damaged, and nothing is said", () =>
    withPlanting(async (planting) => {
      const { birds, lake, here, says } = planting;
      const clean = `s3://${lake.bucket.name}/clean`;
      for (const line of [
        `sync data ${clean} --clean --dry-run --verbose`,
        `sync data ${clean} --clean --verbose --progress plain`,
        `sync data ${clean} --clean --json`,
        `sync ${lake.uri} ${clean} --clean --quiet`,
        `sync ${lake.uri} clean --clean --json --verbose`,
      ])
        await says(line, 0);
      const cleaned = (await stored(planting, ["clean/", "some/"])).filter(
        ([path]) => !path.startsWith("lake/"),
      );
      expect(cleaned).toHaveLength(4);
      for (const [path, bytes] of cleaned) {
        const content = path.endsWith(".gz") ? gunzipSync(bytes) : bytes;
        expect(
          birds.found(content).filter((what) => unclean.test(what)),
          path,
        ).toEqual([]);
        expect(readFileSync(join(here.folder, "clean", path))).toEqual(Buffer.from(bytes));
      }
      await says(`run all --lake ${clean} --verbose`, 0);
      search(birds, await stored(planting, ["some/lake/", "clean/"]));
    }));
});

/** What a store might say that quotes whatever it has seen. */
function quoting({ birds, session, lake }: Planting): string {
  const token = birds.plant("what a store quotes");
  const { accessKeyId, secretAccessKey, sessionToken } = session;
  const record = Buffer.from(lake.files.get("customer/landing/a.json")!).toString("latin1").split("\n")[0]!;
  const text = [token, accessKeyId, secretAccessKey, sessionToken, record].join(" ");
  return text.replace(/[<>&]/g, "_");
}

/** How a store can fail: what is done to the way there, and what a run ends with. */
const failures: readonly (readonly [string, (planting: Planting) => Environment | undefined, number])[] = [
  ["a key that the server does not know", other({ AWS_ACCESS_KEY_ID: "AKIAZqUNKNOWNZq" }), 3],
  ["another secret", other({ AWS_SECRET_ACCESS_KEY: "Zqanother-secret-than-it-is" }), 3],
  ["another session token", other({ AWS_SESSION_TOKEN: "Zqanother.session.token-than-it-is" }), 3],
  ["no token where there has to be one", other({ AWS_SESSION_TOKEN: "" }), 3],
  ["no credentials", other({ AWS_ACCESS_KEY_ID: "", AWS_SECRET_ACCESS_KEY: "" }), 3],
  ["nobody at the address", other({ AWS_ENDPOINT_URL: "http://127.0.0.1:1" }), 3],
  [
    "an address with credentials",
    other({ AWS_ENDPOINT_URL: "http://Zquser-name:Zqpass-word@127.0.0.1:1" }),
    3,
  ],
  ["an address that is none", other({ AWS_ENDPOINT_URL: "Zqgarbage-for-an-address" }), 2],
  ["no access, with quotes", answering({ status: 403, code: "AccessDenied" }), 3],
  ["credentials that expire, with quotes", answering({ status: 400, code: "ExpiredToken" }, { after: 3 }), 3],
  ["a refusal, with quotes", answering({ status: 400, code: "MalformedThing" }, { after: 2 }), 3],
  [
    "a full store, with quotes",
    answering({ status: 507, code: "XMinioStorageFull" }, { operation: "PutObject" }),
    3,
  ],
  ["a storm, with quotes", answering({ status: 503, code: "SlowDown" }, { after: 4 }), 3],
  ["answers to landing files that are cut off", broken("reset"), 3],
  ["answers to landing files with a flipped bit", broken("flip"), 3],
  [
    "a listing that is something else",
    ({ lake, ...planting }) => {
      const text = quoting({ lake, ...planting });
      lake.proxy.fault({ operation: "ListObjects", after: 2 }, { rewrite: () => `<html>${text}</html>` });
      return undefined;
    },
    3,
  ],
  [
    "a store without puts on condition",
    ({ lake }) => {
      const when: Matching["when"] = ({ headers }) => "if-none-match" in headers;
      lake.proxy.fault(
        { operation: "PutObject", when },
        { instead: { status: 501, code: "NotImplemented" } },
      );
      return undefined;
    },
    3,
  ],
];

/** Other settings. What stands in them is a canary. */
function other(settings: Environment): (planting: Planting) => Environment {
  return ({ birds, environment }) => {
    for (const [name, value] of Object.entries(settings)) {
      const words = value.match(/\w*Zq[\w.-]*/g) ?? [];
      for (const [index, word] of words.entries()) birds.plant(`${name} ${index}`, [], () => word);
    }
    return { ...environment, ...settings };
  };
}

function answering(answer: Answer, matching: Matching = {}): (planting: Planting) => undefined {
  return (planting) => {
    const message = quoting(planting);
    planting.lake.proxy.fault(matching, { instead: { ...answer, message } });
    return undefined;
  };
}

/** Breaks the bodies of landing files, where they are read on too. */
function broken(then: "reset" | "flip"): (planting: Planting) => undefined {
  return ({ lake }) => {
    const landing = { operation: "GetObject", key: /landing/ } as const;
    lake.proxy.fault({ ...landing, when: ({ headers }) => "range" in headers }, { body: { at: 0, then } });
    lake.proxy.fault(landing, { body: { at: 700, then } });
    return undefined;
  };
}

describeS3("a store that fails", () => {
  test.each(failures)("%s: nothing of it is said or left", (_name, prepare, code) =>
    withPlanting(async (planting) => {
      const { birds, lake, says } = planting;
      await says(`run all --lake ${lake.uri}`, 0);
      const environment = prepare(planting);
      const on = `--lake ${lake.uri} --retry-for 1`;
      for (const verbosity of ["--verbose", "--json"])
        await says(`run all ${on} ${verbosity}`, code, environment);
      const to = `s3://${lake.bucket.name}/copy`;
      const others = [
        `status ${on}`,
        `plan ${on}`,
        `doctor ${on}`,
        `sync ${lake.uri} copy --retry-for 1`,
        `sync data ${to} --clean --retry-for 1`,
      ];
      for (const [index, line] of others.entries())
        await says(`${line} ${["--verbose", "--json"][index % 2]!}`, undefined, environment);
      // What the test has answered in place of a listing is no reason to find less.
      lake.proxy.reset();
      search(birds, await stored(planting, ["some/lake/", "copy/"]));
    }),
  );

  test("a bucket that is not there: nothing is said", () =>
    withPlanting(async ({ lake, says }) => {
      const missing = "s3://there-is-no-such-bucket/some/lake";
      for (const line of [
        ...["run all", "status", "plan", "doctor"].map((command) => `${command} --lake ${missing}`),
        `sync ${missing} copy`,
        `sync data ${missing} --clean`,
        `run all --lake ${lake.uri} --out ${missing}`,
      ])
        for (const verbosity of ["--verbose", "--json"]) await says(`${line} ${verbosity}`, 3);
    }));

  test("credentials in the name of a lake: refused, and nothing is said", () =>
    withPlanting(async ({ lake, session, says }) => {
      const { accessKeyId, secretAccessKey } = session;
      const named = `s3://${accessKeyId}:${secretAccessKey}@${lake.bucket.name}/some/lake`;
      for (const line of [
        ...["run all", "status", "plan", "doctor"].map((command) => `${command} --lake ${named}`),
        `sync ${named} copy`,
        `sync data ${named}`,
      ])
        for (const verbosity of ["--verbose", "--json"]) await says(`${line} ${verbosity}`, 2);
    }));

  test("credentials in a file, or from a program, that are of no use: nothing is said", () =>
    withPlanting(async ({ birds, lake, here, session, environment, says }) => {
      const {
        AWS_ACCESS_KEY_ID: id,
        AWS_SECRET_ACCESS_KEY: secret,
        AWS_SESSION_TOKEN: token,
        ...others
      } = environment;
      const file = join(here.folder, "credentials");
      const withFile = { ...others, AWS_SHARED_CREDENTIALS_FILE: file, AWS_PROFILE: "lake" };
      const whole = `aws_access_key_id = ${id!}\naws_secret_access_key = ${secret!}\naws_session_token = ${token!}\n`;
      const program = (script: string): string => `credential_process = sh -c '${script}'\n`;
      for (const [content, code] of [
        [`[lake]\n${whole}`, 0],
        [`[another]\n${whole}`, 3],
        [`[lake]\n${whole.replace(/^aws_access.*\n/, "")}`, 3],
        [`[lake]\n${program(`echo ${secret!} >&2; exit 1`)}`, 3],
        [`[lake]\n${program(`echo {${session.secretAccessKey}`)}`, 3],
        [`[lake]\n${program(`echo "{\\"Version\\": 7, \\"SecretAccessKey\\": \\"${secret!}\\"}"`)}`, 3],
      ] as const) {
        await here.write("credentials", content);
        for (const command of ["run all --verbose", "doctor", "status --json"])
          await says(`${command} --lake ${lake.uri}`, code, withFile);
      }
      expect(birds.found(secret!)).toEqual(["secret key that is lent"]);
    }));

  test("an error in a program has nothing of it either, its causes included", () =>
    withPlanting(async (planting) => {
      const { birds, lake } = planting;
      await lake.run();
      const message = quoting(planting);
      for (const [status, code] of [
        [403, "AccessDenied"],
        [400, "ExpiredToken"],
        [503, "SlowDown"],
        [507, "XMinioStorageFull"],
      ] as const) {
        for (const operation of ["ListObjects", "GetObject", "PutObject"] as const) {
          lake.proxy.fault({ operation, after: 1 }, { instead: { status, code, message } });
          const said: unknown[] = [];
          const onEvent = (event: unknown): void => void said.push(event);
          const error = await lake.refused({ s3: { retryForMs: 300 }, onEvent }, true);
          const text = inspect([error, said], { depth: Infinity, showHidden: true });
          expect(birds.found(text), `${code} to ${operation}`).toEqual([]);
          lake.proxy.reset();
        }
      }
    }));
});

describeS3("a run on S3 that is ended", () => {
  test.each([
    ["SIGINT", 130],
    ["SIGTERM", 143],
    ["SIGKILL", "SIGKILL"],
  ] as const)("by %s: nothing of it is said or left", (signal, code) =>
    withPlanting(async (planting) => {
      const { birds, lake, here, environment, says } = planting;
      const commands = [
        [`run all --lake ${lake.uri} --verbose --json`, /customer\/trusted/, "PutObject"],
        [`run all --lake ${lake.uri} --verbose`, /step_trainer\/trusted/, "PutObject"],
        [`run all --lake ${lake.uri} --json`, /accelerometer\/landing/, "GetObject"],
        [`sync data s3://${lake.bucket.name}/copy --clean --verbose --json`, /step_trainer/, "PutObject"],
        [`sync ${lake.uri} back --json`, /accelerometer/, "GetObject"],
      ] as const;
      await says(`run all --lake ${lake.uri}`, 0);
      for (const [line, key, operation] of commands) {
        let child: ChildProcess | undefined;
        lake.proxy.fault({ operation, key }, { before: () => child!.kill(signal), instead: "hang" });
        const started = (process: ChildProcess): void => void (child = process);
        const ended = await stedi(line.split(" "), { cwd: here.folder, env: environment, started });
        heard(birds, line, ended);
        // Where it takes too long to end by itself, the signal ends it.
        expect([code, signal], line).toContain(ended.code);
        lake.proxy.reset();
        // A part of a zone has only what the zone may have.
        search(birds, await stored(planting, ["some/lake/", "copy/"]));
      }
      await says(`run all --lake ${lake.uri} --verbose`, 0);
      expect(birds.missing(search(birds, await stored(planting, ["some/lake/", "copy/"])))).toEqual([]);
    }),
  );

  test("by another run that commits first: nothing of it is said or left", () =>
    withPlanting(async (planting) => {
      const { birds, lake, says } = planting;
      for (const verbosity of ["--verbose", "--json", "--quiet"]) {
        lake.proxy.fault(
          { operation: "PutObject", key: /_stedi\/commits/, times: 1 },
          { before: () => says(`run all --lake ${lake.uri} --verbose`, 0) },
        );
        await says(`run all --lake ${lake.uri} ${verbosity}`, 5);
        expect(birds.missing(search(birds, await stored(planting)))).toEqual([]);
      }
    }));
});

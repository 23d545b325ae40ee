// The hazards of a messy lake: every kind is there, in the smallest lake and in the sample, and most data is good.

import { gunzipSync } from "node:zlib";
import { describe, expect, it } from "vitest";
import { storedGzip } from "../../src/synthetic/gzip.js";
import { parts, partsEvery } from "../../src/synthetic/hazards.js";
import { samplePreset, syntheticLake, type SyntheticOptions } from "../../src/synthetic/lake.js";

/** All files, one byte a character, gzip taken off. */
function textsOf(options: SyntheticOptions): Map<string, string> {
  const files = new Map<string, string>();
  for (const { path, chunks } of syntheticLake(options)) {
    const bytes = Buffer.concat([...chunks]);
    files.set(path, (path.endsWith(".gz") ? gunzipSync(bytes) : bytes).toString("latin1"));
  }
  return files;
}

const tables = ["customer", "accelerometer", "step_trainer"];

const lakes: [string, SyntheticOptions][] = [
  ["the smallest lake", { people: 50, seed: 77, messy: true }],
  ["the sample", samplePreset],
];

/** Expects a pattern in a text, without printing the whole text when it is not there. */
function has(text: string, pattern: RegExp | string): void {
  expect(typeof pattern === "string" ? text.includes(pattern) : pattern.test(text), String(pattern)).toBe(
    true,
  );
}

describe.each(lakes)("%s", (_, options) => {
  const files = textsOf(options);
  const text = (path: string): string => files.get(path) ?? "";
  const table = (name: string): string =>
    [...files].map(([path, content]) => (path.startsWith(`${name}/`) ? content : "")).join("");
  const customers = table("customer");
  const accelerometer = table("accelerometer");
  const steps = table("step_trainer");

  it.each(tables)("has every framing (%s)", (name) => {
    const folder = `${name}/landing`;
    has(text(`${folder}/${name}-000.json`), /^\{.*\}\n\{/);
    has(text(`${folder}/${name}-array-000.json`), /^\[\n\{.*\},\n\{/);
    has(text(`${folder}/${name}-pretty-000.json`), /^\{\n {2}"\w+": .*,\n {2}"/);
    has(text(`${folder}/${name}-gzip-000.json.gz`), /^(\{.*\}\n)+$/);
    has(text(`${folder}/older/${name}-000.json`), /^\{[^\n]*\}\{[^\n]*$/);
    const mixed = text(`${folder}/${name}-mixed-000.json`);
    for (const pattern of [/^\s+\{"\w+":.*\}\n/, /\}\{/, /\{\n {2}"/, /\{"\w+": [^\n]*\} \r\n/]) {
      has(mixed, pattern);
    }
  });

  it.each(tables)("has files with a byte-order mark, CRLF, NULs, no last newline (%s)", (name) => {
    const crlf = text(`${name}/landing/${name}-crlf-000.json`);
    expect(crlf.startsWith("\xef\xbb\xbf{")).toBe(true);
    has(crlf, "}\r\n{");
    expect(crlf.replaceAll("\r\n", "")).not.toMatch(/[\r\n]/);
    const nul = text(`${name}/landing/${name}-nul-000.json`);
    has(nul, /\}\n\0+\{/);
    expect(nul.endsWith("}")).toBe(true);
  });

  it.each(tables)("has files that stop in the middle of a record (%s)", (name) => {
    for (const path of [`older/${name}-000.json`, `${name}-crlf-000.json`]) {
      const file = text(`${name}/landing/${path}`);
      const last = file.slice(file.lastIndexOf("{"));
      expect(last.length).toBeGreaterThan(20);
      expect(last).not.toContain("}");
    }
  });

  it("has a file that stops between two records", () => {
    expect(text("step_trainer/landing/step_trainer-array-000.json").endsWith("},")).toBe(true);
    expect(text("customer/landing/customer-array-000.json").endsWith("}\n]\n")).toBe(true);
  });

  it.each(tables)("has an empty file, and one of white space only (%s)", (name) => {
    expect(files.get(`${name}/landing/${name}-empty.json`)).toBe("");
    has(text(`${name}/landing/${name}-blank.json`), /^[ \t\r\n]+$/);
  });

  it("has files that are not to be read", () => {
    expect(files.has("customer/landing/notes.csv")).toBe(true);
    expect(files.has("accelerometer/landing/_temporary/accelerometer-000.json")).toBe(true);
  });

  it("has a withdrawal swallowed by the record that was cut off directly before it", () => {
    const older = text("customer/landing/older/customer-000.json");
    const cut = /\{"customerName":[^{}]*"lastUpdateDate":\d{6}(?=\{)/.exec(older);
    expect(cut).not.toBeNull();
    const swallowed = older.slice(cut!.index + cut![0].length);
    const withdrawal = swallowed.slice(0, swallowed.indexOf("}{") + 1);
    expect(withdrawal).not.toContain("shareWithResearchAsOfDate");
    const record = JSON.parse(withdrawal) as { email: string };
    // The same person said yes before.
    const consent = new RegExp(`"email":"${record.email}"[^{}]*"shareWithResearchAsOfDate":1`).exec(older);
    expect(consent!.index).toBeLessThan(cut!.index);
  });

  it("has fields twice: a date and null in both orders, and under another case", () => {
    const share = '"shareWithResearchAsOfDate"';
    has(customers, new RegExp(`${share}:\\d+,${share}:null`));
    has(customers, new RegExp(`${share}:null,${share}:\\d+`));
    has(accelerometer, '"x":0.0,"x":');
    has(accelerometer, /"user":[^{}]*"USER":/);
    has(steps, /"distanceFromObject":\d+,"distanceFromObject":/);
  });

  it("has invalid UTF-8 and lone surrogates in every table", () => {
    for (const content of [customers, accelerometer, steps]) {
      const lines = content.split("\n").filter((line) => line.startsWith("{") && line.endsWith("}"));
      expect(lines.some((line) => !isUtf8(line))).toBe(true);
      expect(lines.some((line) => /\\u[dD][89a-fA-F]/.test(line))).toBe(true);
    }
  });

  it("has names of prototypes as fields", () => {
    for (const content of [customers, accelerometer, steps]) {
      has(content, '"__proto__":');
      has(content, '"constructor":');
    }
  });

  it("has numbers that a double cannot hold, or that are written in unusual ways", () => {
    for (const number of ["9007199254740993", "1e400", "-1e400", "-0", "-0.0", "1E2", "1e-400"]) {
      has(accelerometer, new RegExp(`"[xyz]":${number.replace(".", "\\.")}[,}]`));
    }
    for (const number of ["9007199254740993", "1e400", "-0", "2E2", "123456789012345678901234567890"]) {
      has(steps, `"distanceFromObject":${number}}`);
    }
  });

  it("has blank dates in all spellings", () => {
    for (const blank of ["null", '""', "0", "-0.0", "0e5"]) {
      has(customers, `"shareWithResearchAsOfDate":${blank},`);
    }
  });

  it("has field names in other spellings", () => {
    has(accelerometer, '"timeStamp":');
    has(accelerometer, '"USER":');
    has(customers, '"SHAREWITHRESEARCHASOFDATE":');
    has(customers, '"LASTUPDATEDATE":');
    has(steps, '"SensorReadingTime":');
  });

  it("has keys in other spellings, a withdrawal among them", () => {
    has(customers, /"email":"[A-Z.]+@TEST\.COM {2}"/);
    has(customers, /"serialNumber":"(?=[^"]*[A-F])[0-9A-F-]{36}"/);
    has(accelerometer, /"user":"[A-Z.]+@TEST\.COM"/);
    has(accelerometer, /"user":"[A-Za-z.]+@test\.com\\t "/);
    has(steps, /"serialNumber":" [0-9A-F-]{36}"/);
    for (const spelling of ["Zo\u00eb.", "Zoe\u0308.", "Zo\\u00eb."]) {
      has(accelerometer, `"user":"${Buffer.from(spelling).toString("latin1")}`);
    }
    has(customers, Buffer.from("Zoe\u0308.").toString("latin1"));
  });

  it("has times in seconds and in other forms, and missing fields", () => {
    has(customers, /"lastUpdateDate":\d{10}[,}]/);
    has(accelerometer, /"timestamp":\d{10},/);
    has(accelerometer, /"timestamp":\d{16},/);
    has(steps, /"sensorReadingTime":\d{10},/);
    has(customers, /\{"customerName":"[^"]*","phone":/);
    has(customers, /\{"email":"[^"]*","birthDay":/);
    has(accelerometer, /"x":[^,]*,"z":/);
    has(steps, /"serialNumber":"[^"]*"\}/);
  });

  it("has stretches that are no records, one of them a customer's of whom only the serial number is left", () => {
    has(customers, /\n[^"{}\n]*","phone":[^{}\n]*"serialNumber":"[0-9a-f-]{36}"[^{}\n]*\}\n/);
    has(customers, /\{[^{}\n]*"lastUpdateDate":\d\d\n\{/);
    has(customers, "\n-- export resumed --\n");
    has(accelerometer, "\nnull\ntrue, 42\n{");
    has(steps, "\n\t \n\nERROR disk quota exceeded\n{");
  });
});

function isUtf8(line: string): boolean {
  try {
    new TextDecoder("utf-8", { fatal: true }).decode(Buffer.from(line, "latin1"));
    return true;
  } catch {
    return false;
  }
}

it("leaves more than 98 of 100 records in a large lake as they are", () => {
  let good = 0;
  let other = 0;
  const record =
    /^\{"(customerName":"[\w ]+","email":"[\w.]+@test\.com"|user":"[\w.]+@test\.com","timestamp":\d{13}|sensorReadingTime":\d{13},"serialNumber":"[0-9a-f-]{36}"),[^{}\\]*\}$/;
  for (const file of syntheticLake({ people: 20_000, seed: 8, messy: true })) {
    if (!file.path.startsWith("step_trainer/")) continue;
    for (const line of Buffer.concat([...file.chunks])
      .toString("latin1")
      .split("\n")) {
      if (record.test(line)) good++;
      else other++;
    }
  }
  expect(good).toBeGreaterThan(590_000);
  expect(other).toBeLessThan(10_000);
});

it("keeps all parts within the first fifty people, and off the people who share and wander", () => {
  expect(parts.length).toBeLessThanOrEqual(44);
  expect(partsEvery % 100).toBe(0);
});

describe("storedGzip", () => {
  it.each([1, 499, 500, 501, 100_000])("holds %d bytes, and may be put one after another", (length) => {
    const data = Buffer.alloc(length, "synthetic ");
    expect(gunzipSync(storedGzip(data)).equals(data)).toBe(true);
    const twice = Buffer.concat([storedGzip(data), storedGzip(data)]);
    expect(gunzipSync(twice).equals(Buffer.concat([data, data]))).toBe(true);
  });
});

// What makes a whole record damaged, and what is written out of a good one.

import { describe, expect, it } from "vitest";
import {
  ACCELEROMETER,
  CUSTOMER,
  judge,
  keyOf,
  readRecord,
  referenceRun,
  STEP_TRAINER,
  writeLine,
  type TableContract,
  type Verdict,
} from "../../src/reference/index.js";
import { at, bytes, lake, latin1, LATEST, snapshot } from "./helpers.js";

function verdictOn(contract: TableContract, source: string, encode = bytes): Verdict {
  const outcome = readRecord(encode(source), 0);
  if (!outcome.whole) throw new Error(outcome.reason);
  return judge(contract, outcome.value);
}

function written(contract: TableContract, source: string): string {
  const verdict = verdictOn(contract, source);
  if (!verdict.good) return `${verdict.reason} ${verdict.field ?? ""}`;
  return writeLine(
    contract.fields.map((field) => field.name),
    verdict.row,
  );
}

const TIME = String(at(0));
const customer = (more: string): string =>
  `{"email":"p@example.test","serialNumber":"s","lastUpdateDate":${TIME}${more}}`;
const reading = (x: string): string => `{"user":"p@example.test","timestamp":${TIME},"x":${x},"y":0,"z":0}`;

describe("a good record", () => {
  it("is written with its fields in the order of the table, as listed, without white space", () => {
    expect(
      written(
        STEP_TRAINER,
        `{ "DISTANCEFROMOBJECT" : 1 , "serialNumber":"s" , "sensorreadingtime": ${TIME} }`,
      ),
    ).toBe(`{"sensorReadingTime":${TIME},"serialNumber":"s","distanceFromObject":1}`);
    expect(written(ACCELEROMETER, `{"z":0,"y":0,"x":0,"timeStamp":${TIME},"user":"p@example.test"}`)).toBe(
      reading("0"),
    );
  });

  it("has its names compared without their escapes", () => {
    expect(written(ACCELEROMETER, reading("0").replace('"user"', String.raw`"\u0055ser"`))).toBe(
      reading("0"),
    );
  });

  it.each(["-1.0", "1e2", "1E+02", "0.1000", "-0", "123456789012345678901234567890", "1e-400"])(
    "keeps the digits of %s",
    (literal) => expect(written(ACCELEROMETER, reading(literal))).toBe(reading(literal)),
  );

  it("leaves out absent and null fields and blank dates, and keeps empty strings", () => {
    const optional = (value: string): string =>
      `,"customerName":${value},"registrationDate":${value},"shareWithPublicAsOfDate":${value}`;
    expect(written(CUSTOMER, customer(optional("null")))).toBe(customer(""));
    expect(written(CUSTOMER, customer(optional('""')))).toBe(`{"customerName":"",${customer("").slice(1)}`);
  });

  it.each(["null", '""', "0", "-0", "0.0", "0e5", "-0.00E-3"])("takes %s for a blank date", (value) =>
    expect(written(CUSTOMER, customer(`,"shareWithResearchAsOfDate":${value}`))).toBe(customer("")),
  );

  it("has strings escaped as JSON.stringify does", () => {
    const source = customer("").replace('"s"', String.raw`"\u0041\/\u00e9\u001f\n\"\\\u2028\u007f"`);
    expect(written(CUSTOMER, source)).toBe(
      customer("").replace('"s"', JSON.stringify('A/é\u001f\n"\\\u2028\u007f')),
    );
  });

  it("has the fields counted that its table does not list", () => {
    const verdict = verdictOn(CUSTOMER, customer(',"a":1,"a":{"email":"q@example.test"},"__proto__":[]'));
    expect(verdict).toMatchObject({ good: true, droppedFields: 3 });
    const { landing } = referenceRun(lake([customer(',"a":1,"a":1'), customer(',"b":1'), '{"c":1}']), LATEST);
    expect(landing.customer_landing).toMatchObject({ read: 3, good: 2, droppedFields: 3 });
  });
});

describe("the contract is broken by", () => {
  it.each([
    ["email", customer("").replace("p@example.test", " \\t\\r\\n")],
    ["email", customer("").replace('"p@example.test"', "5")],
    ["email", customer("").replace('"email"', '"mail"')],
    ["email", "{}"],
    ["serialNumber", customer("").replace('"s"', '""')],
    ["serialNumber", customer("").replace('"s"', "null")],
    ["serialNumber", '{"email":"p@example.test"}'],
    ["lastUpdateDate", customer("").replace(TIME, "null")],
    ["lastUpdateDate", customer("").replace(TIME, "0")],
    ["lastUpdateDate", customer("").replace(TIME, `"${TIME}"`)],
    ["lastUpdateDate", customer("").replace(TIME, `${TIME}.0`)],
    ["lastUpdateDate", customer("").replace(TIME, "1e12")],
    ["lastUpdateDate", customer("").replace(TIME, `-${TIME}`)],
    ["lastUpdateDate", customer("").replace(TIME, "999999999999")],
    ["lastUpdateDate", customer("").replace(TIME, "10000000000000")],
    ["registrationDate", customer(',"registrationDate":1')],
    ["registrationDate", customer(',"registrationDate":" "')],
    ["registrationDate", customer(',"registrationDate":false')],
    ["shareWithResearchAsOfDate", customer(',"shareWithResearchAsOfDate":1600000000')],
    ["shareWithResearchAsOfDate", customer(',"shareWithResearchAsOfDate":1e-400')],
    ["shareWithResearchAsOfDate", customer(`,"shareWithResearchAsOfDate":"${TIME}"`)],
    ["customerName", customer(',"customerName":1')],
    ["phone", customer(',"birthDay":{},"phone":[]')],
    ["customerName", '{"customerName":true}'],
  ])("the customers' %s: %s", (field, source) => expect(written(CUSTOMER, source)).toBe(`contract ${field}`));

  it.each([
    ["x", reading('"1"')],
    ["x", reading("null")],
    ["x", reading("1e400")],
    ["x", reading("-1e309")],
    ["z", reading("0").replace('"z"', '"zz"')],
    ["timestamp", reading("1e400").replace(TIME, "1")],
    ["user", reading("0").replace("p@example.test", "")],
  ])("the accelerometer's %s: %s", (field, source) => {
    expect(written(ACCELEROMETER, source)).toBe(`contract ${field}`);
  });

  it("but not by a time at either end of the range", () => {
    for (const time of ["1000000000000", "9999999999999"]) {
      expect(verdictOn(CUSTOMER, customer("").replace(TIME, time)).good).toBe(true);
    }
  });
});

describe("a field that stands twice", () => {
  it("is found in any spelling of case, and the first in the table's order is named", () => {
    expect(written(CUSTOMER, customer(',"EMAIL":"p@example.test"'))).toBe("duplicate_field email");
    expect(written(CUSTOMER, customer(',"serialnumber":1,"Email":2'))).toBe("duplicate_field email");
    expect(written(CUSTOMER, customer(',"phone":null,"phone":null'))).toBe("duplicate_field phone");
  });

  it("counts only at the top", () => {
    expect(verdictOn(CUSTOMER, customer(',"a":{"email":1,"email":2}')).good).toBe(true);
  });

  it("comes before the contract", () => {
    expect(written(CUSTOMER, '{"phone":"","phone":""}')).toBe("duplicate_field phone");
  });
});

describe("text that is not sound", () => {
  it.each([
    ["in a field", customer(',"phone":"\xff"')],
    ["in a field that is dropped", customer(',"a":"\xff"')],
    ["in a name", customer(',"\xff":1')],
    ["deep down", customer(',"a":[{"b":["\\udc00"]}]')],
    ["in a name deep down", customer(',"a":[{"\\ud800":1}]')],
    ["comes before all other reasons", '{"phone":"","phone":"","a":"\xff"}'],
  ])("%s", (_, source) => {
    expect(verdictOn(CUSTOMER, source, latin1)).toEqual({ good: false, reason: "encoding", field: null });
  });
});

describe("keys", () => {
  it("are compared without the white space around them, without case, in composed form", () => {
    expect(keyOf(" \t\r\nCaf\u0065\u0301@Example.Test\n")).toBe("café@example.test");
    expect(keyOf("a b")).toBe("a b");
    // Other white space is part of the key.
    expect(keyOf("\u00a0a\u000b")).toBe("\u00a0a\u000b");
  });

  it("are written out as they came", () => {
    const { zones } = referenceRun(lake([snapshot(" P@Example.Test", "S ", 1, 1)]), LATEST);
    expect(zones.customer_trusted).toEqual([
      `{"email":" P@Example.Test","serialNumber":"S ","lastUpdateDate":${at(1)},"shareWithResearchAsOfDate":${at(1)}}`,
    ]);
  });
});

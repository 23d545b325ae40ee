// The line that a row becomes.

import { describe, expect, it } from "vitest";
import { type Row, rowFormat } from "../../src/transforms/rows.js";
import { customerLanding, stepTrainerLanding, type TableShape } from "../../src/transforms/tables.js";
import { at } from "../reference/helpers.js";
import { rowOf, snapshotRow, stepRow } from "./support.js";

const customer = (row: Row): string => rowFormat(customerLanding)(row);

describe("the line of a row", () => {
  it("has the fields in table order, no white space, and a newline at its end", () => {
    expect(rowFormat(stepTrainerLanding)(stepRow("S", 1, "-1.0"))).toBe(
      `{"sensorReadingTime":${at(1)},"serialNumber":"S","distanceFromObject":-1.0}\n`,
    );
  });

  it("leaves out what is absent, wherever it stands", () => {
    expect(customer(snapshotRow("p", "s", 1, 2))).toBe(
      `{"email":"p","serialNumber":"s","lastUpdateDate":${at(1)},"shareWithResearchAsOfDate":${at(2)}}\n`,
    );
    expect(customer(rowOf(customerLanding, { customerName: "n" }))).toBe('{"customerName":"n"}\n');
    expect(customer(rowOf(customerLanding, {}))).toBe("{}\n");
    expect(customer(rowOf(customerLanding, { customerName: "" }))).toBe('{"customerName":""}\n');
  });

  it("has strings escaped as JSON.stringify does, names as well", () => {
    const text = '"\\\n\u2028\u0001\u00e4/';
    expect(customer(rowOf(customerLanding, { phone: text }))).toBe(`{"phone":${JSON.stringify(text)}}\n`);
    const odd: TableShape = { name: "t", folder: "t", fields: [{ name: 'a"', kind: "text" }] };
    expect(rowFormat(odd)(["b"])).toBe('{"a\\"":"b"}\n');
  });

  it("has quotation marks around strings only", () => {
    const kinds = ["key", "text", "time", "date", "number"] as const;
    const shape: TableShape = {
      name: "t",
      folder: "t",
      fields: kinds.map((kind) => ({ name: kind, kind })),
    };
    expect(rowFormat(shape)(["1", "2", "3", "4", "5"])).toBe(
      '{"key":"1","text":"2","time":3,"date":4,"number":5}\n',
    );
  });
});

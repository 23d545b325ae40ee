// The landing tables as the specification lists them.

import { describe, expect, it } from "vitest";
import {
  accelerometerLanding,
  customerLanding,
  fieldIndex,
  isRequired,
  landingTables,
  stepTrainerLanding,
} from "../../src/transforms/tables.js";

const listed = [
  {
    name: "customer_landing",
    folder: "customer/landing",
    fields: [
      "customerName text",
      "email key",
      "phone text",
      "birthDay text",
      "serialNumber key",
      "registrationDate date",
      "lastUpdateDate time",
      "shareWithResearchAsOfDate date",
      "shareWithPublicAsOfDate date",
      "shareWithFriendsAsOfDate date",
    ],
  },
  {
    name: "accelerometer_landing",
    folder: "accelerometer/landing",
    fields: ["user key", "timestamp time", "x number", "y number", "z number"],
  },
  {
    name: "step_trainer_landing",
    folder: "step_trainer/landing",
    fields: ["sensorReadingTime time", "serialNumber key", "distanceFromObject number"],
  },
];

describe("the landing tables", () => {
  it("have their names, folders and fields in the order they are written out", () => {
    const shown = landingTables.map(({ name, folder, fields }) => ({
      name,
      folder,
      fields: fields.map((field) => `${field.name} ${field.kind}`),
    }));
    expect(shown).toEqual(listed);
    expect(landingTables).toEqual([customerLanding, accelerometerLanding, stepTrainerLanding]);
  });

  it("cannot be changed", () => {
    expect(Object.isFrozen(landingTables)).toBe(true);
    for (const table of landingTables) {
      expect(Object.isFrozen(table)).toBe(true);
      expect(Object.isFrozen(table.fields)).toBe(true);
      for (const field of table.fields) expect(Object.isFrozen(field)).toBe(true);
    }
  });
});

it("only keys, times and numbers have to be there", () => {
  expect(isRequired).toEqual({ key: true, text: false, time: true, date: false, number: true });
});

describe("the position of a field", () => {
  it("is where it stands in its table", () => {
    expect(fieldIndex(customerLanding, "customerName")).toBe(0);
    expect(fieldIndex(customerLanding, "shareWithFriendsAsOfDate")).toBe(9);
    expect(fieldIndex(stepTrainerLanding, "serialNumber")).toBe(1);
  });

  it("is asked by the declared spelling, of fields that are there", () => {
    expect(() => fieldIndex(accelerometerLanding, "timeStamp")).toThrow(
      new RangeError("table accelerometer_landing has no field timeStamp"),
    );
  });
});

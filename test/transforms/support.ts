// Rows and snapshots in short notation, for the tests of the rules. All people are made up.

import type { Row } from "../../src/transforms/rows.js";
import { accelerometerLanding, customerLanding, stepTrainerLanding } from "../../src/transforms/tables.js";
import type { TableShape } from "../../src/transforms/tables.js";
import { at } from "../reference/helpers.js";

/** A row of a table; fields that are not named are left out. */
export function rowOf(shape: TableShape, values: Readonly<Record<string, string>>): Row {
  return shape.fields.map(({ name }) => values[name]);
}

/** A snapshot of a registration; `consent` is the time from when on, null for a "no". */
export function snapshotRow(
  email: string,
  serialNumber: string,
  time: number,
  consent: number | null,
  more: Readonly<Record<string, string>> = {},
): Row {
  return rowOf(customerLanding, {
    email,
    serialNumber,
    lastUpdateDate: String(at(time)),
    ...(consent !== null && { shareWithResearchAsOfDate: String(at(consent)) }),
    ...more,
  });
}

export function accelerationRow(user: string, time: number, x = "1.0"): Row {
  return rowOf(accelerometerLanding, { user, timestamp: String(at(time)), x, y: "0.0", z: "-1.0" });
}

export function stepRow(serialNumber: string, time: number, distanceFromObject = "200"): Row {
  return rowOf(stepTrainerLanding, {
    sensorReadingTime: String(at(time)),
    serialNumber,
    distanceFromObject,
  });
}

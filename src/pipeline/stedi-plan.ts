// The five zones. This is the one place that says what they are made of; docs/semantics.md says it in words.

import type { Purpose } from "../transforms/consent.js";
import { accelerometerLanding, customerLanding, stepTrainerLanding } from "../transforms/tables.js";
import { plan, type Who, zone } from "./plan.js";

const purpose: Purpose = "shareWithResearchAsOfDate";
const wearer: Who = { by: "person", field: "user" };
const owners: Who = { by: "serial", field: "serialNumber" };

/** Snapshots of the registrations that share with research: the latest of each (`any`: each that says yes). */
export const customerTrusted = zone("customer_trusted", "customer/trusted", customerLanding, [
  { kind: "latest", purpose, reason: "superseded", under: ["latest", "as-of"] },
  { kind: "consenting", purpose, reason: "no_consent" },
]);

/** Accelerometer readings of the people in `customer_trusted`. */
export const accelerometerTrusted = zone(
  "accelerometer_trusted",
  "accelerometer/trusted",
  accelerometerLanding,
  [
    { kind: "known", who: wearer, reason: "unknown_person" },
    { kind: "semi-join", table: customerTrusted, on: [["user", "email"]], reason: "no_consent" },
    { kind: "since", time: "timestamp", who: wearer, purpose, reason: "before_consent", under: ["as-of"] },
  ],
);

/** Registrations in `customer_trusted` whose person has readings in `accelerometer_trusted`. */
export const customerCurated = zone("customer_curated", "customer/curated", customerTrusted, [
  { kind: "latest", purpose, reason: "superseded", under: ["any"] },
  { kind: "semi-join", table: accelerometerTrusted, on: [["email", "user"]], reason: "no_readings" },
]);

/** Step trainer readings of serial numbers in `customer_curated`, all of whose owners consent. */
export const stepTrainerTrusted = zone("step_trainer_trusted", "step_trainer/trusted", stepTrainerLanding, [
  { kind: "known", who: owners, reason: "unknown_serial" },
  { kind: "semi-join", table: customerTrusted, on: [["serialNumber", "serialNumber"]], reason: "no_consent" },
  {
    kind: "every-owner",
    serial: "serialNumber",
    table: customerTrusted,
    reason: "shared_serial",
    under: ["latest", "as-of"],
  },
  {
    kind: "semi-join",
    table: customerCurated,
    on: [["serialNumber", "serialNumber"]],
    reason: "no_readings",
  },
  {
    kind: "since",
    time: "sensorReadingTime",
    who: owners,
    purpose,
    reason: "before_consent",
    under: ["as-of"],
  },
]);

/** Step trainer readings with the accelerometer readings of the same time and person; no customer field. */
export const machineLearningCurated = zone(
  "machine_learning_curated",
  "machine_learning/curated",
  stepTrainerTrusted,
  [
    {
      kind: "join",
      table: accelerometerTrusted,
      time: ["sensorReadingTime", "timestamp"],
      through: {
        table: customerCurated,
        probe: ["serialNumber", "serialNumber"],
        build: ["user", "email"],
      },
      take: ["x", "y", "z"],
      reason: "no_pair",
    },
  ],
);

/** The five zones, in an order in which they can be built. */
export const stediPlan = plan([
  customerTrusted,
  accelerometerTrusted,
  customerCurated,
  stepTrainerTrusted,
  machineLearningCurated,
]);

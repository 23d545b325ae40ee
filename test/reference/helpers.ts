// Small lakes for the tests of the reference model: records in short notation, all people made up.

import type { LakeFiles, ReferenceOptions } from "../../src/reference/index.js";

export const LATEST: ReferenceOptions = { consent: "latest", pair: "person" };
export const AS_OF: ReferenceOptions = { consent: "as-of", pair: "person" };
export const ANY: ReferenceOptions = { consent: "any", pair: "person" };

/** A time: `at(5)` is five milliseconds after the start of the tests' world. */
export function at(milliseconds: number): number {
  return 1_600_000_000_000 + milliseconds;
}

/** A snapshot of a registration; `consent` is the time from when on, null for a "no". */
export function snapshot(person: string, serial: string, time: number, consent: number | null): string {
  const date = consent === null ? "" : `,"shareWithResearchAsOfDate":${at(consent)}`;
  return `{"email":"${person}","serialNumber":"${serial}","lastUpdateDate":${at(time)}${date}}`;
}

export function acceleration(person: string, time: number, x = "1.0"): string {
  return `{"user":"${person}","timestamp":${at(time)},"x":${x},"y":0.0,"z":-1.0}`;
}

export function step(serial: string, time: number, distance = "200"): string {
  return `{"sensorReadingTime":${at(time)},"serialNumber":"${serial}","distanceFromObject":${distance}}`;
}

export function bytes(text: string): Uint8Array {
  return new TextEncoder().encode(text);
}

/** Bytes 0 to 255 for the characters of the same number, so that a test can write invalid UTF-8. */
export function latin1(text: string): Uint8Array {
  return Uint8Array.from(text, (character) => character.charCodeAt(0));
}

/** One file for each table, one record a line. */
export function lake(
  customers: readonly string[],
  accelerations: readonly string[] = [],
  steps: readonly string[] = [],
): LakeFiles {
  const file = (records: readonly string[]): Uint8Array => bytes(records.map((r) => `${r}\n`).join(""));
  return new Map([
    ["customer/landing/a.json", file(customers)],
    ["accelerometer/landing/a.json", file(accelerations)],
    ["step_trainer/landing/a.json", file(steps)],
  ]);
}

// Row 7 of the fault table: the same field twice in one record, in every order of its fields.

import { describe, expect, test } from "vitest";
import { landingTables } from "../../src/transforms/tables.js";
import {
  andFiles,
  email,
  type Outcome,
  peopleIn,
  serial,
  setAside,
  soundZones,
  warned,
  withFolderLake,
  withLake,
  yes,
} from "./support.js";

function permutations<T>(items: readonly T[]): readonly (readonly T[])[] {
  if (items.length < 2) return [items];
  return items.flatMap((item, index) =>
    permutations(items.filter((_, other) => other !== index)).map((rest) => [item, ...rest]),
  );
}

const date = 1_600_000_000_050;
const owner = [`"email":"${email("ben")}"`, `"serialNumber":"${serial("ben")}"`];
const updated = `"lastUpdateDate":${date}`;
const share = "shareWithResearchAsOfDate";

/** Ben's record is set aside for a field that stands twice, and is his no. */
function expectNo(outcome: Outcome, record: string, field: string = share): void {
  expect(setAside(outcome), record).toEqual([`customer 0+${record.length} duplicate_field`]);
  expect(outcome.quarantine[0]!.field, record).toBe(field);
  expect(peopleIn(outcome), record).toEqual(["ann", "cat"]);
}

describe("fault 7: shareWithResearchAsOfDate twice", () => {
  test("a date and null, in every order of all fields: damaged, counts against sharing", async () => {
    const fields = [...owner, updated, `"${share}":${date}`, `"${share}":null`];
    await withLake(async (lake) => {
      await lake.run(andFiles());
      for (const order of permutations(fields)) {
        const record = `{${order.join(",")}}`;
        expectNo(await lake.run(andFiles(["customer/landing/b.json", record])), record);
      }
    });
  });

  test.each([
    ["two dates", `${date}`, `${date + 1}`],
    ["the same date", `${date}`, `${date}`],
    ["null", "null", "null"],
    ["a date and an empty string", `${date}`, `""`],
    ["a date and zero", `${date}`, "0"],
    ["a date and something that is none", `${date}`, `"yes"`],
    ["a date and an object", `${date}`, `{"${share}":null}`],
  ])("%s, either way round", async (_, one, other) => {
    await withLake(async (lake) => {
      for (const [first, second] of [
        [one, other],
        [other, one],
      ]) {
        const record = `{${[...owner, updated].join(",")},"${share}":${first},"${share}":${second}}`;
        expectNo(await lake.run(andFiles(["customer/landing/b.json", record])), record);
      }
    });
  });

  test.each([
    ["another case", share.toUpperCase()],
    ["all lower case", share.toLowerCase()],
    ["an escaped letter", share.replace("s", "\\u0073")],
    ["an escaped letter of another case", share.replace("W", "\\u0077")],
  ])("once in %s, in every order", async (_, spelling) => {
    await withLake(async (lake) => {
      for (const order of permutations([`"${share}":${date}`, `"${spelling}":null`, updated])) {
        const record = `{${owner.join(",")},${order.join(",")}}`;
        expectNo(await lake.run(andFiles(["customer/landing/b.json", record])), record);
      }
    });
  });

  test("its no stands at its date: a later yes undoes it, an earlier one does not", async () => {
    const record = `{${[...owner, updated].join(",")},"${share}":${date},"${share}":null}`;
    await withFolderLake(async (lake) => {
      await lake.run(andFiles());
      const earlier = await lake.run(andFiles(["customer/landing/b.json", `${record}\n${yes("ben", 49)}`]));
      expect(peopleIn(earlier)).toEqual(["ann", "cat"]);
      const same = await lake.run(andFiles(["customer/landing/b.json", `${record}\n${yes("ben", 50)}`]));
      expect(peopleIn(same)).toEqual(["ann", "cat"]);
      const later = await lake.run(andFiles(["customer/landing/b.json", `${record}\n${yes("ben", 51)}`]));
      expect(peopleIn(later)).toEqual(["ann", "ben", "cat"]);
    });
  });
});

describe("fault 7: any other field twice", () => {
  const valueOf = { key: `"${email("ann")}"`, time: `${date}`, date: `${date}`, number: "1", text: `"A"` };

  for (const { name, folder, fields } of landingTables) {
    test(`each field of ${name}, first, last and apart`, async () => {
      const all = fields.map((field) => `"${field.name}":${valueOf[field.kind]}`);
      const table = folder.split("/")[0]!;
      await withLake(async (lake) => {
        for (const [index, field] of fields.entries()) {
          const rest = all.filter((_, other) => other !== index);
          const again = `"${field.name.toUpperCase()}":null`;
          for (const record of [
            [all[index]!, again, ...rest],
            [...rest, again, all[index]!],
            [again, ...rest, all[index]!],
          ]) {
            const outcome = await lake.run(andFiles([`${folder}/b.json`, `{${record.join(",")}}`]));
            expect(setAside(outcome), field.name).toEqual([
              `${table} 0+${record.join(",").length + 2} duplicate_field`,
            ]);
            expect(outcome.quarantine[0]!.field).toBe(field.name);
            if (table !== "customer") expect(outcome.zones).toEqual(soundZones());
          }
        }
      });
    });
  }

  test("the e-mail address: a no of both people", async () => {
    const record = `{${[...owner, updated].join(",")},"${share}":${date},"EMAIL":"${email("cat")}"}`;
    await withLake(async (lake) => {
      const outcome = await lake.run(andFiles(["customer/landing/b.json", record]));
      expect(setAside(outcome)).toEqual([`customer 0+${record.length} duplicate_field`]);
      expect(peopleIn(outcome)).toEqual(["ann"]);
    });
  });

  test("the date of the record: a no that no later word undoes", async () => {
    const record = `{${[...owner, updated].join(",")},"lastUpdateDate":${date + 1}}`;
    await withLake(async (lake) => {
      const content = `${record}\n${yes("ben", 1000)}`;
      const outcome = await lake.run(andFiles(["customer/landing/b.json", content]));
      expectNo(outcome, record, "lastUpdateDate");
    });
  });

  test("a field that the table does not know: dropped twice, no damage", async () => {
    const record = yes("eve").replace("{", '{"note":1,"note":2,"NOTE":3,');
    await withLake(async (lake) => {
      const outcome = await lake.run(andFiles(["customer/landing/b.json", record]));
      expect(outcome.quarantine).toEqual([]);
      expect(warned(outcome, "STEDI_W_FIELDS_DROPPED")).toBe(3);
      expect(peopleIn(outcome)).toEqual(["ann", "ben", "cat", "eve"]);
    });
  });

  test("once in the record and once in an object inside it: no damage", async () => {
    const record = yes("eve").replace("{", `{"note":{"${share}":null,"lastUpdateDate":1},`);
    await withLake(async (lake) => {
      const outcome = await lake.run(andFiles(["customer/landing/b.json", record]));
      expect(outcome.quarantine).toEqual([]);
      expect(peopleIn(outcome)).toEqual(["ann", "ben", "cat", "eve"]);
    });
  });
});

// The five zones by DuckDB: node duckdb.mjs LAKE OUT THREADS PACKAGE, where PACKAGE is the file of @duckdb/node-api.

import { mkdirSync } from "node:fs";
import { pathToFileURL } from "node:url";

interface Connection {
  run(sql: string): Promise<unknown>;
}
interface DuckDb {
  DuckDBInstance: { create(path: string): Promise<{ connect(): Promise<Connection> }> };
}

const [lake, out, threads, entry] = process.argv.slice(2) as [string, string, string, string];
// A CommonJS package: its exports stand in `default`, or by themselves where Node finds their names.
const loaded = (await import(pathToFileURL(entry).href)) as DuckDb & { default?: DuckDb };
const { DuckDBInstance } = loaded.default ?? loaded;
const connection = await (await DuckDBInstance.create(":memory:")).connect();

const landing = (table: string, columns: string): string =>
  `read_json('${lake}/${table}/landing/*.json', format = 'newline_delimited', columns = {${columns}})`;

async function write(zone: string, query: string): Promise<void> {
  const folder = `${out}/${zone}`;
  mkdirSync(folder, { recursive: true });
  await connection.run(`COPY (${query}) TO '${folder}/part-0.json' (FORMAT json, ARRAY false)`);
}

const customerColumns = `customerName: 'VARCHAR', email: 'VARCHAR', phone: 'VARCHAR', birthDay: 'VARCHAR',
  serialNumber: 'VARCHAR', registrationDate: 'BIGINT', lastUpdateDate: 'BIGINT',
  shareWithResearchAsOfDate: 'BIGINT', shareWithPublicAsOfDate: 'BIGINT', shareWithFriendsAsOfDate: 'BIGINT'`;
const customerFields = `customerName, email, phone, birthDay, serialNumber, registrationDate, lastUpdateDate,
  shareWithResearchAsOfDate, shareWithPublicAsOfDate, shareWithFriendsAsOfDate`;

await connection.run(`SET threads = ${threads}; SET preserve_insertion_order = false`);
// Of two words of one date, no wins: it has the greater rank.
await connection.run(`CREATE TEMP TABLE snapshot AS
  SELECT *, lower(email) AS person, lower(serialNumber) AS serial, coalesce(shareWithResearchAsOfDate, 0) > 0 AS yes,
    lastUpdateDate * 2 + CASE WHEN yes THEN 0 ELSE 1 END AS rank
  FROM ${landing("customer", customerColumns)}`);
await connection.run(`CREATE TEMP TABLE consenting AS
  SELECT person FROM snapshot GROUP BY person HAVING max_by(yes, rank)`);
await connection.run(`CREATE TEMP TABLE customer_trusted AS
  SELECT s.* FROM (SELECT unnest(max_by(snapshot, rank)) FROM snapshot GROUP BY person, serial) s
  SEMI JOIN consenting USING (person) WHERE yes`);
await write("customer/trusted", `SELECT ${customerFields} FROM customer_trusted`);

const accelerometerColumns = `"user": 'VARCHAR', "timestamp": 'BIGINT', x: 'DOUBLE', y: 'DOUBLE', z: 'DOUBLE'`;
await connection.run(`CREATE TEMP TABLE accelerometer AS
  SELECT a.*, lower(a."user") AS person FROM ${landing("accelerometer", accelerometerColumns)} a
  WHERE lower(a."user") IN (SELECT person FROM customer_trusted)`);
await write("accelerometer/trusted", `SELECT "user", "timestamp", x, y, z FROM accelerometer`);

await connection.run(`CREATE TEMP TABLE customer_curated AS
  SELECT * FROM customer_trusted WHERE person IN (SELECT person FROM accelerometer)`);
await write("customer/curated", `SELECT ${customerFields} FROM customer_curated`);

const stepColumns = `sensorReadingTime: 'BIGINT', serialNumber: 'VARCHAR', distanceFromObject: 'BIGINT'`;
await connection.run(`CREATE TEMP TABLE withheld AS
  SELECT DISTINCT serial FROM snapshot s
  WHERE NOT EXISTS (FROM customer_trusted t WHERE t.person = s.person AND t.serial = s.serial)`);
await connection.run(`CREATE TEMP TABLE steps AS
  SELECT r.*, lower(r.serialNumber) AS serial FROM ${landing("step_trainer", stepColumns)} r
  WHERE lower(r.serialNumber) IN (SELECT serial FROM customer_curated)
    AND lower(r.serialNumber) NOT IN (SELECT serial FROM withheld)`);
await write("step_trainer/trusted", "SELECT sensorReadingTime, serialNumber, distanceFromObject FROM steps");

await write(
  "machine_learning/curated",
  `SELECT s.sensorReadingTime, s.serialNumber, s.distanceFromObject, a.x, a.y, a.z
   FROM steps s JOIN customer_curated c ON c.serial = s.serial
   JOIN accelerometer a ON a.person = c.person AND a."timestamp" = s.sensorReadingTime`,
);

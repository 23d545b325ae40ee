// `stedi generate DIR`: a synthetic lake, the same bytes for the same options.

import { StediError } from "../errors.js";
import type { Store } from "../io/store.js";
import { bytesPerPerson, type SyntheticOptions, syntheticLake } from "../synthetic/lake.js";
import { landingTables } from "../transforms/tables.js";
import { makeProgress } from "./progress.js";
import { bytesOf, type Settings } from "./settings.js";
import { openPlace } from "./stores.js";
import { columnsOf, formatBytes, formatCount, plural, print, printJson, wrapped } from "./terminal.js";

/**
 * @param flags as given on the command line
 * @throws StediError `STEDI_BAD_VALUE`
 */
export function syntheticOptions(flags: Readonly<Record<string, unknown>>): SyntheticOptions {
  const size = wholeNumber(flags, "file-size", 64 * 1024 ** 2);
  if (size < 16 * 1024) throw badValue("file-size", "it has to be 16K or more");
  return {
    people: wholeNumber(flags, "people", 1000, 1_000_000_000),
    seed: wholeNumber(flags, "seed", 1),
    messy: flags.messy === true,
    fileBytes: size,
  };
}

/** A whole number, perhaps with a unit of 1,024. */
function wholeNumber(
  flags: Readonly<Record<string, unknown>>,
  name: string,
  otherwise: number,
  most = Number.MAX_SAFE_INTEGER,
): number {
  const text = flags[name];
  if (typeof text !== "string") return otherwise;
  const value = bytesOf(text);
  if (Number.isNaN(value) || value > most || (value === 0 && name !== "seed")) {
    throw badValue(name, `it has to be a whole number from ${name === "seed" ? 0 : 1} to ${most}`);
  }
  return value;
}

function badValue(name: string, why: string): StediError {
  return new StediError("STEDI_BAD_VALUE", {
    what: "a value that this option cannot have",
    where: `--${name}`,
    why,
    next: "give it another value",
  });
}

/** @param folder where the lake goes; its landing folders must be empty or missing */
export async function generateCommand(
  folder: string,
  options: SyntheticOptions,
  settings: Settings,
  signal: AbortSignal,
): Promise<void> {
  const store = await openPlace(folder, settings, signal);
  await store.exists(); // refuses a file
  await requireEmpty(store);
  let files = 0;
  let bytes = 0;
  const written: string[] = [];
  const progress = await makeProgress(settings.quiet ? "none" : settings.progress);
  progress.event({
    kind: "pass",
    source: "landing files",
    zones: [],
    bytes: options.people * bytesPerPerson,
  });
  try {
    for (const { path, chunks } of syntheticLake(options)) {
      const sink = await store.create(path);
      written.push(path);
      try {
        for (const chunk of chunks) {
          signal.throwIfAborted();
          await sink.write(chunk);
          bytes += chunk.length;
          progress.event({ kind: "bytes", bytes: chunk.length });
        }
        await sink.close();
      } catch (error) {
        await sink.abort();
        throw error;
      }
      files++;
    }
  } catch (error) {
    // Half a lake would look like a whole one.
    for (const path of written) await store.remove(path);
    await store.removeEmptyFolders();
    throw error;
  } finally {
    progress.stop();
  }
  const { people, seed, messy } = options;
  if (settings.json) {
    printJson({ lake: store.uri, people, seed, messy, files, bytes });
    return;
  }
  for (const line of [
    `${formatCount(people)} people in ${plural(files, "file")}, ${formatBytes(bytes)}, in ${store.uri}.`,
    `Build its zones with \`stedi run all --lake ${store.uri}\`.`,
  ]) {
    print(`${wrapped(line, columnsOf(process.stdout), "  ")}\n`);
  }
}

async function requireEmpty(store: Store): Promise<void> {
  for (const { folder } of landingTables) {
    if ((await store.names(folder)).length === 0) continue;
    throw new StediError("STEDI_NOT_EMPTY", {
      what: "there are landing files here already",
      where: `${store.uri}/${folder}`,
      why: "made-up records must not get among real ones",
      next: "name another folder, or remove the files first",
    });
  }
}

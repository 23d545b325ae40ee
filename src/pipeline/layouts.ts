// Where the landing files of a table lie at a source. A lake has one layout, `customer/landing/…`, but the data is handed
// around in others too. They are told by the names of folders, never by what is in the files.

import { StediError } from "../errors.js";
import type { Store, StoredFile } from "../io/store.js";
import {
  accelerometerLanding,
  customerLanding,
  landingTables,
  stepTrainerLanding,
  type TableShape,
} from "../transforms/tables.js";
import { isLandingFile } from "./landing.js";

/** What a table's folder may be called. */
const names: ReadonlyMap<TableShape, readonly string[]> = new Map([
  [customerLanding, ["customer", "customers"]],
  [accelerometerLanding, ["accelerometer"]],
  [stepTrainerLanding, ["step_trainer", "step-trainer"]],
]);

/** The folders of a table that hold zones: in these, its landing files cannot lie as they are. */
const zoneFolders: readonly string[] = ["landing", "trusted", "curated"];

/** The landing files of a table at a source. */
export interface Layout {
  /** The folder in which they lie; nothing where there are none. */
  readonly folder: string | undefined;
  readonly files: readonly StoredFile[];
  /** Files beside them that are no landing files. */
  readonly unread: readonly StoredFile[];
}

/** A file's path in the lake's own layout. */
export function pathInLake(table: TableShape, layout: Layout, file: StoredFile): string {
  return `${table.folder}${file.path.slice(layout.folder!.length)}`;
}

/**
 * Where the landing files of all tables lie at a source, in the order of `landingTables`.
 * @throws StediError `STEDI_AMBIGUOUS_LAYOUT` where the files of a table lie in two layouts
 */
export async function findLayouts(store: Store): Promise<ReadonlyMap<TableShape, Layout>> {
  const folders = new Map<TableShape, readonly Folder[]>();
  for (const table of landingTables) folders.set(table, await listFolders(store, names.get(table) ?? []));
  const bare = besideLanding([...folders.values()].flat());
  return new Map([...folders].map(([table, listed]) => [table, layoutOf(store, table, listed, bare)]));
}

/** A folder in which the files of a table may lie. */
interface Folder {
  readonly path: string;
  readonly files: readonly StoredFile[];
}

async function listFolders(store: Store, called: readonly string[]): Promise<readonly Folder[]> {
  const listed: Folder[] = [];
  for (const name of called) {
    for (const path of [`${name}/landing`, `${name}_landing`, `landing/${name}`]) {
      listed.push({ path, files: await store.list(path) });
    }
    const below = await store.list(name);
    listed.push({
      path: name,
      files: below.filter(({ path }) => !zoneFolders.includes(firstOf(path, name))),
    });
  }
  return listed;
}

/** The bare folders beside whose `landing` files lie; with one, the source is a lake, and all of a lake's own are. */
function besideLanding(folders: readonly Folder[]): ReadonlySet<string> {
  const bare = folders
    .filter(({ path, files }) => path.endsWith("/landing") && files.some(isLandingFile))
    .map(({ path }) => path.slice(0, -"/landing".length));
  return new Set(
    bare.length > 0 ? [...bare, ...landingTables.map(({ folder }) => folder.split("/", 1)[0]!)] : [],
  );
}

function layoutOf(
  store: Store,
  table: TableShape,
  folders: readonly Folder[],
  bare: ReadonlySet<string>,
): Layout {
  const found = folders.map(({ path: folder, files }) => {
    // What lies deeper beside a landing folder is something else, such as a copy that somebody has kept.
    const counts = (file: StoredFile): boolean =>
      isLandingFile(file) && !(bare.has(folder) && file.path.includes("/", folder.length + 1));
    return { folder, files: files.filter(counts), unread: files.filter((file) => !counts(file)) };
  });
  const used = found.filter(({ files }) => files.length > 0);
  if (used.length > 1) {
    throw new StediError("STEDI_AMBIGUOUS_LAYOUT", {
      what: `landing files of ${table.name} lie in ${used.length} places`,
      where: store.uri,
      why: used.map(({ folder, files }) => `${folder}: ${files.length}`).join("; "),
      next: "move away what is not meant, or put all of them into one of these folders",
    });
  }
  return used[0] ?? { folder: undefined, files: [], unread: found.flatMap(({ unread }) => unread) };
}

/** The first name of a path below a folder. */
function firstOf(path: string, folder: string): string {
  return path.slice(folder.length + 1).split("/", 1)[0]!;
}

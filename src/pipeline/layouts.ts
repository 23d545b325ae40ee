// Where the landing files of a table lie at a source. A lake has one layout, `customer/landing/…`, but the data is handed
// around in others too. They are told by the names of folders, never by what is in the files.

import { StediError } from "../errors.js";
import type { Store, StoredFile } from "../io/store.js";
import {
  accelerometerLanding,
  customerLanding,
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
  /** Files of other endings beside them. */
  readonly unread: readonly StoredFile[];
}

/** A file's path in the lake's own layout. */
export function pathInLake(table: TableShape, layout: Layout, file: StoredFile): string {
  return `${table.folder}${file.path.slice(layout.folder!.length)}`;
}

/** @throws StediError `STEDI_AMBIGUOUS_LAYOUT` where the files of a table lie in two layouts */
export async function findLayout(store: Store, table: TableShape): Promise<Layout> {
  const found: (Layout & { readonly folder: string })[] = [];
  for (const name of names.get(table) ?? []) {
    let hasLanding = false;
    for (const folder of [`${name}/landing`, `${name}_landing`, `landing/${name}`]) {
      const files = await store.list(folder);
      hasLanding ||= folder === `${name}/landing` && files.some(isLandingFile);
      found.push({ folder, ...sorted(files) });
    }
    // What lies deeper beside a landing folder is something else, such as a copy that somebody has kept.
    const below = (await store.list(name)).filter(({ path }) => {
      const [first, ...more] = path.slice(name.length + 1).split("/");
      return more.length === 0 || (!hasLanding && !zoneFolders.includes(first!));
    });
    found.push({ folder: name, ...sorted(below) });
  }
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

function sorted(files: readonly StoredFile[]): Pick<Layout, "files" | "unread"> {
  return { files: files.filter(isLandingFile), unread: files.filter((file) => !isLandingFile(file)) };
}

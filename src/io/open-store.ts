// From what a user calls a place to the store that holds it.

import { StediError } from "../errors.js";
import { folderStore } from "./folder-store.js";
import type { Store } from "./store.js";

/**
 * @param uri a folder's path
 * @throws StediError `STEDI_BAD_VALUE` for a kind of place that there is no store for
 */
export function openStore(uri: string): Store {
  const scheme = /^([a-z][a-z0-9+.-]*):\/\//i.exec(uri)?.[1];
  if (scheme !== undefined) {
    throw new StediError("STEDI_BAD_VALUE", {
      what: `a lake cannot be on ${scheme}://`,
      where: uri,
      why: "this version reads and writes folders",
      next: "name a folder",
    });
  }
  return folderStore(uri);
}

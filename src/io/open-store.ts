// From what a user calls a place to the store that holds it.

import { StediError } from "../errors.js";
import { folderStore } from "./folder-store.js";
import type { S3Options } from "./s3-store.js";
import type { Store } from "./store.js";

/**
 * @param uri a folder's path, or `s3://bucket/prefix`
 * @param s3 how a store on S3 is to be used
 * @throws StediError `STEDI_BAD_VALUE` for a kind of place that there is no store for
 */
export async function openStore(uri: string, s3: S3Options = {}): Promise<Store> {
  const scheme = /^([a-z][a-z0-9+.-]*):\/\//i.exec(uri)?.[1];
  if (scheme === undefined) return folderStore(uri);
  refuseCredentials(uri);
  if (scheme.toLowerCase() === "s3") {
    // The SDK takes longer to load than a small run takes altogether.
    const { s3Store } = await import("./s3-store.js");
    return s3Store(uri, s3);
  }
  throw new StediError("STEDI_BAD_VALUE", {
    what: `a lake cannot be on ${scheme}://`,
    where: uri,
    why: "it can be in a folder or on S3",
    next: "name a folder, or s3://BUCKET/PREFIX",
  });
}

/** What is called a place is told in messages, and stays in what a shell remembers. */
function refuseCredentials(uri: string): void {
  const [, before] = /^([^/]*\/\/)[^/:@]*:.*@/.exec(uri) ?? [];
  if (before === undefined) return;
  throw new StediError("STEDI_BAD_VALUE", {
    what: "a place is named without credentials",
    where: `${before}...@...`,
    why: "they do not belong in an address, and are not taken from there",
    next: "leave them out, set AWS_PROFILE or the like, and renew these if others may have seen them",
  });
}

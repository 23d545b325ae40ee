// Whether one folder of a store lies within another, of the same store or not, whatever names and links lead there.

import { realpathSync } from "node:fs";
import { basename, dirname, join, resolve } from "node:path";
import type { Store } from "../io/store.js";

/** A folder of a store; "" is the store's own. */
export interface Place {
  readonly store: Store;
  readonly folder: string;
}

/** Whether a folder is another one, or lies within it. */
export function isWithin(inner: Place, outer: Place): boolean {
  const [within, around] = [nameOf(inner), nameOf(outer)];
  return within === around || within.startsWith(`${around}/`);
}

/** A name by which it can be compared: links are followed as far as there is anything. */
function nameOf({ store: { uri }, folder }: Place): string {
  if (/^[a-z][a-z0-9+.-]*:\/\//i.test(uri))
    return [uri.replace(/\/+$/, ""), folder].filter(Boolean).join("/");
  let there = resolve(uri, folder);
  for (const below: string[] = []; ; there = dirname(there)) {
    try {
      return join(realpathSync(there), ...below);
    } catch {
      if (dirname(there) === there) return join(there, ...below);
      below.unshift(basename(there));
    }
  }
}

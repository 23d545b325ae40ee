// The stores that a command works on, as its settings have them.

import { openStore } from "../io/open-store.js";
import type { Store } from "../io/store.js";
import { collectSeldom } from "../pipeline/v8.js";
import type { Settings } from "./settings.js";

/**
 * The lake, and where what is written goes.
 * @param signal ends waiting for bytes from S3
 */
export async function openStores(
  settings: Settings,
  signal?: AbortSignal,
): Promise<{ readonly lake: Store; readonly out: Store }> {
  const lake = await openPlace(settings.lake, settings, signal);
  const out = settings.out === undefined ? lake : await openPlace(settings.out, settings, signal);
  return { lake, out };
}

/** One place that is named by a folder's path or `s3://bucket/prefix`. */
export async function openPlace(uri: string, settings: Settings, signal?: AbortSignal): Promise<Store> {
  // What the SDK has to say of the version of Node stands in the README, and not in every run's output.
  process.env.AWS_SDK_JS_NODE_VERSION_SUPPORT_WARNING_DISABLED ??= "true";
  const store = await openStore(uri, {
    sse: settings.sse,
    sseKmsKeyId: settings["sse-kms-key-id"],
    retryForMs: settings["retry-for"] * 1000,
    unsafeSingleWriter: settings["unsafe-single-writer"],
    signal,
  });
  if (store.isRemote) collectSeldom();
  return store;
}

// What tests ask of toxiproxy, which stands on the network between a client and a server: it delays, slows, cuts up and
// breaks connections without an eye for what goes over them.

import { randomUUID } from "node:crypto";
import type { Access } from "./servers.js";

/** A toxic and its attributes, as toxiproxy's manual has them; times in milliseconds, rates in KB a second. */
export type Toxic =
  | { readonly type: "latency"; readonly latency: number; readonly jitter?: number }
  | { readonly type: "bandwidth"; readonly rate: number }
  | { readonly type: "slow_close"; readonly delay: number }
  /** Nothing goes through; after the time, closed. With 0, never. */
  | { readonly type: "timeout"; readonly timeout: number }
  | { readonly type: "reset_peer"; readonly timeout: number }
  | {
      readonly type: "slicer";
      readonly average_size: number;
      readonly size_variation: number;
      /** Microseconds. */
      readonly delay: number;
    }
  | { readonly type: "limit_data"; readonly bytes: number };

export interface ToxicOptions {
  /** Towards the server, or towards the client; the latter by default. */
  readonly stream?: "upstream" | "downstream";
  /** The share of connections that it befalls. */
  readonly toxicity?: number;
}

/** A way to a server that can be made bad. */
export interface Network extends Access {
  add(toxic: Toxic, options?: ToxicOptions): Promise<void>;
  /** Takes all toxics away. */
  clear(): Promise<void>;
  /** Refuses connections, and breaks those that are there; or no more. */
  up(isUp: boolean): Promise<void>;
  close(): Promise<void>;
}

export async function startNetwork(toxiproxy: Access, server: Access): Promise<Network> {
  const name = randomUUID();
  const path = `/proxies/${name}`;
  const call = async (method: string, where: string, body?: unknown): Promise<unknown> => {
    const answer = await fetch(toxiproxy.endpoint + where, {
      method,
      ...(body !== undefined && { body: JSON.stringify(body) }),
    });
    const said = await answer.text();
    if (!answer.ok) throw new Error(`toxiproxy: ${method} ${where}: ${said}`);
    return said === "" ? undefined : JSON.parse(said);
  };
  const { listen } = (await call("POST", "/proxies", {
    name,
    listen: "127.0.0.1:0",
    upstream: new URL(server.endpoint).host,
    enabled: true,
  })) as { listen: string };

  return {
    endpoint: `http://${listen}`,
    accessKeyId: server.accessKeyId,
    secretAccessKey: server.secretAccessKey,
    add: async ({ type, ...attributes }, { stream = "downstream", toxicity = 1 } = {}) => {
      await call("POST", `${path}/toxics`, { name: randomUUID(), type, stream, toxicity, attributes });
    },
    clear: async () => {
      const { toxics } = (await call("GET", path)) as { toxics: readonly { readonly name: string }[] };
      for (const toxic of toxics) await call("DELETE", `${path}/toxics/${toxic.name}`);
    },
    up: async (isUp) => {
      await call("POST", path, { enabled: isUp, listen, upstream: new URL(server.endpoint).host });
    },
    close: async () => {
      await call("DELETE", path);
    },
  };
}

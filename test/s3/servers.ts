// S3 servers for tests: MinIO, versitygw and toxiproxy, each on 127.0.0.1 at a port of its own, with its data in a
// temporary folder. A server ends, and its folder is deleted, when it is closed, or when the process that started it is
// gone, however that came about. No test runner in here.

import { spawn } from "node:child_process";
import { randomBytes } from "node:crypto";
import { accessSync, constants } from "node:fs";
import { mkdir, mkdtemp } from "node:fs/promises";
import { createServer } from "node:net";
import { homedir, tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout } from "node:timers/promises";

export const serverNames = ["minio", "versitygw", "toxiproxy"] as const;
export type ServerName = (typeof serverNames)[number];

/** How to reach a server. */
export interface Access {
  /** `http://127.0.0.1:<port>` */
  readonly endpoint: string;
  /** Toxiproxy has no use for these. */
  readonly accessKeyId: string;
  readonly secretAccessKey: string;
  /** Only with keys that are lent for a while. */
  readonly sessionToken?: string;
}

export interface Server extends Access {
  /** The folder that its data stand in. */
  readonly data: string;
  /** Ends the server and deletes its folder. */
  close(): Promise<void>;
}

/** Where `install.sh` puts the programs. */
export function serverFolder(): string {
  const { STEDI_S3_SERVERS, XDG_CACHE_HOME } = process.env;
  return STEDI_S3_SERVERS ?? join(XDG_CACHE_HOME ?? join(homedir(), ".cache"), "stedi-s3");
}

/** The servers that are not installed. */
export function missingServers(): readonly ServerName[] {
  return serverNames.filter((name) => {
    try {
      accessSync(join(serverFolder(), name), constants.X_OK);
      return false;
    } catch {
      return true;
    }
  });
}

/** How each program is told where to listen and who may come in, and what it answers on once it is ready. */
const programs: Readonly<
  Record<
    ServerName,
    {
      readonly args: (host: string, port: number, data: string) => readonly string[];
      readonly env: (access: Access) => Readonly<Record<string, string>>;
      readonly ready: string;
    }
  >
> = {
  minio: {
    args: (host, port, data) => [
      "server",
      data,
      "--address",
      `${host}:${port}`,
      "--certs-dir",
      `${data}-certs`,
    ],
    env: ({ accessKeyId, secretAccessKey }) => ({
      MINIO_ROOT_USER: accessKeyId,
      MINIO_ROOT_PASSWORD: secretAccessKey,
      MINIO_BROWSER: "off",
      MINIO_UPDATE: "off",
    }),
    ready: "/minio/health/ready",
  },
  versitygw: {
    // What it knows of an object it keeps in extended attributes; a file system without any will not do.
    args: (host, port, data) => [
      "--port",
      `${host}:${port}`,
      "--quiet",
      "--health",
      "/health",
      "posix",
      data,
    ],
    env: ({ accessKeyId, secretAccessKey }) => ({
      ROOT_ACCESS_KEY_ID: accessKeyId,
      ROOT_SECRET_ACCESS_KEY: secretAccessKey,
    }),
    ready: "/health",
  },
  toxiproxy: {
    args: (host, port) => ["-host", host, "-port", String(port)],
    env: () => ({}),
    ready: "/version",
  },
};

/**
 * Stands between us and a server: kills it when our end of standard input is closed, which the system does when we die,
 * and takes its folder away whenever it has ended.
 */
const guard = `
folder=$1; shift
exec 3<&0
"$@" </dev/null 3<&- &
server=$!
exec >/dev/null 2>&1 # there is nobody to hear of it who would not end us by being gone
{ cat <&3; kill -9 $server; } &
exec 3<&- </dev/null
wait $server
rm -rf "$folder"
`;

/** Starts a server, and waits until it answers. */
export async function startServer(name: ServerName): Promise<Server> {
  if (missingServers().includes(name)) {
    throw new Error(`${name} is not in ${serverFolder()}: test/s3/install.sh builds it`);
  }
  for (let attempt = 1; ; attempt++) {
    try {
      return await startAt(name, await freePort());
    } catch (error) {
      // Somebody may have taken the port meanwhile.
      if (attempt === 3) throw error;
    }
  }
}

async function startAt(name: ServerName, port: number): Promise<Server> {
  const host = "127.0.0.1";
  const folder = await mkdtemp(join(tmpdir(), `stedi-${name}-`));
  const data = join(folder, "data");
  for (const each of [data, `${data}-certs`]) await mkdir(each);
  const access: Access = {
    endpoint: `http://${host}:${port}`,
    accessKeyId: `key${randomBytes(8).toString("hex")}`,
    secretAccessKey: randomBytes(20).toString("hex"),
  };
  const { args, env, ready } = programs[name];
  const child = spawn(
    "/bin/sh",
    ["-c", guard, "sh", folder, join(serverFolder(), name), ...args(host, port, data)],
    {
      stdio: ["pipe", "pipe", "pipe"],
      env: { PATH: process.env.PATH, HOME: folder, ...env(access) },
      // Ctrl-C goes to a terminal's whole group; the guard has to outlive us.
      detached: true,
    },
  );
  let said = "";
  for (const stream of [child.stdout, child.stderr]) {
    stream.setEncoding("utf8").on("data", (text: string) => (said = (said + text).slice(-4096)));
  }
  const state = { over: false };
  const ended = new Promise<void>((resolve, reject) => {
    child.on("error", reject);
    child.on("exit", () => {
      state.over = true;
      resolve();
    });
  });
  const close = async (): Promise<void> => {
    child.stdin.destroy();
    await ended;
  };
  const deadline = Date.now() + 60_000;
  for (;;) {
    const answer = await fetch(access.endpoint + ready).catch(() => undefined);
    await answer?.body?.cancel();
    // Whoever answers, it is not our server if that has ended.
    await setTimeout(20);
    if (state.over) throw new Error(`${name} ended before it was ready: ${said}`);
    if (answer?.ok) return { ...access, data, close };
    if (Date.now() > deadline) {
      await close();
      throw new Error(`${name} is not ready after a minute: ${said}`);
    }
  }
}

async function freePort(): Promise<number> {
  const server = createServer();
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  const { port } = server.address() as { port: number };
  await new Promise((resolve) => server.close(resolve));
  return port;
}

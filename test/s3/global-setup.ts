// S3 servers for one run of vitest: each is started when the first test asks for it, shared by all test files, and
// ended with the run. Test files live in processes of their own, so they ask by HTTP.

import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import type { TestProject } from "vitest/node";
import { missingServers, type Server, type ServerName, serverFolder, startServer } from "./servers.js";

declare module "vitest" {
  interface ProvidedContext {
    /** Answers GET `/<name of a server>` with its `Access`, as JSON. */
    s3Servers: string;
  }
}

/** Where test files say that they leave their tests out. */
export const skippedPath = "/skipped";

export default async function setup(project: TestProject): Promise<() => Promise<void>> {
  const started = new Map<ServerName, Promise<Server>>();
  let skipped = 0;

  const desk = createServer((request, response) => {
    if (request.url === skippedPath) {
      skipped++;
      response.end();
      return;
    }
    const name = request.url!.slice(1) as ServerName;
    const server = started.get(name) ?? startServer(name);
    started.set(name, server);
    server.then(
      ({ endpoint, accessKeyId, secretAccessKey }) =>
        response.end(JSON.stringify({ endpoint, accessKeyId, secretAccessKey })),
      (error: unknown) => response.writeHead(500).end(String(error)),
    );
  });
  await new Promise<void>((resolve) => desk.listen(0, "127.0.0.1", resolve));
  project.provide("s3Servers", `http://127.0.0.1:${(desk.address() as AddressInfo).port}`);

  return async () => {
    desk.closeAllConnections();
    desk.close();
    for (const server of await Promise.allSettled(started.values())) {
      if (server.status === "fulfilled") await server.value.close();
    }
    if (skipped > 0) {
      process.stderr.write(
        `\nThe tests on S3 in ${skipped} files were skipped: ${missingServers().join(", ")} not found in ` +
          `${serverFolder()}. test/s3/install.sh builds them there; it needs Go and some minutes.\n`,
      );
    }
  };
}

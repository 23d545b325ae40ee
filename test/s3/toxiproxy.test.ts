// The network between a client and a server can be made bad, and good again.

import { HeadBucketCommand } from "@aws-sdk/client-s3";
import { expect, test } from "vitest";
import { clientOf, describeS3, newBucket, server } from "./support.js";
import { startNetwork } from "./toxiproxy.js";

describeS3("toxiproxy in front of minio", () => {
  test("delays, resets and refuses connections, and lets them be", async () => {
    const bucket = await newBucket("minio");
    const network = await startNetwork(await server("toxiproxy"), bucket.access);
    /** @returns what came of a request, and how many milliseconds it took */
    const ask = async (): Promise<readonly [string, number]> => {
      const client = clientOf(network, 1);
      const start = performance.now();
      const come = await client.send(new HeadBucketCommand({ Bucket: bucket.name })).then(
        () => "answered",
        (error: unknown) => (error as NodeJS.ErrnoException).code ?? String(error),
      );
      client.destroy();
      return [come, performance.now() - start];
    };
    expect(await ask()).toMatchObject(["answered", expect.any(Number)]);

    await network.add({ type: "latency", latency: 500 });
    const [come, time] = await ask();
    expect(come).toBe("answered");
    expect(time).toBeGreaterThanOrEqual(490);

    await network.clear();
    await network.add({ type: "reset_peer", timeout: 0 });
    expect(await ask()).toMatchObject(["ECONNRESET", expect.any(Number)]);

    await network.clear();
    await network.up(false);
    expect(await ask()).toMatchObject(["ECONNREFUSED", expect.any(Number)]);

    await network.up(true);
    expect(await ask()).toMatchObject(["answered", expect.any(Number)]);
    await network.close();
  });
});

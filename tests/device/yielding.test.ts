// Waiting for a driver on the same processors leaves them to it.
import { setTimeout as delay } from "node:timers/promises";
import { expect, it } from "vitest";
import { yielding } from "../../src/runtime/yielding.js";

it("gives what the promise gives, soon after it is there", async () => {
  const begin = performance.now();
  expect(await yielding(delay(30, "done"))).toBe("done");
  expect(performance.now() - begin).toBeGreaterThan(29);
  await expect(yielding(Promise.reject(new Error("lost")))).rejects.toThrow("lost");
});

it("takes little of a processor while it waits", async () => {
  const before = process.cpuUsage();
  await yielding(delay(400));
  const { user, system } = process.cpuUsage(before);
  expect((user + system) / 1000).toBeLessThan(200);
});

// How the tests run: which files, with how much patience, and with the software Vulkan driver at hand.
import { availableParallelism } from "node:os";
import { defineConfig } from "vitest/config";
import { softwareVulkanEnvironment } from "./src/runtime/vulkan.js";

// Workers are processes: what is set here is set when they start, as LD_LIBRARY_PATH must be.
Object.assign(process.env, softwareVulkanEnvironment() ?? {});

export default defineConfig({
  test: {
    include: ["tests/**/*.test.ts"],
    pool: "forks",
    // Two at least: some tests wait for processes that they stop and start.
    maxWorkers: Math.max(2, availableParallelism() - 1),
    testTimeout: 60_000,
    hookTimeout: 60_000,
  },
});

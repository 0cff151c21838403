// How the tests run: which files, with how much patience, and with the software Vulkan driver at hand.
import { defineConfig } from "vitest/config";
import { softwareVulkanEnvironment } from "./src/runtime/vulkan.js";

// Workers are processes: what is set here is set when they start, as LD_LIBRARY_PATH must be.
Object.assign(process.env, softwareVulkanEnvironment() ?? {});

export default defineConfig({
  test: {
    include: ["tests/**/*.test.ts"],
    pool: "forks",
    testTimeout: 60_000,
    hookTimeout: 60_000,
  },
});

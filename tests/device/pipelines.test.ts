// Which pipelines a device keeps: those of loaded programs, each once.
import { expect, it } from "vitest";
import type { WgslLaunch } from "../../src/compiled.js";
import { Pipelines } from "../../src/runtime/pipelines.js";

/** A device that counts what is made of it. */
function countingDevice(): { readonly device: GPUDevice; readonly made: () => number } {
  let made = 0;
  const device = {
    pushErrorScope: () => undefined,
    popErrorScope: () => Promise.resolve(null),
    createShaderModule: () => ({}),
    createBindGroupLayout: () => ({}),
    createPipelineLayout: () => ({}),
    createComputePipeline: () => ({ number: ++made }),
  } as unknown as GPUDevice;
  return { device, made: () => made };
}

const kernel = (source: string): WgslLaunch => ({
  source,
  entryPoint: "main",
  workgroupSize: 64,
  tiled: [],
  uniforms: [],
  bindings: [],
  overrides: [],
});

it("are shared by programs, and forgotten with the last of them", async () => {
  const { device, made } = countingDevice();
  const all = new Pipelines(device);
  const [first, second] = [all.forProgram(), all.forProgram()];
  const one = await first.get("a", kernel("a"), "main", { n: 3 });
  expect(await first.get("a", kernel("a"), "main", { n: 3 })).toBe(one);
  expect(await second.get("a", kernel("a"), "main", { n: 3 })).toBe(one);
  await second.get("b", kernel("b"), "main", {});
  await second.get("b", kernel("b"), "main", { n: 4 });
  expect(made()).toBe(3);
  expect(first.release()).toBe(0);
  expect(first.release()).toBe(0);
  expect(await second.get("a", kernel("a"), "main", { n: 3 })).toBe(one);
  expect(second.release()).toBe(3);
  const again = all.forProgram();
  expect(await again.get("a", kernel("a"), "main", { n: 3 })).not.toBe(one);
  expect(made()).toBe(4);
});

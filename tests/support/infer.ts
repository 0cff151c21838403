// Runs the fit of an example on a device, as `mppc run` does.
import { readFileSync } from "node:fs";
import { checkSource } from "../../src/compile.js";
import { renderDiagnostics } from "../../src/diagnostic.js";
import { runInference, type InferenceResult } from "../../src/inference/infer.js";
import {
  axisSizes,
  DEFAULT_SETTINGS,
  particlesPerGroup,
  withDefaultParticles,
  type InferenceSettings,
} from "../../src/inference/settings.js";
import { bindData } from "../../src/runtime/data.js";
import type { Device } from "../../src/runtime/device.js";

const read = (path: string): { path: string; text: string } => ({
  path,
  text: readFileSync(new URL(`../../examples/${path}`, import.meta.url), "utf8"),
});

/** Fits `examples/NAME/NAME.mpp` to `examples/NAME/data.json`. */
export async function inferExample(
  name: string,
  device: Device,
  changes: Partial<InferenceSettings>,
): Promise<InferenceResult> {
  const { checked, diagnostics } = checkSource(read(`${name}/${name}.mpp`));
  const head = checked?.compile({ programs: ["bounds"] }).compiled;
  if (checked === null || head === null || head === undefined)
    throw new Error(renderDiagnostics(diagnostics));
  const { data, diagnostics: wrong } = bindData(head, [read(`${name}/data.json`)]);
  if (data === null) throw new Error(renderDiagnostics(wrong));
  const asked: InferenceSettings = { ...DEFAULT_SETTINGS, ...changes };
  const settings =
    changes.particles === undefined ? withDefaultParticles(asked, head.interface, data.sizes) : asked;
  const sizes = axisSizes(data.sizes, head.interface, particlesPerGroup(head.interface, settings));
  const { compiled } = checked.compile({ sizes, adapter: device.kind === "gpu" ? "gpu" : "software" });
  if (compiled === null) throw new Error(`${name} does not compile`);
  return runInference(compiled, data, device, settings, () => undefined);
}

// Runs the fit of an example on a device, as `mppc run` does.
import { readFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { compiledFor } from "../../src/cli/device-choice.js";
import { ModelCache } from "../../src/cli/model-cache.js";
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

const models = new ModelCache();
const SILENT = { out: () => undefined, err: () => undefined, interactive: false, color: false };

const pathOf = (name: string): string => fileURLToPath(new URL(`../../examples/${name}`, import.meta.url));

/** Fits `examples/NAME/NAME.mpp` to `examples/NAME/data.json`. A file of tests compiles a model once for equal sizes. */
export async function inferExample(
  name: string,
  device: Device,
  changes: Partial<InferenceSettings>,
): Promise<InferenceResult> {
  const { head, compile } = models.load(pathOf(`${name}/${name}.mpp`), SILENT, {});
  const path = pathOf(`${name}/data.json`);
  const { data, diagnostics: wrong } = bindData(head, [{ path, text: readFileSync(path, "utf8") }]);
  if (data === null) throw new Error(renderDiagnostics(wrong));
  const asked: InferenceSettings = { ...DEFAULT_SETTINGS, ...changes };
  const settings =
    changes.particles === undefined ? withDefaultParticles(asked, head.interface, data.sizes) : asked;
  const sizes = axisSizes(data.sizes, head.interface, particlesPerGroup(head.interface, settings));
  const compiled = compile({ sizes, ...compiledFor(device) });
  return runInference(compiled, data, device, settings, () => undefined);
}

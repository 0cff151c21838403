// Public posteriors with known answers, as `mppc run` fits them with default settings: every mean within 0.1 reference
// standard deviations and every standard deviation within 10 %.
import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { expect, it } from "vitest";
import { checkSource } from "../src/compile.js";
import { renderDiagnostics } from "../src/diagnostic.js";
import { runInference } from "../src/inference/infer.js";
import {
  axisSizes,
  DEFAULT_SETTINGS,
  particlesPerGroup,
  withDefaultParticles,
} from "../src/inference/settings.js";
import { bindData } from "../src/runtime/data.js";
import { createReferenceDevice } from "../src/runtime/reference.js";

const FOLDER = join(import.meta.dirname, "posteriors");
type Reference = {
  readonly parameters: Readonly<Record<string, { readonly mean: number; readonly sd: number }>>;
};

it.each(readdirSync(FOLDER))("%s", async (name) => {
  const read = (file: string): { path: string; text: string } => ({
    path: file,
    text: readFileSync(join(FOLDER, name, file), "utf8"),
  });
  const { checked, diagnostics } = checkSource(read("model.mpp"));
  const head = checked?.compile({ programs: ["bounds"] }).compiled;
  if (checked === null || head === null || head === undefined)
    throw new Error(renderDiagnostics(diagnostics));
  const { data } = bindData(head, [read("data.json")]);
  if (data === null) throw new Error("the data does not fit");
  const settings = withDefaultParticles(DEFAULT_SETTINGS, head.interface, data.sizes);
  const sizes = axisSizes(data.sizes, head.interface, particlesPerGroup(head.interface, settings));
  const { compiled } = checked.compile({ sizes });
  if (compiled === null) throw new Error("does not compile");
  const { summary } = await runInference(compiled, data, createReferenceDevice(), settings);
  const { parameters } = JSON.parse(read("reference.json").text) as Reference;
  for (const [key, { mean, sd }] of Object.entries(parameters)) {
    const row = summary.find((each) => each.name === key);
    expect(Math.abs((row?.mean ?? NaN) - mean) / sd, key).toBeLessThan(0.1);
    expect(Math.abs((row?.sd ?? NaN) / sd - 1), key).toBeLessThan(0.1);
  }
});

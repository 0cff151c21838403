// Every group whose reported spread is far too small is named by a warning, on public posteriors with known answers; and
// runs whose spreads are right are not warned of.
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { expect, it } from "vitest";
import { checkSource } from "../../src/compile.js";
import { runInference } from "../../src/inference/infer.js";
import {
  axisSizes,
  DEFAULT_SETTINGS,
  particlesPerGroup,
  withDefaultParticles,
} from "../../src/inference/settings.js";
import { bindData } from "../../src/runtime/data.js";
import { createReferenceDevice } from "../../src/runtime/reference.js";

/** A share of the true standard deviation below which a reported one is far too small. */
const TOO_SMALL = 0.7;

/** The groups whose sd is far too small for one of their numbers, those warned of, and the ratios of all sds. */
async function spreads(name: string, meanField: boolean, particles: number) {
  const file = (which: string): { path: string; text: string } => {
    const path = join(import.meta.dirname, "..", "posteriors", name, which);
    return { path, text: readFileSync(path, "utf8") };
  };
  const source = file("model.mpp");
  const text = meanField ? source.text.slice(0, source.text.indexOf("guide {")) : source.text;
  const { checked } = checkSource({ ...source, text });
  const head = checked?.compile({ programs: ["bounds"] }).compiled;
  if (checked === null || head === null || head === undefined) throw new Error(`${name} does not compile`);
  const { data } = bindData(head, [file("data.json")]);
  if (data === null) throw new Error("the data does not fit");
  const asked = { ...DEFAULT_SETTINGS, particles };
  const settings = withDefaultParticles(asked, head.interface, data.sizes);
  const sizes = axisSizes(data.sizes, head.interface, particlesPerGroup(head.interface, settings));
  const { compiled } = checked.compile({ sizes });
  if (compiled === null) throw new Error(`${name} does not compile`);
  const { summary, warnings } = await runInference(compiled, data, createReferenceDevice(), settings);
  const truth = JSON.parse(file("reference.json").text) as {
    readonly parameters: Readonly<Record<string, { readonly sd: number }>>;
  };
  const ratios = new Map<string, number[]>();
  for (const { name: element, sd } of summary) {
    const known = truth.parameters[element]?.sd;
    const latent = element.split("[")[0];
    const group = head.interface.groups.find((g) => g.latents.some((l) => l === latent))?.name;
    if (known !== undefined && group !== undefined)
      ratios.set(group, [...(ratios.get(group) ?? []), sd / known]);
  }
  const groups = [...ratios];
  return {
    tooSmall: groups.filter(([, all]) => Math.min(...all) < TOO_SMALL).map(([group]) => group),
    ratios: groups.flatMap(([, all]) => all),
    warned: groups.map(([g]) => g).filter((g) => warnings.some((w) => w.message.includes(`group '${g}'`))),
    warnings,
  };
}

it.each([
  ["kilpisjarvi_mod-kilpisjarvi", 3],
  ["mesquite-logmesquite", 10],
  ["sblrc-blr", 10],
] as const)("independent guides of correlated latents: %s, K = %i", async (name, particles) => {
  const { tooSmall, warned } = await spreads(name, true, particles);
  expect(tooSmall).not.toEqual([]);
  expect(warned).toEqual(expect.arrayContaining(tooSmall));
});

it.each([
  ["kilpisjarvi_mod-kilpisjarvi", 10],
  ["mesquite-logmesquite", 10],
  ["sblrc-blr", 10],
  ["kidiq-kidscore_interaction", 10],
  ["eight_schools-eight_schools_centered", 10],
] as const)(
  "no false alarm where the guide knows of the correlations: %s, K = %i",
  async (name, particles) => {
    const { ratios, warnings } = await spreads(name, false, particles);
    for (const ratio of ratios) expect(Math.abs(ratio - 1)).toBeLessThan(0.2);
    expect(warnings).toEqual([]);
  },
);

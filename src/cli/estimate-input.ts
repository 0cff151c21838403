// Reads what `mppc estimate` is given beside the data: particles and guide parameters, checked and laid out for programs.
import type { CompiledModel, CompiledProgram } from "../compiled.js";
import { invertTriangular, isCorrelationFactor } from "../inference/correlations.js";
import { Bug, didYouMean, type Diagnostic } from "../diagnostic.js";
import { BUFFERS, CORRELATIONS, type GroupInterface, type LatentInterface } from "../ir/interface.js";
import { bufferAxes } from "../inference/layout.js";
import { sampledGroups } from "../inference/settings.js";
import { readJson } from "../runtime/data-json.js";
import { ExtendedSizes, type Sizes } from "../ir/axis.js";
import { fileAddresses } from "../runtime/arrangement.js";
import { dimensionsOf } from "../runtime/data-rows.js";
import type { DataEntry, NumbersValue } from "../runtime/data-value.js";
import { flawedElement, foundWords, shapeWords, type Dimension } from "../runtime/errors.js";
import type { SourceFile } from "../source.js";
import {
  latentMissing,
  notACorrelationFactor,
  noGuideParameters,
  noParticles,
  particlesDisagree,
  unknownLatents,
  wrongArray,
  wrongK,
} from "./errors.js";

/** Input buffers of the programs by their names, and how many particles each particle axis has. */
export type EstimateInput = {
  readonly inputs: Map<string, Float64Array>;
  readonly particleSizes: ReadonlyMap<string, number>;
};
type Read<T> = { readonly value: T | null; readonly diagnostics: readonly Diagnostic[] };

/** What checks on the particles of several latents share. */
type ParticleContext = {
  readonly model: CompiledModel;
  readonly program: CompiledProgram;
  readonly sizes: Sizes;
  /** The file's "K". */
  readonly k: number | undefined;
  /** Particles of each group, as the first of its latents in the file has them. */
  readonly kOf: Map<string, { readonly latent: string; readonly k: number }>;
  readonly inputs: Map<string, Float64Array>;
  readonly diagnostics: Diagnostic[];
};

/**
 * Particles {latent: [plates..., K, event...]}, plates in the order of their nesting; K per group from the arrays
 * themselves, and from the file's "K" where it has one.
 */
export function readParticles(
  model: CompiledModel,
  program: CompiledProgram,
  sizes: Sizes,
  source: SourceFile,
): Read<EstimateInput> {
  const { file, diagnostics: mistakes } = readJson(source);
  if (file === null) return { value: null, diagnostics: mistakes };
  const part = entryOf(file.entries, "particles")?.value;
  if (part?.kind !== "object") return { value: null, diagnostics: [noParticles(source.path)] };
  const k = numberOf(entryOf(file.entries, "K"));
  const kOf: ParticleContext["kOf"] = new Map();
  const inputs = new Map<string, Float64Array>();
  const diagnostics: Diagnostic[] = [];
  const context: ParticleContext = { model, program, sizes, k, kOf, inputs, diagnostics };
  const sampled = new Set(sampledGroups(model.interface).map((group) => group.name));
  const latents = model.interface.latents.filter((latent) => sampled.has(latent.group));
  for (const latent of latents) {
    const entry = entryOf(part.entries, latent.name);
    if (entry !== undefined) takeParticles(latent, entry, context);
    else {
      const suggestion = didYouMean(
        latent.name,
        part.entries.map((e) => e.key),
      );
      diagnostics.push(latentMissing("particles of", latent.name, source.path, suggestion));
    }
  }
  const extra = part.entries.map((e) => e.key).filter((key) => latents.every(({ name }) => name !== key));
  if (extra.length > 0) diagnostics.push(unknownLatents("the particles", extra, source.path));
  const particleSizes = new Map(sampledGroups(model.interface).map((g) => [g.axis, kOf.get(g.name)?.k ?? 0]));
  return { value: { inputs, particleSizes }, diagnostics };
}

/** Checks the particles of one latent, and lays them out. */
function takeParticles(latent: LatentInterface, entry: DataEntry, context: ParticleContext): void {
  const { model, program, sizes, k, kOf, inputs, diagnostics } = context;
  const group = groupOf(model, latent);
  const expected: Dimension[] = [
    ...dimensions(model, latent.plates, sizes),
    { name: "K", length: null },
    ...(latent.event === null ? [] : [{ name: "vector", length: sizes.get(latent.event) ?? null }]),
  ];
  const what = `the particles of '${latent.name}'`;
  const value = numbersOf(entry, what, expected, diagnostics);
  if (value === undefined) return;
  const axes = [...latent.plates, group.axis, ...(latent.event === null ? [] : [latent.event])];
  const found = value.shape[dimensionsOf(model, latent.plates).length] ?? 0;
  const filled = new ExtendedSizes(sizes, [[group.axis, found]]);
  const before = kOf.get(group.name);
  const refuse = (diagnostic: Diagnostic): void => void diagnostics.push({ ...diagnostic, span: value.span });
  if (!fits(value, expected, axes, filled)) refuse(misshapen(what, expected, value));
  else if (k !== undefined && found !== k) refuse(wrongK(latent.name, found, k));
  else if (before !== undefined && before.k !== found)
    refuse(particlesDisagree(group.name, before.latent, before.k, latent.name, found));
  else {
    kOf.set(group.name, before ?? { latent: latent.name, k: found });
    const name = BUFFERS.particles(latent.name);
    inputs.set(name, arrange(value, axes, program, name, filled));
  }
}

/** Guide parameters {latent: {parameter: [plates..., event...]}}: all that are learned, named as their family names them. */
export function readGuideParameters(
  model: CompiledModel,
  program: CompiledProgram,
  sizes: Sizes,
  source: SourceFile | null,
): Read<Map<string, Float64Array>> {
  const wanted = wantedParameters(model);
  if (source === null) {
    if (wanted.length === 0) return { value: new Map(), diagnostics: [] };
    const names = wanted.map(({ of, name }) => `${name} of ${of}`);
    return { value: null, diagnostics: [noGuideParameters(names)] };
  }
  const { file, diagnostics: mistakes } = readJson(source);
  if (file === null) return { value: null, diagnostics: mistakes };
  const entries = guidePart(file.entries);
  const diagnostics: Diagnostic[] = [];
  const inputs = new Map<string, Float64Array>();
  for (const { of, name, over, last } of wanted) {
    const whole = entryOf(entries, of)?.value;
    const inner = whole?.kind === "object" ? whole.entries : [];
    const entry = entryOf(inner, name);
    const expected: Dimension[] = [
      ...dimensions(model, over, sizes),
      ...last.map((axis) => ({ name: "vector", length: sizes.get(axis) ?? null })),
    ];
    const what = `'${name}' of the guide of '${of}'`;
    if (entry === undefined) {
      const keys = inner.map((e) => e.key);
      const suggestion = didYouMean(name, keys);
      diagnostics.push(latentMissing("guide parameter", `${of}.${name}`, source.path, suggestion));
      continue;
    }
    const value = numbersOf(entry, what, expected, diagnostics);
    if (value === undefined) continue;
    const axes = [...over, ...last];
    if (!fits(value, expected, axes, sizes)) diagnostics.push(misshapen(what, expected, value));
    else {
      const buffer = BUFFERS.guide(of, name);
      inputs.set(buffer, arrange(value, axes, program, buffer, sizes));
    }
  }
  for (const { name, correlated } of model.interface.groups) {
    const factor = inputs.get(BUFFERS.correlations(name));
    const dimension = correlated === null ? undefined : sizes.get(correlated.row);
    if (factor === undefined || dimension === undefined) continue;
    if (isCorrelationFactor(factor, dimension))
      inputs.set(BUFFERS.whitening(name), invertTriangular(factor, dimension));
    else diagnostics.push(notACorrelationFactor(name));
  }
  takeModelParameters(model, program, sizes, file.entries, inputs, diagnostics);
  return { value: inputs, diagnostics };
}

/** The model's own parameters in the file's "model_parameters"; those that it lacks keep their first values. */
function takeModelParameters(
  model: CompiledModel,
  program: CompiledProgram,
  sizes: Sizes,
  entries: readonly DataEntry[],
  inputs: Map<string, Float64Array>,
  diagnostics: Diagnostic[],
): void {
  const part = entryOf(entries, "model_parameters")?.value;
  if (part?.kind !== "object") return;
  for (const { name, event } of model.interface.parameters) {
    const entry = entryOf(part.entries, name);
    if (entry === undefined) continue;
    const expected = event === null ? [] : [{ name: "vector", length: sizes.get(event) ?? null }];
    const what = `the parameter '${name}'`;
    const value = numbersOf(entry, what, expected, diagnostics);
    if (value === undefined) continue;
    const axes = event === null ? [] : [event];
    if (!fits(value, expected, axes, sizes)) diagnostics.push(misshapen(what, expected, value));
    else {
      const buffer = BUFFERS.parameter(name);
      inputs.set(buffer, arrange(value, axes, program, buffer, sizes));
    }
  }
}

/** What is to be read: what it is a parameter of, and its axes, plates and then others. */
type WantedParameter = {
  readonly of: string;
  readonly name: string;
  readonly over: readonly string[];
  readonly last: readonly string[];
};

/** Learned parameters of latents' families, and the correlations of groups that have them. */
function wantedParameters({ interface: { guides, groups } }: CompiledModel): WantedParameter[] {
  const ofLatents = guides.flatMap(({ latent, parameters }) =>
    parameters
      .filter((p) => p.learned)
      .map(({ name, over, event }) => ({ of: latent, name, over, last: event === null ? [] : [event] })),
  );
  const ofGroups = groups.flatMap(({ name, plates, correlated }) =>
    correlated === null
      ? []
      : [{ of: name, name: CORRELATIONS, over: plates, last: [correlated.row, correlated.column] }],
  );
  return [...ofLatents, ...ofGroups];
}

/** The file's "guide_parameters", or a run's "parameters"; a fixture without has none; any other file is itself the parameters. */
function guidePart(entries: readonly DataEntry[]): readonly DataEntry[] {
  for (const key of ["guide_parameters", "parameters"]) {
    const part = entryOf(entries, key)?.value;
    const isRun = entries.every((entry) => entry.key === "parameters" || entry.key === "model_parameters");
    if (part?.kind === "object" && (key === "guide_parameters" || isRun)) return part.entries;
  }
  return entryOf(entries, "particles") === undefined ? entries : [];
}

const entryOf = (entries: readonly DataEntry[], key: string): DataEntry | undefined =>
  entries.find((entry) => entry.key === key);

function numberOf(entry: DataEntry | undefined): number | undefined {
  return entry?.value.kind === "numbers" && entry.value.shape.length === 0
    ? entry.value.values[0]
    : undefined;
}

function groupOf(model: CompiledModel, latent: LatentInterface): GroupInterface {
  const group = model.interface.groups.find((g) => g.name === latent.group);
  if (group === undefined) throw new Bug(`'${latent.name}' is in no group`);
  return group;
}

/** The entry's numbers if it has as many dimensions as expected and nothing wrong in them. */
function numbersOf(
  entry: DataEntry,
  what: string,
  expected: readonly Dimension[],
  diagnostics: Diagnostic[],
): NumbersValue | undefined {
  const { value } = entry;
  if (value.kind !== "numbers") {
    diagnostics.push(
      wrongArray(what, shapeWords(expected), value.kind === "object" ? "an object" : value.text),
    );
    return undefined;
  }
  const declared = { name: entry.key, declaration: entry.key, span: entry.keySpan };
  const flaw = value.flaws[0];
  if (flaw !== undefined) diagnostics.push({ ...flawedElement(declared, flaw), related: [] });
  else if (value.shape.length !== expected.length) diagnostics.push(misshapen(what, expected, value));
  else return value;
  return undefined;
}

const misshapen = (what: string, expected: readonly Dimension[], value: NumbersValue): Diagnostic => ({
  ...wrongArray(what, shapeWords(expected), foundWords(value.shape)),
  span: value.span,
});

/** Whether an array has its expected lengths; rows of a ragged plate may have any that come to the right number. */
const fits = (
  { shape, lengths, values }: NumbersValue,
  expected: readonly Dimension[],
  axes: readonly string[],
  sizes: Sizes,
): boolean =>
  lengths.every((rows, i) => rows === null || sizes.rows?.has(expected[i]?.name ?? "") === true) &&
  expected.every((d, i) => d.length === null || d.length === shape[i]) &&
  fileAddresses([], axes, sizes).length === values.length &&
  values.length > 0;

/** The dimensions that an array over plates has; those of rows in nested lists have no single length. */
const dimensions = (model: CompiledModel, plates: readonly string[], sizes: Sizes): Dimension[] =>
  dimensionsOf(model, plates).map((name) => {
    const rows = sizes.rows?.get(name);
    return { name, length: rows?.byKey === null ? null : (sizes.get(name) ?? null) };
  });

/** The numbers, in the file over the axes `axes`, as the program's buffer stores them. */
function arrange(
  value: NumbersValue,
  axes: readonly string[],
  program: CompiledProgram,
  name: string,
  sizes: Sizes,
): Float64Array {
  const stored = bufferAxes(program, name)?.map((axis) => axis.name);
  if (stored === undefined) return value.values;
  if (stored.length !== axes.length || stored.some((axis) => !axes.includes(axis)))
    throw new Bug(`buffer '${name}' is not over ${axes.join(", ")}`);
  const result = new Float64Array(value.values.length);
  fileAddresses(stored, axes, sizes).forEach((address, i) => (result[address] = value.values[i] ?? NaN));
  return result;
}

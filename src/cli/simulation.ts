// What commands that simulate have in common: the data that is given, and everything that drawing takes.
import { simulatorOf, type Simulator } from "../compile-simulation.js";
import type { CompiledModel } from "../compiled.js";
import { DiagnosticError, didYouMean, type Diagnostic } from "../diagnostic.js";
import { axesOfDraw, elementCount } from "../inference/layout.js";
import { programOf } from "../inference/run.js";
import type { GivenValues, SimulationContext } from "../inference/simulate.js";
import { countedAxes, ExtendedSizes } from "../ir/axis.js";
import { BUFFERS } from "../ir/interface.js";
import { fileAddresses } from "../runtime/arrangement.js";
import { checkBounds } from "../runtime/data-bounds.js";
import { bindData, type BoundData } from "../runtime/data.js";
import type { Device } from "../runtime/device.js";
import { createReferenceDevice } from "../runtime/reference.js";
import type { SourceFile } from "../source.js";
import { boundsFor } from "./data-files.js";
import { printDiagnostics, UsageError } from "./failures.js";
import { readText } from "./files.js";
import type { Model } from "./model-file.js";
import {
  latentNeedsValue,
  notAnObject,
  observedGiven,
  unknownGiven,
  unknownSize,
  wrongGiven,
} from "./simulation-errors.js";
import type { Terminal } from "./terminal.js";

/** `--data` and `--size`. */
export type CovariateOptions = {
  readonly data?: readonly string[];
  readonly size?: ReadonlyMap<string, number>;
};

/** What is simulated, and the data that is given. */
export type Preparation = {
  readonly model: CompiledModel;
  readonly simulator: Simulator;
  readonly data: BoundData;
};

/**
 * Binds the covariates: data that the model does not observe. What it observes may be missing from the files, and if it is
 * not, says only how long plates are and where values are missing. Throws a DiagnosticError for what cannot be simulated
 * and for what is wrong with the data.
 */
export async function prepareSimulation(
  source: Model,
  options: CovariateOptions,
  terminal: Terminal,
): Promise<Preparation> {
  const simulator = simulatorOf(source.checked().model);
  if (!("compile" in simulator)) throw new DiagnosticError(simulator);
  const { head } = source;
  const files = [...(options.data ?? []).map(readText), ...sizeFile(head, options.size ?? new Map())];
  const { data, diagnostics } = bindData(withAxes(head, simulator), files, new Set(simulator.simulated));
  if (data === null) throw new DiagnosticError(diagnostics.map(hintAtSize));
  const bounds = boundsFor(head, data.sizes);
  const takes = bounds.programs.bounds?.program.buffers.filter((buffer) => buffer.storage === "input") ?? [];
  if (takes.every((buffer) => data.arrays.has(buffer.name))) {
    const outside = await checkBounds(bounds, data, createReferenceDevice());
    if (outside.length > 0) throw new DiagnosticError([...diagnostics, ...outside]);
  }
  printDiagnostics(diagnostics, terminal);
  const observed = simulator.simulated.filter((name) => data.arrays.has(name));
  if (observed.length > 0) printDiagnostics([observedGiven(observed)], terminal);
  return { model: head, simulator, data: { sizes: data.sizes, arrays: data.arrays } };
}

/** What drawing takes, on the reference device. Throws a DiagnosticError where a latent can neither be drawn nor is given. */
export function simulationContext(
  { model, simulator, data }: Preparation,
  options: {
    readonly seed: number;
    readonly given?: ReadonlyMap<string, GivenValues>;
    readonly parameters: ReadonlyMap<string, ArrayLike<number>>;
  },
  device: Device = createReferenceDevice(),
): SimulationContext {
  const { seed, given = new Map(), parameters } = options;
  const without = model.interface.latents.filter((latent) => !latent.hasDraw && !given.has(latent.name));
  if (without.length > 0)
    throw new DiagnosticError(without.map(({ name, family }) => latentNeedsValue(name, family)));
  return {
    interface: model.interface,
    program: simulator.compile(data.sizes),
    simulated: simulator.simulated,
    data,
    device,
    seed,
    given,
    parameters,
  };
}

/** First values of the model's own parameters, which are no latents and have no prior. */
export async function initialParameters(
  source: Model,
  data: BoundData,
): Promise<ReadonlyMap<string, Float64Array>> {
  const { parameters } = source.head.interface;
  if (parameters.length === 0) return new Map();
  const model = source.compile({ programs: ["fixed"], sizes: data.sizes });
  const compiled = programOf(model, "fixed");
  const loaded = await createReferenceDevice().load(compiled, data.sizes);
  for (const buffer of compiled.program.buffers) {
    const values = data.arrays.get(buffer.name);
    if (buffer.storage === "input" && values !== undefined) loaded.write(buffer.name, values);
  }
  const found = await loaded.run({ seed: 0, iteration: 0, drawsFrom: "iid" });
  loaded.dispose();
  return new Map(
    parameters.map(({ name }) => [name, found.get(BUFFERS.newParameter(name)) ?? new Float64Array()]),
  );
}

/** Values of latents in a JSON file, nested as a run's data is. Names of generated quantities are passed over. */
export function readGiven(
  path: string,
  { model, simulator, data }: Preparation,
): ReadonlyMap<string, GivenValues> {
  const { text } = readText(path);
  let file: unknown = null;
  try {
    file = JSON.parse(text);
  } catch {
    // What is no JSON is no object either.
  }
  if (typeof file !== "object" || file === null || Array.isArray(file))
    throw new UsageError(notAnObject(path));
  const program = simulator.compile(data.sizes);
  const { latents, generated, parameters } = model.interface;
  const names = latents.map((latent) => latent.name);
  const passed = new Set([...generated, ...parameters].map(({ name }) => name));
  const diagnostics: Diagnostic[] = [];
  const found = new Map<string, GivenValues>();
  for (const [name, value] of Object.entries(file)) {
    const latent = latents.find((l) => l.name === name);
    if (latent === undefined) {
      if (!passed.has(name)) diagnostics.push(unknownGiven(name, path, didYouMean(name, names), names));
      continue;
    }
    const axes = axesOfDraw(program, BUFFERS.draws(name)) ?? [];
    const expected = elementCount(countedAxes(axes), new ExtendedSizes(data.sizes));
    const flat = flatten(value);
    if (flat?.length !== expected) {
      const seen = flat === null ? "something else than numbers" : String(flat.length);
      diagnostics.push(wrongGiven(name, path, expected, seen));
      continue;
    }
    const stored = axes.map((axis) => axis.name);
    const inFile = latent.event === null ? latent.plates : [...latent.plates, latent.event];
    const values = new Float64Array(expected);
    fileAddresses(stored, inFile, data.sizes).forEach((at, i) => (values[at] = flat[i] ?? NaN));
    found.set(name, { values, count: 1 });
  }
  if (diagnostics.length > 0) throw new DiagnosticError(diagnostics);
  return found;
}

/** All numbers of nested lists in their order; null where anything else is among them. */
function flatten(value: unknown): number[] | null {
  if (typeof value === "number") return [value];
  if (!Array.isArray(value)) return null;
  const parts = value.map(flatten);
  return parts.every((part) => part !== null) ? parts.flat() : null;
}

/** `--size schools=8` as a file that says so. */
function sizeFile(
  { interface: { plates, data } }: CompiledModel,
  size: ReadonlyMap<string, number>,
): SourceFile[] {
  if (size.size === 0) return [];
  const names = [
    ...plates.map((plate) => plate.name),
    ...data.filter((d) => d.base === "int" && d.plates.length === 0 && d.event === null).map((d) => d.name),
  ];
  const unknown = [...size.keys()].filter((name) => !names.includes(name));
  if (unknown.length > 0)
    throw new DiagnosticError(unknown.map((name) => unknownSize(name, didYouMean(name, names), names)));
  return [{ path: "--size", text: JSON.stringify(Object.fromEntries(size)) }];
}

const withAxes = (model: CompiledModel, { eventAxes }: Simulator): CompiledModel => {
  const known = new Set(eventAxes.map(({ axis }) => axis));
  const all = [...eventAxes, ...model.interface.eventAxes.filter(({ axis }) => !known.has(axis))];
  return { ...model, interface: { ...model.interface, eventAxes: all } };
};

/** Where nothing tells how long a plate is, a simulation has a shorter way to say it. */
function hintAtSize(diagnostic: Diagnostic): Diagnostic {
  const plate = diagnostic.code === "E0526" ? /plate '(\w+)'/.exec(diagnostic.message)?.[1] : undefined;
  return plate === undefined ? diagnostic : { ...diagnostic, hint: `say it with --size ${plate}=10 (say)` };
}

// Draws from the model itself: of latents, of what it observes, of generated quantities.
import { alwaysRejected } from "./errors.js";
import { axesOfDraw, bufferAxes, elementCount, output, writeInputs, type Inputs } from "./layout.js";
import type { InferenceData } from "./run.js";
import type { CompiledProgram } from "../compiled.js";
import { DiagnosticError } from "../diagnostic.js";
import { countedAxes, ExtendedSizes, type Axis } from "../ir/axis.js";
import { BUFFERS, DRAW_AXIS, type ModelInterface } from "../ir/interface.js";
import type { Device, LoadedProgram } from "../runtime/device.js";

/** Values of one quantity: element by element over `axes` (plates, event), the draws of an element side by side. */
export type SimulatedValues = { readonly axes: readonly Axis[]; readonly values: Float64Array };

/** Draws from the model; each is one value of everything in it, jointly. */
export type Simulated = {
  readonly count: number;
  readonly latents: ReadonlyMap<string, SimulatedValues>;
  /**
   * Observed variables. `here` is 1 where the model observes the variable, and 0 where none of its conditions holds, so
   * that there is no value; over the variable's plates and the draws.
   */
  readonly data: ReadonlyMap<string, SimulatedValues & { readonly here: Float64Array }>;
  readonly generated: ReadonlyMap<string, SimulatedValues>;
};

/** Values of a latent that are not drawn: element by element, `count` of them side by side; draw i takes the i-th, round and round. */
export type GivenValues = { readonly values: ArrayLike<number>; readonly count: number };

export type SimulationContext = {
  readonly interface: Pick<ModelInterface, "latents" | "generated" | "parameters">;
  /** The program `simulate`, compiled for the sizes of `data`. */
  readonly program: CompiledProgram;
  /** The names of the data that the program draws. */
  readonly simulated: readonly string[];
  /** What it does not draw, and the lengths of all axes. */
  readonly data: InferenceData;
  /** The reference device. */
  readonly device: Device;
  readonly seed: number;
  /** Latents that are not drawn, by name. */
  readonly given: ReadonlyMap<string, GivenValues>;
  /** The model's own parameters, by name. [event] */
  readonly parameters: ReadonlyMap<string, ArrayLike<number>>;
};

/**
 * The draws `first`, ..., `first + count - 1`. Draw i depends on the seed and on i alone, so that it is the same however many
 * are asked for, on every machine.
 */
export async function simulate(context: SimulationContext, count: number, first = 0): Promise<Simulated> {
  const { program, data, device, seed } = context;
  const sizes = new ExtendedSizes(data.sizes, [[DRAW_AXIS, 1]]);
  const store = (buffer: string): SimulatedValues => {
    const axes = axesOfDraw(program, buffer) ?? [];
    return { axes, values: new Float64Array(elementCount(axes, sizes) * count) };
  };
  const named = (names: readonly string[], buffer: (name: string) => string): Map<string, SimulatedValues> =>
    new Map(names.map((name) => [name, store(buffer(name))]));
  const latents = named(
    context.interface.latents.map((l) => l.name),
    BUFFERS.simulated,
  );
  const observed = named(context.simulated, BUFFERS.simulated);
  const here = named(context.simulated, BUFFERS.simulatedHere);
  const generated = named(
    context.interface.generated.map((q) => q.name),
    BUFFERS.generated,
  );
  const loaded = await device.load(program, sizes);
  try {
    for (let i = 0; i < count; i++) {
      writeInputs(loaded, program, simulationInputs(context, first + i, 1));
      const outputs = await accepted(loaded, seed, first + i);
      const take = (all: ReadonlyMap<string, SimulatedValues>, buffer: (name: string) => string): void => {
        for (const [name, { values }] of all)
          output(outputs, buffer(name)).forEach((x, e) => (values[e * count + i] = x));
      };
      take(latents, BUFFERS.simulated);
      take(observed, BUFFERS.simulated);
      take(here, BUFFERS.simulatedHere);
      take(generated, BUFFERS.generated);
    }
  } finally {
    loaded.dispose();
  }
  const withPlaces = [...observed].map(
    ([name, values]) => [name, { ...values, here: here.get(name)?.values ?? new Float64Array() }] as const,
  );
  return { count, latents, data: new Map(withPlaces), generated };
}

/** Attempts at a draw, each of which has random numbers of its own; and draws that there are numbers for. */
const MOST_ATTEMPTS = 4096;
export const MOST_DRAWS = 2 ** 20;

/** The first of a draw's attempts that the model allows. Throws a DiagnosticError where there is none. */
async function accepted(
  loaded: LoadedProgram,
  seed: number,
  draw: number,
): Promise<ReadonlyMap<string, Float64Array>> {
  for (let attempt = 0; attempt < MOST_ATTEMPTS; attempt++) {
    const iteration = attempt * MOST_DRAWS + draw;
    const outputs = await loaded.run({ seed, iteration, drawsFrom: "iid" });
    if (output(outputs, BUFFERS.rejected)[0] === 0) return outputs;
  }
  throw new DiagnosticError([alwaysRejected(MOST_ATTEMPTS)]);
}

/** One draw's values of a quantity, element by element. */
export const drawOf = ({ values }: Pick<SimulatedValues, "values">, i: number, count: number): Float64Array =>
  Float64Array.from({ length: values.length / count }, (_, e) => values[e * count + i] ?? NaN);

/**
 * A draw's data as runs take it: what was drawn in the place of what was given. Where the model does not observe a variable,
 * its value counts for nothing, and is what was given or else another value of it.
 */
export function dataOfDraw(
  context: Pick<SimulationContext, "data">,
  drawn: Simulated,
  i: number,
): InferenceData {
  const { sizes, arrays } = context.data;
  const all = new Map(arrays);
  for (const [name, values] of drawn.data) {
    const own = drawOf(values, i, drawn.count);
    const here = drawOf({ values: values.here }, i, drawn.count);
    const width = own.length / here.length;
    const isHere = (e: number): boolean => here[Math.floor(e / width)] !== 0;
    const standIn = own.find((_, e) => isHere(e)) ?? 0;
    const before = arrays.get(name);
    all.set(
      name,
      own.map((x, e) => (isHere(e) ? x : (before?.[e] ?? standIn))),
    );
  }
  return { sizes, arrays: all };
}

/** The program's inputs for the draws from `draw` on, `length` of them. */
export function simulationInputs(context: SimulationContext, draw: number, length: number): Inputs {
  const { program, data, given } = context;
  const values = new Map<string, ArrayLike<number>>();
  for (const [name, learned] of context.parameters) values.set(BUFFERS.parameter(name), learned);
  const sizes = new ExtendedSizes(data.sizes, [[DRAW_AXIS, length]]);
  for (const { name } of context.interface.latents) {
    const own = given.get(name);
    values.set(BUFFERS.given(name), [own === undefined ? 0 : 1]);
    const axes = bufferAxes(program, BUFFERS.draws(name));
    if (axes === undefined) continue;
    const stored = new Float64Array(elementCount(countedAxes(axes), sizes));
    values.set(
      BUFFERS.draws(name),
      own === undefined
        ? stored
        : stored.map((_, at) => {
            const [e, i] = [Math.floor(at / length), at % length];
            return own.values[e * own.count + ((draw + i) % own.count)] ?? NaN;
          }),
    );
  }
  return (name) => values.get(name) ?? data.arrays.get(name);
}

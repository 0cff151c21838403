// Data that posterior draws replicate: what the model would observe anew, given each draw of its latents.
import type { DrawnValues, PosteriorDraws } from "./draws.js";
import { axesOfDraw, elementCount, output, writeInputs } from "./layout.js";
import { drawsPerRun, inputsAt, thin, type PredictionContext } from "./predict.js";
import type { CompiledProgram } from "../compiled.js";
import { ExtendedSizes } from "../ir/axis.js";
import { BUFFERS, DRAW_AXIS } from "../ir/interface.js";
import { createReferenceDevice } from "../runtime/reference.js";

export type ReplicationContext = Omit<PredictionContext, "device"> & {
  /** The program `replicate`, compiled for the sizes of `data`, and the names of the data that it draws. */
  readonly program: CompiledProgram;
  readonly simulated: readonly string[];
};

/** Observed variables at every draw, by their names; NaN where the model does not observe them. */
export type Replicated = {
  readonly count: number;
  readonly perSet: readonly number[];
  readonly data: ReadonlyMap<string, DrawnValues>;
};

/** Iteration numbers apart from those of everything else: of the random numbers of replications. */
const REPLICATION_ITERATIONS = 0x68000000;

/** Replicates data at so many of the draws, evenly chosen where that is not all of them. On the reference device. */
export async function replicate(
  context: ReplicationContext,
  all: PosteriorDraws,
  most: number = all.count,
): Promise<Replicated> {
  const { program, data, seed } = context;
  const draws = thin(all, most);
  const { count, perSet } = draws;
  const length = drawsPerRun(program, data.sizes, count);
  const sizes = new ExtendedSizes(data.sizes, [[DRAW_AXIS, length]]);
  const replicated = new Map(
    context.simulated.map((name): [string, DrawnValues] => {
      const axes = axesOfDraw(program, BUFFERS.simulated(name)) ?? [];
      return [name, { axes, values: new Float32Array(elementCount(axes, sizes) * count) }];
    }),
  );
  if (replicated.size === 0) return { count, perSet, data: replicated };
  const loaded = await createReferenceDevice().load(program, sizes);
  try {
    for (let from = 0, run = 0; from < count; from += length, run++) {
      writeInputs(loaded, program, inputsAt(program, context, draws, from, length));
      const outputs = await loaded.run({ seed, iteration: REPLICATION_ITERATIONS + run, drawsFrom: "iid" });
      const wanted = Math.min(length, count - from);
      for (const [name, { values }] of replicated) {
        const drawn = output(outputs, BUFFERS.simulated(name));
        const here = output(outputs, BUFFERS.simulatedHere(name));
        const width = drawn.length / here.length;
        for (let e = 0; e * length < drawn.length; e++)
          for (let i = 0; i < wanted; i++) {
            const isHere = here[Math.floor(e / width) * length + i] !== 0;
            values[e * count + from + i] = isHere ? (drawn[e * length + i] ?? NaN) : NaN;
          }
      }
    }
  } finally {
    loaded.dispose();
  }
  return { count, perSet, data: replicated };
}

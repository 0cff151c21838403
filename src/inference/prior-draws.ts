// Independent draws of a whole model from its prior, for those who compare it with the posterior, or its data with the data.
import type { DrawnValues } from "./draws.js";
import { alwaysRejected } from "./errors.js";
import { axesOfDraw, elementCount, output, writeInputs } from "./layout.js";
import { drawsPerRun } from "./predict.js";
import { simulationInputs, type SimulationContext } from "./simulate.js";
import { DiagnosticError } from "../diagnostic.js";
import { ExtendedSizes } from "../ir/axis.js";
import { BUFFERS, DRAW_AXIS } from "../ir/interface.js";

/** Latents, generated quantities, and data that the model observes: NaN where it does not. */
export type PriorDraws = {
  readonly count: number;
  readonly latents: ReadonlyMap<string, DrawnValues>;
  readonly generated: ReadonlyMap<string, DrawnValues>;
  readonly data: ReadonlyMap<string, DrawnValues>;
};

/** Iteration numbers apart from those of everything else: of the random numbers of draws from the prior. */
const PRIOR_ITERATIONS = 0x60000000;
/** Numbers that all draws together may have, if not said. */
const MOST_KEPT = 2 ** 24;
/** Draws that are made before it is said that the model allows none. */
const MOST_ATTEMPTS = 4096;

/**
 * `count` draws, fewer where a draw is very many numbers, each of everything jointly; draws that the model gives no
 * probability are made anew. Each launch draws as many as there is room for at a time. Throws a DiagnosticError where the
 * model allows no draw.
 */
export async function drawPrior(
  context: SimulationContext,
  count: number,
  mostNumbers: number = MOST_KEPT,
): Promise<PriorDraws> {
  const { program, data, seed, device, interface: model } = context;
  const axesOf = (buffer: string) => axesOfDraw(program, buffer) ?? [];
  const buffers = {
    latents: model.latents.map(({ name }) => [name, BUFFERS.simulated(name)] as const),
    generated: model.generated.map(({ name }) => [name, BUFFERS.generated(name)] as const),
    data: context.simulated.map((name) => [name, BUFFERS.simulated(name)] as const),
  };
  const all = [...buffers.latents, ...buffers.generated, ...buffers.data];
  const numbers = all.reduce((sum, [, buffer]) => sum + elementCount(axesOf(buffer), data.sizes), 0);
  const kept = Math.max(1, Math.min(count, Math.floor(mostNumbers / Math.max(1, numbers))));
  const length = drawsPerRun(program, data.sizes, kept);
  const stored = new Map(
    all.map(([, buffer]): [string, DrawnValues] => {
      const axes = axesOf(buffer);
      return [buffer, { axes, values: new Float32Array(elementCount(axes, data.sizes) * kept) }];
    }),
  );
  const loaded = await device.load(program, new ExtendedSizes(data.sizes, [[DRAW_AXIS, length]]));
  try {
    writeInputs(loaded, program, simulationInputs(context, 0, length));
    let found = 0;
    for (let run = 0; found < kept; run++) {
      if (found === 0 && run * length >= MOST_ATTEMPTS)
        throw new DiagnosticError([alwaysRejected(run * length)]);
      const outputs = await loaded.run({ seed, iteration: PRIOR_ITERATIONS + run, drawsFrom: "iid" });
      const rejected = output(outputs, BUFFERS.rejected);
      const allowed = Array.from({ length }, (_, i) => i)
        .filter((i) => rejected[i] === 0)
        .slice(0, kept - found);
      const at = found;
      for (const [buffer, { values }] of stored) {
        const drawn = output(outputs, buffer);
        for (let e = 0; e * length < drawn.length; e++)
          allowed.forEach((i, j) => (values[e * kept + at + j] = drawn[e * length + i] ?? NaN));
      }
      for (const name of context.simulated) {
        const here = output(outputs, BUFFERS.simulatedHere(name));
        const values = stored.get(BUFFERS.simulated(name))?.values ?? new Float32Array();
        const width = values.length / kept / (here.length / length);
        for (let e = 0; e * kept < values.length; e++)
          allowed.forEach((i, j) => {
            if (here[Math.floor(e / width) * length + i] === 0) values[e * kept + at + j] = NaN;
          });
      }
      found += allowed.length;
    }
  } finally {
    loaded.dispose();
  }
  const named = (these: readonly (readonly [string, string])[]): ReadonlyMap<string, DrawnValues> =>
    new Map(
      these.flatMap(([name, buffer]) => {
        const values = stored.get(buffer);
        return values === undefined ? [] : [[name, values] as const];
      }),
    );
  return {
    count: kept,
    latents: named(buffers.latents),
    generated: named(buffers.generated),
    data: named(buffers.data),
  };
}

// Random posterior data sets: plates with and without names, ragged ones, vectors and matrices, any numbers.
import fc from "fast-check";
import type {
  AtSomeDraws,
  Dimension,
  Facts,
  Numbers,
  PosteriorDataSet,
  Variable,
} from "../../src/results/data-set.js";

export const FACTS: Facts = {
  model: "random",
  version: "0.0.0",
  seed: 7,
  started: "2026-11-21T10:00:00.000Z",
  seconds: 1.5,
  method: "qem",
  device: "float64 reference",
  logEvidence: -12.25,
  logEvidenceError: 0.5,
  learned: { rate: 2, shift: [1, -1] },
};

const length = fc.integer({ min: 1, max: 4 });
const label = fc.oneof(
  fc.string({ minLength: 1, maxLength: 6 }).filter((text) => !/[\0\r\n,]/.test(text)),
  fc.constantFrom("Åse", "東京", "a,b", 'say "x"', "😀"),
);

const labels = (n: number): fc.Arbitrary<readonly string[] | null> =>
  fc.option(fc.uniqueArray(label, { minLength: n, maxLength: n }), { nil: null });

/** Outer plates, and rows that belong to the elements of the first of them. */
const plates: fc.Arbitrary<readonly Dimension[]> = fc
  .tuple(length, length, fc.array(fc.integer({ min: 0, max: 3 }), { minLength: 4, maxLength: 4 }))
  .chain(([a, b, rows]) =>
    fc.tuple(labels(a), labels(b)).map(([ofA, ofB]): readonly Dimension[] => {
      const first: Dimension = { name: "schools", length: a, labels: ofA, within: null };
      const second: Dimension = { name: "years", length: b, labels: ofB, within: null };
      const places = rows.slice(0, a).flatMap((n, place) => Array<number>(n).fill(place));
      const numbers = rows.slice(0, a).flatMap((n) => Array.from({ length: n }, (_, i) => i + 1));
      const within = { dimension: first, places: Int32Array.from(places), numbers: Int32Array.from(numbers) };
      return [first, second, { name: "pupils", length: places.length, labels: null, within }];
    }),
  );

const numbers = (n: number): fc.Arbitrary<Numbers> =>
  fc.oneof(
    fc.array(fc.float(), { minLength: n, maxLength: n }).map((values) => Float32Array.from(values)),
    fc.array(fc.double(), { minLength: n, maxLength: n }).map((values) => Float64Array.from(values)),
    fc
      .array(fc.integer({ min: -(2 ** 31), max: 2 ** 31 - 1 }), { minLength: n, maxLength: n })
      .map((values) => Int32Array.from(values)),
  );

function variable(name: string, among: readonly Dimension[], draws: number): fc.Arbitrary<Variable> {
  return fc
    .tuple(
      fc.subarray([...among].filter((d) => d.name !== "pupils")),
      fc.boolean(),
      fc.array(length, { maxLength: 2 }),
    )
    .chain(([chosen, isRagged, event]) => {
      const pupils = among.filter((d) => d.name === "pupils");
      const own = event.map((n, i): Dimension => ({
        name: `${name}_dim_${i}`,
        length: n,
        labels: null,
        within: null,
      }));
      // Rows of a ragged plate say where they are along the outer one.
      const rest = isRagged ? [...chosen.filter((d) => d.name !== "schools"), ...pupils] : chosen;
      const dimensions = [...rest, ...own];
      const elements = dimensions.reduce((n, d) => n * d.length, 1);
      return numbers(elements * draws).map((values) => ({ name, dimensions, values }));
    });
}

const variables = (
  prefix: string,
  among: readonly Dimension[],
  draws: number,
): fc.Arbitrary<readonly Variable[]> =>
  fc
    .integer({ min: 1, max: 3 })
    .chain((n) => fc.tuple(...Array.from({ length: n }, (_, i) => variable(`${prefix}${i}`, among, draws))));

const all = (count: number, of: readonly Variable[]): AtSomeDraws<Variable> => ({
  count,
  places: null,
  variables: of,
});

export const dataSets: fc.Arbitrary<PosteriorDataSet> = fc
  .tuple(plates, fc.integer({ min: 1, max: 3 }), fc.integer({ min: 1, max: 5 }))
  .chain(([dimensions, chains, perChain]) => {
    const draws = chains * perChain;
    return fc
      .tuple(
        variables("theta", dimensions, draws),
        variables("y_rep", dimensions, draws),
        variables("y", dimensions, draws),
        variables("y", dimensions, 1),
        variables("x", dimensions, 1),
        variables("theta", dimensions, 4),
        variables("y", dimensions, 4),
        variables("y", dimensions, draws),
        fc.array(fc.double({ noNaN: true }), { minLength: draws, maxLength: draws }),
      )
      .map(
        ([
          latents,
          predictions,
          likelihood,
          observed,
          constant,
          prior,
          atPrior,
          replicated,
          logJoint,
        ]): PosteriorDataSet => ({
          facts: FACTS,
          draws,
          chains,
          sets: Int32Array.from({ length: draws }, (_, i) => Math.floor(i / 2) + 1),
          logJoint: Float64Array.from(logJoint),
          quantities: [
            ...latents.map((v) => ({ ...v, predicted: false })),
            ...predictions.map((v) => ({ ...v, predicted: true })),
          ],
          plates: dimensions,
          further: {
            logLikelihood: all(draws, likelihood),
            generated: { count: draws, places: null, variables: [] },
            replicated: all(draws, replicated),
            prior: {
              ...all(4, []),
              variables: [
                ...prior.map((v) => ({ ...v, predicted: false })),
                ...atPrior.map((v) => ({ ...v, predicted: true })),
              ],
            },
            observedData: observed,
            constantData: constant,
          },
        }),
      );
  });

/** What is at an element of a variable and a draw, by the definition of the layout. */
export function valueAt(
  { dimensions, values }: Variable,
  places: readonly number[],
  draw: number,
  draws: number,
): number {
  const element = dimensions.reduce((at, d, i) => at * d.length + (places[i] ?? NaN), 0);
  return values[element * draws + draw] ?? NaN;
}

/** All places along some dimensions, the last changing fastest. */
export function allPlaces(
  dimensions: readonly { readonly length: number }[],
): readonly (readonly number[])[] {
  let found: readonly (readonly number[])[] = [[]];
  for (const d of dimensions)
    found = found.flatMap((before) => Array.from({ length: d.length }, (_, i) => [...before, i]));
  return found;
}

// Draws as one wide table, a row per draw, for formats of tables: the columns of `draws.csv`, and where the draws stand.
import { elementsOf, namesOfElements, type Numbers, type PosteriorDataSet } from "./data-set.js";

export type Column = { readonly name: string; readonly values: Numbers };

/**
 * `.chain`, `.iteration` and `.draw`, counted from 1, as R's posterior package has them; `set`; `lp__`, the log joint
 * density; then a column per element of every quantity, named as in `draws.csv`.
 */
export function columnsOf(set: PosteriorDataSet): readonly Column[] {
  const length = set.draws / set.chains;
  const count = (of: (draw: number) => number): Int32Array =>
    Int32Array.from({ length: set.draws }, (_, draw) => of(draw));
  return [
    { name: ".chain", values: count((draw) => Math.floor(draw / length) + 1) },
    { name: ".iteration", values: count((draw) => (draw % length) + 1) },
    { name: ".draw", values: count((draw) => draw + 1) },
    { name: "set", values: set.sets },
    { name: "lp__", values: set.logJoint },
    ...set.quantities.flatMap((quantity): Column[] => {
      const names = namesOfElements(quantity);
      return Array.from({ length: elementsOf(quantity) }, (_, e) => ({
        name: names[e] ?? "",
        values: quantity.values.subarray(e * set.draws, (e + 1) * set.draws),
      }));
    }),
  ];
}

/** Metadata of the table's schema, under the key `mppc`: JSON of the run's facts and of the plates. */
export const SCHEMA_KEY = "mppc";
export const schemaMetadata = ({ facts, plates }: PosteriorDataSet): string =>
  JSON.stringify({
    ...facts,
    plates: Object.fromEntries(
      plates.map(({ name, length, labels, within }) => [
        name,
        {
          length,
          ...(labels === null ? {} : { labels }),
          ...(within === null ? {} : { within: within.dimension.name }),
        },
      ]),
    ),
  });

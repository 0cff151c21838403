// What a report draws anew from the run's model: data given its posterior draws, and everything given its prior.
import { elementNames } from "../inference/layout.js";
import { atOwnData } from "../inference/predict.js";
import type { PriorDraws } from "../inference/prior-draws.js";
import { replicate, type Replicated } from "../inference/replicate.js";
import type { DrawnValues } from "../inference/draws.js";
import type { Sizes } from "../ir/axis.js";
import type { DrawColumns, PredictiveCheck } from "../report/run-record.js";
import type { BoundData } from "../runtime/data.js";
import { loadData } from "./data-files.js";
import { drawsOf } from "./draws-file.js";
import type { Model } from "./model-file.js";
import { priorDraws, replicationContext, unreplicated } from "./replicated.js";
import { observedData, type ReplicationPair } from "./replications.js";
import { fromHere } from "./resume.js";
import type { RunSettingsReport } from "./run-report.js";
import type { Terminal } from "./terminal.js";

/** Numbers that are drawn for a report, of data or from the prior, and the fewest draws. */
const MOST_NUMBERS = 2 ** 22;
const FEWEST = 100;

/** What a report shows besides the run's own draws; `remarks` say what there could not be, and why. */
export type DrawnAnew = {
  readonly checks: readonly PredictiveCheck[];
  readonly prior: DrawColumns | null;
  readonly remarks: readonly string[];
};

/**
 * Checks of all data that the model observes: by a prediction of its own, if it has one, else by replications. And draws
 * from the prior, of the elements that are `wanted` and of the data. The run's data is as it was.
 */
export async function drawAnew(
  directory: string,
  source: Model,
  settings: RunSettingsReport,
  shown: {
    readonly pairs: readonly ReplicationPair[];
    readonly draws: DrawColumns;
    readonly wanted: ReadonlySet<string>;
  },
  terminal: Terminal,
): Promise<DrawnAnew> {
  const { pairs, draws, wanted } = shown;
  const { head: model } = source;
  const paths = settings.data.map(({ path }) => fromHere(settings.folder, path));
  const data = await loadData(model, paths, { ...terminal, err: () => undefined });
  const { seed } = settings;
  const context = replicationContext(source, model, atOwnData({ data, seed }));
  const posterior = drawsOf(directory, model, context.program, data.sizes);
  const numbers = context.simulated.reduce((n, name) => n + (data.arrays.get(name)?.length ?? 0), 0);
  const most = Math.max(FEWEST, Math.floor(MOST_NUMBERS / Math.max(1, numbers)));
  const replicated = await replicate(context, posterior, Math.min(posterior.count, most));
  const { prior, missing } = await priorDraws(
    source,
    data,
    posterior.parameters,
    seed,
    posterior.count,
    MOST_NUMBERS,
  );
  return {
    checks: checksOf(source, data, pairs, draws, replicated, prior),
    prior: prior === null ? null : columnsOf(prior, wanted, data.sizes),
    remarks: [
      ...unreplicated(source).map((why) => `a predictive check: ${why}`),
      ...(prior === null ? [`draws from the prior: ${missing.join("; ")}`] : []),
    ],
  };
}

/** The draws of every element by its name. */
function byElement(
  name: string,
  { axes, values }: DrawnValues,
  count: number,
  sizes: Sizes,
): ReadonlyMap<string, Float32Array> {
  const names = elementNames(name, axes, sizes);
  return new Map(names.map((element, e) => [element, values.subarray(e * count, (e + 1) * count)]));
}

function checksOf(
  source: Model,
  data: BoundData,
  pairs: readonly ReplicationPair[],
  draws: DrawColumns,
  replicated: Replicated,
  prior: PriorDraws | null,
): readonly PredictiveCheck[] {
  const observed = observedData(source.head, data);
  const paired = new Set(pairs.map((pair) => pair.data));
  const priorOf = (name: string): ReadonlyMap<string, ArrayLike<number>> | null => {
    const values = prior?.data.get(name);
    return prior === null || values === undefined ? null : byElement(name, values, prior.count, data.sizes);
  };
  const check = (
    name: string,
    prediction: string | null,
    drawsAt: (element: string) => ArrayLike<number> | undefined,
  ): PredictiveCheck[] => {
    const fromPrior = priorOf(name);
    const found = [...(observed(name) ?? [])].flatMap(([element, value]) => {
      const own = drawsAt(element);
      return own === undefined || hasGaps(own)
        ? []
        : [{ element, value, own, before: fromPrior?.get(element) }];
    });
    if (found.length === 0) return [];
    const before = found.map((each) => each.before).filter((each) => each !== undefined);
    return [
      {
        prediction,
        data: name,
        elements: found.map(({ element }) => element),
        observed: Float64Array.from(found, ({ value }) => value),
        replicated: found.map(({ own }) => own),
        fromPrior: before.length === found.length ? before : null,
      },
    ];
  };
  return [
    ...pairs.flatMap(({ prediction, data: name }) =>
      check(name, prediction, (element) => draws.columns.get(`${prediction}${element.slice(name.length)}`)),
    ),
    ...[...replicated.data].flatMap(([name, values]) => {
      if (paired.has(name)) return [];
      const columns = byElement(name, values, replicated.count, data.sizes);
      return check(name, null, (element) => columns.get(element));
    }),
  ];
}

/** Whether there are draws in which the model does not observe the element. */
const hasGaps = (draws: ArrayLike<number>): boolean => Array.prototype.some.call(draws, Number.isNaN);

function columnsOf(prior: PriorDraws, wanted: ReadonlySet<string>, sizes: Sizes): DrawColumns {
  const all = [...prior.latents, ...prior.generated].flatMap(([name, values]) =>
    [...byElement(name, values, prior.count, sizes)].filter(([element]) => wanted.has(element)),
  );
  return { count: prior.count, columns: new Map(all) };
}

// Predictive checks: replications of the data, given the posterior and given the prior, beside the data.
import { COLOR, chartId, figure, type Chart, type Section, type Spec } from "../chart.js";
import { kernelDensity, shares } from "../density.js";
import { markup, type Markup } from "../markup.js";
import { amount, areWhole, counted, extent, quantile, rounded } from "../numbers.js";
import {
  coverage,
  elementChecks,
  rankCounts,
  replication,
  replications,
  statisticChecks,
  type ElementCheck,
  type StatisticCheck,
} from "../predictive-check.js";
import type { PredictiveCheck, RunRecord } from "../run-record.js";
import { evenly, representative } from "../thinning.js";

/** Replications whose densities are drawn, and elements that such a density is of. */
const [MOST_CURVES, MOST_ELEMENTS] = [30, 2000] as const;
/** Replications from the prior, fewer as they are drawn besides. */
const PRIOR_CURVES = 15;
/** Elements with an interval of their own. */
const MOST_INTERVALS = 60;
/** Values of whole numbers that are counted one by one. */
const MOST_VALUES = 40;
const BINS = 10;
/** Densities and ranks of fewer observations say nothing. */
const LEAST_FOR_DENSITIES = 8;
const LEAST_FOR_RANKS = 20;
/** A p-value beyond these is marked. */
const [LOW, HIGH] = [0.025, 0.975] as const;

export function checks({ checks: all }: RunRecord): Section | null {
  if (all.length === 0) return null;
  const drawn = all.map(checkPart);
  return {
    id: "checks",
    title: "Predictive checks",
    body: markup`${drawn.map(({ html }) => html)}`,
    charts: drawn.flatMap(({ charts }) => charts),
  };
}

/** What the replications are called. */
const replicationName = ({ prediction, data }: PredictiveCheck): string =>
  prediction ?? `replications of ${data}`;

function checkPart(
  check: PredictiveCheck,
  place: number,
): { readonly html: Markup; readonly charts: readonly Chart[] } {
  const { data, observed } = check;
  const prediction = replicationName(check);
  const elements = elementChecks(check);
  const statistics = statisticChecks(check);
  const whole = areWhole(observed) && check.replicated.every(areWhole);
  const few = whole && valuesOf(check).length <= MOST_VALUES;
  const id = (kind: string): string => chartId(`check-${kind}`, place);
  const figures = [
    ...(observed.length < LEAST_FOR_DENSITIES
      ? []
      : [
          figure(
            id("overlay"),
            few ? "How often each value occurs" : "Density of the data and of its replications",
            `Distribution of ${data} and of ${prediction}`,
            few ? countsSpec(check) : overlaySpec(check),
          ),
        ]),
    ...priorFigure(check, id("prior")),
    ...(observed.length < LEAST_FOR_RANKS
      ? []
      : [
          figure(
            id("ranks"),
            "Ranks of the data among their predictions",
            `Ranks of ${data} in ${prediction}`,
            ranksSpec(elements),
          ),
        ]),
    ...statistics.map((statistic, i) =>
      figure(
        id(`statistic-${i}`),
        statistic.name,
        `The ${statistic.name} of ${data} among those of ${prediction}`,
        statisticSpec(statistic),
      ),
    ),
  ];
  const some = representative(
    [...elements].sort((a, b) => a.q50 - b.q50),
    (element) => element.rank,
    MOST_INTERVALS,
  );
  const intervals = figure(
    id("intervals"),
    some.length === elements.length
      ? "Each observation in its 90 % interval"
      : `${some.length} of ${elements.length.toLocaleString("en-US")} observations in their 90 % intervals: the lowest and highest ranks, and some between`,
    `Intervals of ${prediction} and ${data}`,
    intervalsSpec(some),
  );
  const all = [...figures, intervals];
  return {
    html: markup`<h3>${check.prediction === null ? data : `${prediction} beside ${data}`}</h3>
<p>${check.prediction === null ? markup`The model drew ${data} anew, given each of some posterior draws. ` : null}${counted(observed.length, "observation")}, ${counted(replications(check), "replication")}; ${(100 * coverage(elements)).toFixed(0)} % of the observations are within the middle 90 % of their predictions.</p>
<div class="scroll"><table><thead><tr><th scope="col">statistic</th><th scope="col" class="number">of the data</th><th scope="col" class="number">of replications, 5 % to 95 %</th><th scope="col" class="number">p</th></tr></thead><tbody>${statistics.map(statisticRow)}</tbody></table></div>
<p class="note">p is the share of replications whose statistic is larger than that of the data: near 0 or 1 the model does not make such data.</p>
<div class="grid small">${figures.map(({ html }) => html)}</div>${intervals.html}`,
    charts: all.map(({ chart }) => chart),
  };
}

/** What the model expected before it saw the data: as far as most of that reaches, or the data. */
function priorFigure(check: PredictiveCheck, id: string): ReturnType<typeof figure>[] {
  const { fromPrior, observed, data } = check;
  if (fromPrior === null || observed.length < LEAST_FOR_DENSITIES) return [];
  const all = Float64Array.from(fromPrior.flatMap((draws) => Array.from(evenly(draws.length, 50), (i) => draws[i] ?? NaN))); // prettier-ignore
  const sorted = all.filter(Number.isFinite).sort();
  const [low, high] = extent(observed);
  const margin = 0.05 * (high - low);
  const within = [
    Math.min(low - margin, quantile(sorted, 0.05)),
    Math.max(high + margin, quantile(sorted, 0.95)),
  ] as const;
  const before = { ...check, replicated: fromPrior };
  const whole = areWhole(observed) && fromPrior.every(areWhole);
  const few = whole && valuesOf(before).length <= MOST_VALUES;
  const spec = few ? countsSpec(before) : overlaySpec(before, within, PRIOR_CURVES);
  const description = `Distribution of ${data} and of what the prior says of it`;
  const caption = few
    ? "How often each value occurs, and in replications from the prior"
    : "Density of the data and of replications from the prior";
  return [figure(id, caption, description, spec)];
}

function statisticRow({ name, observed, replicated, p }: StatisticCheck): Markup {
  const sorted = Float64Array.from(replicated).sort();
  const range = `${amount(quantile(sorted, 0.05))} to ${amount(quantile(sorted, 0.95))}`;
  const far = p < LOW || p > HIGH;
  return markup`<tr><th scope="row">${name}</th><td class="number">${amount(observed)}</td><td class="number">${range}</td><td class="number${far ? " alarm" : ""}">${p.toFixed(2)}</td></tr>`;
}

const OVERLAID = { domain: ["replications", "data"], range: [COLOR.light, COLOR.second] };
const LEGEND = { title: null, orient: "top" };

/** `within`: the range that is drawn; if not said, all of it. */
function overlaySpec(
  check: PredictiveCheck,
  within?: readonly [number, number],
  curves: number = MOST_CURVES,
): Spec {
  const places = evenly(check.observed.length, MOST_ELEMENTS);
  const curve = (values: Float64Array, what: string, which: number): Point[] => {
    const density = kernelDensity(
      places.map((i) => values[i] ?? NaN),
      64,
      within,
    );
    return Array.from(density?.x ?? [], (x, i) => ({
      x: rounded(x),
      d: rounded(density?.density[i] ?? 0, 3),
      what,
      w: which,
    }));
  };
  const drawn = evenly(replications(check), curves);
  const replicated = drawn.map((draw, i) => curve(replication(check, draw), "replications", i));
  const own = curve(check.observed, "data", -1);
  const peaks = replicated.map(peakOf).sort((a, b) => a - b);
  // A replication whose values lie close together would leave nothing to be seen of the others.
  const top = Math.max(peakOf(own), quantile(peaks, 0.8)) * 1.05;
  const encoding = (extra: Spec): Spec => ({
    x: { field: "x", type: "quantitative", scale: { zero: false }, axis: { title: null, tickCount: 5 } },
    y: {
      field: "d",
      type: "quantitative",
      axis: null,
      ...(within === undefined ? {} : { scale: { domain: [0, rounded(top)] } }),
    },
    color: { field: "what", type: "nominal", scale: OVERLAID, legend: LEGEND },
    detail: { field: "w" },
    ...extra,
  });
  const clip = within !== undefined;
  return {
    layer: [
      {
        data: { values: replicated.flat() },
        mark: { type: "line", strokeWidth: 1, opacity: 0.6, clip },
        encoding: encoding({}),
      },
      { data: { values: own }, mark: { type: "line", strokeWidth: 2.5, clip }, encoding: encoding({}) },
    ],
  };
}

type Point = { readonly x: number; readonly d: number; readonly what: string; readonly w: number };
const peakOf = (curve: readonly Point[]): number => curve.reduce((most, { d }) => Math.max(most, d), 0);

const valuesOf = ({ observed, replicated }: PredictiveCheck): readonly number[] => {
  const ends = [observed, ...replicated].map((values) => extent(values));
  const [low, high] = [Math.min(...ends.map(([a]) => a)), Math.max(...ends.map(([, b]) => b))];
  return high - low > 10 * MOST_VALUES
    ? Array.from({ length: MOST_VALUES + 1 }, () => NaN)
    : Array.from({ length: high - low + 1 }, (_, i) => low + i);
};

/** Of whole numbers: how often each occurs in the data, and in the middle 90 % of replications. */
function countsSpec(check: PredictiveCheck): Spec {
  const drawn = Array.from({ length: replications(check) }, (_, d) => shares(replication(check, d)));
  const observed = shares(check.observed);
  const size = check.observed.length;
  const values = valuesOf(check).map((value) => {
    const counts = Float64Array.from(drawn, (each) => size * (each.get(value) ?? 0)).sort();
    return {
      v: value,
      o: Math.round(size * (observed.get(value) ?? 0)),
      a: rounded(quantile(counts, 0.05)),
      m: rounded(quantile(counts, 0.5)),
      b: rounded(quantile(counts, 0.95)),
    };
  });
  const x = {
    field: "v",
    type: "quantitative",
    scale: { zero: false },
    axis: { title: null, tickMinStep: 1 },
  };
  const y = (name: string): Spec => ({ field: name, type: "quantitative", axis: { title: "observations" } });
  const tooltip = [
    { field: "v", title: "value" },
    { field: "o", title: "in the data" },
    { field: "m", title: "replications, median" },
  ];
  return {
    data: { values },
    layer: [
      {
        mark: { type: "bar", color: COLOR.second, opacity: 0.55, width: 9 },
        encoding: { x, y: y("o"), tooltip },
      },
      {
        mark: { type: "rule", color: COLOR.main, strokeWidth: 2 },
        encoding: { x, y: y("a"), y2: { field: "b" }, tooltip },
      },
      {
        mark: { type: "point", filled: true, color: COLOR.main, size: 35, opacity: 1 },
        encoding: { x, y: y("m"), tooltip },
      },
    ],
  };
}

function statisticSpec({ observed, replicated, p }: StatisticCheck): Spec {
  const [low, high] = extent(replicated);
  const bins = 24;
  const width = (high - low) / bins;
  const counts = Array.from({ length: bins }, () => 0);
  for (const value of replicated) {
    const bin = width > 0 ? Math.min(bins - 1, Math.floor((value - low) / width)) : 0;
    counts[bin] = (counts[bin] ?? 0) + 1;
  }
  const bars = counts.map((n, i) => ({
    a: rounded(low + i * width, 6),
    b: rounded(low + (i + 1) * width, 6),
    n,
  }));
  return {
    height: 110,
    layer: [
      {
        data: { values: bars },
        mark: { type: "bar", color: COLOR.main, opacity: 0.45, binSpacing: 0 },
        encoding: {
          x: {
            field: "a",
            type: "quantitative",
            bin: "binned",
            scale: { zero: false },
            axis: { title: null, tickCount: 4 },
          },
          x2: { field: "b" },
          y: { field: "n", type: "quantitative", axis: null },
        },
      },
      {
        data: { values: [{ o: rounded(observed, 6), p: rounded(p, 3) }] },
        mark: { type: "rule", color: COLOR.second, strokeWidth: 2.5 },
        encoding: {
          x: { field: "o", type: "quantitative" },
          tooltip: [{ field: "o", title: "of the data" }, { field: "p" }],
        },
      },
    ],
  };
}

/** A histogram of ranks, and where its bars lie 90 times in 100 if they are uniform. */
function ranksSpec(elements: readonly ElementCheck[]): Spec {
  const counts = rankCounts(elements, BINS).map((n) => rounded(n));
  const expected = elements.length / BINS;
  const spread = 1.645 * Math.sqrt(expected * (1 - 1 / BINS));
  const bars = counts.map((n, i) => ({ a: i / BINS, b: (i + 1) / BINS, n }));
  return {
    layer: [
      {
        data: { values: bars },
        mark: { type: "bar", color: COLOR.main, opacity: 0.45 },
        encoding: {
          x: {
            field: "a",
            type: "quantitative",
            bin: "binned",
            axis: { title: "share of predictions below", values: [0, 0.5, 1] },
          },
          x2: { field: "b" },
          y: { field: "n", type: "quantitative", axis: { title: "observations", tickCount: 4 } },
          tooltip: [{ field: "n", title: "observations" }],
        },
      },
      {
        data: { values: [{ a: rounded(Math.max(0, expected - spread)), b: rounded(expected + spread) }] },
        mark: { type: "rect", color: COLOR.muted, opacity: 0.18 },
        encoding: { y: { field: "a", type: "quantitative" }, y2: { field: "b" } },
      },
    ],
  };
}

function intervalsSpec(elements: readonly ElementCheck[]): Spec {
  const values = elements.map(({ name, observed, q5, q50, q95 }, i) => ({
    i: i + 1,
    n: name,
    o: rounded(observed),
    a: rounded(q5),
    m: rounded(q50),
    b: rounded(q95),
    out: observed < q5 || observed > q95,
  }));
  const x = {
    field: "i",
    type: "quantitative",
    scale: { nice: false, padding: 8, zero: false },
    axis: { title: "observations by their predicted median", labels: false, ticks: false },
  };
  const y = (name: string): Spec => ({
    field: name,
    type: "quantitative",
    scale: { zero: false },
    axis: { title: null },
  });
  const tooltip = [
    { field: "n", title: "observation" },
    { field: "o", title: "data" },
    { field: "m", title: "predicted median" },
    { field: "a", title: "5 %" },
    { field: "b", title: "95 %" },
  ];
  return {
    height: 220,
    data: { values },
    layer: [
      {
        mark: { type: "rule", color: COLOR.main, opacity: 0.45, strokeWidth: 3, strokeCap: "round" },
        encoding: { x, y: y("a"), y2: { field: "b" }, tooltip },
      },
      {
        mark: { type: "point", filled: true, size: 36, opacity: 1 },
        encoding: {
          x,
          y: y("o"),
          color: {
            field: "out",
            type: "nominal",
            scale: { domain: [false, true], range: [COLOR.second, COLOR.alarm] },
            legend: null,
          },
          shape: {
            field: "out",
            type: "nominal",
            scale: { domain: [false, true], range: ["circle", "diamond"] },
            legend: null,
          },
          tooltip,
        },
      },
    ],
  };
}

// Marginal densities of posterior draws, a figure for each quantity.
import { COLOR, chartId, figure, type Section, type Spec } from "../chart.js";
import { kernelDensity, shares } from "../density.js";
import { markup } from "../markup.js";
import { areWhole, counted, extent, rounded } from "../numbers.js";
import { curvesOf, MOST_QUANTITIES, type Quantity } from "../quantities.js";
import type { DrawColumns } from "../run-record.js";

type Curve = { readonly name: string; readonly draws: ArrayLike<number> };

/** Points of a curve, fewer where a quantity has many. */
const pointsOf = (curves: number): number => (curves === 1 ? 120 : 64);
/** Points of the prior, and how far beyond the posterior it is drawn, in widths of the posterior. */
const [PRIOR_POINTS, PRIOR_MARGIN] = [64, 0.4] as const;

export function densities(
  all: readonly Quantity[],
  draws: DrawColumns | null,
  prior: DrawColumns | null,
): Section | null {
  if (draws === null) return null;
  const drawn = all.slice(0, MOST_QUANTITIES).flatMap((quantity) => {
    const curves = curvesOf(quantity).flatMap(({ name }): Curve[] => {
      const own = draws.columns.get(name);
      return own === undefined ? [] : [{ name, draws: own }];
    });
    return curves.length === 0 ? [] : [{ quantity, curves }];
  });
  if (drawn.length === 0) return null;
  const figures = drawn.map(({ quantity: { name, rows }, curves }, i) => {
    const some =
      curves.length < rows.length ? ` (${curves.length} of ${rows.length.toLocaleString("en-US")})` : "";
    const whole = curves.every((curve) => areWhole(curve.draws));
    const before = curves.flatMap((curve) => Array.from(prior?.columns.get(curve.name) ?? []));
    return figure(
      chartId("density", i),
      `${name}${some}`,
      `Posterior density of ${name}${before.length > 0 ? ", and its prior" : ""}`,
      whole ? massSpec(curves, before) : densitySpec(curves, before),
    );
  });
  const left = all.length - Math.min(all.length, MOST_QUANTITIES);
  const ofPrior =
    prior === null
      ? null
      : markup` Dashed is the prior, of all elements shown together, from ${counted(prior.count, "draw")}, as far as the posterior reaches.`;
  const choice =
    prior === null
      ? null
      : markup`<p class="choices"><label><input type="checkbox" id="show-prior" checked> show the prior</label></p>`;
  return {
    id: "densities",
    title: "Densities",
    body: markup`<p>From ${counted(draws.count, "posterior draw")}, by Gaussian kernels. Point at a curve for its name.${ofPrior}</p>${choice}
<div class="grid small">${figures.map(({ html }) => html)}</div>${left === 0 ? null : markup`<p class="left-out">Left out: ${counted(left, "further quantity", "further quantities")}.</p>`}`,
    charts: figures.map(({ chart }) => chart),
  };
}

/** The layer that the page's choice hides. */
const PRIOR_LAYER = "prior";

const x = { field: "x", type: "quantitative", scale: { zero: false }, axis: { title: null, tickCount: 5 } };
const y = { field: "d", type: "quantitative", axis: null };

function densitySpec(curves: readonly Curve[], prior: readonly number[]): Spec {
  const values = curves.flatMap(({ name, draws }): { n: string; x: number; d: number }[] => {
    const density = kernelDensity(draws, pointsOf(curves.length));
    // What does not vary has all its mass at one place.
    if (density === null) return [{ n: name, x: rounded(draws[0] ?? NaN), d: 0 }];
    return Array.from(density.x, (x, i) => ({
      n: name,
      x: rounded(x),
      d: rounded(density.density[i] ?? 0, 3),
    }));
  });
  const alone = curves.length === 1;
  const posterior = {
    data: { values },
    mark: alone
      ? { type: "area", color: COLOR.main, fillOpacity: 0.25, line: { color: COLOR.main, strokeWidth: 1.5 } }
      : { type: "line", color: COLOR.main, strokeWidth: 1.5, opacity: 0.75 },
    encoding: {
      x,
      y,
      ...(alone ? {} : { detail: { field: "n" } }),
      tooltip: [{ field: "n", title: "name" }],
    },
  };
  const [low, high] = extent(values.map((value) => value.x));
  const margin = PRIOR_MARGIN * (high - low);
  const density = kernelDensity(prior, PRIOR_POINTS, [low - margin, high + margin]);
  if (density === null) return { height: 120, ...posterior };
  const before = Array.from(density.x, (x, i) => ({
    x: rounded(x),
    d: rounded(density.density[i] ?? 0, 3),
  }));
  return { height: 120, layer: [priorLayer(before, { type: "line" }), posterior] };
}

const priorLayer = (values: readonly Spec[], mark: Spec): Spec => ({
  name: PRIOR_LAYER,
  data: { values },
  mark: { color: COLOR.muted, strokeWidth: 1.5, strokeDash: [4, 3], ...mark },
  encoding: { x, y },
});

/** Of whole numbers: the share of each. */
function massSpec(curves: readonly Curve[], prior: readonly number[]): Spec {
  const values = curves.flatMap(({ name, draws }) =>
    [...shares(draws)].map(([x, share]) => ({ n: name, x, d: rounded(share, 3) })),
  );
  const own = { ...x, axis: { title: null, tickMinStep: 1, tickCount: 6 } };
  const posterior = {
    data: { values },
    mark:
      curves.length === 1
        ? { type: "bar", color: COLOR.main, size: 12 }
        : { type: "line", color: COLOR.main, opacity: 0.75, point: { color: COLOR.main, size: 20 } },
    encoding: {
      x: own,
      y: { ...y, axis: { title: "share", tickCount: 3 } },
      ...(curves.length === 1 ? {} : { detail: { field: "n" } }),
      tooltip: [
        { field: "n", title: "name" },
        { field: "x", title: "value" },
        { field: "d", title: "share", format: ".1%" },
      ],
    },
  };
  const [low, high] = extent(values.map((value) => value.x));
  const margin = Math.ceil(PRIOR_MARGIN * (high - low)) + 1;
  const before = [...shares(prior)]
    .filter(([x]) => x >= low - margin && x <= high + margin)
    .map(([x, share]) => ({ x, d: rounded(share, 3) }));
  if (before.length === 0) return { height: 120, ...posterior };
  const mark = { type: "line", point: { color: COLOR.muted, size: 20 } };
  return { height: 120, layer: [posterior, priorLayer(before, mark)] };
}

// Marginal densities of posterior draws, a figure for each quantity.
import { COLOR, chartId, figure, type Section, type Spec } from "../chart.js";
import { kernelDensity, shares } from "../density.js";
import { markup } from "../markup.js";
import { areWhole, counted, rounded } from "../numbers.js";
import { curvesOf, MOST_QUANTITIES, type Quantity } from "../quantities.js";
import type { DrawColumns } from "../run-record.js";

type Curve = { readonly name: string; readonly draws: Float64Array };

/** Points of a curve, fewer where a quantity has many. */
const pointsOf = (curves: number): number => (curves === 1 ? 120 : 64);

export function densities(all: readonly Quantity[], draws: DrawColumns | null): Section | null {
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
    return figure(
      chartId("density", i),
      `${name}${some}`,
      `Posterior density of ${name}`,
      whole ? massSpec(curves) : densitySpec(curves),
    );
  });
  const left = all.length - Math.min(all.length, MOST_QUANTITIES);
  return {
    id: "densities",
    title: "Densities",
    body: markup`<p>From ${counted(draws.count, "posterior draw")}, by Gaussian kernels. Point at a curve for its name.</p>
<div class="grid small">${figures.map(({ html }) => html)}</div>${left === 0 ? null : markup`<p class="left-out">Left out: ${counted(left, "further quantity", "further quantities")}.</p>`}`,
    charts: figures.map(({ chart }) => chart),
  };
}

function densitySpec(curves: readonly Curve[]): Spec {
  const values = curves.flatMap(({ name, draws }): Spec[] => {
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
  return {
    height: 120,
    data: { values },
    mark: alone
      ? { type: "area", color: COLOR.main, fillOpacity: 0.25, line: { color: COLOR.main, strokeWidth: 1.5 } }
      : { type: "line", color: COLOR.main, strokeWidth: 1.5, opacity: 0.75 },
    encoding: {
      x: { field: "x", type: "quantitative", scale: { zero: false }, axis: { title: null, tickCount: 5 } },
      y: { field: "d", type: "quantitative", axis: null },
      ...(alone ? {} : { detail: { field: "n" } }),
      tooltip: [{ field: "n", title: "name" }],
    },
  };
}

/** Of whole numbers: the share of each. */
function massSpec(curves: readonly Curve[]): Spec {
  const values = curves.flatMap(({ name, draws }) =>
    [...shares(draws)].map(([x, share]) => ({ n: name, x, d: rounded(share, 3) })),
  );
  return {
    height: 120,
    data: { values },
    mark:
      curves.length === 1
        ? { type: "bar", color: COLOR.main, size: 12 }
        : { type: "line", color: COLOR.main, opacity: 0.75, point: { color: COLOR.main, size: 20 } },
    encoding: {
      x: {
        field: "x",
        type: "quantitative",
        scale: { zero: false },
        axis: { title: null, tickMinStep: 1, tickCount: 6 },
      },
      y: { field: "d", type: "quantitative", axis: { title: "share", tickCount: 3 } },
      ...(curves.length === 1 ? {} : { detail: { field: "n" } }),
      tooltip: [
        { field: "n", title: "name" },
        { field: "x", title: "value" },
        { field: "d", title: "share", format: ".1%" },
      ],
    },
  };
}

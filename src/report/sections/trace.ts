// The course of the fit: evidence and effective sample sizes by iteration, phase by phase.
import { COLOR, figure, type Section, type Spec } from "../chart.js";
import { markup } from "../markup.js";
import { rounded } from "../numbers.js";
import type { RunRecord, TracePoint } from "../run-record.js";
import { evenly } from "../thinning.js";

const MOST_POINTS = 800;

/** Names of phases, in their order, for people. */
const PHASES: Readonly<Record<string, string>> = {
  start: "tempered start",
  search: "search",
  settle: "settling",
};

export function trace({ trace: all, evidence, stopped }: RunRecord): Section | null {
  if (all.length === 0) return null;
  const fit = thin(all.filter(({ phase }) => phase !== "start"));
  const start = all.filter(({ phase }) => phase === "start");
  const figures = [
    ...(fit.length === 0
      ? []
      : [
          figure(
            "trace-evidence",
            "Log evidence of the fit",
            "Log evidence by iteration of the fit",
            evidenceSpec(fit, evidence.mean),
          ),
        ]),
    ...(start.length === 0
      ? []
      : [
          figure(
            "trace-start",
            "Tempered start: from the guide to the posterior",
            "Temper by iteration of the start",
            startSpec(thin(start)),
          ),
        ]),
    figure(
      "trace-ess",
      "Effective sample sizes",
      "Effective sample sizes by iteration",
      essSpec(thin(inOne(all))),
    ),
  ];
  const phases = [...new Set(all.map(({ phase }) => phase))].map((phase) => {
    const own = all.filter((point) => point.phase === phase);
    return `${PHASES[phase] ?? phase} ${own[0]?.iteration ?? ""} to ${own.at(-1)?.iteration ?? ""}`;
  });
  return {
    id: "trace",
    title: "Course of the fit",
    body: markup`<p>Phases: ${phases.join("; ")}. It ended as ${stopped}.</p><div class="grid">${figures.map(({ html }) => html)}</div>`,
    charts: figures.map(({ chart }) => chart),
  };
}

/** The start before the fit: its last iteration is 0. */
const inOne = (points: readonly TracePoint[]): readonly TracePoint[] => {
  const start = points.filter(({ phase }) => phase === "start").length;
  return points.map((point) =>
    point.phase === "start" ? { ...point, iteration: point.iteration - start } : point,
  );
};

const thin = (points: readonly TracePoint[]): readonly TracePoint[] =>
  evenly(points.length, MOST_POINTS).flatMap((i) => points[i] ?? []);

const ITERATION: Spec = {
  field: "i",
  type: "quantitative",
  scale: { zero: false, nice: false },
  axis: { title: "iteration", tickMinStep: 1 },
};

const phaseColor = (points: readonly TracePoint[]): Spec => {
  const names = [...new Set(points.map(({ phase }) => PHASES[phase] ?? phase))];
  const range = [COLOR.main, COLOR.second, COLOR.third];
  return {
    field: "phase",
    type: "nominal",
    sort: null,
    scale: { domain: names, range: range.slice(0, names.length) },
    legend: names.length > 1 ? { title: null, orient: "top" } : null,
  };
};

function evidenceSpec(points: readonly TracePoint[], final: number): Spec {
  const values = points.map(({ iteration, phase, logEvidence }) => ({
    i: iteration,
    e: rounded(logEvidence, 7),
    phase: PHASES[phase] ?? phase,
  }));
  return {
    layer: [
      {
        data: { values: [{ final: rounded(final, 7) }] },
        mark: { type: "rule", strokeDash: [4, 3], color: COLOR.muted },
        encoding: {
          y: { field: "final", type: "quantitative" },
          tooltip: [{ field: "final", title: "log evidence of the final sets", format: ".6" }],
        },
      },
      {
        data: { values },
        mark: { type: "line", strokeWidth: 1.5, point: { size: 12, filled: true } },
        encoding: {
          x: ITERATION,
          y: { field: "e", type: "quantitative", scale: { zero: false }, axis: { title: "log evidence" } },
          color: phaseColor(points),
          tooltip: [
            { field: "i", title: "iteration" },
            { field: "e", title: "log evidence", format: ".6" },
            { field: "phase" },
          ],
        },
      },
    ],
  };
}

function startSpec(points: readonly TracePoint[]): Spec {
  const values = points.map(({ iteration, temper, logEvidence }) => ({
    i: iteration,
    t: rounded(temper),
    e: rounded(logEvidence, 6),
  }));
  return {
    data: { values },
    mark: {
      type: "line",
      color: COLOR.third,
      strokeWidth: 1.5,
      point: { size: 16, filled: true, color: COLOR.third },
    },
    encoding: {
      x: ITERATION,
      y: { field: "t", type: "quantitative", axis: { title: "temper" } },
      tooltip: [
        { field: "i", title: "iteration" },
        { field: "t", title: "temper" },
        { field: "e", title: "log evidence, tempered" },
      ],
    },
  };
}

function essSpec(points: readonly TracePoint[]): Spec {
  const values = points.flatMap(({ iteration, minimumEss, medianEss }) => [
    { i: iteration, v: rounded(medianEss), what: "median" },
    { i: iteration, v: rounded(minimumEss), what: "smallest" },
  ]);
  return {
    data: { values },
    mark: { type: "line", strokeWidth: 1.5 },
    encoding: {
      x: ITERATION,
      y: { field: "v", type: "quantitative", axis: { title: "over groups and plates" } },
      color: {
        field: "what",
        type: "nominal",
        sort: null,
        scale: { domain: ["median", "smallest"], range: [COLOR.main, COLOR.second] },
        legend: { title: null, orient: "top" },
      },
      tooltip: [
        { field: "i", title: "iteration" },
        { field: "what", title: "of all" },
        { field: "v", title: "effective sample size" },
      ],
    },
  };
}

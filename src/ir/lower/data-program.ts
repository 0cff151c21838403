// The program `data`: what data alone decides is computed once, in float64, when data is bound; the other programs take it
// as inputs.
import type { TypedModel } from "../../typecheck/model.js";
import { constantValue } from "../../typecheck/constants.js";
import type { Contraction } from "../contraction.js";
import { volume, type Sizes } from "../axis.js";
import { opTime } from "../cost.js";
import { DataOnly } from "../data-only.js";
import type { Note } from "../notes.js";
import { BUFFERS, isReference } from "../interface.js";
import { children, reachable, type Graph, type Node } from "../node.js";
import type { SumChoices } from "../sum-parts.js";
import { substitute } from "../rewrite.js";
import type { ExpressionLowering } from "./expressions.js";
import type { Output, ProgramGraph } from "./program-graph.js";

/** What of a model is data, for taking sums apart. */
export function sumChoices(model: TypedModel, lowering: ExpressionLowering): SumChoices {
  const names = new Set(model.data.flatMap(({ name }) => [BUFFERS.data(name), BUFFERS.observed(name)]));
  const nonNegative = new Set([
    ...model.data.map(({ name }) => BUFFERS.observed(name)),
    ...model.data
      .filter(({ type }) => type.lower !== null && (constantValue(type.lower) ?? -1) >= 0)
      .map(({ name }) => BUFFERS.data(name)),
  ]);
  return {
    data: new DataOnly((input) => names.has(input)),
    isNeverNegative: (input) => nonNegative.has(input),
    fixedLength: (axis) => {
      const own = lowering.eventAxes().find((each) => each.axis === axis.name);
      return own === undefined ? null : constantValue(own.size.value);
    },
  };
}

/** The sums that were taken apart, and what is computed once. */
export function dataNotes({ steps }: Contraction, data: ProgramGraph | null): readonly Note[] {
  const sums = steps.flatMap(({ apart, removes, terms }): Note[] => {
    if (apart === null || apart === undefined) return [];
    const where = `${terms.join(", ")} over ${removes.map(({ name }) => name).join(" x ")}`;
    const counted = (n: number, what: string): string[] =>
      n === 0 ? [] : [`${n} ${what}${n === 1 ? "" : "s"}`];
    const kept = [...counted(apart.squares, "square"), ...counted(apart.sums, "sum")].join(" and ");
    const rows = apart.rows.toLocaleString("en-US", { maximumFractionDigits: 1 });
    return [{ optimisation: "sums", where, saved: `${kept} instead of ${rows} rows` }];
  });
  if (data === null) return sums;
  const saved = `${data.outputs.length} of data alone, computed once in float64`;
  return [...sums, { optimisation: "data", where: "arrays", saved }];
}

/** Programs whose runs are many, or dear. */
const ITERATED: ReadonlySet<ProgramGraph["name"]> = new Set([
  "estimate", "gradients_vi", "gradients_rws", "qem", "rws", "vi", "start", "posterior", "draws",
]); // prettier-ignore

/** Of one element, in nanoseconds of the estimate in cost.ts: what takes less is not worth a load. */
const LEAST_TIME = 12;
/** Results of so few elements are never too many. */
const SMALL = 4096;

/**
 * The programs with what data alone decides as inputs, and the program `data` that computes those; null if there is nothing
 * worth it: reductions, and dear operations at no more elements than the data has.
 */
export function takeOutData(
  g: Graph,
  programs: readonly ProgramGraph[],
  data: DataOnly,
  sizes: Sizes,
): { readonly programs: readonly ProgramGraph[]; readonly data: ProgramGraph | null } {
  const iterated = programs.filter(({ name }) => ITERATED.has(name));
  const found = worthTaking(
    iterated.flatMap(({ outputs }) => outputs),
    data,
    sizes,
  );
  if (found.length === 0) return { programs, data: null };
  const outputs = found.map((node, i): Output => ({ name: BUFFERS.derived(i + 1), node, axes: node.axes }));
  const inputs = new Map(outputs.map(({ name, node, axes }) => [node, g.input(name, axes)]));
  return {
    programs: programs.map((program) =>
      ITERATED.has(program.name) ? withInputs(g, program, inputs) : program,
    ),
    data: { name: "data", outputs, labels: new Map() },
  };
}

/** The topmost nodes of data alone that are worth a program of their own, in the order of their making. */
function worthTaking(outputs: readonly Output[], data: DataOnly, sizes: Sizes): readonly Node[] {
  const roots = outputs.map(({ node }) => node);
  // A result is computed by its program, but what that only hands on to the host need not be.
  const results = new Set(outputs.filter(({ name }) => !isReference(name)).map(({ node }) => node));
  const found = new Set<Node>();
  const seen = new Set<Node>();
  const pending = [...roots];
  for (let node = pending.pop(); node !== undefined; node = pending.pop()) {
    if (seen.has(node)) continue;
    seen.add(node);
    if (data.has(node) && !results.has(node) && isWorth(node, data, sizes)) found.add(node);
    else pending.push(...children(node));
  }
  return [...found].sort((a, b) => a.id - b.id);
}

function isWorth(node: Node, data: DataOnly, sizes: Sizes): boolean {
  if (node.kind !== "map" && node.kind !== "reduce" && node.kind !== "scan") return false;
  const below = reachable([node]);
  const arrays = below.filter((each) => each.kind === "input" && data.isData(each.name));
  const largest = Math.max(0, ...arrays.map(({ axes }) => volume(axes, sizes)));
  if (arrays.length === 0 || volume(node.axes, sizes) > Math.max(largest, SMALL)) return false;
  if (below.some(({ kind }) => kind === "reduce" || kind === "scan")) return true;
  const varies = new Set<Node>(arrays);
  for (const each of below) if (children(each).some((child) => varies.has(child))) varies.add(each);
  const time = below.reduce(
    (sum, each) => sum + (each.kind === "map" && varies.has(each) ? opTime(each.op) : 0),
    0,
  );
  return time >= LEAST_TIME;
}

/** A program that does not hand on to the host what data alone decides, as the host has it in float64. */
function finishedFromData(
  g: Graph,
  program: ProgramGraph,
  finish: ProgramGraph,
  inputs: ReadonlyMap<Node, Node>,
): ProgramGraph {
  const isGiven = ({ name, node }: Output): boolean => isReference(name) && inputs.has(node);
  const given = program.outputs.filter(isGiven);
  const replacement = new Map(
    given.map(({ name, node }) => [g.input(name, node.axes), inputs.get(node) ?? node] as const),
  );
  const nodes = substitute(
    g,
    finish.outputs.map(({ node }) => node),
    replacement,
  );
  return {
    ...program,
    outputs: program.outputs.filter((output) => !isGiven(output)),
    finish: {
      ...finish,
      outputs: finish.outputs.map((output, i) => ({ ...output, node: nodes[i] ?? output.node })),
    },
  };
}

function withInputs(g: Graph, given: ProgramGraph, inputs: ReadonlyMap<Node, Node>): ProgramGraph {
  const program = given.finish === undefined ? given : finishedFromData(g, given, given.finish, inputs);
  const labelled = [...program.labels.keys()];
  const roots = program.outputs.map(({ node }) => node);
  const changed = substitute(g, [...roots, ...labelled], inputs);
  return {
    ...program,
    outputs: program.outputs.map((output, i) => ({ ...output, node: changed[i] ?? output.node })),
    labels: new Map(
      [...program.labels].map(([node, label], i) => [changed[roots.length + i] ?? node, label] as const),
    ),
  };
}

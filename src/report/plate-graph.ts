// The graph of a model, as it is drawn: latents, data and factors in the boxes of their plates.
import { showExpression } from "../typecheck/show.js";
import { operandsOf } from "../typecheck/walk.js";
import type {
  Data,
  Factor,
  Latent,
  Parameter,
  Plate,
  TypedExpression,
  TypedModel,
  Variable,
} from "../typecheck/model.js";

/**
 * `latent`; `discrete`, one that is summed out; `observed`; `data`, which only goes into others; `parameter`, which is
 * learned as a point; `term`, what the model adds to `target`.
 */
export type NodeKind = "latent" | "discrete" | "observed" | "data" | "parameter" | "term";

export type GraphNode = {
  readonly id: string;
  readonly kind: NodeKind;
  readonly label: string;
  /** The statement, for people who point at the node. */
  readonly statement: string;
  /** The box that it stands in; null outside of all. */
  readonly box: string | null;
};

/** What `from` goes into; `previous`: its value at the step before does. */
export type GraphEdge = { readonly from: string; readonly to: string; readonly previous: boolean };

/** The box of a plate, or of several that cross ("users × films"). */
export type PlateBox = { readonly id: string; readonly label: string; readonly parent: string | null };

export type PlateGraph = {
  readonly nodes: readonly GraphNode[];
  readonly edges: readonly GraphEdge[];
  readonly boxes: readonly PlateBox[];
};

/** A variable that is named in an expression, or in a local that is. */
type Use = { readonly variable: Data | Parameter | Latent; readonly previous: boolean };

/** Data, latents and parameters that an expression uses, those in the definitions of its locals included. */
export function usesOf(expression: TypedExpression): readonly Use[] {
  const found = new Map<string, Use>();
  const seen = new Set<TypedExpression>();
  const add = (variable: Variable, previous: boolean): void => {
    if (variable.kind === "local") visit(variable.value);
    else if (variable.kind !== "argument" && variable.kind !== "learned")
      found.set(`${variable.name} ${previous}`, { variable, previous });
  };
  const visit = (e: TypedExpression): void => {
    if (seen.has(e)) return;
    seen.add(e);
    operandsOf(e).forEach(visit);
    if (e.kind === "reference") add(e.variable, false);
    if (e.kind === "previous") add(e.variable, true);
  };
  visit(expression);
  return [...found.values()];
}

/**
 * Boxes for the sets of plates that nodes are of. A plate that is nowhere without certain others is drawn inside these;
 * plates that are also there without each other have a box together ("users × films") beside their own.
 */
class Boxes {
  private readonly known = new Map<string, PlateBox>();

  constructor(
    private readonly used: readonly (readonly Plate[])[],
    private readonly lengths: ReadonlyMap<string, number>,
  ) {}

  get all(): readonly PlateBox[] {
    return [...this.known.values()];
  }

  /** The box of these plates, made if it is not there. */
  of(plates: readonly Plate[]): string | null {
    // The plates that most nodes are of are the outer ones, whatever order data and blocks have them in.
    const ordered = plates
      .map((plate) => ({ plate, uses: this.used.filter((set) => set.includes(plate)).length }))
      .sort((a, b) => b.uses - a.uses || (a.plate.name < b.plate.name ? -1 : 1))
      .map(({ plate }) => plate);
    const last = ordered.at(-1);
    if (last === undefined) return null;
    const id = ordered.map(({ name }) => name).join(" × ");
    if (this.known.has(id)) return id;
    const outer = ordered.slice(0, -1);
    const isInside = this.used.every(
      (set) => !set.includes(last) || outer.every((plate) => set.includes(plate)),
    );
    const parent = isInside ? this.of(outer) : null;
    const label = (isInside ? [last] : ordered).map((plate) => this.labelOf(plate)).join(" × ");
    this.known.set(id, { id, label, parent });
    return id;
  }

  private labelOf({ name, ordered }: Plate): string {
    const length = this.lengths.get(name);
    const counted = length === undefined ? name : `${name} (${length.toLocaleString("en-US")})`;
    return ordered ? `${counted} →` : counted;
  }
}

/** What a factor depends on: its arguments, and the condition that it counts under. */
const argumentsOf = (factor: Factor): readonly TypedExpression[] => {
  if (factor.kind === "prior") return factor.args;
  const condition = factor.condition === null ? [] : [factor.condition];
  return factor.kind === "target" ? [factor.value, ...condition] : [...factor.args, ...condition];
};

const statementOf = (name: string, factor: Exclude<Factor, { kind: "target" }>): string =>
  `${name} ~ ${factor.distribution.name}(${factor.args.map(showExpression).join(", ")})`;

/** The graph of a typed model. `lengths`: of its plates, ragged ones' elements in all. */
export function plateGraph(model: TypedModel, lengths: ReadonlyMap<string, number>): PlateGraph {
  type Placed = Omit<GraphNode, "box"> & { readonly plates: readonly Plate[] };
  const nodes = new Map<string, Placed>();
  const edges = new Map<string, GraphEdge>();
  const summed = new Set(model.groups.flatMap((g) => (g.support === null ? [] : g.latents)));
  /** A second `~` of the same data adds its statement to the first. */
  const add = (id: string, kind: NodeKind, plates: readonly Plate[], said: string, label = id): void => {
    const before = nodes.get(id);
    const statement = before === undefined ? said : `${before.statement}; ${said}`;
    nodes.set(id, { id, kind, plates, statement, label });
  };
  const addSource = (variable: Use["variable"]): void => {
    const { name } = variable;
    if (variable.kind === "parameter") add(name, "parameter", [], `${name}, a parameter that is learned`);
    if (variable.kind === "data") add(name, "data", variable.plates, `${name}, data`);
  };
  const idOf = (factor: Factor, place: number): string =>
    factor.kind === "prior" ? factor.latent.name : factor.kind === "target" ? `target ${place}` : factor.name;
  // What has a density comes first, so that what is used before its factor is known for what it is.
  model.factors.forEach((factor, i) => {
    const id = idOf(factor, i);
    if (factor.kind === "prior") {
      const { latent } = factor;
      add(id, summed.has(latent) ? "discrete" : "latent", latent.plates, statementOf(id, factor));
    } else if (factor.kind === "observation") add(id, "observed", factor.plates, statementOf(id, factor));
    else add(id, "term", factor.plates, `target += ${showExpression(factor.value)}`, "target");
  });
  model.factors.forEach((factor, i) => {
    const to = idOf(factor, i);
    for (const { variable, previous } of argumentsOf(factor).flatMap(usesOf)) {
      if (variable.name === to && !previous) continue;
      if (!nodes.has(variable.name)) addSource(variable);
      edges.set(`${variable.name} ${to} ${previous}`, { from: variable.name, to, previous });
    }
  });
  const boxes = new Boxes(
    [...nodes.values()].map(({ plates }) => plates),
    lengths,
  );
  const placed = [...nodes.values()].map(({ plates, ...node }) => ({ ...node, box: boxes.of(plates) }));
  return { nodes: placed, edges: [...edges.values()], boxes: boxes.all };
}

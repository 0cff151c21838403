// The graph of a model, as it is drawn: latents, data and factors in the boxes of their plates.
import { showExpression } from "../typecheck/show.js";
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

/** The expressions that one is made of. */
export function partsOf(e: TypedExpression): readonly TypedExpression[] {
  switch (e.kind) {
    case "literal":
    case "reference":
      return [];
    case "apply":
    case "call":
    case "random":
    case "matrix":
      return e.args;
    case "reduce":
      return [e.arg];
    case "element":
      return [e.vector, e.index];
    case "arrange":
      return [e.vector];
    case "vector":
      return e.elements;
    case "previous":
      return [e.initial];
  }
}

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
    partsOf(e).forEach(visit);
    if (e.kind === "reference") add(e.variable, false);
    if (e.kind === "previous") add(e.variable, true);
  };
  visit(expression);
  return [...found.values()];
}

/** The boxes for lists of plates: each inside the box of the plates but the last, where there is one. */
class Boxes {
  private readonly known = new Map<string, PlateBox>();

  constructor(private readonly lengths: ReadonlyMap<string, number>) {}

  get all(): readonly PlateBox[] {
    return [...this.known.values()];
  }

  /** The box of these plates, made if it is not there. */
  of(plates: readonly Plate[]): string | null {
    if (plates.length === 0) return null;
    const id = plates.map(({ name }) => name).join(" × ");
    if (this.known.has(id)) return id;
    const last = plates.at(-1);
    const isNested = plates.length === 1 || last?.parent === plates.at(-2);
    const parent = isNested ? this.of(plates.slice(0, -1)) : null;
    const label = (isNested ? plates.slice(-1) : plates).map((plate) => this.labelOf(plate)).join(" × ");
    this.known.set(id, { id, label, parent });
    return id;
  }

  private labelOf({ name, ordered }: Plate): string {
    const length = this.lengths.get(name);
    const counted = length === undefined ? name : `${name} (${length.toLocaleString("en-US")})`;
    return ordered ? `${counted} →` : counted;
  }
}

const argumentsOf = (factor: Factor): readonly TypedExpression[] =>
  factor.kind === "target" ? [factor.value] : factor.args;

const statementOf = (name: string, factor: Exclude<Factor, { kind: "target" }>): string =>
  `${name} ~ ${factor.distribution.name}(${factor.args.map(showExpression).join(", ")})`;

/** The graph of a typed model. `lengths`: of its plates, ragged ones' elements in all. */
export function plateGraph(model: TypedModel, lengths: ReadonlyMap<string, number>): PlateGraph {
  const boxes = new Boxes(lengths);
  const nodes = new Map<string, GraphNode>();
  const edges = new Map<string, GraphEdge>();
  const summed = new Set(model.groups.flatMap((g) => (g.support === null ? [] : g.latents)));
  const add = (id: string, kind: NodeKind, plates: readonly Plate[], statement: string, label = id): void =>
    void nodes.set(id, { id, kind, label, statement, box: boxes.of(plates) });
  const connect = (to: string, expressions: readonly TypedExpression[]): void => {
    for (const { variable, previous } of expressions.flatMap(usesOf)) {
      if (variable.name === to && !previous) continue;
      if (!nodes.has(variable.name)) addSource(variable);
      edges.set(`${variable.name} ${to} ${previous}`, { from: variable.name, to, previous });
    }
  };
  const addSource = (variable: Data | Parameter | Latent): void => {
    if (variable.kind === "parameter")
      add(variable.name, "parameter", [], `${variable.name}, a parameter that is learned`);
    else if (variable.kind === "data") add(variable.name, "data", variable.plates, `${variable.name}, data`);
  };
  // Nodes of all that has a density come first, so that what is used before its factor is known for what it is.
  model.factors.forEach((factor, i) => {
    if (factor.kind === "prior") {
      const { latent } = factor;
      const kind = summed.has(latent) ? "discrete" : "latent";
      add(latent.name, kind, latent.plates, statementOf(latent.name, factor));
    } else if (factor.kind === "observation")
      add(
        observationId(factor, i, nodes),
        "observed",
        factor.plates,
        statementOf(factor.name, factor),
        factor.name,
      );
    else add(`target ${i}`, "term", factor.plates, `target += ${showExpression(factor.value)}`, "target");
  });
  const observed = [...nodes.values()].filter(({ kind }) => kind === "observed");
  let observation = 0;
  model.factors.forEach((factor, i) => {
    if (factor.kind === "prior") connect(factor.latent.name, argumentsOf(factor));
    else if (factor.kind === "target") connect(`target ${i}`, argumentsOf(factor));
    else connect(observed[observation++]?.id ?? factor.name, argumentsOf(factor));
  });
  return { nodes: [...nodes.values()], edges: [...edges.values()], boxes: boxes.all };
}

/** The data's name; with a number for a second `~` of the same data. */
const observationId = (
  factor: Extract<Factor, { kind: "observation" }>,
  place: number,
  nodes: ReadonlyMap<string, GraphNode>,
): string => (nodes.has(factor.name) ? `${factor.name} ${place}` : factor.name);

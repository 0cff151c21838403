// Typed expressions to tensor IR: data become inputs, functions and distributions are inlined, vectors get event axes.
import { Bug } from "../../diagnostic.js";
import type {
  Argument,
  Arrangement,
  Data,
  Distribution,
  Latent,
  Local,
  NamedValues,
  Parameter,
  Plate,
  Size,
  TypedExpression,
  ValueType,
  Variable,
} from "../../typecheck/model.js";
import { isSized, isWhole } from "../../typecheck/types.js";
import { recursionOf } from "../../typecheck/walk.js";
import type { Axis } from "../axis.js";
import { isFirstStep } from "../chain.js";
import { BUFFERS } from "../interface.js";
import type { Graph, Node } from "../node.js";
import { lowerMatrix } from "./matrices.js";
import { dataIn } from "./observed.js";
import type { RandomSource } from "./random-source.js";
import { scan } from "../scan.js";

/** What variables stand for while expressions are lowered; locals are added as they are first met, so that each has one value. */
export type Environment = Map<Variable, Node> & {
  /**
   * The values of latents one step before along their ordered plate; at its first step they are never looked at. Where data
   * is drawn, of that too, and of locals that it goes into.
   */
  readonly before?: ReadonlyMap<Latent | Data | Local, Node>;
  /** A local that is being defined by its own value one step before, and that value. */
  readonly defining?: { readonly local: Local; readonly before: Node };
};

/** A value one step before; that of the first step stands for itself, and is not to be looked at. */
export function stepBefore(g: Graph, node: Node, along: Axis): Node {
  const at = g.sub(g.index(along), g.constant(1));
  return g.gatherAll(node, [{ over: along, at, slide: { to: along, multiply: 1, add: -1 } }]);
}

/** The axis names of one model. */
export const particleAxisName = (group: string): string => `k_${group}`;
const eventAxisName = (size: Size): string => `i_${size.key.replaceAll(/[^A-Za-z0-9]+/g, "_")}`;

const REAL = { base: "real", constraint: null, lower: null, upper: null } as const;

/** Lowers expressions of one model into one graph. */
export class ExpressionLowering {
  readonly #events = new Map<string, { readonly name: string; readonly size: Size }>();

  constructor(
    readonly graph: Graph,
    readonly plateOrder: readonly Plate[],
    readonly isRagged: (plate: Plate) => boolean = () => false,
    readonly isMissing: (data: Data) => boolean = () => false,
  ) {
    for (const plate of plateOrder) this.plate(plate);
  }

  plate = (plate: Plate): Axis => {
    const parent = plate.parent === null || !this.isRagged(plate) ? null : this.plate(plate.parent);
    return this.graph.axis(plate.name, "plate", null, parent);
  };

  /** Plates in storage order, whatever the order in which they were opened. */
  plates = (plates: readonly Plate[]): readonly Axis[] => this.graph.ordered(plates.map(this.plate));

  /** The axis of a vector type, or null for a scalar. Different sizes never share an axis. */
  event(type: ValueType): Axis | null {
    if (type.size === null) return null;
    if (typeof type.size === "string") throw new Bug("a vector of unknown size reached the IR");
    const { shape } = type.size;
    const size = shape?.kind === "row_vector" ? shape.columns : type.size;
    let known = this.#events.get(size.key);
    if (known === undefined) {
      const taken = new Set(this.eventAxes().map(({ axis }) => axis));
      let name = eventAxisName(size);
      while (taken.has(name)) name += "_";
      this.#events.set(size.key, (known = { name, size }));
    }
    return this.graph.axis(known.name, "event");
  }

  /** The axes of all vectors met so far, with their sizes. */
  eventAxes(): readonly { readonly axis: string; readonly size: Size }[] {
    return [...this.#events.values()].map(({ name, size }) => ({ axis: name, size }));
  }

  /** Plates, then the event axis if there is one. */
  axesOf(plates: readonly Plate[], type: ValueType): readonly Axis[] {
    const event = this.event(type);
    return event === null ? this.plates(plates) : [...this.plates(plates), event];
  }

  parameter = ({ name, type }: Parameter): Node =>
    this.graph.input(BUFFERS.parameter(name), this.axesOf([], type));

  data = (data: Data): Node => this.graph.input(BUFFERS.data(data.name), this.axesOf(data.plates, data.type));

  /** The value of an expression; `random` only where draws are allowed. */
  expression(e: TypedExpression, env: Environment, random: RandomSource | null = null): Node {
    const lower = (inner: TypedExpression): Node => this.expression(inner, env, random);
    switch (e.kind) {
      case "literal":
        return this.graph.constant(e.value);
      case "reference":
        return this.#reference(e.variable, env, random);
      case "apply":
        return this.graph.map(e.op, ...e.args.map(lower));
      case "reduce": {
        const event = this.#eventOf(e.arg, lower(e.arg));
        const ring = e.reduction;
        return this.graph.reduce(ring, event.axis, event.node);
      }
      case "call":
        return this.expression(e.callee.value, bind(e.callee.parameters, e.args.map(lower)), random);
      case "random": {
        if (random === null) throw new Bug("a random number outside a draw");
        const { particle, points } = random;
        const own = !isSized(e.type.size) ? null : this.event(e.type);
        const element = own === null ? random.element : this.graph.ordered([...random.element, own]);
        const coordinate = points?.next(element) ?? null;
        const place = { site: random.nextSite(), element, particle, coordinate };
        // The argument of a uniform only says for which elements it is drawn.
        return this.graph.random(e.primitive, place, e.primitive === "std_gamma" ? e.args.map(lower) : []);
      }
      case "element": {
        const { axis, node } = this.#eventOf(e.vector, lower(e.vector));
        const at = this.graph.sub(lower(e.index), this.graph.constant(1));
        return this.graph.gather(node, axis, at);
      }
      case "matrix": {
        const args = e.args.map((arg) => ({ node: lower(arg), shape: arg.type.size }));
        return lowerMatrix(this, e.operation, args, e.type.size);
      }
      case "arrange": {
        const { axis, node } = this.#eventOf(e.vector, lower(e.vector));
        return this.#arrange(e.arrangement, node, axis);
      }
      case "vector":
        return this.#vector(e.elements.map(lower), this.event(e.type));
      case "previous": {
        const along = this.plate(e.along);
        const isFirst = isFirstStep(this.graph, along);
        return this.graph.map(
          "select",
          isFirst,
          lower(e.initial),
          this.#before(e.variable, along, env, random),
        );
      }
    }
  }

  #before(variable: Data | Latent | Local, along: Axis, env: Environment, random: RandomSource | null): Node {
    const known = env.before?.get(variable);
    if (known !== undefined) return known;
    if (variable.kind === "data") return stepBefore(this.graph, this.data(variable), along);
    if (variable.kind === "local")
      return env.defining?.local === variable
        ? env.defining.before
        : stepBefore(this.graph, this.#reference(variable, env, random), along);
    throw new Bug(`'${variable.name}' has no value at the step before`);
  }

  #reference(variable: Variable, env: Environment, random: RandomSource | null): Node {
    const known = env.get(variable);
    if (known !== undefined) return known;
    switch (variable.kind) {
      case "data":
        return this.data(variable);
      case "parameter":
        return this.parameter(variable);
      case "local": {
        const along = recursionOf(variable);
        const node =
          along === null
            ? this.expression(variable.value, env, random)
            : this.#recursion(variable, this.plate(along), env, random);
        env.set(variable, node);
        return node;
      }
      case "latent":
      case "argument":
      case "learned":
        throw new Bug(`'${variable.name}' has no value here`);
    }
  }

  readonly #recursions = new Map<Node, Node>();
  /** A local that is defined by its own value one step before: a table that is filled step by step. */
  #recursion(local: Local, along: Axis, env: Environment, random: RandomSource | null): Node {
    const { graph: g } = this;
    const value = (before: Node): Node => {
      const own: Environment = Object.assign(new Map(env), {
        ...(env.before === undefined ? {} : { before: env.before }),
        defining: { local, before },
      });
      return this.expression(local.value, own, random);
    };
    // Its axes are those of all that goes into it; equal recursions are one table.
    const name = `local.${local.name}`;
    const key = value(g.input(name, [along]));
    let node = this.#recursions.get(key);
    if (node === undefined) {
      const carried = { along, towards: "end", state: [], copies: [] } as const;
      node = scan(g, g.freshName(name), key.axes, carried, value);
      this.#recursions.set(key, node);
    }
    return node;
  }

  /** The vector of some scalars: at each place along its axis one of them. */
  #vector(elements: readonly Node[], axis: Axis | null): Node {
    const { graph: g } = this;
    if (axis === null) throw new Bug("a vector without an axis");
    const place = (i: number): Node => g.map("eq", g.index(axis), g.constant(i));
    return elements.reduceRight((rest, element, i) =>
      i === elements.length - 1 ? element : g.map("select", place(i), element, rest),
    );
  }

  #arrange(arrangement: Arrangement, vector: Node, axis: Axis): Node {
    const { graph: g } = this;
    switch (arrangement) {
      case "places":
        return g.add(g.index(axis), g.constant(1));
      case "element_before": {
        const before = g.slide(vector, axis, { to: axis, multiply: 1, add: -1 });
        return g.map("select", g.map("gt", g.index(axis), g.constant(0)), before, g.constant(0));
      }
      case "cumulative_sum": {
        const other = this.#twin(axis);
        const renamed = g.slide(vector, axis, { to: other, multiply: 1, add: 0 });
        const isUpToHere = g.map("le", g.index(other), g.index(axis));
        return g.reduce("sum", other, g.map("select", isUpToHere, renamed, g.constant(0)));
      }
    }
  }

  /** A vector's elements in rising order: each goes to the place that its rank gives. */
  sorted(vector: Node, axis: Axis): Node {
    const { graph: g } = this;
    const other = this.#twin(axis);
    const renamed = g.slide(vector, axis, { to: other, multiply: 1, add: 0 });
    const isEarlier = g.map("lt", g.index(other), g.index(axis));
    const isTied = g.map("and", g.map("eq", renamed, vector), isEarlier);
    const rank = g.reduce("sum", other, g.map("or", g.map("lt", renamed, vector), isTied));
    const rankOfOther = g.slide(rank, axis, { to: other, multiply: 1, add: 0 });
    const isHere = g.map("eq", rankOfOther, g.index(axis));
    return g.reduce("sum", other, g.map("select", isHere, renamed, g.constant(0)));
  }

  /** Another axis of a vector's length, for what joins its elements two by two. */
  #twin(axis: Axis): Axis {
    const key = `${axis.name.slice(2)}, again`;
    const own = [...this.#events.values()].find(({ name }) => name === axis.name);
    if (own === undefined) throw new Bug(`'${axis.name}' is not the axis of a vector`);
    return this.event({ ...REAL, size: { key, value: own.size.value } }) ?? axis;
  }

  /** A vector's node with its event axis; in a library function the type's size is that of the actual argument. */
  #eventOf(e: TypedExpression, node: Node): { readonly axis: Axis; readonly node: Node } {
    const axis = isSized(e.type.size)
      ? this.event(e.type)
      : (node.axes.find((a) => a.role === "event") ?? null);
    if (axis === null) throw new Bug("a reduction of what is not a vector");
    return { axis, node };
  }

  /**
   * log density of `value` under the family; of independent elements of a vector, summed over its event axis. `observed`,
   * if it is not null, is 1 where there is a value and 0 where there is none: the density of what is not observed is 1, and
   * a vector that is one value is observed where all of it is.
   */
  logDensity(
    distribution: Distribution,
    args: readonly Node[],
    value: Node,
    event: Axis | null,
    observed: Node | null = null,
  ): Node {
    const { graph: g } = this;
    const env = bind(distribution.parameters, args, [[distribution.logDensity.variable, value]]);
    const all = this.expression(distribution.logDensity.value, env);
    if (event === null || !isWhole(distribution)) {
      const density = observed === null ? all : g.mul(observed, all);
      return event === null ? density : g.reduce("sum", event, density);
    }
    if (observed === null) return all;
    const missing = g.reduce("sum", event, g.sub(g.constant(1), observed));
    return g.map("select", g.map("eq", missing, g.constant(0)), all, g.constant(0));
  }

  /** 1 where all of the data that go into an observed value are there, else 0; null where none are ever missing. */
  observed(value: TypedExpression): Node | null {
    const masks = [...dataIn(value)]
      .filter(this.isMissing)
      .map((data) => this.graph.input(BUFFERS.observed(data.name), this.axesOf(data.plates, data.type)));
    return masks.length === 0 ? null : masks.reduce(this.graph.mul);
  }

  /** A draw from the family, elementwise over vectors. */
  draw(distribution: Distribution, args: readonly Node[], random: RandomSource): Node {
    if (distribution.draw === null) throw new Bug(`'${distribution.name}' has no draw`);
    // A family of whole vectors says itself which of its random numbers are one per element.
    const element = isWhole(distribution)
      ? random.element.filter((axis) => axis.role !== "event")
      : random.element;
    const source = { ...random, element };
    return this.expression(distribution.draw, bind(distribution.parameters, args), source);
  }

  /** The family's sufficient statistics of `value`, elementwise over vectors; none if it has no fit. */
  statistics(distribution: Distribution, args: readonly Node[], value: Node): readonly Node[] {
    const { statistics } = distribution;
    if (statistics === null || distribution.fit === null) return [];
    const env = bind(distribution.parameters, args, [[statistics.variable, value]]);
    return statistics.values.map((s) => this.expression(s, env));
  }

  /** The event axis of a latent's statistics under a family. */
  statisticEvent(distribution: Distribution, latent: Latent): Axis | null {
    const [first] = distribution.statistics?.values ?? [];
    return this.event(isWhole(distribution) && first !== undefined ? first.type : latent.type);
  }

  /** Named values such as a fit's, with `extra` arguments (moments, factor) bound besides the parameters. */
  named(
    distribution: Distribution,
    args: readonly Node[],
    values: NamedValues,
    extra: readonly (readonly [Argument, Node])[],
  ): ReadonlyMap<string, Node> {
    const env = bind(distribution.parameters, args, extra);
    return new Map([...values].map(([name, value]) => [name, this.expression(value, env)]));
  }

  /** The latent's event axis. */
  latentEvent = (latent: Latent): Axis | null => this.event(latent.type);
}

function bind(
  parameters: readonly Argument[],
  args: readonly Node[],
  extra: readonly (readonly [Argument, Node])[] = [],
): Environment {
  if (parameters.length !== args.length) throw new Bug("argument count changed after checking");
  return new Map([...parameters.map((p, i) => [p, args[i] as Node] as const), ...extra]);
}

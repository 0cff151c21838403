// The tensor IR: an immutable DAG over named axes. A Graph makes its nodes, shares equal ones and simplifies as it builds.
import { Bug } from "../diagnostic.js";
import type { Op } from "../ops.js";
import { ALL_OPTIMISATIONS, type Optimisations } from "../optimisations.js";
import { ancestors, hasAxis, isImplied, type Axis } from "./axis.js";
import type { RandomPlace, RandomPrimitive } from "./program.js";
import { apart, composed, type Place, type Slide } from "./places.js";
import { rowArrayName } from "./ragged.js";
import { simplifyMap, simplifyReduce } from "./rules.js";

/** What a reduction combines with; `sum` of nothing is 0, `log_sum_exp` of nothing is the logarithm of zero. */
export type Ring = "sum" | "log_sum_exp" | "max";

type Common = {
  /** Position in the graph's order of creation: arguments come before what uses them. */
  readonly id: number;
  /** The axes along which the value varies, in storage order. */
  readonly axes: readonly Axis[];
};

export type Node = Common &
  (
    | { readonly kind: "constant"; readonly value: number }
    /** An array that the host writes. */
    | { readonly kind: "input"; readonly name: string }
    /** The length of an axis. */
    | { readonly kind: "size"; readonly axis: Axis }
    /** The 0-based place along an axis. */
    | { readonly kind: "index"; readonly axis: Axis }
    /** A random number: see KernelExpression. */
    | (RandomPlace & {
        readonly kind: "random";
        readonly primitive: RandomPrimitive;
        readonly args: readonly Node[];
      })
    /** A scalar operation at every point of the union of its arguments' axes. */
    | { readonly kind: "map"; readonly op: Op; readonly args: readonly Node[] }
    /** Combines along one axis; `within` a block axis: only along each block of it, which becomes an axis of the result. */
    | {
        readonly kind: "reduce";
        readonly ring: Ring;
        readonly over: Axis;
        readonly within: Axis | null;
        readonly arg: Node;
      }
    /** The value of `arg` at computed places of some of its axes, one per axis; `arg` is an input or kept in a table. */
    | { readonly kind: "gather"; readonly arg: Node; readonly places: readonly Place[] }
    /** The value of `arg`, kept in a table of this name. */
    | { readonly kind: "stored"; readonly name: string; readonly arg: Node }
    /**
     * A table of this name that is filled step by step along an axis, `towards` its end or its start: `arg` looks back at
     * the table itself, an input of the same name below it, through `before`, its values at the step before over copies
     * (`copies`) of the axes `state`.
     */
    | {
        readonly kind: "scan";
        readonly name: string;
        readonly along: Axis;
        readonly towards: "end" | "start";
        readonly state: readonly Axis[];
        readonly copies: readonly Axis[];
        /** Null for a derivative, which has none of its own. */
        readonly before: Node | null;
        readonly arg: Node;
      }
  );

export type { Place, Slide } from "./places.js";

export type NodeOf<K extends Node["kind"]> = Extract<Node, { kind: K }>;

/** The nodes that a node uses directly. */
export function children(node: Node): readonly Node[] {
  switch (node.kind) {
    case "constant":
    case "input":
    case "size":
    case "index":
      return [];
    case "random":
    case "map":
      return node.args;
    case "reduce":
    case "stored":
    case "scan":
      return [node.arg];
    case "gather":
      return [node.arg, ...node.places.map((place) => place.at)];
  }
}

/** Every node below the roots, each once, arguments before what uses them. */
export function reachable(roots: Iterable<Node>): Node[] {
  const seen = new Set<Node>();
  const pending = [...roots];
  for (let node = pending.pop(); node !== undefined; node = pending.pop()) {
    if (seen.has(node)) continue;
    seen.add(node);
    pending.push(...children(node));
  }
  return [...seen].sort((a, b) => a.id - b.id);
}

const ROLE_ORDER = { plate: 0, event: 1, particle: 2 } as const;

/** Node without its id, as the constructors take it. */
type Draft = { [K in Node["kind"]]: Omit<NodeOf<K>, "id"> }[Node["kind"]];

/**
 * Makes nodes. Equal nodes are one object, algebra that makes kernels cheaper is applied on construction (rules.ts),
 * and axes are kept in storage order: plates, event axes, particle axes, each in order of registration.
 */
export class Graph {
  readonly #table = new Map<string, Node>();
  readonly #axes = new Map<string, Axis>();
  #nextId = 0;

  /** `optimise`: which algebra is applied. */
  constructor(readonly optimise: Optimisations = ALL_OPTIMISATIONS) {}

  /**
   * Registers an axis: registration order is storage order within a role. `parent`: of a ragged one. Idempotent. A block
   * axis whose name is taken by another axis gets a longer one.
   */
  axis(name: string, role: Axis["role"], blocks: Axis["blocks"] = null, parent: Axis | null = null): Axis {
    const known = this.#axes.get(name);
    if (known === undefined) {
      const axis = { name, role, blocks, parent };
      this.#axes.set(name, axis);
      return axis;
    }
    const same = known.blocks?.of === blocks?.of && known.blocks?.length === blocks?.length;
    return blocks === null || same ? known : this.axis(`${name}_`, role, blocks, parent);
  }

  get axes(): readonly Axis[] {
    return [...this.#axes.values()];
  }

  /** Contractions built so far are wrong where an axis is longer than this, by its name. */
  readonly longest = new Map<string, number>();

  /** The given axes and those that they imply without repetition, in storage order. */
  ordered(axes: Iterable<Axis>): readonly Axis[] {
    const rank = [...this.#axes.keys()];
    const all = [...axes].flatMap((a) => (a.parent === null ? [a] : [...ancestors(a), a]));
    const unique = [...new Map(all.map((a) => [a.name, a])).values()];
    return unique.sort(
      (a, b) => ROLE_ORDER[a.role] - ROLE_ORDER[b.role] || rank.indexOf(a.name) - rank.indexOf(b.name),
    );
  }

  constant(value: number): Node {
    if (Number.isNaN(value)) throw new Bug("a constant that is not a number");
    return this.#intern(`c${Object.is(value, -0) ? 0 : value}`, {
      kind: "constant",
      axes: [],
      value: Object.is(value, -0) ? 0 : value,
    });
  }

  input(name: string, axes: readonly Axis[]): Node {
    const ordered = this.ordered(axes);
    const key = `i${name}[${ordered.map((a) => a.name).join()}]`;
    return this.#intern(key, { kind: "input", name, axes: ordered });
  }

  /** The length of an axis; of a ragged one, of each place along its parent. */
  size(axis: Axis): Node {
    if (axis.parent !== null)
      return this.input(rowArrayName({ kind: "count", axis, within: axis.parent }), [axis.parent]);
    return this.#intern(`s${axis.name}`, { kind: "size", axes: [], axis });
  }

  index(axis: Axis): Node {
    return this.#intern(`x${axis.name}`, { kind: "index", axes: this.ordered([axis]), axis });
  }

  /** What each site of random numbers is drawn from, along which axes and at which coordinates. */
  readonly #sites = new Map<number, string>();

  /** A random number of a site's stream: a site is of one draw only, though a rewrite may give that other arguments. */
  random(primitive: RandomPrimitive, place: RandomPlace, args: readonly Node[]): Node {
    const { site, element, particle, coordinate } = place;
    const axes = this.ordered([...element, particle, ...args.flatMap((a) => a.axes)]);
    const draft = {
      kind: "random",
      primitive,
      site,
      element: this.ordered(element),
      particle,
      coordinate,
      args,
      axes,
      ...(place.inPortion === true ? { inPortion: true as const } : {}),
    } as const;
    const names = (of: readonly Axis[]): string => of.map((axis) => axis.name).join();
    const point =
      coordinate === null ? "" : `;${coordinate.set}.${coordinate.slot}.${coordinate.vectors.length}`;
    const over = `${primitive}[${names(draft.element)};${particle.name}${point}]`;
    const known = this.#sites.get(site) ?? over;
    if (known !== over) throw new Bug(`random numbers of one site as ${known} and as ${over}`);
    this.#sites.set(site, over);
    const portion = place.inPortion === true ? "p" : "";
    return this.#intern(`r${portion}${site}(${args.map((a) => a.id).join()})`, draft);
  }

  map(op: Op, ...args: readonly Node[]): Node {
    return simplifyMap(this, op, args) ?? this.rawMap(op, args);
  }

  /** A map node as it stands, without simplification: for the rules alone. */
  rawMap(op: Op, args: readonly Node[]): Node {
    const key = `m${op}(${args.map((a) => a.id).join()})`;
    return this.#intern(key, { kind: "map", op, args, axes: this.ordered(args.flatMap((a) => a.axes)) });
  }

  reduce(ring: Ring, over: Axis, arg: Node): Node {
    return simplifyReduce(this, ring, over, arg) ?? this.rawReduce(ring, over, null, arg);
  }

  /** A reduce node as it stands, without simplification. */
  rawReduce(ring: Ring, over: Axis, within: Axis | null, arg: Node): Node {
    const kept = arg.axes.filter((a) => a.name !== over.name);
    if (isImplied(over, kept)) throw new Bug(`a reduction over '${over.name}' before its ragged rows`);
    const axes = this.ordered(within === null ? kept : [...kept, within]);
    const key = `R${ring}:${over.name}:${within?.name ?? ""}(${arg.id})`;
    return this.#intern(key, { kind: "reduce", ring, over, within, arg, axes });
  }

  /** The element at a 0-based place of an axis, taken from what is stored below. */
  element = (arg: Node, over: Axis, index: number): Node => this.gather(arg, over, this.constant(index));

  /** The value of `arg` at the 0-based place `at` (whole numbers, within the axis) along one of its axes. */
  gather = (arg: Node, over: Axis, at: Node): Node => this.gatherAll(arg, [{ over, at, slide: null }]);

  /**
   * The axis `over` of `arg` replaced by `to`: the value at place multiply * index(to) + add, and the constant `outside`
   * where `over` has no such place. With nothing but another axis, a new name for an axis of the same length.
   */
  slide(arg: Node, over: Axis, slide: Slide, outside = 0): Node {
    const { to, multiply, add } = slide;
    const at = this.add(this.mul(this.constant(multiply), this.index(to)), this.constant(add));
    const value = this.gatherAll(arg, [{ over, at, slide }]);
    if (multiply === 1 && add === 0) return value;
    const within = this.map("and", this.map("ge", at, this.constant(0)), this.map("lt", at, this.size(over)));
    return hasAxis(arg, over) ? this.map("select", within, value, this.constant(outside)) : arg;
  }

  /** The place among a matrix' elements, along `over`, of a row and a column; it is as wide as the axis `width`. */
  spreadPlace(over: Axis, row: Node, column: Node, width: Axis): Place {
    const at = this.add(this.mul(row, this.size(width)), column);
    return { over, at, slide: null, matrix: { kind: "spread", row, column, width } };
  }

  /** The row and column of every element of a matrix, as places along the axes `from` that its rows and columns have. */
  partPlaces(
    flat: Axis,
    { rows, columns }: { readonly rows: Axis; readonly columns: Axis },
    from: { readonly rows: Axis; readonly columns: Axis } = { rows, columns },
  ): readonly Place[] {
    const width = this.size(columns);
    // Half a place more, so that a division that is not exact cannot end below a whole number.
    const row = this.map("floor", this.div(this.add(this.index(flat), this.constant(0.5)), width));
    const column = this.sub(this.index(flat), this.mul(row, width));
    this.#sides.set(row, { of: flat, side: "row" });
    this.#sides.set(column, { of: flat, side: "column" });
    const part = (side: "rows" | "columns") => ({ kind: "part", of: flat, side, rows, columns }) as const;
    return [
      { over: from.rows, at: row, slide: null, matrix: part("rows") },
      { over: from.columns, at: column, slide: null, matrix: part("columns") },
    ];
  }

  /** The rows and columns of the elements along an axis. */
  readonly #sides = new Map<Node, { readonly of: Axis; readonly side: "row" | "column" }>();

  /** The row or column of the element at a place that is given by its row and column. */
  #sideAt(node: Node, places: readonly Place[]): Node | null {
    const known = this.#sides.get(node);
    const place = places.find(({ over }) => over.name === known?.of.name)?.matrix;
    return known !== undefined && place?.kind === "spread" ? place[known.side] : null;
  }

  /** Several axes gathered at once: every place is a function of the result's axes. Pushed down to tables and inputs. */
  gatherAll(arg: Node, places: readonly Place[]): Node {
    const own = places.filter(({ over }) => hasAxis(arg, over));
    if (own.length === 0) return arg;
    const implied = own.find(({ over }) => isImplied(over, arg.axes));
    if (implied !== undefined)
      throw new Bug(`computed places along '${implied.over.name}' of its ragged rows`);
    const below = (node: Node): Node => this.gatherAll(node, own);
    const constant = own.every(({ at }) => at.kind === "constant");
    switch (arg.kind) {
      case "map":
        return this.#sideAt(arg, own) ?? this.map(arg.op, ...arg.args.map(below));
      case "index":
        return own[0]?.at ?? arg;
      case "gather": {
        const inner = arg.places.map((place): Place => {
          const known = composed(this, place, own);
          if (known !== null) return known;
          const at = below(place.at);
          return at === place.at ? place : { over: place.over, at, slide: null };
        });
        const gathered = new Set(inner.map(({ over }) => over.name));
        const kept = own.filter(({ over }) => hasAxis(arg.arg, over) && !gathered.has(over.name));
        return this.#rawGather(arg.arg, [...inner, ...kept]);
      }
      case "reduce":
        if (constant && arg.within === null && !own.some(({ over }) => isImplied(over, arg.arg.axes)))
          return this.reduce(arg.ring, arg.over, below(arg.arg));
        return this.#rawGather(arg, own);
      default:
        return this.#rawGather(arg, own);
    }
  }

  #rawGather(arg: Node, given: readonly Place[]): Node {
    const places = apart(arg, given);
    if (places.length === 0) return arg;
    const kept = arg.axes.filter((a) => places.every(({ over }) => over.name !== a.name));
    const axes = this.ordered([...kept, ...places.flatMap(({ at }) => at.axes)]);
    // What is known of a place is part of it: derivatives go by it.
    const known = ({ slide, matrix }: Place): string =>
      `${slide === null ? "" : "slide"}${matrix?.kind ?? ""}`;
    const key = places.map((place) => `${place.over.name}:${place.at.id}${known(place)}`).join();
    return this.#intern(`g${key}(${arg.id})`, { kind: "gather", arg, places, axes });
  }

  stored(name: string, arg: Node): Node {
    return this.#intern(`t${name}(${arg.id})`, { kind: "stored", name, arg, axes: arg.axes });
  }

  /** A scan node as it stands (see scan.ts). */
  rawScan(scan: Omit<NodeOf<"scan">, "id" | "kind" | "axes">): Node {
    const { name, along, towards, state, copies, before, arg } = scan;
    const draft = { kind: "scan", name, along, towards, state, copies, before, arg, axes: arg.axes } as const;
    return this.#intern(`S${name}(${arg.id})`, draft);
  }

  readonly #names = new Set<string>();
  /** A name for a table that no other has. */
  freshName(wanted: string): string {
    let name = wanted;
    for (let i = 2; this.#names.has(name); i++) name = `${wanted}.${i}`;
    this.#names.add(name);
    return name;
  }

  // Shorthands for the arithmetic that derivations are written in.
  add = (a: Node, b: Node): Node => this.map("add", a, b);
  sub = (a: Node, b: Node): Node => this.map("sub", a, b);
  mul = (a: Node, b: Node): Node => this.map("mul", a, b);
  div = (a: Node, b: Node): Node => this.map("div", a, b);
  neg = (a: Node): Node => this.map("neg", a);
  exp = (a: Node): Node => this.map("exp", a);
  log = (a: Node): Node => this.map("log", a);

  /** The sum of any number of nodes. */
  total(nodes: readonly Node[]): Node {
    const [first, ...rest] = nodes;
    return first === undefined ? this.constant(0) : rest.reduce(this.add, first);
  }

  /** Combines along several axes, one after another; rows of a ragged axis before what they belong to. */
  reduceAll(ring: Ring, over: readonly Axis[], arg: Node): Node {
    const [next] = over.filter((axis) => !isImplied(axis, over));
    if (next === undefined) return arg;
    const rest = over.filter((axis) => axis.name !== next.name);
    return this.reduceAll(ring, rest, this.reduce(ring, next, arg));
  }

  #intern(key: string, draft: Draft): Node {
    const known = this.#table.get(key);
    if (known !== undefined) return known;
    const node = { ...draft, id: this.#nextId++ } as Node;
    this.#table.set(key, node);
    return node;
  }
}

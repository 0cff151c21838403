// Addresses: where the loads, stores and random numbers of a kernel lie in row-major memory, index arithmetic hoisted.
import { absurd, Bug } from "../diagnostic.js";
import type { Op } from "../ops.js";
import { countedAxes, rowAxis, type Axis } from "./axis.js";
import type {
  Buffer,
  Kernel,
  KernelExpression,
  RandomPlace,
  RandomPrimitive,
  Statement,
  Subscript,
} from "./program.js";

/** Unsigned integer arithmetic of indices. `point` is the row-major index over the whole grid. */
export type Index =
  | { readonly kind: "number"; readonly value: number }
  | { readonly kind: "axis"; readonly axis: Axis }
  | { readonly kind: "size"; readonly axis: Axis }
  /** From one row along the axis to the next in a GPU's memory, which may be more than its length. */
  | { readonly kind: "stride"; readonly axis: Axis }
  | { readonly kind: "name"; readonly name: string }
  | { readonly kind: "point" }
  /** The run's setting `first`: where a portion starts along its axis. */
  | { readonly kind: "first" }
  /** A computed whole number, rounded and held between 0 and the length of `within` less 1. */
  | { readonly kind: "place"; readonly value: AddressedExpression; readonly within: Axis }
  | { readonly kind: "sum" | "product"; readonly left: Index; readonly right: Index };

/** A coordinate of a set of quasi-random points: the set's number, the element of its plates, the coordinate. */
export type PointAddress = { readonly set: number; readonly element: Index; readonly coordinate: Index };

/**
 * A kernel's expression whose loads and random numbers say where, as an index. `row`: the axis along which a load's
 * address grows by one from one index to the next, while nothing else of it depends on that axis; null if none does.
 */
export type AddressedExpression =
  | { readonly kind: "literal"; readonly value: number }
  | { readonly kind: "local"; readonly name: string }
  | { readonly kind: "load"; readonly buffer: string; readonly at: Index; readonly row: Axis | null }
  | { readonly kind: "apply"; readonly op: Op; readonly args: readonly AddressedExpression[] }
  | { readonly kind: "size" | "index"; readonly axis: Axis }
  | {
      readonly kind: "random";
      readonly primitive: RandomPrimitive;
      readonly site: number;
      readonly element: Index;
      readonly particle: Axis;
      readonly point: PointAddress | null;
      readonly args: readonly AddressedExpression[];
    };

/** A kernel's statement; `offset` names an index in the outermost block where it is known, for use in inner ones. */
export type AddressedStatement =
  | { readonly kind: "let" | "var" | "assign"; readonly name: string; readonly value: AddressedExpression }
  | { readonly kind: "offset"; readonly name: string; readonly value: Index }
  | {
      readonly kind: "loop";
      readonly axis: Axis;
      readonly within: Axis | null;
      readonly descending?: true;
      readonly body: readonly AddressedStatement[];
      readonly comment: string;
    }
  | {
      readonly kind: "store";
      readonly buffer: string;
      readonly at: Index;
      /** As of a load. */
      readonly row: Axis | null;
      readonly value: AddressedExpression;
    };

/**
 * What a kernel does at one point of its grid. `levels` are the blocks outside the body, outermost first: the axes
 * bound there and the offsets known there (one level of all grid axes on a GPU, one level per axis in nested loops).
 */
export type AddressedKernel = {
  readonly levels: readonly { readonly axes: readonly Axis[]; readonly offsets: readonly Offset[] }[];
  readonly body: readonly AddressedStatement[];
};
export type Offset = Extract<AddressedStatement, { kind: "offset" }>;

/**
 * How the grid is walked: by one index over all its points, by one index along each of its axes, or by nested loops.
 * Only the first knows `point`.
 */
export type Walk = "points" | "axes" | "loops";

/**
 * Finds every address of a kernel. In nested loops, rows lie one after the other; on a GPU, a stride apart. `isRow`: whether
 * loads along an axis may be told to be of its rows. Throws a Bug if a subscript's axis is not bound there or a buffer is
 * unknown.
 */
export function lowerAddresses(
  kernel: Kernel,
  buffers: readonly Buffer[],
  walk: Walk,
  isRow: (axis: Axis) => boolean = () => true,
): AddressedKernel {
  const lowering = new Lowering(kernel, new Map(buffers.map((b) => [b.name, b])), walk, isRow);
  return lowering.kernel();
}

/** A block of statements: the axes bound at its start, and the offsets named there, by what they are. */
type Block = {
  readonly outer: Block | null;
  readonly axes: readonly Axis[];
  readonly offsets: Map<string, Offset>;
};

const number = (value: number): Index => ({ kind: "number", value });
const isNumber = (i: Index, value: number): boolean => i.kind === "number" && i.value === value;

function sum(left: Index, right: Index): Index {
  if (isNumber(left, 0)) return right;
  if (isNumber(right, 0)) return left;
  return { kind: "sum", left, right };
}

function product(left: Index, right: Index): Index {
  if (isNumber(left, 0) || isNumber(right, 0)) return number(0);
  if (isNumber(left, 1)) return right;
  if (isNumber(right, 1)) return left;
  return { kind: "product", left, right };
}

/** The axes of an array, counted ones only; `row`: the one whose rows lie a stride apart, or null. */
type Layout = { readonly axes: readonly Axis[]; readonly row: Axis | null };

/** How far apart neighbours along the axis before this one are, in neighbours along this one. */
const extent = (axis: Axis, { row }: Layout): Index => ({ kind: axis === row ? "stride" : "size", axis });

/** Row-major offset, counting only the subscripts that `index` gives a value. */
function horner(
  layout: Layout,
  subscripts: readonly Subscript[],
  index: (s: Subscript, axis: Axis) => Index | null,
): Index {
  return layout.axes.reduce<Index>((offset, axis, j) => {
    const subscript = subscripts[j];
    const here = subscript === undefined ? null : index(subscript, axis);
    return sum(product(offset, extent(axis, layout)), here ?? number(0));
  }, number(0));
}

const bindsHere = (block: Block, axis: Axis): boolean => block.axes.some((a) => a.name === axis.name);
const binds = (block: Block | null, axis: Axis): boolean =>
  block !== null && (bindsHere(block, axis) || binds(block.outer, axis));

class Lowering {
  private readonly names = new Set<string>();
  constructor(
    private readonly source: Kernel,
    private readonly buffers: ReadonlyMap<string, Buffer>,
    private readonly walk: Walk,
    private readonly isRow: (axis: Axis) => boolean,
  ) {}

  kernel(): AddressedKernel {
    const { grid } = this.source;
    const levels: Block[] = [];
    let inner: Block = { outer: null, axes: [], offsets: new Map() };
    for (const axes of this.walk === "loops" ? grid.map((axis) => [axis]) : [grid]) {
      inner = this.enter(inner, axes);
      levels.push(inner);
    }
    const body = this.statements(this.source.body, inner);
    return { levels: levels.map(({ axes, offsets }) => ({ axes, offsets: [...offsets.values()] })), body };
  }

  private bug(what: string): Bug {
    return new Bug(`kernel '${this.source.name}' ${what}`);
  }

  private enter(outer: Block, axes: readonly Axis[]): Block {
    for (const axis of axes) if (binds(outer, axis)) throw this.bug(`binds axis '${axis.name}' twice`);
    return { outer, axes, offsets: new Map() };
  }

  private check(axis: Axis, block: Block): void {
    if (!binds(block, axis)) throw this.bug(`uses axis '${axis.name}' where it is not bound`);
  }

  private statements(statements: readonly Statement[], block: Block): AddressedStatement[] {
    return statements.map((s) => this.statement(s, block));
  }

  private statement(s: Statement, block: Block): AddressedStatement {
    switch (s.kind) {
      case "let":
      case "var":
      case "assign":
        return { kind: s.kind, name: s.name, value: this.expression(s.value, block) };
      case "store": {
        const { kind, buffer } = s;
        const at = this.addressIn(buffer, s.subscripts, block);
        const row = this.rowOf(buffer, s.subscripts);
        return { kind, buffer, at, row, value: this.expression(s.value, block) };
      }
      case "loop": {
        if (s.within !== null) this.check(s.within, block);
        const inner = this.enter(block, [s.axis]);
        const body = this.statements(s.body, inner);
        return { ...s, body: [...inner.offsets.values(), ...body] };
      }
      default:
        return absurd(s);
    }
  }

  private expression(e: KernelExpression, block: Block): AddressedExpression {
    switch (e.kind) {
      case "literal":
      case "local":
      case "size":
        return e;
      case "index":
        this.check(e.axis, block);
        return e;
      case "load":
        return {
          kind: "load",
          buffer: e.buffer,
          at: this.addressIn(e.buffer, e.subscripts, block),
          row: this.rowOf(e.buffer, e.subscripts),
        };
      case "apply":
        return { ...e, args: e.args.map((a) => this.expression(a, block)) };
      case "random": {
        this.check(e.particle, block);
        const { kind, primitive, site, particle } = e;
        const element = this.elementOf(e.element, block, e.inPortion);
        const args = e.args.map((a) => this.expression(a, block));
        return { kind, primitive, site, particle, element, point: this.point(e, block), args };
      }
      default:
        return absurd(e);
    }
  }

  private elementOf(axes: readonly Axis[], block: Block, inPortion: true | undefined): Index {
    const subscripts = axes.map((axis): Subscript => ({ kind: "axis", axis }));
    const within = this.address(axes, subscripts, block, false);
    if (inPortion !== true) return within;
    const rest = countedAxes(axes).slice(1);
    const before = rest.reduce<Index>((n, axis) => product(n, { kind: "size", axis }), { kind: "first" });
    return sum(before, within);
  }

  private point({ element, coordinate, inPortion }: RandomPlace, block: Block): PointAddress | null {
    if (coordinate === null) return null;
    const volumes = coordinate.vectors.map((axes) =>
      axes.reduce<Index>((volume, axis) => product(volume, { kind: "size", axis }), number(1)),
    );
    const { set, slot, plates } = coordinate;
    const further = element.filter((axis) => !plates.some((plate) => plate.name === axis.name));
    const before = volumes.reduce(sum, number(slot));
    return {
      set,
      element: this.elementOf(plates, block, inPortion),
      coordinate: sum(before, this.elementOf(further, block, undefined)),
    };
  }

  private axesOf(buffer: string): readonly Axis[] {
    const axes = this.buffers.get(buffer)?.axes;
    if (axes === undefined) throw this.bug(`uses the unknown buffer '${buffer}'`);
    return axes;
  }

  private addressIn(buffer: string, subscripts: readonly Subscript[], block: Block): Index {
    const axes = this.axesOf(buffer);
    if (axes.length !== subscripts.length)
      throw this.bug(`gives '${buffer}' ${subscripts.length} subscripts for its ${axes.length} axes`);
    return this.address(axes, subscripts, block, this.walk !== "loops");
  }

  /** See AddressedExpression. */
  private rowOf(buffer: string, subscripts: readonly Subscript[]): Axis | null {
    const axes = this.axesOf(buffer);
    const row = rowAxis(axes);
    if (row === null || !this.isRow(row) || subscripts.some((s) => s.kind === "value")) return null;
    const along = subscripts[axes.indexOf(row)];
    if (along?.kind !== "axis" || along.axis.blocks !== null) return null;
    const { name } = along.axis;
    return subscripts.filter((s) => s.kind === "axis" && s.axis.name === name).length === 1
      ? along.axis
      : null;
  }

  /** Row-major offset of the point `subscripts` of an array over `axes`, whose rows may lie a stride apart. */
  private address(
    axes: readonly Axis[],
    subscripts: readonly Subscript[],
    block: Block,
    strided: boolean,
  ): Index {
    for (const s of subscripts) if (s.kind === "axis") this.check(s.axis, block);
    const counted = countedAxes(axes);
    const kept = subscripts.filter((_, j) => counted.some((axis) => axis === axes[j]));
    const layout = { axes: counted, row: strided ? rowAxis(counted) : null };
    const fixed = horner(layout, kept, (s, axis) => {
      if (s.kind === "at") return number(s.index);
      return s.kind === "value"
        ? { kind: "place", value: this.expression(s.value, block), within: axis }
        : null;
    });
    const { index, home } = this.known(layout, kept, block);
    return sum(this.nameFor(index, home, block, kept), fixed);
  }

  /** The part of an offset that the axes bound in `block` and outside of it give, and the block that completes it. */
  private known(
    layout: Layout,
    subscripts: readonly Subscript[],
    block: Block,
  ): { readonly index: Index; readonly home: Block } {
    const outer =
      block.outer === null ? { index: number(0), home: block } : this.known(layout, subscripts, block.outer);
    const own =
      this.fromPoint(layout, subscripts, block) ??
      horner(layout, subscripts, (s) =>
        s.kind === "axis" && bindsHere(block, s.axis) ? { kind: "axis", axis: s.axis } : null,
      );
    if (isNumber(own, 0)) return outer;
    return { index: sum(this.nameFor(outer.index, outer.home, block, subscripts), own), home: block };
  }

  /** Offsets of arrays whose first axes are the whole grid start from the point's index, which is at hand. */
  private fromPoint(layout: Layout, subscripts: readonly Subscript[], block: Block): Index | null {
    if (this.walk !== "points" || block.axes !== this.source.grid) return null;
    const grid = countedAxes(this.source.grid);
    if (grid.length === 0) return null;
    const { axes, row } = layout;
    const starts = grid.every((axis, j) => {
      const s = subscripts[j];
      return s?.kind === "axis" && s.axis.name === axis.name && axes[j]?.name === axis.name;
    });
    // An axis of the grid may stand for another axis too, as in a diagonal.
    const again = subscripts.slice(grid.length).some((s) => s.kind === "axis" && bindsHere(block, s.axis));
    // And points are counted without what lies between the rows.
    const counted = row === null || grid.length === 1 || axes.indexOf(row) >= grid.length;
    if (!starts || again || !counted) return null;
    const rest = axes.slice(grid.length);
    return rest.reduce<Index>((offset, axis) => product(offset, extent(axis, layout)), { kind: "point" });
  }

  /** An index that `home` knows, as `block` writes it: by name if it would otherwise be computed again in a loop. */
  private nameFor(index: Index, home: Block, block: Block, subscripts: readonly Subscript[]): Index {
    if (home === block || (index.kind !== "sum" && index.kind !== "product")) return index;
    const key = JSON.stringify(index);
    let offset = home.offsets.get(key);
    if (offset === undefined) {
      const axes = subscripts.flatMap((s) => (s.kind === "axis" && binds(home, s.axis) ? [s.axis.name] : []));
      offset = { kind: "offset", name: this.fresh(["at", ...axes].join("_")), value: index };
      home.offsets.set(key, offset);
    }
    return { kind: "name", name: offset.name };
  }

  private fresh(wanted: string): string {
    let name = wanted;
    for (let n = 2; this.names.has(name); n++) name = `${wanted}_${n}`;
    this.names.add(name);
    return name;
  }
}

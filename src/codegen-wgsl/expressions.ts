// Expressions of a kernel as WGSL, at several points of a tile and turns of a loop side by side: what they share is
// computed once.
import { absurd, Bug } from "../diagnostic.js";
import type { AddressedExpression, AddressedStatement, Index, PointAddress } from "../ir/addresses.js";
import type { Axis } from "../ir/axis.js";
import type { Identifiers, Scope } from "../ir/identifiers.js";
import { rowArrayName } from "../ir/ragged.js";
import { applyRow, type Op } from "../ops.js";
import type { LaunchModule } from "./module.js";
import { WGSL_SPELLING } from "./spell.js";
import { storedAxis, Variation, vectorAxis, vectorLoads, type Tile } from "./tile.js";
import { add, binary, call, named, unsigned, type WgslExpression, type WgslStatement } from "./wgsl.js";

/** An f32 expression, how deep it is nested, and whether WGSL would evaluate it while compiling. */
type Value = { readonly e: WgslExpression; readonly depth: number; readonly constant: boolean };

/** WGSL refuses expressions nested deeper than 512. */
const DEEPEST = 100;
/** Of constants, these may leave the range of float32, which WGSL refuses while compiling. */
const FOLDED: ReadonlySet<Op> = new Set(["add", "sub", "mul", "div"]);

/** A point of a tile, or a turn of several done together: its place along their axes, and the names that it sees. */
export type Copy = { readonly scope: Scope; readonly places: ReadonlyMap<string, number> };

/** Axes and offsets share the scope with the kernel's own names, which hold no colon. */
export const axisKey = (axis: Axis): string => `axis: ${axis.name}`;
export const offsetKey = (text: string): string => `offset: ${text}`;

export class Expressions {
  /** Axes whose rows are loaded in vectors; axes whose index is used; axes along which vectors are loaded. */
  readonly rows = new Set<string>();
  readonly used = new Set<string>();
  readonly vectorAxes: ReadonlySet<string>;
  readonly variation: Variation;
  /** Arrays that are seen as nothing but vectors. */
  private readonly asVectors: ReadonlySet<string>;
  /** The points and turns that are written side by side, and the axes along which they differ (see Variation). */
  copies: readonly Copy[] = [];
  together = 0;
  /** Along which of them the value being written differs. */
  private varies = 0;
  /** Statements that the one being written needs before it, and the values that its copies share, by what they are. */
  private pending: WgslStatement[] = [];
  private shared = new Map<string, Value>();

  /** `point`: the name of the index over the grid; `written`: buffers that are stored to. */
  constructor(
    private readonly module: LaunchModule,
    private readonly identifiers: Identifiers,
    private readonly point: string,
    private readonly written: ReadonlySet<string>,
    tile: Tile,
    statements: readonly AddressedStatement[],
  ) {
    this.variation = new Variation(statements, [...tile.axes, ...[...tile.loops].map((loop) => loop.axis)]);
    const vectors = vectorLoads(statements, tile, this.variation, written);
    const stores = statements.filter(
      (s) => s.kind !== "loop" && storedAxis(s, tile, module.alone()) !== null,
    );
    const arrays = new Set([
      ...vectors.map((load) => module.arrayOfBuffer(load.buffer)),
      ...stores.flatMap((s) => (s.kind === "store" ? [module.arrayOfBuffer(s.buffer)] : [])),
    ]);
    this.asVectors = new Set([...arrays].filter((array) => module.seeAsVectors(array)));
    this.vectorAxes = new Set(vectors.map((load) => load.row.name));
  }

  /** Runs with other copies side by side. */
  side<T>(copies: readonly Copy[], together: number, run: () => T): T {
    const [before, bits] = [this.copies, this.together];
    [this.copies, this.together] = [copies, together];
    const result = run();
    [this.copies, this.together] = [before, bits];
    return result;
  }

  /** Writes the copies of a statement that differ along `varies`, and before them what they share. */
  statement(varies: number, write: () => WgslStatement[]): WgslStatement[] {
    this.shared = new Map();
    this.varies = varies;
    const written = write();
    const before = this.pending;
    this.pending = [];
    return [...before, ...written];
  }

  /** Where a copy lies along some of the axes, as the end of a name: "_0_3". */
  placeOf({ places }: Copy, along: number): string {
    return this.variation.axes
      .filter((axis) => (this.variation.bit(axis) & along) !== 0)
      .map((axis) => `_${places.get(axis.name) ?? 0}`)
      .join("");
  }

  find(key: string, scope: Scope): WgslExpression {
    const identifier = scope.find(key);
    if (identifier === undefined) throw new Bug(`a kernel uses '${key}' before it is defined`);
    return named(identifier);
  }

  axis(axis: Axis, scope: Scope): WgslExpression {
    this.used.add(axis.name);
    return this.find(axisKey(axis), scope);
  }

  index(i: Index, copy: Copy): WgslExpression {
    const { scope } = copy;
    switch (i.kind) {
      case "number":
        return unsigned(i.value);
      case "axis":
        return this.axis(i.axis, scope);
      case "size":
        return this.module.size(i.axis);
      case "stride":
        return this.module.stride(i.axis);
      case "name":
        return this.find(offsetKey(i.name), scope);
      case "point":
        return named(this.point);
      case "first":
        return this.module.first();
      case "place": {
        const last = binary("-", call("f32", this.module.size(i.within)), { kind: "f32", value: 1 });
        const value = call("round", this.expression(i.value, copy));
        return call("u32", call("clamp", value, { kind: "f32", value: 0 }, last));
      }
      case "sum":
        return add(this.index(i.left, copy), this.index(i.right, copy));
      case "product":
        return binary("*", this.index(i.left, copy), this.index(i.right, copy));
      default:
        return absurd(i);
    }
  }

  expression(e: AddressedExpression, copy: Copy): WgslExpression {
    return this.value(e, copy).e;
  }

  /** A value; what several copies share is computed once, before the first statement that needs it. */
  private value(e: AddressedExpression, copy: Copy): Value {
    if (e.kind !== "load" && e.kind !== "apply") return this.compute(e, copy);
    const varies = this.variation.expression(e) & this.together;
    if (e.kind === "load") {
      const along = vectorAxis(e, this.variation, this.together, this.written);
      if (along !== null) return this.fromVector(e, along, varies, copy);
    }
    if (varies === this.varies) return this.compute(e, copy);
    return this.once(`${JSON.stringify(e)}${this.placeOf(copy, varies)}`, () => {
      const outside = this.varies;
      this.varies = varies;
      const value = this.compute(e, copy);
      this.varies = outside;
      return value.constant ? value : this.settle(value, e.kind === "load" ? e.buffer : "shared");
    });
  }

  private once(key: string, make: () => Value): Value {
    const known = this.shared.get(key);
    if (known !== undefined) return known;
    const value = make();
    this.shared.set(key, value);
    return value;
  }

  /** A load as a component of the vector that neighbouring copies along an axis share. */
  private fromVector(
    e: Extract<AddressedExpression, { kind: "load" }>,
    along: Axis,
    varies: number,
    copy: Copy,
  ): Value {
    const place = copy.places.get(along.name) ?? 0;
    const others = varies & ~this.variation.bit(along);
    const first = this.copies.find(
      (each) =>
        each.places.get(along.name) === 0 && this.placeOf(each, others) === this.placeOf(copy, others),
    );
    if (first === undefined) throw new Bug("a vector has no first copy");
    this.rows.add(this.module.rowOf(e.buffer));
    const vector = this.once(`vector ${JSON.stringify(e)}${this.placeOf(copy, others)}`, () => {
      const loaded = this.module.vector(e.buffer, this.index(e.at, first));
      return this.settle({ e: loaded, depth: 8, constant: false }, `${e.buffer}_vector`);
    });
    return { e: { kind: "component", vector: vector.e, at: place }, depth: 2, constant: false };
  }

  /** The vector of a buffer's row that neighbouring copies, of which this is the first, store to. */
  storedVector(buffer: string, at: Index, first: Copy): WgslExpression {
    this.rows.add(this.module.rowOf(buffer));
    return this.module.vector(buffer, this.index(at, first));
  }

  private compute(e: AddressedExpression, copy: Copy): Value {
    const { scope } = copy;
    switch (e.kind) {
      case "literal":
        return { e: { kind: "f32", value: e.value }, depth: 1, constant: true };
      case "local":
        return { e: this.find(e.name, scope), depth: 1, constant: false };
      case "size":
        return { e: call("f32", this.module.bound(e.axis)), depth: 2, constant: false };
      case "index": {
        const { parent } = e.axis;
        const place = call("f32", this.axis(e.axis, scope));
        if (parent === null) return { e: place, depth: 2, constant: false };
        const name = rowArrayName({ kind: "start", axis: e.axis, within: parent });
        const start = this.elementAt(name, this.axis(parent, scope));
        return { e: binary("-", place, start), depth: 8, constant: false };
      }
      case "load":
        return { e: this.elementAt(e.buffer, this.index(e.at, copy)), depth: 8, constant: false };
      case "apply":
        return this.apply(e.op, e.args, copy);
      case "random":
        return this.random(e, copy);
      default:
        return absurd(e);
    }
  }

  /** An element of a buffer, by way of a vector where its array is seen as vectors. */
  elementAt(buffer: string, at: WgslExpression): WgslExpression {
    return this.asVectors.has(this.module.arrayOfBuffer(buffer))
      ? this.module.elementOfVector(buffer, at)
      : this.module.element(buffer, at);
  }

  private apply(op: Op, args: readonly AddressedExpression[], copy: Copy): Value {
    const values = args.map((arg) => this.value(arg, copy));
    const constant = values.every((v) => v.constant);
    if (!constant || !FOLDED.has(op)) return { ...this.call(op, values), constant };
    const unfolded = values.map((v) => this.settle(v, "constant"));
    return this.call(op, unfolded);
  }

  private call(op: Op, values: readonly Value[]): Value {
    const flat = values.map((v) => (v.depth > DEEPEST ? this.settle(v, "part") : v));
    const args = flat.map((v) => v.e);
    // A spelling may wrap its arguments in a comparison and a conversion.
    const depth = 3 + Math.max(...flat.map((v) => v.depth));
    return { e: applyRow(WGSL_SPELLING, op, args), depth, constant: false };
  }

  /** Gives a value a name in a statement of its own, ahead of the one being written. */
  private settle(v: Value, wanted: string): Value {
    const identifier = this.identifiers.fresh(wanted);
    this.pending.push({ kind: "let", name: identifier, value: v.e });
    return { e: named(identifier), depth: 1, constant: false };
  }

  private random(e: Extract<AddressedExpression, { kind: "random" }>, copy: Copy): Value {
    const args = e.args.map((arg) => this.expression(arg, copy));
    const particle = this.axis(e.particle, copy.scope);
    const { point } = e;
    const of = (p: PointAddress): WgslExpression =>
      call("vec3u", unsigned(p.set), this.index(p.element, copy), this.index(p.coordinate, copy));
    const place = [unsigned(e.site), this.index(e.element, copy), particle, this.module.bound(e.particle)];
    if (e.primitive === "std_uniform" || e.primitive === "std_gamma")
      place.push(point === null ? named("NO_POINT") : of(point));
    return { e: call(e.primitive, ...args, ...place), depth: DEEPEST, constant: false };
  }
}

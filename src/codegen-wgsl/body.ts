// The body of an entry point: a kernel's statements at one point of the grid, or at the points of a tile together.
import { absurd, Bug } from "../diagnostic.js";
import type { AddressedExpression, AddressedStatement, Index, PointAddress } from "../ir/addresses.js";
import { countedAxes, isImplied, VECTOR_LENGTH, type Axis } from "../ir/axis.js";
import { Scope, type Identifiers } from "../ir/identifiers.js";
import { loopParent, rowArrayName, type RowArray } from "../ir/ragged.js";
import { applyRow, type Op } from "../ops.js";
import type { KernelModule } from "./module.js";
import { WGSL_SPELLING } from "./spell.js";
import { splitByTurns, Variation, vectorAxis, vectorLoads, type Loop, type Tile } from "./tile.js";
import {
  add,
  binary,
  call,
  named,
  unsigned,
  withoutUnused,
  type WgslExpression,
  type WgslStatement,
} from "./wgsl.js";

/** An f32 expression, how deep it is nested, and whether WGSL would evaluate it while compiling. */
type Value = { readonly e: WgslExpression; readonly depth: number; readonly constant: boolean };

/** WGSL refuses expressions nested deeper than 512. */
const DEEPEST = 100;
/** Of constants, these may leave the range of float32, which WGSL refuses while compiling. */
const FOLDED: ReadonlySet<Op> = new Set(["add", "sub", "mul", "div"]);

/** A point of a tile, or a turn of several done together: its place along their axes, and the names that it sees. */
type Copy = { readonly scope: Scope; readonly places: ReadonlyMap<string, number> };

/** The statements of an entry point; `rows`: the axes whose rows it loads in vectors. */
export type EntryPoint = { readonly statements: readonly WgslStatement[]; readonly rows: readonly string[] };

/** One point and one turn at a time. */
export const UNTILED: Tile = { axes: [], loops: new Set() };

/**
 * An entry point of a kernel from its statements with their addresses. However many workgroups are launched along x, their invocations share out the points of the grid (or
 * its tiles); neighbours take neighbouring points. `written`: buffers that are stored to.
 */
export function entryPoint(
  module: KernelModule,
  addressed: readonly AddressedStatement[],
  grid: readonly Axis[],
  written: ReadonlySet<string>,
  workgroupSize: number,
  tile: Tile,
): EntryPoint {
  const body = new Body(module, grid, written, tile, addressed);
  const statements = withoutUnused(body.main(workgroupSize));
  return { statements, rows: [...body.rows] };
}

class Body {
  readonly rows = new Set<string>();
  private readonly identifiers: Identifiers;
  private readonly point: string;
  private readonly variation: Variation;
  /** Arrays that are seen as vectors. */
  private readonly asVectors: ReadonlySet<string>;
  /** Axes along which vectors are loaded. */
  private readonly vectorAxes: ReadonlySet<string>;
  private readonly outer = new Scope(null);
  /** Grid axes whose index is used. */
  private readonly used = new Set<string>();
  /** The points and turns that are written side by side, and the axes along which they differ (see Variation). */
  private copies: readonly Copy[] = [];
  private together = 0;
  /** Along which of them the value being written differs. */
  private varies = 0;
  /** Statements that the one being written needs before it, and the values that its copies share, by what they are. */
  private pending: WgslStatement[] = [];
  private shared = new Map<string, Value>();

  constructor(
    private readonly module: KernelModule,
    private readonly grid: readonly Axis[],
    private readonly written: ReadonlySet<string>,
    private readonly tile: Tile,
    private readonly statements: readonly AddressedStatement[],
  ) {
    this.identifiers = module.locals();
    this.point = this.identifiers.fresh("point");
    this.variation = new Variation(statements, [...tile.axes, ...[...tile.loops].map((loop) => loop.axis)]);
    const vectors = vectorLoads(statements, tile, this.variation, this.written);
    this.asVectors = new Set(vectors.map((load) => module.arrayOfBuffer(load.buffer)));
    this.vectorAxes = new Set(vectors.map((load) => load.row.name));
  }

  main(workgroupSize: number): WgslStatement[] {
    const { outer } = this;
    const indices = this.grid.map((axis) => {
      const wanted = this.isTiled(axis) ? `${axis.name}_tile` : axis.name;
      return { axis, index: this.bind(axisKey(axis), wanted, outer) };
    });
    const { copies, lets } = this.pointsOfTile(outer);
    this.copies = copies;
    this.together = this.bitsOf(this.tile.axes);
    const inner = [...lets, ...this.block(this.statements)];
    const first = binary("+", binary("*", named("group.x"), unsigned(workgroupSize)), named("lane"));
    if (this.grid.length === 0)
      return [{ kind: "return-if", test: binary(">", first, unsigned(0)) }, ...inner];
    // A row's parent is loaded once the row is known, and may itself be a row.
    for (const axis of this.grid)
      if (this.used.has(axis.name)) for (const child of this.rowsIn(axis)) this.used.add(child.name);
    const [implied, counted] = [true, false].map((which) =>
      indices.filter(({ axis }) => isImplied(axis, this.grid) === which && this.used.has(axis.name)),
    );
    const along = [...(counted ?? []), ...(implied ?? []).toReversed()].map(
      ({ index, axis }): WgslStatement => ({ kind: "let", name: index, value: this.along(axis, outer) }),
    );
    const step = binary("*", named("groups.x"), unsigned(workgroupSize));
    const body = [...along, ...inner];
    return [{ kind: "for", name: this.point, from: first, below: this.volume(this.grid), step, body }];
  }

  private isTiled(axis: Axis): boolean {
    return this.tile.axes.some((tiled) => tiled.name === axis.name);
  }

  private bitsOf(axes: readonly Axis[]): number {
    return axes.reduce((bits, axis) => bits | this.variation.bit(axis), 0);
  }

  /** The points of the tile; where an axis ends within it, its last points are the same one. */
  private pointsOfTile(outer: Scope): {
    readonly copies: readonly Copy[];
    readonly lets: readonly WgslStatement[];
  } {
    const lets: WgslStatement[] = [];
    let copies: Copy[] = [{ scope: new Scope(outer), places: new Map() }];
    for (const axis of this.tile.axes) {
      const first = binary("*", this.axis(axis, outer), unsigned(VECTOR_LENGTH));
      const last = binary("-", this.module.size(axis), unsigned(1));
      const names = PLACES.map((place) => {
        const name = this.identifiers.fresh(`${axis.name}_${place}`);
        lets.push({ kind: "let", name, value: call("min", add(first, unsigned(place)), last) });
        return name;
      });
      copies = copies.flatMap((copy) => this.copiesAlong(copy, axis, names));
    }
    return { copies, lets };
  }

  private copiesAlong({ scope, places }: Copy, axis: Axis, names: readonly string[]): Copy[] {
    return names.map((name, place) => {
      const inner = new Scope(scope);
      inner.define(axisKey(axis), name);
      return { scope: inner, places: new Map([...places, [axis.name, place]]) };
    });
  }

  /** Points of the grid along an axis: its elements, or its tiles. */
  private length(axis: Axis): WgslExpression {
    return this.isTiled(axis) ? this.module.tiles(axis) : this.module.size(axis);
  }

  private volume(axes: readonly Axis[]): WgslExpression {
    return countedAxes(axes)
      .map((axis) => this.length(axis))
      .reduce((volume, length) => binary("*", volume, length));
  }

  /** The ragged axes of the grid that an axis is the parent of. */
  private rowsIn(axis: Axis): Axis[] {
    return this.grid.filter((each) => each.parent?.name === axis.name);
  }

  /** An element of an array that says where ragged rows lie, as a whole number. */
  private rowPlace(kind: RowArray["kind"], axis: Axis, within: Axis, at: WgslExpression): WgslExpression {
    return call("u32", this.elementAt(rowArrayName({ kind, axis, within }), at));
  }

  /** The index along one axis of the grid, whose last axis varies fastest. */
  private along(axis: Axis, scope: Scope): WgslExpression {
    const [row] = this.rowsIn(axis);
    if (row !== undefined) return this.rowPlace("parent", row, axis, this.axis(row, scope));
    const grid = countedAxes(this.grid);
    const place = grid.indexOf(axis);
    const inner = grid.slice(place + 1);
    const outermost =
      inner.length === 0 ? named(this.point) : binary("/", named(this.point), this.volume(inner));
    return place === 0 ? outermost : binary("%", outermost, this.length(axis));
  }

  private bind(key: string, wanted: string, scope: Scope): string {
    const identifier = this.identifiers.fresh(wanted);
    scope.define(key, identifier);
    return identifier;
  }

  private find(key: string, scope: Scope): WgslExpression {
    const identifier = scope.find(key);
    if (identifier === undefined) throw new Bug(`a kernel uses '${key}' before it is defined`);
    return named(identifier);
  }

  private axis(axis: Axis, scope: Scope): WgslExpression {
    this.used.add(axis.name);
    return this.find(axisKey(axis), scope);
  }

  private block(statements: readonly AddressedStatement[]): WgslStatement[] {
    return statements.flatMap((s) =>
      s.kind !== "loop" ? this.copied(s) : this.tile.loops.has(s) ? this.loopInVectors(s) : this.loop(s),
    );
  }

  /** A statement for each of the points and turns side by side among which it differs. */
  private copied(s: Simple): WgslStatement[] {
    const varies = this.variation.statement(s) & this.together;
    const groups = new Map<string, Copy[]>();
    for (const copy of this.copies) {
      const key = this.placeOf(copy, varies);
      const group = groups.get(key);
      if (group === undefined) groups.set(key, [copy]);
      else group.push(copy);
    }
    this.shared = new Map();
    this.varies = varies;
    const written = [...groups].flatMap(([place, group]) => this.statement(s, group, place));
    const before = this.pending;
    this.pending = [];
    return [...before, ...written];
  }

  /** Where a copy lies along some of the axes, as the end of a name: "_0_3". */
  private placeOf({ places }: Copy, along: number): string {
    return this.variation.axes
      .filter((axis) => (this.variation.bit(axis) & along) !== 0)
      .map((axis) => `_${places.get(axis.name) ?? 0}`)
      .join("");
  }

  /** Writes a statement for a group of copies among which it does not differ, as the first of them. */
  private statement(s: Simple, group: readonly Copy[], suffix: string): WgslStatement[] {
    const [copy] = group;
    if (copy === undefined) throw new Bug("a statement of no copies");
    const define = (key: string, wanted: string): string => {
      const identifier = this.identifiers.fresh(`${wanted}${suffix}`);
      for (const { scope } of group) scope.define(key, identifier);
      return identifier;
    };
    switch (s.kind) {
      case "let":
      case "var": {
        const value = this.expression(s.value, copy);
        return [{ kind: s.kind, name: define(s.name, s.name), value }];
      }
      case "assign":
        return [
          { kind: "assign", target: this.find(s.name, copy.scope), value: this.expression(s.value, copy) },
        ];
      case "offset": {
        const value = this.index(s.value, copy);
        return [{ kind: "let", name: define(offsetKey(s.name), s.name), value }];
      }
      case "store": {
        const value = this.expression(s.value, copy);
        const target = this.module.element(s.buffer, this.index(s.at, copy));
        return this.guarded(copy, { kind: "assign", target, value });
      }
      default:
        return absurd(s);
    }
  }

  /** A store, unless its point lies beyond the end of an axis, where vectors hold what lies between rows. */
  private guarded({ places }: Copy, store: WgslStatement): WgslStatement[] {
    const tests = this.tile.axes.flatMap((axis) => {
      const place = places.get(axis.name) ?? 0;
      if (place === 0 || !this.vectorAxes.has(axis.name)) return [];
      const tile = binary("*", this.axis(axis, this.outer), unsigned(VECTOR_LENGTH));
      return [binary("<", add(tile, unsigned(place)), this.module.size(axis))];
    });
    const [first, ...further] = tests;
    if (first === undefined) return [store];
    return [{ kind: "if", test: further.reduce((a, b) => binary("&&", a, b), first), body: [store] }];
  }

  /** Runs with other copies side by side. */
  private side<T>(copies: readonly Copy[], together: number, run: () => T): T {
    const [before, bits] = [this.copies, this.together];
    [this.copies, this.together] = [copies, together];
    const result = run();
    [this.copies, this.together] = [before, bits];
    return result;
  }

  /** The same copies in a block of their own, at one place along the loop's axis. */
  private within(s: Loop, index: string): Copy[] {
    return this.copies.map(({ scope, places }) => {
      const inner = new Scope(scope);
      inner.define(axisKey(s.axis), index);
      return { scope: inner, places };
    });
  }

  private get outermost(): Scope {
    const [copy] = this.copies;
    if (copy === undefined) throw new Bug("a loop has no scope");
    return copy.scope;
  }

  /** From where to where a loop goes, and what computes that. */
  private bounds(s: Loop): { before: WgslStatement[]; from: WgslExpression; below: WgslExpression } {
    const scope = this.outermost;
    const comment: WgslStatement = { kind: "comment", text: `${s.axis.name}: ${s.comment}` };
    if (s.axis.parent !== null) {
      const within = loopParent(s.axis, s.within);
      const end = this.identifiers.fresh(`${s.axis.name}_end`);
      const [from, below] = (["start", "end"] as const).map((kind) =>
        this.rowPlace(kind, s.axis, within, this.axis(within, scope)),
      );
      if (from === undefined || below === undefined) throw new Bug("a loop has no bounds");
      return { before: [comment, { kind: "let", name: end, value: below }], from, below: named(end) };
    }
    const bound = this.module.bound(s.axis);
    if (s.within === null) return { before: [comment], from: unsigned(0), below: bound };
    if (s.within.blocks?.of !== s.axis.name)
      throw new Bug(`'${s.within.name}' has no blocks of '${s.axis.name}'`);
    const length = unsigned(s.within.blocks.length);
    const first = this.identifiers.fresh(`${s.axis.name}_first`);
    const end = this.identifiers.fresh(`${s.axis.name}_end`);
    const beyond = call("min", binary("+", named(first), length), bound);
    const before: WgslStatement[] = [
      comment,
      { kind: "let", name: first, value: binary("*", this.axis(s.within, scope), length) },
      { kind: "let", name: end, value: beyond },
    ];
    return { before, from: named(first), below: named(end) };
  }

  /** All points of a tile go through a loop together. */
  private loop(s: Loop): WgslStatement[] {
    const index = this.identifiers.fresh(s.axis.name);
    const body = this.side(this.within(s, index), this.together, () => this.block(s.body));
    const { before, from, below } = this.bounds(s);
    if (s.descending !== true)
      return [...before, { kind: "for", name: index, from, below, step: null, body }];
    const turn = this.identifiers.fresh(`${s.axis.name}_turn`);
    const value = binary("-", binary("-", below, unsigned(1)), named(turn));
    const inner: WgslStatement[] = [{ kind: "let", name: index, value }, ...body];
    return [...before, { kind: "for", name: turn, from, below, step: null, body: inner }];
  }

  /** VECTOR_LENGTH turns at a time; and what is left, if that is not a whole number of times, in the same way. */
  private loopInVectors(s: Loop): WgslStatement[] {
    const { before, from, below } = this.bounds(s);
    const whole = this.identifiers.fresh(`${s.axis.name}_whole`);
    const rest = binary("%", below, unsigned(VECTOR_LENGTH));
    const index = this.identifiers.fresh(s.axis.name);
    const last = binary("-", below, unsigned(1));
    const body = this.turns(s, named(index), null, null);
    const tail = this.turns(s, named(whole), last, below);
    return [
      ...before,
      { kind: "let", name: whole, value: binary("-", below, rest) },
      { kind: "for", name: index, from, below: named(whole), step: unsigned(VECTOR_LENGTH), body },
      { kind: "if", test: binary("<", named(whole), below), body: tail },
    ];
  }

  /** Several turns of a loop from `first` on; of places beyond `last`, those that go on from what came before are left out. */
  private turns(
    s: Loop,
    first: WgslExpression,
    last: WgslExpression | null,
    below: WgslExpression | null,
  ): WgslStatement[] {
    const lets: WgslStatement[] = [];
    const names = PLACES.map((place) => {
      const name = this.identifiers.fresh(`${s.axis.name}_${place}`);
      const at = add(first, unsigned(place));
      lets.push({ kind: "let", name, value: last === null ? at : call("min", at, last) });
      return name;
    });
    const copies = this.copies.flatMap((copy) => this.copiesAlong(copy, s.axis, names));
    const together = this.together | this.variation.bit(s.axis);
    const { alike, inTurn } = splitByTurns(s.body.filter((each) => each.kind !== "loop"));
    const before = this.side(copies, together, () => this.block(alike));
    const after = PLACES.flatMap((place) => {
      const here = copies.filter(({ places }) => places.get(s.axis.name) === place);
      const body = this.side(here, together, () => this.block(inTurn));
      if (below === null || place === 0) return body;
      return [{ kind: "if" as const, test: binary("<", add(first, unsigned(place)), below), body }];
    });
    return [...lets, ...before, ...after];
  }

  private index(i: Index, copy: Copy): WgslExpression {
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

  private expression(e: AddressedExpression, copy: Copy): WgslExpression {
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

  private elementAt(buffer: string, at: WgslExpression): WgslExpression {
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

type Simple = Exclude<AddressedStatement, { kind: "loop" }>;

/** Places within a tile, or among turns that are done together. */
const PLACES = Array.from({ length: VECTOR_LENGTH }, (_, place) => place);

/** Axes and offsets share the scope with the kernel's own names, which hold no colon or blank. */
const axisKey = (axis: Axis): string => `axis: ${axis.name}`;
const offsetKey = (text: string): string => `offset: ${text}`;

// The body of an entry point: a kernel's statements at one point of the grid, or at the points of a tile together.
import { absurd, Bug } from "../diagnostic.js";
import type {
  AddressedExpression,
  AddressedKernel,
  AddressedStatement,
  Index,
  PointAddress,
} from "../ir/addresses.js";
import { countedAxes, isImplied, type Axis } from "../ir/axis.js";
import { Scope, type Identifiers } from "../ir/identifiers.js";
import { loopParent, rowArrayName, type RowArray } from "../ir/ragged.js";
import { applyRow, type Op } from "../ops.js";
import type { KernelModule } from "./module.js";
import { WGSL_SPELLING } from "./spell.js";
import { Dependence, type Tile } from "./tile.js";
import { add, binary, call, named, unsigned, type WgslExpression, type WgslStatement } from "./wgsl.js";

/** An f32 expression, how deep it is nested, and whether WGSL would evaluate it while compiling. */
type Value = { readonly e: WgslExpression; readonly depth: number; readonly constant: boolean };

/** WGSL refuses expressions nested deeper than 512. */
const DEEPEST = 100;
/** Of constants, these may leave the range of float32, which WGSL refuses while compiling. */
const FOLDED: ReadonlySet<Op> = new Set(["add", "sub", "mul", "div"]);

/**
 * The statements of an entry point. However many workgroups are launched along x, their invocations share out the
 * points of the grid (or its tiles); neighbours take neighbouring points.
 */
export function entryPoint(
  module: KernelModule,
  kernel: AddressedKernel,
  grid: readonly Axis[],
  workgroupSize: number,
  tile: Tile | null,
): WgslStatement[] {
  const offsets = kernel.levels.flatMap((level) => level.offsets);
  return new Body(module, grid, tile, [...offsets, ...kernel.body]).main(workgroupSize);
}

class Body {
  private readonly identifiers: Identifiers;
  private readonly point: string;
  private readonly dependence: Dependence | null;
  /** Grid axes whose index is used. */
  private readonly used = new Set<string>();
  /** Statements that the one being written needs before it, and the values that its copies share, by what they are. */
  private pending: WgslStatement[] = [];
  private shared: Map<string, Value> | null = null;

  constructor(
    private readonly module: KernelModule,
    private readonly grid: readonly Axis[],
    private readonly tile: Tile | null,
    private readonly statements: readonly AddressedStatement[],
  ) {
    this.identifiers = module.locals();
    this.point = this.identifiers.fresh("point");
    this.dependence = tile === null ? null : new Dependence(statements, tile.axis);
  }

  main(workgroupSize: number): WgslStatement[] {
    const outer = new Scope(null);
    const indices = this.grid.map((axis) => {
      const wanted = axis.name === this.tile?.axis.name ? `${axis.name}_tile` : axis.name;
      return { axis, index: this.bind(axisKey(axis), wanted, outer) };
    });
    const { scopes, lets } = this.copies(outer);
    const inner = [...lets, ...this.block(this.statements, scopes)];
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

  /** One scope for each point of the tile; where the axis ends within it, its last points are the same one. */
  private copies(outer: Scope): {
    readonly scopes: readonly Scope[];
    readonly lets: readonly WgslStatement[];
  } {
    if (this.tile === null) return { scopes: [outer], lets: [] };
    const { axis, length } = this.tile;
    const first = binary("*", this.axis(axis, outer), unsigned(length));
    const last = binary("-", this.module.size(axis), unsigned(1));
    const scopes = Array.from({ length }, () => new Scope(outer));
    const lets = scopes.map((scope, copy): WgslStatement => {
      const value = call("min", add(first, unsigned(copy)), last);
      return { kind: "let", name: this.bind(axisKey(axis), `${axis.name}_${copy}`, scope), value };
    });
    return { scopes, lets };
  }

  /** Points of the grid along an axis: its elements, or its tiles. */
  private length(axis: Axis): WgslExpression {
    return axis.name === this.tile?.axis.name
      ? this.module.tiles(axis, this.tile.length)
      : this.module.size(axis);
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
    return call("u32", this.module.element(rowArrayName({ kind, axis, within }), at));
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

  private block(statements: readonly AddressedStatement[], scopes: readonly Scope[]): WgslStatement[] {
    return statements.flatMap((s) => {
      if (s.kind === "loop") return this.loop(s, scopes);
      const written =
        this.dependence?.statement(s) === true ? this.forEach(s, scopes) : this.forAll(s, scopes);
      const before = this.pending;
      this.pending = [];
      return [...before, ...written];
    });
  }

  /** A statement for each point of the tile; what does not differ between them comes once, before it. */
  private forEach(s: Simple, scopes: readonly Scope[]): WgslStatement[] {
    this.shared = new Map();
    const written = scopes.map((scope, copy) => this.statement(s, scope, [scope], `_${copy}`));
    this.shared = null;
    return written;
  }

  /** A statement that is the same for all points. */
  private forAll(s: Simple, scopes: readonly Scope[]): WgslStatement[] {
    const [first] = scopes;
    return first === undefined ? [] : [this.statement(s, first, scopes, "")];
  }

  /** Writes a statement in `scope`; a name that it defines is seen in all of `seenIn`. */
  private statement(s: Simple, scope: Scope, seenIn: readonly Scope[], suffix: string): WgslStatement {
    const define = (key: string, wanted: string): string => {
      const identifier = this.identifiers.fresh(`${wanted}${suffix}`);
      for (const each of seenIn) each.define(key, identifier);
      return identifier;
    };
    switch (s.kind) {
      case "let":
      case "var": {
        const value = this.expression(s.value, scope);
        return { kind: s.kind, name: define(s.name, s.name), value };
      }
      case "assign":
        return { kind: "assign", target: this.find(s.name, scope), value: this.expression(s.value, scope) };
      case "offset": {
        const value = this.index(s.value, scope);
        return { kind: "let", name: define(offsetKey(s.name), s.name), value };
      }
      case "store": {
        const value = this.expression(s.value, scope);
        return { kind: "assign", target: this.module.element(s.buffer, this.index(s.at, scope)), value };
      }
      default:
        return absurd(s);
    }
  }

  /** All points of a tile go through a loop together. */
  private loop(s: Extract<AddressedStatement, { kind: "loop" }>, outer: readonly Scope[]): WgslStatement[] {
    const scopes = outer.map((scope) => new Scope(scope));
    const index = this.identifiers.fresh(s.axis.name);
    for (const scope of scopes) scope.define(axisKey(s.axis), index);
    const comment: WgslStatement = { kind: "comment", text: `${s.axis.name}: ${s.comment}` };
    const [scope] = outer;
    if (scope === undefined) throw new Bug("a loop has no scope");
    if (s.axis.parent !== null) {
      const within = loopParent(s.axis, s.within);
      const end = this.identifiers.fresh(`${s.axis.name}_end`);
      const [from, below] = (["start", "end"] as const).map((kind) =>
        this.rowPlace(kind, s.axis, within, this.axis(within, scope)),
      );
      if (from === undefined || below === undefined) throw new Bug("a loop has no bounds");
      const body = this.block(s.body, scopes);
      return [
        comment,
        { kind: "let", name: end, value: below },
        this.inTurn(s, index, [from, named(end)], body),
      ];
    }
    const bound = this.module.bound(s.axis);
    if (s.within === null) {
      const body = this.block(s.body, scopes);
      return [comment, this.inTurn(s, index, [unsigned(0), bound], body)];
    }
    if (s.within.blocks?.of !== s.axis.name)
      throw new Bug(`'${s.within.name}' has no blocks of '${s.axis.name}'`);
    const length = unsigned(s.within.blocks.length);
    const first = this.identifiers.fresh(`${s.axis.name}_first`);
    const end = this.identifiers.fresh(`${s.axis.name}_end`);
    const from = binary("*", this.axis(s.within, scope), length);
    const beyond = call("min", binary("+", named(first), length), bound);
    const body = this.block(s.body, scopes);
    return [
      comment,
      { kind: "let", name: first, value: from },
      { kind: "let", name: end, value: beyond },
      { kind: "for", name: index, from: named(first), below: named(end), step: null, body },
    ];
  }

  /** A loop upwards, or downwards: then the index is what is left of a counter's way. */
  private inTurn(
    { axis, descending }: Extract<AddressedStatement, { kind: "loop" }>,
    index: string,
    [from, below]: readonly [WgslExpression, WgslExpression],
    body: readonly WgslStatement[],
  ): WgslStatement {
    if (descending !== true) return { kind: "for", name: index, from, below, step: null, body };
    const turn = this.identifiers.fresh(`${axis.name}_turn`);
    const last = add(binary("-", below, unsigned(1)), from);
    const value = binary("-", last, named(turn));
    return {
      kind: "for",
      name: turn,
      from,
      below,
      step: null,
      body: [{ kind: "let", name: index, value }, ...body],
    };
  }

  private index(i: Index, scope: Scope): WgslExpression {
    switch (i.kind) {
      case "number":
        return unsigned(i.value);
      case "axis":
        return this.axis(i.axis, scope);
      case "size":
        return this.module.size(i.axis);
      case "name":
        return this.find(offsetKey(i.name), scope);
      case "point":
        return named(this.point);
      case "place": {
        const last = binary("-", call("f32", this.module.size(i.within)), { kind: "f32", value: 1 });
        const value = call("round", this.expression(i.value, scope));
        return call("u32", call("clamp", value, { kind: "f32", value: 0 }, last));
      }
      case "sum":
        return add(this.index(i.left, scope), this.index(i.right, scope));
      case "product":
        return binary("*", this.index(i.left, scope), this.index(i.right, scope));
      default:
        return absurd(i);
    }
  }

  private expression(e: AddressedExpression, scope: Scope): WgslExpression {
    return this.value(e, scope).e;
  }

  private value(e: AddressedExpression, scope: Scope): Value {
    const shared = this.shared;
    const isWork = e.kind === "load" || e.kind === "apply";
    if (shared === null || !isWork || this.dependence?.expression(e) !== false) return this.compute(e, scope);
    const key = JSON.stringify(e);
    const known = shared.get(key);
    if (known !== undefined) return known;
    this.shared = null; // its parts need no names of their own
    const value = this.compute(e, scope);
    this.shared = shared;
    const settled = value.constant ? value : this.settle(value, e.kind === "load" ? e.buffer : "shared");
    shared.set(key, settled);
    return settled;
  }

  private compute(e: AddressedExpression, scope: Scope): Value {
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
        const start = this.module.element(name, this.axis(parent, scope));
        return { e: binary("-", place, start), depth: 8, constant: false };
      }
      case "load":
        return { e: this.module.element(e.buffer, this.index(e.at, scope)), depth: 8, constant: false };
      case "apply":
        return this.apply(e.op, e.args, scope);
      case "random":
        return this.random(e, scope);
      default:
        return absurd(e);
    }
  }

  private apply(op: Op, args: readonly AddressedExpression[], scope: Scope): Value {
    const values = args.map((arg) => this.value(arg, scope));
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

  private random(e: Extract<AddressedExpression, { kind: "random" }>, scope: Scope): Value {
    const args = e.args.map((arg) => this.expression(arg, scope));
    const particle = this.axis(e.particle, scope);
    const { point } = e;
    const of = (p: PointAddress): WgslExpression =>
      call("vec3u", unsigned(p.set), this.index(p.element, scope), this.index(p.coordinate, scope));
    const place = [unsigned(e.site), this.index(e.element, scope), particle, this.module.bound(e.particle)];
    if (e.primitive === "std_uniform" || e.primitive === "std_gamma")
      place.push(point === null ? named("NO_POINT") : of(point));
    return { e: call(e.primitive, ...args, ...place), depth: DEEPEST, constant: false };
  }
}

type Simple = Exclude<AddressedStatement, { kind: "loop" }>;

/** Axes and offsets share the scope with the kernel's own names, which hold no colon or blank. */
const axisKey = (axis: Axis): string => `axis: ${axis.name}`;
const offsetKey = (text: string): string => `offset: ${text}`;

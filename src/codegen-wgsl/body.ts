// The body of an entry point: a kernel's statements at one point of the grid, or at the points of a tile together.
import { absurd, Bug } from "../diagnostic.js";
import type { AddressedStatement } from "../ir/addresses.js";
import { countedAxes, isImplied, VECTOR_LENGTH, type Axis } from "../ir/axis.js";
import { Scope, type Identifiers } from "../ir/identifiers.js";
import type { Kernel } from "../ir/program.js";
import { loopParent, rowArrayName, type RowArray } from "../ir/ragged.js";
import { axisKey, Expressions, offsetKey, type Copy } from "./expressions.js";
import { walkOver } from "./jobs.js";
import type { LaunchModule } from "./module.js";
import { bitsOf, splitByTurns, storedAxis, type Loop, type Simple, type Tile } from "./tile.js";
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

/** The statements of an entry point; `rows`: the axes whose rows it loads in vectors. */
export type EntryPoint = { readonly statements: readonly WgslStatement[]; readonly rows: readonly string[] };

/** One point and one turn at a time. */
export const UNTILED: Tile = { axes: [], loops: new Set() };

/**
 * An entry point of a kernel, or the kernel's part of one, from its statements with their addresses. However many
 * workgroups the kernel has along x, their invocations share out the points of the grid (or its tiles); neighbours take
 * neighbouring points. `written`: buffers that are stored to.
 */
export function entryPoint(
  module: LaunchModule,
  addressed: readonly AddressedStatement[],
  kernel: Kernel,
  written: ReadonlySet<string>,
  workgroupSize: number,
  tile: Tile,
): EntryPoint {
  const body = new Body(module, kernel, written, tile, addressed);
  const statements = withoutUnused(body.main(workgroupSize));
  return { statements, rows: [...body.expressions.rows] };
}

class Body {
  readonly expressions: Expressions;
  private readonly identifiers: Identifiers;
  private readonly point: string;
  private readonly outer = new Scope(null);
  private readonly grid: readonly Axis[];

  constructor(
    private readonly module: LaunchModule,
    private readonly kernel: Kernel,
    written: ReadonlySet<string>,
    private readonly tile: Tile,
    private readonly statements: readonly AddressedStatement[],
  ) {
    this.grid = kernel.grid;
    this.identifiers = module.locals();
    this.point = this.identifiers.fresh("point");
    this.expressions = new Expressions(module, this.identifiers, this.point, written, tile, statements);
  }

  main(workgroupSize: number): WgslStatement[] {
    const { outer } = this;
    const indices = this.grid.map((axis) => {
      const wanted = this.isTiled(axis) ? `${axis.name}_tile` : axis.name;
      return { axis, index: this.bind(axisKey(axis), wanted, outer) };
    });
    const { copies, lets } = this.pointsOfTile(outer);
    const together = bitsOf(this.tile.axes, this.expressions.variation);
    const body = this.expressions.side(copies, together, () => this.block(this.statements));
    const inner = [...lets, ...body];
    const share = this.module.groupsOf(this.kernel);
    const group = share === null ? named("group.x") : binary("-", named("group.x"), share.first);
    const first = binary("+", binary("*", group, unsigned(workgroupSize)), named("lane"));
    if (this.grid.length === 0 && !this.module.forJobs)
      return share === null
        ? [{ kind: "return-if", test: binary(">", first, unsigned(0)) }, ...inner]
        : [{ kind: "if", test: binary("==", first, unsigned(0)), body: inner }];
    // A row's parent is loaded once the row is known, and may itself be a row.
    for (const axis of this.grid)
      if (this.expressions.used.has(axis.name))
        for (const child of this.rowsIn(axis)) this.expressions.used.add(child.name);
    const [implied, counted] = [true, false].map((which) =>
      indices.filter(
        ({ axis }) => isImplied(axis, this.grid) === which && this.expressions.used.has(axis.name),
      ),
    );
    const along = [...(counted ?? []), ...(implied ?? []).toReversed()].map(
      ({ index, axis }): WgslStatement => ({ kind: "let", name: index, value: this.along(axis, outer) }),
    );
    const step = binary("*", share?.count ?? named("groups.x"), unsigned(workgroupSize));
    const walk = walkOver(this.module, this.identifiers, this.point, this.volume(this.grid));
    const points: WgslStatement[] = [
      { ...walk.loop, kind: "for", from: first, step, body: [...walk.lets, ...along, ...inner] },
    ];
    // Earlier workgroups are beyond it, too, since these numbers have no sign.
    return share === null ? points : [{ kind: "if", test: binary("<", group, share.count), body: points }];
  }

  private isTiled(axis: Axis): boolean {
    return this.tile.axes.some((tiled) => tiled.name === axis.name);
  }

  /** The points of the tile; where an axis ends within it, its last points are the same one. */
  private pointsOfTile(outer: Scope): {
    readonly copies: readonly Copy[];
    readonly lets: readonly WgslStatement[];
  } {
    const lets: WgslStatement[] = [];
    let copies: Copy[] = [{ scope: new Scope(outer), places: new Map() }];
    for (const axis of this.tile.axes) {
      const first = binary("*", this.expressions.axis(axis, outer), unsigned(VECTOR_LENGTH));
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
    return (
      countedAxes(axes)
        .map((axis) => this.length(axis))
        .reduce<WgslExpression | null>(
          (volume, length) => (volume ? binary("*", volume, length) : length),
          null,
        ) ?? unsigned(1)
    );
  }

  /** The ragged axes of the grid that an axis is the parent of. */
  private rowsIn(axis: Axis): Axis[] {
    return this.grid.filter((each) => each.parent?.name === axis.name);
  }

  /** An element of an array that says where ragged rows lie, as a whole number. */
  private rowPlace(kind: RowArray["kind"], axis: Axis, within: Axis, at: WgslExpression): WgslExpression {
    return call("u32", this.expressions.elementAt(rowArrayName({ kind, axis, within }), at));
  }

  /** The index along one axis of the grid, whose last axis varies fastest. */
  private along(axis: Axis, scope: Scope): WgslExpression {
    const [row] = this.rowsIn(axis);
    if (row !== undefined) return this.rowPlace("parent", row, axis, this.expressions.axis(row, scope));
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

  private block(statements: readonly AddressedStatement[]): WgslStatement[] {
    return statements.flatMap((s) =>
      s.kind !== "loop" ? this.copied(s) : this.tile.loops.has(s) ? this.loopInVectors(s) : this.loop(s),
    );
  }

  /** A statement for each of the points and turns side by side among which it differs. */
  private copied(s: Simple): WgslStatement[] {
    const { variation, together } = this.expressions;
    const varies = variation.statement(s) & together;
    const row = storedAxis(s, this.tile, this.module.alone());
    if (row !== null && s.kind === "store") return this.storedInVectors(s, row, varies);
    const groups = new Map<string, Copy[]>();
    for (const copy of this.expressions.copies) {
      const key = this.expressions.placeOf(copy, varies);
      const group = groups.get(key);
      if (group === undefined) groups.set(key, [copy]);
      else group.push(copy);
    }
    return this.expressions.statement(varies, () =>
      [...groups].flatMap(([place, group]) => this.statement(s, group, place)),
    );
  }

  /** A store of vectors along an axis of the tile. Beyond its end they hold what lies between rows. */
  private storedInVectors(s: Extract<Simple, { kind: "store" }>, row: Axis, varies: number): WgslStatement[] {
    const { expressions } = this;
    const others = varies & ~expressions.variation.bit(row);
    const groups = new Map<string, (Copy | undefined)[]>();
    for (const copy of expressions.copies) {
      const key = expressions.placeOf(copy, others);
      const group = groups.get(key) ?? [];
      groups.set(key, group);
      group[copy.places.get(row.name) ?? 0] ??= copy;
    }
    return expressions.statement(varies, () =>
      [...groups.values()].flatMap((group) => {
        const copies = group.filter((copy) => copy !== undefined);
        const [first] = copies;
        if (first === undefined) throw new Bug("a vector of no copies");
        const value = call("vec4f", ...copies.map((copy) => expressions.expression(s.value, copy)));
        const target = expressions.storedVector(s.buffer, s.at, first);
        return this.guarded(first, { kind: "assign", target, value });
      }),
    );
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
        const value = this.expressions.expression(s.value, copy);
        return [{ kind: s.kind, name: define(s.name, s.name), value }];
      }
      case "assign":
        return [
          {
            kind: "assign",
            target: this.expressions.find(s.name, copy.scope),
            value: this.expressions.expression(s.value, copy),
          },
        ];
      case "offset": {
        const value = this.expressions.index(s.value, copy);
        return [{ kind: "let", name: define(offsetKey(s.name), s.name), value }];
      }
      case "store": {
        const value = this.expressions.expression(s.value, copy);
        const target = this.module.element(s.buffer, this.expressions.index(s.at, copy));
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
      if (place === 0 || !this.expressions.vectorAxes.has(axis.name)) return [];
      const tile = binary("*", this.expressions.axis(axis, this.outer), unsigned(VECTOR_LENGTH));
      return [binary("<", add(tile, unsigned(place)), this.module.size(axis))];
    });
    const [first, ...further] = tests;
    if (first === undefined) return [store];
    return [{ kind: "if", test: further.reduce((a, b) => binary("&&", a, b), first), body: [store] }];
  }

  /** The same copies in a block of their own, at one place along the loop's axis. */
  private within(s: Loop, index: string): Copy[] {
    return this.expressions.copies.map(({ scope, places }) => {
      const inner = new Scope(scope);
      inner.define(axisKey(s.axis), index);
      return { scope: inner, places };
    });
  }

  private get outermost(): Scope {
    const [copy] = this.expressions.copies;
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
        this.rowPlace(kind, s.axis, within, this.expressions.axis(within, scope)),
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
      { kind: "let", name: first, value: binary("*", this.expressions.axis(s.within, scope), length) },
      { kind: "let", name: end, value: beyond },
    ];
    return { before, from: named(first), below: named(end) };
  }

  /** All points of a tile go through a loop together. */
  private loop(s: Loop): WgslStatement[] {
    const index = this.identifiers.fresh(s.axis.name);
    const body = this.expressions.side(this.within(s, index), this.expressions.together, () =>
      this.block(s.body),
    );
    const { before, from, below } = this.bounds(s);
    if (s.descending !== true)
      return [...before, { kind: "for", name: index, from, below, step: null, body }];
    const turn = this.identifiers.fresh(`${s.axis.name}_turn`);
    const value = binary("-", add(binary("-", below, unsigned(1)), from), named(turn));
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
    const copies = this.expressions.copies.flatMap((copy) => this.copiesAlong(copy, s.axis, names));
    const together = this.expressions.together | this.expressions.variation.bit(s.axis);
    const { alike, inTurn } = splitByTurns(s.body.filter((each) => each.kind !== "loop"));
    const before = this.expressions.side(copies, together, () => this.block(alike));
    const after = PLACES.flatMap((place) => {
      const here = copies.filter(({ places }) => places.get(s.axis.name) === place);
      const body = this.expressions.side(here, together, () => this.block(inTurn));
      if (below === null || place === 0) return body;
      return [{ kind: "if" as const, test: binary("<", add(first, unsigned(place)), below), body }];
    });
    return [...lets, ...before, ...after];
  }
}

/** Places within a tile, or among turns that are done together. */
const PLACES = Array.from({ length: VECTOR_LENGTH }, (_, place) => place);

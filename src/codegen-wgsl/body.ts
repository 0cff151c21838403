// The body of a kernel's entry point: statements at one point of the grid, and what they need declared around them.
import type { WgslKernel } from "../compiled.js";
import { absurd, Bug } from "../diagnostic.js";
import type { AddressedExpression, AddressedStatement, Index, Offset } from "../ir/addresses.js";
import type { Axis } from "../ir/axis.js";
import { Scope, type Identifiers } from "../ir/identifiers.js";
import { applyRow, type Op } from "../ops.js";
import { WGSL_SPELLING } from "./spell.js";
import { type BinaryOperator, type WgslExpression, type WgslStatement } from "./wgsl.js";

/** The array that a buffer's elements lie in; `packed`: at an override offset, among other buffers. */
export type Place = { readonly array: string; readonly packed: boolean };

type Override = WgslKernel["overrides"][number];
/** An f32 expression, how deep it is nested, and whether WGSL would evaluate it while compiling. */
type Value = { readonly e: WgslExpression; readonly depth: number; readonly constant: boolean };

/** WGSL refuses expressions nested deeper than 512. */
const DEEPEST = 100;
/** Of constants, these may leave the range of float32, which WGSL refuses while compiling. */
const FOLDED: ReadonlySet<Op> = new Set(["add", "sub", "mul", "div"]);

const name = (text: string): WgslExpression => ({ kind: "name", name: text });
const unsigned = (value: number): WgslExpression => ({ kind: "u32", value });
const call = (callee: string, ...args: WgslExpression[]): WgslExpression => ({ kind: "call", callee, args });
const binary = (operator: BinaryOperator, left: WgslExpression, right: WgslExpression): WgslExpression => ({
  kind: "binary",
  operator,
  left,
  right,
});

/** A sum of indices, written from left to right. */
function sum(left: WgslExpression, right: WgslExpression): WgslExpression {
  if (right.kind === "u32" && right.value === 0) return left;
  if (right.kind === "binary" && right.operator === "+") return sum(sum(left, right.left), right.right);
  return binary("+", left, right);
}

/** The uniform's field that holds the length of an axis. */
export const boundField = (axis: Axis): string => `n_${axis.name}`;

export class KernelBody {
  /** Pipeline-overridable constants in the order of their first use. */
  readonly overrides: Override[] = [];
  /** Axes whose lengths are read from the uniform `run`. */
  readonly bounds = new Map<string, Axis>();

  private readonly sizes = new Map<string, string>();
  private readonly offsets = new Map<string, string>();
  /** Grid axes whose index is used, and the identifiers of all. */
  private readonly used = new Set<string>();
  private readonly point: string;
  /** Statements that the one being written needs before it. */
  private pending: WgslStatement[] = [];

  constructor(
    private readonly kernel: string,
    private readonly identifiers: Identifiers,
    private readonly places: ReadonlyMap<string, Place>,
  ) {
    this.point = identifiers.fresh("point");
  }

  /**
   * The statements of the entry point. However many workgroups are launched along x, their invocations share out the
   * points of the grid; neighbours take neighbouring points.
   */
  main(
    grid: readonly Axis[],
    offsets: readonly Offset[],
    statements: readonly AddressedStatement[],
    workgroupSize: number,
  ): WgslStatement[] {
    const scope = new Scope(null);
    const indices = grid.map((axis) => ({ axis, index: this.bind(axisKey(axis), axis.name, scope) }));
    const inner = [...this.block(offsets, scope), ...this.block(statements, scope)];
    const first = binary("+", binary("*", name("group.x"), unsigned(workgroupSize)), name("lane"));
    if (grid.length === 0) return [{ kind: "return-if", test: binary(">", first, unsigned(0)) }, ...inner];
    const lets = indices
      .filter(({ axis }) => this.used.has(axis.name))
      .map(({ index, axis }): WgslStatement => ({ kind: "let", name: index, value: this.along(axis, grid) }));
    return [
      {
        kind: "for",
        name: this.point,
        from: first,
        below: this.volume(grid),
        step: binary("*", name("groups.x"), unsigned(workgroupSize)),
        body: [...lets, ...inner],
      },
    ];
  }

  private volume(axes: readonly Axis[]): WgslExpression {
    const [first, ...rest] = axes.map((axis) => this.size(axis));
    return first === undefined
      ? unsigned(1)
      : rest.reduce((volume, size) => binary("*", volume, size), first);
  }

  /** The index along one axis of the grid, whose last axis varies fastest. */
  private along(axis: Axis, grid: readonly Axis[]): WgslExpression {
    const place = grid.indexOf(axis);
    const inner = grid.slice(place + 1);
    const outermost =
      inner.length === 0 ? name(this.point) : binary("/", name(this.point), this.volume(inner));
    return place === 0 ? outermost : binary("%", outermost, this.size(axis));
  }

  private bind(key: string, wanted: string, scope: Scope): string {
    const identifier = this.identifiers.fresh(wanted);
    scope.define(key, identifier);
    return identifier;
  }

  private find(key: string, scope: Scope): WgslExpression {
    const identifier = scope.find(key);
    if (identifier === undefined) throw new Bug(`kernel '${this.kernel}' uses '${key}' before it is defined`);
    return name(identifier);
  }

  private axis(axis: Axis, scope: Scope): WgslExpression {
    this.used.add(axis.name);
    return this.find(axisKey(axis), scope);
  }

  /** An axis's length in index arithmetic: a pipeline constant, so that dividing and multiplying by it is cheap. */
  private size(axis: Axis): WgslExpression {
    let identifier = this.sizes.get(axis.name);
    if (identifier === undefined) {
      identifier = this.identifiers.fresh(boundField(axis));
      this.sizes.set(axis.name, identifier);
      this.overrides.push({ name: identifier, kind: "size", axis: axis.name });
    }
    return name(identifier);
  }

  /** An axis's length as a loop's bound or a number: from the uniform, so that loops stay rolled and nothing is folded. */
  private bound(axis: Axis): WgslExpression {
    this.bounds.set(axis.name, axis);
    return name(`run.${boundField(axis)}`);
  }

  private block(statements: readonly AddressedStatement[], scope: Scope): WgslStatement[] {
    return statements.flatMap((s) => {
      const outer = this.pending;
      this.pending = [];
      const written = this.statement(s, scope);
      const all = [...this.pending, ...written];
      this.pending = outer;
      return all;
    });
  }

  private statement(s: AddressedStatement, scope: Scope): WgslStatement[] {
    switch (s.kind) {
      case "let":
      case "var": {
        const value = this.expression(s.value, scope);
        return [{ kind: s.kind, name: this.bind(s.name, s.name, scope), value }];
      }
      case "assign": {
        const value = this.expression(s.value, scope);
        return [{ kind: "assign", target: this.find(s.name, scope), value }];
      }
      case "offset": {
        const value = this.index(s.value, scope);
        return [{ kind: "let", name: this.bind(offsetKey(s.name), s.name, scope), value }];
      }
      case "store": {
        const value = this.expression(s.value, scope);
        return [{ kind: "assign", target: this.element(s.buffer, s.at, scope), value }];
      }
      case "loop":
        return this.loop(s, scope);
      default:
        return absurd(s);
    }
  }

  private loop(s: Extract<AddressedStatement, { kind: "loop" }>, outer: Scope): WgslStatement[] {
    const scope = new Scope(outer);
    const index = this.bind(axisKey(s.axis), s.axis.name, scope);
    const comment: WgslStatement = { kind: "comment", text: `${s.axis.name}: ${s.comment}` };
    const bound = this.bound(s.axis);
    if (s.within === null) {
      const body = this.block(s.body, scope);
      return [comment, { kind: "for", name: index, from: unsigned(0), below: bound, step: null, body }];
    }
    if (s.within.blocks?.of !== s.axis.name)
      throw new Bug(`'${s.within.name}' has no blocks of '${s.axis.name}'`);
    const length = unsigned(s.within.blocks.length);
    const first = this.identifiers.fresh(`${s.axis.name}_first`);
    const end = this.identifiers.fresh(`${s.axis.name}_end`);
    const from = binary("*", this.axis(s.within, outer), length);
    const beyond = call("min", binary("+", name(first), length), bound);
    const body = this.block(s.body, scope);
    return [
      comment,
      { kind: "let", name: first, value: from },
      { kind: "let", name: end, value: beyond },
      { kind: "for", name: index, from: name(first), below: name(end), step: null, body },
    ];
  }

  private element(buffer: string, at: Index, scope: Scope): WgslExpression {
    const place = this.places.get(buffer);
    if (place === undefined)
      throw new Bug(`kernel '${this.kernel}' does not declare that it uses '${buffer}'`);
    const index = this.index(at, scope);
    if (!place.packed) return { kind: "element", array: place.array, index };
    const offset = this.offset(buffer);
    return { kind: "element", array: place.array, index: sum(offset, index) };
  }

  /** Where a buffer starts in the array that it shares with others: a pipeline constant named after the buffer. */
  private offset(buffer: string): WgslExpression {
    let identifier = this.offsets.get(buffer);
    if (identifier === undefined) {
      identifier = this.identifiers.fresh(buffer);
      this.offsets.set(buffer, identifier);
      this.overrides.push({ name: identifier, kind: "offset", buffer });
    }
    return name(identifier);
  }

  private index(i: Index, scope: Scope): WgslExpression {
    switch (i.kind) {
      case "number":
        return unsigned(i.value);
      case "axis":
        return this.axis(i.axis, scope);
      case "size":
        return this.size(i.axis);
      case "name":
        return this.find(offsetKey(i.name), scope);
      case "invocation":
        return name(this.point);
      case "sum":
        return sum(this.index(i.left, scope), this.index(i.right, scope));
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
    switch (e.kind) {
      case "literal":
        return { e: { kind: "f32", value: e.value }, depth: 1, constant: true };
      case "local":
        return { e: this.find(e.name, scope), depth: 1, constant: false };
      case "size":
        return { e: call("f32", this.bound(e.axis)), depth: 2, constant: false };
      case "index":
        return { e: call("f32", this.axis(e.axis, scope)), depth: 2, constant: false };
      case "load":
        return { e: this.element(e.buffer, e.at, scope), depth: 8, constant: false };
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
    if (constant && FOLDED.has(op))
      return this.call(
        op,
        values.map((v) => this.settle(v, "constant")),
      );
    return { ...this.call(op, values), constant };
  }

  private call(op: Op, values: readonly Value[]): Value {
    const flat = values.map((v) => (v.depth > DEEPEST ? this.settle(v, "part") : v));
    // A spelling may wrap its arguments in a comparison and a conversion.
    const depth = 3 + Math.max(...flat.map((v) => v.depth));
    return {
      e: applyRow(
        WGSL_SPELLING,
        op,
        flat.map((v) => v.e),
      ),
      depth,
      constant: false,
    };
  }

  /** Gives a value a name in a statement of its own, ahead of the one being written. */
  private settle(v: Value, wanted: string): Value {
    const identifier = this.identifiers.fresh(wanted);
    this.pending.push({ kind: "let", name: identifier, value: v.e });
    return { e: name(identifier), depth: 1, constant: false };
  }

  private random(e: Extract<AddressedExpression, { kind: "random" }>, scope: Scope): Value {
    const args = e.args.map((arg) => this.expression(arg, scope));
    const place = [
      unsigned(e.site),
      this.index(e.element, scope),
      this.axis(e.particle, scope),
      this.bound(e.particle),
    ];
    return { e: call(e.primitive, ...args, ...place), depth: DEEPEST, constant: false };
  }
}

/** Axes and offsets share the scope with the kernel's own names, which hold no colon or blank. */
const axisKey = (axis: Axis): string => `axis: ${axis.name}`;
const offsetKey = (text: string): string => `offset: ${text}`;

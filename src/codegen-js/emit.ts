// Kernels as JavaScript: nested loops over typed arrays in float64, the reference and the device where there is no GPU.
import { absurd, Bug } from "../diagnostic.js";
import {
  lowerAddresses,
  type AddressedExpression,
  type AddressedStatement,
  type Index,
  type PointAddress,
} from "../ir/addresses.js";
import type { Axis } from "../ir/axis.js";
import { Identifiers, Scope } from "../ir/identifiers.js";
import type { Kernel, Program } from "../ir/program.js";
import { loopParent, rowArrayName } from "../ir/ragged.js";
import { applyRow } from "../ops.js";
import { printStatements, type JsExpression, type JsStatement } from "./javascript.js";
import { JS_OPS } from "./spell.js";

/**
 * Parameters of every kernel's function, in order: its buffers by name (Float64Array), lengths of axes by name (block
 * axes too), the settings of the run (RandomRun), the operations (MEANING) and the random numbers (RANDOM).
 */
export const KERNEL_PARAMETERS = ["buffers", "sizes", "run", "math", "random"] as const;

const RESERVED: ReadonlySet<string> = new Set([
  ...KERNEL_PARAMETERS,
  ..."arguments await break case catch class const continue debugger default delete do else enum eval export extends false finally for function if implements import in instanceof interface let new null package private protected public return static super switch this throw true try typeof var void while with yield".split(
    " ",
  ),
  ..."undefined NaN Infinity Math Number Object globalThis".split(" "),
]);

/** The bodies of the functions of a program's kernels, by the kernels' names. */
export function emitJs(program: Program): Record<string, string> {
  return Object.fromEntries(program.kernels.map((kernel) => [kernel.name, emitKernel(kernel, program)]));
}

function emitKernel(kernel: Kernel, program: Program): string {
  return new KernelEmitter(kernel, program).text();
}

const name = (text: string): JsExpression => ({ kind: "name", name: text });
const literal = (value: number): JsExpression => ({ kind: "literal", value });
const binary = (operator: "+" | "*", left: JsExpression, right: JsExpression): JsExpression => ({
  kind: "binary",
  operator,
  left,
  right,
});

const called = (callee: string, ...args: JsExpression[]): JsExpression => ({ kind: "call", callee, args });

class KernelEmitter {
  private readonly identifiers = new Identifiers(RESERVED);
  private readonly buffers = new Map<string, string>();
  private readonly sizes = new Map<string, string>();

  constructor(
    private readonly kernel: Kernel,
    private readonly program: Program,
  ) {}

  text(): string {
    const { levels, body } = lowerAddresses(this.kernel, this.program.buffers, "loops");
    for (const buffer of [...this.kernel.reads, ...this.kernel.writes]) this.bufferName(buffer);
    const walk = (depth: number, outer: Scope): JsStatement[] => {
      const level = levels[depth];
      if (level === undefined) return this.block(body, outer);
      const [axis] = level.axes;
      if (axis === undefined) throw new Bug(`kernel '${this.kernel.name}' has a level without an axis`);
      const scope = new Scope(outer);
      const index = this.bind(axisKey(axis), axis.name, scope);
      const inner = [...this.block(level.offsets, scope), ...walk(depth + 1, scope)];
      const [from, below] =
        axis.parent === null ? [literal(0), this.size(axis)] : this.rows(axis, axis.parent, outer);
      return [{ kind: "for", name: index, from, below, body: inner }];
    };
    const loops = walk(0, new Scope(null));
    return [...printStatements([...this.declarations(), ...loops]), ""].join("\n");
  }

  /** The comment, buffers and lengths, in the order of their first use. */
  private declarations(): JsStatement[] {
    const declare = (from: string, names: ReadonlyMap<string, string>): JsStatement[] =>
      [...names].map(([key, identifier]) => ({
        kind: "const",
        name: identifier,
        value: name(`${from}[${JSON.stringify(key)}]`),
      }));
    return [
      { kind: "comment", text: `${this.kernel.name}: ${this.kernel.comment}` },
      ...declare("buffers", this.buffers),
      ...declare("sizes", this.sizes),
    ];
  }

  private bind(key: string, wanted: string, scope: Scope): string {
    const identifier = this.identifiers.fresh(wanted);
    scope.define(key, identifier);
    return identifier;
  }

  private find(key: string, scope: Scope): JsExpression {
    const identifier = scope.find(key);
    if (identifier === undefined)
      throw new Bug(`kernel '${this.kernel.name}' uses '${key}' before it is defined`);
    return name(identifier);
  }

  private bufferName(buffer: string): string {
    let identifier = this.buffers.get(buffer);
    if (identifier === undefined) this.buffers.set(buffer, (identifier = this.identifiers.fresh(buffer)));
    return identifier;
  }

  private size(axis: Axis): JsExpression {
    let identifier = this.sizes.get(axis.name);
    if (identifier === undefined)
      this.sizes.set(axis.name, (identifier = this.identifiers.fresh(`n_${axis.name}`)));
    return name(identifier);
  }

  private block(statements: readonly AddressedStatement[], scope: Scope): JsStatement[] {
    return statements.flatMap((s) => this.statement(s, scope));
  }

  private statement(s: AddressedStatement, scope: Scope): JsStatement[] {
    switch (s.kind) {
      case "let":
      case "var": {
        const value = this.expression(s.value, scope);
        return [{ kind: s.kind === "let" ? "const" : "let", name: this.bind(s.name, s.name, scope), value }];
      }
      case "assign":
        return [{ kind: "assign", target: this.find(s.name, scope), value: this.expression(s.value, scope) }];
      case "offset": {
        const value = this.index(s.value, scope);
        return [{ kind: "const", name: this.bind(offsetKey(s.name), s.name, scope), value }];
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

  private loop(s: Extract<AddressedStatement, { kind: "loop" }>, outer: Scope): JsStatement[] {
    const scope = new Scope(outer);
    const index = this.bind(axisKey(s.axis), s.axis.name, scope);
    const body = this.block(s.body, scope);
    const comment: JsStatement = { kind: "comment", text: `${s.axis.name}: ${s.comment}` };
    if (s.axis.parent !== null) {
      const [from, below] = this.rows(s.axis, loopParent(s.axis, s.within), outer);
      return [comment, this.inTurn(s, index, [from, below], body)];
    }
    if (s.within === null) return [comment, this.inTurn(s, index, [literal(0), this.size(s.axis)], body)];
    if (s.within.blocks?.of !== s.axis.name)
      throw new Bug(`'${s.within.name}' has no blocks of '${s.axis.name}'`);
    const length = literal(s.within.blocks.length);
    const first = this.identifiers.fresh(`${s.axis.name}_first`);
    const end = this.identifiers.fresh(`${s.axis.name}_end`);
    const from = binary("*", this.find(axisKey(s.within), outer), length);
    const beyond: JsExpression = {
      kind: "call",
      callee: "Math.min",
      args: [this.size(s.axis), binary("+", name(first), length)],
    };
    return [
      comment,
      { kind: "const", name: first, value: from },
      { kind: "const", name: end, value: beyond },
      { kind: "for", name: index, from: name(first), below: name(end), body },
    ];
  }

  /** A loop upwards, or downwards: then the index is what is left of a counter's way. */
  private inTurn(
    { axis, descending }: Extract<AddressedStatement, { kind: "loop" }>,
    index: string,
    [from, below]: readonly [JsExpression, JsExpression],
    body: readonly JsStatement[],
  ): JsStatement {
    if (descending !== true) return { kind: "for", name: index, from, below, body };
    const turn = this.identifiers.fresh(`${axis.name}_turn`);
    const last = binary("+", below, literal(-1));
    const both = from.kind === "literal" && from.value === 0 ? last : binary("+", last, from);
    const value = binary("+", both, { kind: "negate", arg: name(turn) });
    return { kind: "for", name: turn, from, below, body: [{ kind: "const", name: index, value }, ...body] };
  }

  /** The first row of a ragged axis that belongs to the present place along `within`, and the first that does not. */
  private rows(axis: Axis, within: Axis, scope: Scope): [JsExpression, JsExpression] {
    const bound = (kind: "start" | "end"): JsExpression => ({
      kind: "element",
      array: this.bufferName(rowArrayName({ kind, axis, within })),
      index: this.find(axisKey(within), scope),
    });
    return [bound("start"), bound("end")];
  }

  private element(buffer: string, at: Index, scope: Scope): JsExpression {
    return { kind: "element", array: this.bufferName(buffer), index: this.index(at, scope) };
  }

  private index(i: Index, scope: Scope): JsExpression {
    switch (i.kind) {
      case "number":
        return literal(i.value);
      case "axis":
        return this.find(axisKey(i.axis), scope);
      case "size":
        return this.size(i.axis);
      case "stride":
        throw new Bug("rows of nested loops lie one after the other");
      case "name":
        return this.find(offsetKey(i.name), scope);
      case "point":
        throw new Bug("nested loops have no index of the point");
      case "first":
        return name("run.first");
      case "place": {
        const rounded = called("Math.round", this.expression(i.value, scope));
        const last = binary("+", this.size(i.within), literal(-1));
        return called("Math.max", literal(0), called("Math.min", rounded, last));
      }
      case "sum":
        return binary("+", this.index(i.left, scope), this.index(i.right, scope));
      case "product":
        return binary("*", this.index(i.left, scope), this.index(i.right, scope));
      default:
        return absurd(i);
    }
  }

  private expression(e: AddressedExpression, scope: Scope): JsExpression {
    switch (e.kind) {
      case "literal":
        return literal(e.value);
      case "local":
        return this.find(e.name, scope);
      case "size":
        return this.size(e.axis);
      case "index": {
        const place = this.find(axisKey(e.axis), scope);
        if (e.axis.parent === null) return place;
        const [start] = this.rows(e.axis, e.axis.parent, scope);
        return { kind: "binary", operator: "-", left: place, right: start };
      }
      case "load":
        return this.element(e.buffer, e.at, scope);
      case "apply":
        return applyRow(
          JS_OPS,
          e.op,
          e.args.map((a) => this.expression(a, scope)),
        );
      case "random":
        return this.random(e, scope);
      default:
        return absurd(e);
    }
  }

  private pointOf(point: PointAddress | null, scope: Scope): readonly JsExpression[] {
    if (point === null) return [];
    return [literal(point.set), this.index(point.element, scope), this.index(point.coordinate, scope)];
  }

  private random(e: Extract<AddressedExpression, { kind: "random" }>, scope: Scope): JsExpression {
    const place = [
      literal(e.site),
      this.index(e.element, scope),
      this.find(axisKey(e.particle), scope),
      this.size(e.particle),
      name("run"),
      ...this.pointOf(e.point, scope),
    ];
    const args = e.args.map((a) => this.expression(a, scope));
    return { kind: "call", callee: `random.${e.primitive}`, args: [...args, ...place] };
  }
}

/** Axes and offsets share the scope with the kernel's own names, which hold no colon or blank. */
const axisKey = (axis: Axis): string => `axis: ${axis.name}`;
const offsetKey = (text: string): string => `offset: ${text}`;

// Addresses: where the loads, stores and random numbers of a kernel lie in row-major memory, index arithmetic hoisted.
import { absurd, Bug } from "../diagnostic.js";
import type { Op } from "../ops.js";
import type { Axis } from "./axis.js";
import type { Buffer, Kernel, KernelExpression, Statement, Subscript } from "./program.js";

/** Unsigned integer arithmetic of indices. `invocation` is the row-major index over the whole grid. */
export type Index =
  | { readonly kind: "number"; readonly value: number }
  | { readonly kind: "axis"; readonly axis: Axis }
  | { readonly kind: "size"; readonly axis: Axis }
  | { readonly kind: "name"; readonly name: string }
  | { readonly kind: "invocation" }
  | { readonly kind: "sum" | "product"; readonly left: Index; readonly right: Index };

/** A kernel's expression whose loads and random numbers say where, as an index. */
export type AddressedExpression =
  | { readonly kind: "literal"; readonly value: number }
  | { readonly kind: "local"; readonly name: string }
  | { readonly kind: "load"; readonly buffer: string; readonly at: Index }
  | { readonly kind: "apply"; readonly op: Op; readonly args: readonly AddressedExpression[] }
  | { readonly kind: "size" | "index"; readonly axis: Axis }
  | {
      readonly kind: "random";
      readonly primitive: "std_uniform" | "std_gamma";
      readonly site: number;
      readonly element: Index;
      readonly particle: Axis;
      readonly args: readonly AddressedExpression[];
    };

/** A kernel's statement; `offset` names an index once, in the outermost block where it is known. */
export type AddressedStatement =
  | { readonly kind: "let" | "var" | "assign"; readonly name: string; readonly value: AddressedExpression }
  | { readonly kind: "offset"; readonly name: string; readonly value: Index }
  | {
      readonly kind: "loop";
      readonly axis: Axis;
      readonly within: Axis | null;
      readonly body: readonly AddressedStatement[];
      readonly comment: string;
    }
  | {
      readonly kind: "store";
      readonly buffer: string;
      readonly at: Index;
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

/** How the grid is walked: every point an invocation of its own, or by nested loops. */
export type Walk = "invocations" | "loops";

/** Finds every address of a kernel. Throws a Bug if a subscript's axis is not bound there or a buffer is unknown. */
export function lowerAddresses(kernel: Kernel, buffers: readonly Buffer[], walk: Walk): AddressedKernel {
  const lowering = new Lowering(kernel, new Map(buffers.map((b) => [b.name, b])), walk);
  return lowering.kernel();
}

/** An offset that several accesses may share; it gets a name if that saves arithmetic. */
type Shared = { readonly value: Tree; uses: number; name: string | null };
/** An index before it is settled which offsets have names. */
type Tree =
  | Exclude<Index, { kind: "sum" | "product" }>
  | { readonly kind: "shared"; readonly shared: Shared }
  | { readonly kind: "sum" | "product"; readonly left: Tree; readonly right: Tree };
/** A block of statements: the axes bound at its start, and the offsets that are known from there on. */
type Block = {
  readonly outer: Block | null;
  readonly axes: readonly Axis[];
  readonly known: Map<string, Shared>;
};

const number = (value: number): Tree => ({ kind: "number", value });
const isNumber = (t: Tree, value: number): boolean => t.kind === "number" && t.value === value;

function sum(left: Tree, right: Tree): Tree {
  if (isNumber(left, 0)) return right;
  if (isNumber(right, 0)) return left;
  return { kind: "sum", left, right };
}

function product(left: Tree, right: Tree): Tree {
  if (isNumber(left, 0) || isNumber(right, 0)) return number(0);
  if (isNumber(left, 1)) return right;
  if (isNumber(right, 1)) return left;
  return { kind: "product", left, right };
}

/** The same tree has the same key. */
function keyOf(t: Tree): string {
  switch (t.kind) {
    case "number":
      return String(t.value);
    case "axis":
    case "size":
      return `${t.kind}(${t.axis.name})`;
    case "name":
      return t.name;
    case "invocation":
      return "invocation";
    case "shared":
      return keyOf(t.shared.value);
    case "sum":
    case "product":
      return `${t.kind}(${keyOf(t.left)}, ${keyOf(t.right)})`;
    default:
      return absurd(t);
  }
}

/** Names of the axes whose indices an index depends on, in the order of their appearance. */
function axesOf(t: Tree): string[] {
  switch (t.kind) {
    case "number":
    case "size":
    case "name":
      return [];
    case "axis":
      return [t.axis.name];
    case "invocation":
      return ["point"];
    case "shared":
      return axesOf(t.shared.value);
    case "sum":
    case "product":
      return [...new Set([...axesOf(t.left), ...axesOf(t.right)])];
    default:
      return absurd(t);
  }
}

function binds(block: Block | null, axis: Axis): boolean {
  for (let b = block; b !== null; b = b.outer) if (b.axes.some((a) => a.name === axis.name)) return true;
  return false;
}

/** The outermost block from `block` outwards in which all of these are bound. */
function homeOf(axes: readonly string[], block: Block): Block {
  const bindsOne = block.axes.some((axis) => axes.includes(axis.name)) || axes.includes("point");
  return bindsOne || block.outer === null ? block : homeOf(axes, block.outer);
}

/** Row-major offset, counting only the subscripts that `index` gives a value. */
function horner(
  axes: readonly Axis[],
  subscripts: readonly Subscript[],
  index: (s: Subscript) => Tree | null,
): Tree {
  return axes.reduce<Tree>((offset, axis, j) => {
    const subscript = subscripts[j];
    const here = subscript === undefined ? null : index(subscript);
    return sum(product(offset, { kind: "size", axis }), here ?? number(0));
  }, number(0));
}

// Statements before it is settled which offsets have names: addresses are trees still.
type DraftExpression =
  | Exclude<AddressedExpression, { kind: "load" | "apply" | "random" }>
  | { readonly kind: "load"; readonly buffer: string; readonly at: Tree }
  | { readonly kind: "apply"; readonly op: Op; readonly args: readonly DraftExpression[] }
  | (Omit<Extract<AddressedExpression, { kind: "random" }>, "element" | "args"> & {
      readonly element: Tree;
      readonly args: readonly DraftExpression[];
    });
type Draft =
  | { readonly kind: "let" | "var" | "assign"; readonly name: string; readonly value: DraftExpression }
  | { readonly kind: "store"; readonly buffer: string; readonly at: Tree; readonly value: DraftExpression }
  | {
      readonly kind: "loop";
      readonly axis: Axis;
      readonly within: Axis | null;
      readonly body: readonly Draft[];
      readonly comment: string;
      /** Names the offsets known at the start of its body. */
      readonly offsets: () => readonly Offset[];
    };

function finish(t: Tree): Index {
  switch (t.kind) {
    case "shared":
      return t.shared.name === null ? finish(t.shared.value) : { kind: "name", name: t.shared.name };
    case "sum":
    case "product":
      return { kind: t.kind, left: finish(t.left), right: finish(t.right) };
    case "number":
    case "axis":
    case "size":
    case "name":
    case "invocation":
      return t;
    default:
      return absurd(t);
  }
}

function finishExpression(e: DraftExpression): AddressedExpression {
  switch (e.kind) {
    case "literal":
    case "local":
    case "size":
    case "index":
      return e;
    case "load":
      return { ...e, at: finish(e.at) };
    case "apply":
      return { ...e, args: e.args.map(finishExpression) };
    case "random":
      return { ...e, element: finish(e.element), args: e.args.map(finishExpression) };
    default:
      return absurd(e);
  }
}

function finishStatement(s: Draft): AddressedStatement {
  switch (s.kind) {
    case "let":
    case "var":
    case "assign":
      return { ...s, value: finishExpression(s.value) };
    case "store":
      return { ...s, at: finish(s.at), value: finishExpression(s.value) };
    case "loop": {
      const { kind, axis, within, comment } = s;
      const offsets = s.offsets();
      return { kind, axis, within, comment, body: [...offsets, ...s.body.map(finishStatement)] };
    }
    default:
      return absurd(s);
  }
}

class Lowering {
  private readonly names = new Set<string>();
  constructor(
    private readonly source: Kernel,
    private readonly buffers: ReadonlyMap<string, Buffer>,
    private readonly walk: Walk,
  ) {}

  kernel(): AddressedKernel {
    const groups = this.walk === "invocations" ? [this.source.grid] : this.source.grid.map((axis) => [axis]);
    const blocks: Block[] = [];
    let inner: Block = { outer: null, axes: [], known: new Map() };
    for (const axes of groups) {
      inner = this.enter(inner, axes);
      blocks.push(inner);
    }
    const body = this.statements(this.source.body, inner);
    const levels = blocks.map((block) => ({ axes: block.axes, offsets: this.named(block) }));
    return { levels, body: body.map(finishStatement) };
  }

  private enter(outer: Block, axes: readonly Axis[]): Block {
    for (const axis of axes)
      if (binds(outer, axis)) throw new Bug(`kernel '${this.source.name}' binds axis '${axis.name}' twice`);
    return { outer, axes, known: new Map() };
  }

  private statements(statements: readonly Statement[], block: Block): Draft[] {
    return statements.map((s) => this.statement(s, block));
  }

  private statement(s: Statement, block: Block): Draft {
    switch (s.kind) {
      case "let":
      case "var":
      case "assign":
        return { kind: s.kind, name: s.name, value: this.expression(s.value, block) };
      case "store":
        return {
          kind: "store",
          buffer: s.buffer,
          at: this.addressIn(s.buffer, s.subscripts, block),
          value: this.expression(s.value, block),
        };
      case "loop": {
        if (s.within !== null && !binds(block, s.within))
          throw new Bug(`kernel '${this.source.name}': block axis '${s.within.name}' is not bound`);
        const inner = this.enter(block, [s.axis]);
        const body = this.statements(s.body, inner);
        return {
          kind: "loop",
          axis: s.axis,
          within: s.within,
          comment: s.comment,
          body,
          offsets: () => this.named(inner),
        };
      }
      default:
        return absurd(s);
    }
  }

  private expression(e: KernelExpression, block: Block): DraftExpression {
    switch (e.kind) {
      case "literal":
      case "local":
      case "size":
        return e;
      case "index":
        if (!binds(block, e.axis))
          throw new Bug(`kernel '${this.source.name}': axis '${e.axis.name}' is not bound where it is used`);
        return e;
      case "load":
        return { kind: "load", buffer: e.buffer, at: this.addressIn(e.buffer, e.subscripts, block) };
      case "apply":
        return { kind: "apply", op: e.op, args: e.args.map((a) => this.expression(a, block)) };
      case "random": {
        const element = this.address(
          e.element,
          e.element.map((axis) => ({ kind: "axis", axis })),
          block,
        );
        const { primitive, site, particle } = e;
        if (!binds(block, particle)) throw new Bug(`particle axis '${particle.name}' is not bound`);
        return {
          kind: "random",
          primitive,
          site,
          element,
          particle,
          args: e.args.map((a) => this.expression(a, block)),
        };
      }
      default:
        return absurd(e);
    }
  }

  private addressIn(buffer: string, subscripts: readonly Subscript[], block: Block): Tree {
    const axes = this.buffers.get(buffer)?.axes;
    if (axes === undefined) throw new Bug(`kernel '${this.source.name}' uses unknown buffer '${buffer}'`);
    if (axes.length !== subscripts.length)
      throw new Bug(
        `kernel '${this.source.name}': '${buffer}' has ${axes.length} axes, not ${subscripts.length}`,
      );
    return this.address(axes, subscripts, block);
  }

  /** Row-major offset of the point `subscripts` of an array over `axes`. */
  private address(axes: readonly Axis[], subscripts: readonly Subscript[], block: Block): Tree {
    for (const s of subscripts)
      if (s.kind === "axis" && !binds(block, s.axis))
        throw new Bug(`kernel '${this.source.name}': axis '${s.axis.name}' is not bound where it is used`);
    const fixed = horner(axes, subscripts, (s) => (s.kind === "at" ? number(s.index) : null));
    return sum(this.share(this.known(axes, subscripts, block), block), fixed);
  }

  /** The part of the offset that the axes bound in `block` and outside it give. */
  private known(axes: readonly Axis[], subscripts: readonly Subscript[], block: Block): Tree {
    const outer = block.outer === null ? number(0) : this.known(axes, subscripts, block.outer);
    const own =
      this.wholeGrid(axes, subscripts, block) ??
      horner(axes, subscripts, (s) =>
        s.kind === "axis" && block.axes.some((a) => a.name === s.axis.name)
          ? { kind: "axis", axis: s.axis }
          : null,
      );
    return isNumber(own, 0) ? outer : sum(this.share(outer, block), own);
  }

  /** Offsets of arrays whose first axes are the whole grid start from the invocation's index, which is at hand. */
  private wholeGrid(axes: readonly Axis[], subscripts: readonly Subscript[], block: Block): Tree | null {
    const { grid } = this.source;
    if (this.walk !== "invocations" || grid.length === 0 || block.axes !== grid || axes.length < grid.length)
      return null;
    const starts = grid.every((axis, j) => {
      const s = subscripts[j];
      return s?.kind === "axis" && s.axis.name === axis.name && axes[j]?.name === axis.name;
    });
    if (!starts) return null;
    return axes
      .slice(grid.length)
      .reduce<Tree>((offset, axis) => product(offset, { kind: "size", axis }), { kind: "invocation" });
  }

  /** The offset of this value that all its uses share, at home in the outermost block where it is known. */
  private share(value: Tree, block: Block): Tree {
    if (value.kind !== "sum" && value.kind !== "product") return value;
    const home = homeOf(axesOf(value), block);
    const key = keyOf(value);
    let shared = home.known.get(key);
    if (shared === undefined) {
      shared = { value, uses: 0, name: null };
      home.known.set(key, shared);
    }
    shared.uses += home === block ? 1 : 2;
    return { kind: "shared", shared };
  }

  /** Names the offsets of a block that are used more than once or in inner blocks. */
  private named(block: Block): Offset[] {
    const offsets: Offset[] = [];
    for (const shared of block.known.values()) {
      if (shared.uses < 2) continue;
      shared.name = this.fresh(["at", ...axesOf(shared.value)].join("_"));
      offsets.push({ kind: "offset", name: shared.name, value: finish(shared.value) });
    }
    return offsets;
  }

  private fresh(wanted: string): string {
    let name = wanted;
    for (let n = 2; this.names.has(name); n++) name = `${wanted}_${n}`;
    this.names.add(name);
    return name;
  }
}

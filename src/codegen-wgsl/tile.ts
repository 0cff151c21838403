// Tiles: several points along one axis of the grid computed together, so that what they share is loaded once.
import { absurd } from "../diagnostic.js";
import type { AddressedExpression, AddressedStatement, Index } from "../ir/addresses.js";
import { isImplied, type Axis } from "../ir/axis.js";

export type Tile = { readonly axis: Axis; readonly length: number };

/** Points of a tile. More save little, and drivers take long over long code. */
const LENGTH = 4;
/** Drivers' compile time grows with the square of the number of loads; operations are functions, inlined. */
const MOST_LOADS = 32;
const MOST_OPERATIONS = 200;

/** Which statements and expressions differ between points that lie apart along one axis only. */
export class Dependence {
  private readonly names = new Set<string>();

  constructor(
    statements: readonly AddressedStatement[],
    private readonly axis: Axis,
  ) {
    // A variable depends on what is assigned to it later: again until nothing is new.
    for (let before = -1; before < this.names.size;) {
      before = this.names.size;
      statements.forEach((s) => this.note(s));
    }
  }

  private note(s: AddressedStatement): void {
    if (s.kind === "loop") s.body.forEach((each) => this.note(each));
    else if (s.kind !== "store" && this.statement(s)) this.names.add(keyOf(s));
  }

  /** Whether a statement other than a loop must be executed for each point. */
  statement(s: Exclude<AddressedStatement, { kind: "loop" }>): boolean {
    switch (s.kind) {
      case "let":
      case "var":
      case "assign":
        return this.names.has(keyOf(s)) || this.expression(s.value);
      case "offset":
        return this.index(s.value);
      case "store":
        return this.index(s.at) || this.expression(s.value);
      default:
        return absurd(s);
    }
  }

  expression(e: AddressedExpression): boolean {
    switch (e.kind) {
      case "literal":
      case "size":
        return false;
      case "local":
        return this.names.has(`local ${e.name}`);
      case "index":
        return e.axis.name === this.axis.name;
      case "load":
        return this.index(e.at);
      case "apply":
        return e.args.some((a) => this.expression(a));
      case "random":
        return (
          e.particle.name === this.axis.name ||
          this.index(e.element) ||
          (e.point !== null && (this.index(e.point.element) || this.index(e.point.coordinate))) ||
          e.args.some((a) => this.expression(a))
        );
      default:
        return absurd(e);
    }
  }

  private index(i: Index): boolean {
    switch (i.kind) {
      case "number":
      case "size":
        return false;
      case "axis":
        return i.axis.name === this.axis.name;
      case "name":
        return this.names.has(`offset ${i.name}`);
      case "point":
        return true;
      case "place":
        return this.expression(i.value);
      case "sum":
      case "product":
        return this.index(i.left) || this.index(i.right);
      default:
        return absurd(i);
    }
  }
}

const keyOf = (s: { readonly kind: string; readonly name: string }): string =>
  `${s.kind === "offset" ? "offset" : "local"} ${s.name}`;

/**
 * The axis to tile a kernel along, or null. It pays where the innermost loops load more that the points of a tile
 * share than what is each point's own. Never along the last axis, along which neighbouring invocations load
 * neighbouring elements, nor along blocks or what has ragged rows, whose loops differ in length, nor along ragged rows.
 */
export function chooseTile(grid: readonly Axis[], statements: readonly AddressedStatement[]): Tile | null {
  let best: { readonly tile: Tile; readonly gain: number } | null = null;
  const depth = Math.max(...statements.map(depthOf));
  if (depth === 0) return null;
  const bound = [...grid, ...statements.flatMap(loopAxes)];
  for (const axis of grid.slice(0, -1)) {
    if (axis.blocks !== null || axis.parent !== null || isImplied(axis, bound)) continue;
    const dependence = new Dependence(statements, axis);
    const inner = innermost(statements, depth).map((s) => countLoads(s, dependence));
    const shared = inner.reduce((sum, loads) => sum + loads.shared, 0);
    const own = inner.reduce((sum, loads) => sum + loads.own, 0);
    const gain = shared - own;
    if (shared > 0 && gain >= 0 && gain >= (best?.gain ?? 0) && fits(statements, dependence))
      best = { tile: { axis, length: LENGTH }, gain };
  }
  return best?.tile ?? null;
}

type Simple = Exclude<AddressedStatement, { kind: "loop" }>;
const depthOf = (s: AddressedStatement): number =>
  s.kind === "loop" ? 1 + Math.max(0, ...s.body.map(depthOf)) : 0;
const simple = (s: AddressedStatement): Simple[] => (s.kind === "loop" ? s.body.flatMap(simple) : [s]);
const loopAxes = (s: AddressedStatement): Axis[] =>
  s.kind === "loop" ? [s.axis, ...s.body.flatMap(loopAxes)] : [];
/** Statements in the loops of the greatest depth. */
const innermost = (statements: readonly AddressedStatement[], depth: number): Simple[] =>
  statements.flatMap((s) => {
    if (depth === 0) return s.kind === "loop" ? [] : [s];
    return s.kind === "loop" ? innermost(s.body, depth - 1) : [];
  });

const expressionsOf = (s: Simple): AddressedExpression[] =>
  s.kind === "offset" ? [] : subexpressions(s.value);
const subexpressions = (e: AddressedExpression): AddressedExpression[] =>
  e.kind === "apply" || e.kind === "random" ? [e, ...e.args.flatMap(subexpressions)] : [e];

function countLoads(s: Simple, dependence: Dependence): { shared: number; own: number } {
  const loads = expressionsOf(s).filter((e) => e.kind === "load");
  const own = loads.filter((e) => dependence.expression(e)).length;
  return { shared: loads.length - own, own };
}

/** Whether the code of a tile stays short. */
function fits(statements: readonly AddressedStatement[], dependence: Dependence): boolean {
  const all = statements.flatMap(simple).flatMap(expressionsOf);
  const copies = (kind: AddressedExpression["kind"]): number =>
    all.filter((e) => e.kind === kind).reduce((sum, e) => sum + (dependence.expression(e) ? LENGTH : 1), 0);
  return copies("load") <= MOST_LOADS && copies("apply") <= MOST_OPERATIONS && copies("random") === 0;
}

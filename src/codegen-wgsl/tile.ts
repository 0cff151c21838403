// Tiles: points of the grid computed together, and loops by four, so that what they share is loaded once and
// neighbours in memory are loaded as one vector.
import { absurd } from "../diagnostic.js";
import type { AddressedExpression, AddressedStatement, Index } from "../ir/addresses.js";
import { isImplied, VECTOR_LENGTH, type Axis } from "../ir/axis.js";
import type { Optimisations } from "../optimisations.js";

type Load = Extract<AddressedExpression, { kind: "load" }>;
export type Simple = Exclude<AddressedStatement, { kind: "loop" }>;
export type Loop = Extract<AddressedStatement, { kind: "loop" }>;

/**
 * How an entry point goes over its grid and loops: VECTOR_LENGTH points at a time along each of `axes`, and as many
 * turns at a time of `loops`. What lies in rows along one of these axes is loaded in vectors.
 */
export type Tile = { readonly axes: readonly Axis[]; readonly loops: ReadonlySet<Loop> };

/** Along which of some axes each value of a kernel differs, as a set of bits, one for each axis in their order. */
export class Variation {
  private readonly bits: ReadonlyMap<string, number>;
  private readonly names = new Map<string, number>();
  readonly axes: readonly Axis[];

  constructor(statements: readonly AddressedStatement[], axes: readonly Axis[]) {
    this.axes = [...new Map(axes.map((axis) => [axis.name, axis])).values()];
    this.bits = new Map(this.axes.map((axis, i) => [axis.name, 1 << i]));
    // A variable differs along what is assigned to it later does: again until nothing is new.
    for (let before = -1; before < this.total();) {
      before = this.total();
      statements.forEach((s) => this.note(s));
    }
  }

  private total(): number {
    return [...this.names.values()].reduce((sum, set) => sum + set, 0);
  }

  private note(s: AddressedStatement): void {
    if (s.kind === "loop") s.body.forEach((each) => this.note(each));
    else if (s.kind !== "store")
      this.names.set(keyOf(s), (this.names.get(keyOf(s)) ?? 0) | this.statement(s));
  }

  bit(axis: Axis): number {
    return this.bits.get(axis.name) ?? 0;
  }

  statement(s: Simple): number {
    switch (s.kind) {
      case "let":
      case "var":
      case "assign":
        return (this.names.get(keyOf(s)) ?? 0) | this.expression(s.value);
      case "offset":
        return this.index(s.value);
      case "store":
        return this.index(s.at) | this.expression(s.value);
      default:
        return absurd(s);
    }
  }

  expression(e: AddressedExpression): number {
    switch (e.kind) {
      case "literal":
      case "size":
        return 0;
      case "local":
        return this.names.get(`local ${e.name}`) ?? 0;
      case "index":
        return this.bit(e.axis);
      case "load":
        return this.index(e.at);
      case "apply":
        return this.all(e.args);
      case "random": {
        const point = e.point === null ? 0 : this.index(e.point.element) | this.index(e.point.coordinate);
        return this.bit(e.particle) | this.index(e.element) | point | this.all(e.args);
      }
      default:
        return absurd(e);
    }
  }

  private all(expressions: readonly AddressedExpression[]): number {
    return expressions.reduce((set, e) => set | this.expression(e), 0);
  }

  private index(i: Index): number {
    switch (i.kind) {
      case "number":
      case "size":
      case "stride":
      case "first":
        return 0;
      case "axis":
        return this.bit(i.axis);
      case "name":
        return this.names.get(`offset ${i.name}`) ?? 0;
      case "point":
        return -1;
      case "place":
        return this.expression(i.value);
      case "sum":
      case "product":
        return this.index(i.left) | this.index(i.right);
      default:
        return absurd(i);
    }
  }
}

const keyOf = (s: { readonly kind: string; readonly name: string }): string =>
  `${s.kind === "offset" ? "offset" : "local"} ${s.name}`;

/** The row axis of a load that is done as part of a vector, as it is along one of the axes `together` (bits). */
export function vectorAxis(
  e: Load,
  variation: Variation,
  together: number,
  written: ReadonlySet<string>,
): Axis | null {
  return e.row !== null && (variation.bit(e.row) & together) !== 0 && !written.has(e.buffer) ? e.row : null;
}

/**
 * The row axis of a store that is done as part of a vector, as its tile goes along it. `alone`: buffers that an array of
 * vectors can be made of, as nothing else lies in it.
 */
export function storedAxis(s: Simple, { axes }: Tile, alone: ReadonlySet<string>): Axis | null {
  if (s.kind !== "store" || s.row === null || !alone.has(s.buffer)) return null;
  const { name } = s.row;
  return axes.some((axis) => axis.name === name) ? s.row : null;
}

/** The loads of an entry point that are done as parts of vectors. */
export function vectorLoads(
  statements: readonly AddressedStatement[],
  { axes, loops }: Tile,
  variation: Variation,
  written: ReadonlySet<string>,
): readonly (Load & { readonly row: Axis })[] {
  const visit = (s: AddressedStatement, together: number): (Load & { readonly row: Axis })[] => {
    if (s.kind === "loop") {
      const inner = loops.has(s) ? together | variation.bit(s.axis) : together;
      return s.body.flatMap((each) => visit(each, inner));
    }
    return expressionsOf(s).flatMap((e) => {
      const row = e.kind === "load" ? vectorAxis(e, variation, together, written) : null;
      return e.kind === "load" && row !== null ? [{ ...e, row }] : [];
    });
  };
  return statements.flatMap((s) => visit(s, bitsOf(axes, variation)));
}

/** Times relative to a load's, of software Vulkan, where loads are dear. */
const TIME = { vectorLoad: 1.7, operation: 0.04, turn: 0.3 };
/** Drivers take long over long code, with the square of its loads. */
const MOST_LOADS = 44;
const MOST_OPERATIONS = 500;
/** A tile must save this share of the time, for it leaves fewer invocations. */
const LEAST_GAIN = 0.1;

/**
 * Ways to go over a kernel that beat one point and one turn at a time, the fastest first: tiles over three axes of the grid,
 * over one or two, and over none, which leaves as many invocations. Never along blocks or ragged rows, whose loops differ in length.
 * `written`: buffers that the kernel stores to; `alone`: see storedAxis; `lengthOf`: how long axes are planned to be.
 */
export function chooseTiles(
  grid: readonly Axis[],
  statements: readonly AddressedStatement[],
  written: ReadonlySet<string>,
  alone: ReadonlySet<string>,
  optimise: Optimisations,
  lengthOf: LengthOf,
): readonly ChosenTile[] {
  const depth = Math.max(0, ...statements.map(depthOf));
  const bound = [...grid, ...statements.flatMap(loopsIn).map((loop) => loop.axis)];
  const fits = (a: Axis): boolean => a.blocks === null && a.parent === null && !isImplied(a, bound);
  const candidates = optimise.has("tiles") ? grid.filter(fits) : [];
  const inner = optimise.has("vectors") ? statements.flatMap(loopsIn) : [];
  const loops = new Set(inner.filter((loop) => isVectorisable(loop, written)));
  const variation = new Variation(statements, [...candidates, ...[...loops].map((loop) => loop.axis)]);
  const timed = (axes: readonly Axis[], over: ReadonlySet<Loop>): Timed => {
    const tile = { axes, loops: over };
    return { tile, ...estimate(statements, tile, variation, depth, written, alone, lengthOf) };
  };
  const plain = timed([], new Set());
  const best = (options: readonly Timed[], than: Timed): Timed =>
    options.reduce((a, b) => (b.fits && b.time < a.time * (1 - LEAST_GAIN) ? b : a), than);
  const turnsOnly = best([timed([], loops)], plain);
  const over = [new Set<Loop>(), loops];
  const most = (count: number, than: Timed): Timed =>
    best(
      over.flatMap((l) => subsets(candidates, count).map((axes) => timed(axes, l))),
      than,
    );
  const double = most(2, most(1, turnsOnly));
  // Without a loop there is little to share.
  const triple = depth === 0 ? double : most(3, double);
  return [...new Set([triple, double, turnsOnly])]
    .filter((each) => each !== plain)
    .map(({ tile, time }) => ({ ...tile, share: time / plain.time }));
}

/** All ways to take so many, in their order. */
function subsets(axes: readonly Axis[], count: number): readonly (readonly Axis[])[] {
  if (count === 0) return [[]];
  return axes.flatMap((axis, i) => subsets(axes.slice(i + 1), count - 1).map((rest) => [axis, ...rest]));
}

/** A tile, and what its innermost loops are estimated to take as a share of what they take one point and turn at a time. */
export type ChosenTile = Tile & { readonly share: number };

/** How long an axis is planned to be, if that is known. */
export type LengthOf = (axis: Axis) => number | null;

type Timed = { readonly tile: Tile; readonly time: number; readonly fits: boolean };

/** What a point costs in the innermost loops, and whether the code stays short. */
function estimate(
  statements: readonly AddressedStatement[],
  tile: Tile,
  variation: Variation,
  depth: number,
  written: ReadonlySet<string>,
  alone: ReadonlySet<string>,
  lengthOf: LengthOf,
): { readonly time: number; readonly fits: boolean } {
  const { axes, loops } = tile;
  const tiled = bitsOf(axes, variation);
  let [loads, operations, randoms, time] = [0, 0, 0, 0];
  // Where an axis ends within the last of its tiles or turns, that one does less.
  const sideBySide = (axis: Axis): number => {
    const length = lengthOf(axis);
    return length === null ? VECTOR_LENGTH : length / Math.ceil(length / VECTOR_LENGTH);
  };
  const visit = (s: AddressedStatement, outside: number, together: number, points: number): void => {
    if (s.kind === "loop") {
      const inner = loops.has(s) ? together | variation.bit(s.axis) : together;
      const turns = points * (loops.has(s) ? sideBySide(s.axis) : 1);
      if (outside === 1) time += TIME.turn / turns;
      s.body.forEach((each) => visit(each, outside - 1, inner, turns));
      return;
    }
    if (s.kind === "store" && outside === 0) {
      const copies = VECTOR_LENGTH ** count(variation.statement(s) & together);
      const vectors = storedAxis(s, tile, alone) !== null;
      time += ((vectors ? TIME.vectorLoad / VECTOR_LENGTH : 1) * copies) / points;
    }
    for (const e of expressionsOf(s)) {
      const copies = VECTOR_LENGTH ** count(variation.expression(e) & together);
      let spent = 0;
      if (e.kind === "load") {
        const vectors = vectorAxis(e, variation, together, written) !== null;
        loads += vectors ? (2 * copies) / VECTOR_LENGTH : copies;
        spent = vectors ? (TIME.vectorLoad * copies) / VECTOR_LENGTH : copies;
      } else if (e.kind === "apply") {
        operations += copies;
        spent = TIME.operation * copies;
      } else if (e.kind === "random" && copies > 1) randoms += 1;
      if (outside === 0) time += spent / points;
    }
  };
  const points = axes.reduce((product, axis) => product * sideBySide(axis), 1);
  statements.forEach((s) => visit(s, depth, tiled, points));
  return { time, fits: loads <= MOST_LOADS && operations <= MOST_OPERATIONS && randoms === 0 };
}

/** The bits of some axes in a set. */
export const bitsOf = (axes: readonly Axis[], variation: Variation): number =>
  axes.reduce((set, axis) => set | variation.bit(axis), 0);
const count = (bits: number): number => (bits === 0 ? 0 : (bits & 1) + count(bits >>> 1));

/** Whether several turns can be done together: an innermost loop of equal turns that loads along its own axis. */
function isVectorisable(loop: Loop, written: ReadonlySet<string>): boolean {
  const { axis, within, body } = loop;
  if (axis.parent !== null || axis.blocks !== null || loop.descending === true) return false;
  if (within !== null && (within.blocks?.length ?? 0) % VECTOR_LENGTH !== 0) return false;
  return (
    body.every((s) => s.kind === "let" || s.kind === "assign" || s.kind === "offset") &&
    body
      .flatMap(simple)
      .flatMap(expressionsOf)
      .some((e) => e.kind === "load" && e.row?.name === axis.name && !written.has(e.buffer))
  );
}

const depthOf = (s: AddressedStatement): number =>
  s.kind === "loop" ? 1 + Math.max(0, ...s.body.map(depthOf)) : 0;
const simple = (s: AddressedStatement): Simple[] => (s.kind === "loop" ? s.body.flatMap(simple) : [s]);
const loopsIn = (s: AddressedStatement): Loop[] => (s.kind === "loop" ? [s, ...s.body.flatMap(loopsIn)] : []);

const expressionsOf = (s: Simple): AddressedExpression[] =>
  s.kind === "offset" ? placesIn(s.value) : subexpressions(s.value);
const subexpressions = (e: AddressedExpression): AddressedExpression[] => {
  if (e.kind === "load") return [e, ...placesIn(e.at)];
  return e.kind === "apply" || e.kind === "random" ? [e, ...e.args.flatMap(subexpressions)] : [e];
};
/** What an index computes places from. */
const placesIn = (i: Index): AddressedExpression[] => {
  if (i.kind === "place") return subexpressions(i.value);
  return i.kind === "sum" || i.kind === "product" ? [...placesIn(i.left), ...placesIn(i.right)] : [];
};

/**
 * The statements of a loop that differ from turn to turn only by its index, and those that go on from what the turn
 * before assigned: the former of several turns may be done before the latter.
 */
export function splitByTurns(body: readonly Simple[]): {
  readonly alike: readonly Simple[];
  readonly inTurn: readonly Simple[];
} {
  const carried = new Set(body.flatMap((s) => (s.kind === "assign" ? [s.name] : [])));
  const [alike, inTurn]: [Simple[], Simple[]] = [[], []];
  for (const s of body) {
    const goesOn = s.kind !== "offset" && mentions(s.value, carried);
    if (s.kind === "let" && goesOn) carried.add(s.name);
    (s.kind === "assign" || goesOn ? inTurn : alike).push(s);
  }
  return { alike, inTurn };
}

/**
 * The same statements, but that in loops fit for vectors what goes on from turn to turn is left with as little as can be:
 * what it needs of its own turn gets a name ahead of it.
 */
export function separateTurns(
  statements: readonly AddressedStatement[],
  written: ReadonlySet<string>,
): readonly AddressedStatement[] {
  return statements.map((s) => {
    if (s.kind !== "loop") return s;
    if (!isVectorisable(s, written)) return { ...s, body: separateTurns(s.body, written) };
    const { alike, inTurn } = splitByTurns(s.body.flatMap(simple));
    const carried = new Set(inTurn.flatMap((each) => ("name" in each ? [each.name] : [])));
    const own: Simple[] = [];
    const separate = (e: AddressedExpression, name: string): AddressedExpression => {
      if (mentions(e, carried))
        return e.kind === "apply" ? { ...e, args: e.args.map((arg) => separate(arg, name)) } : e;
      if (e.kind !== "load" && e.kind !== "apply") return e;
      // A name that no kernel gives, as it has a blank.
      const term = `${name} term ${own.length}`;
      own.push({ kind: "let", name: term, value: e });
      return { kind: "local", name: term };
    };
    const rest = inTurn.map((each) =>
      each.kind === "let" || each.kind === "assign"
        ? { ...each, value: separate(each.value, each.name) }
        : each,
    );
    return { ...s, body: [...alike, ...own, ...rest] };
  });
}

const mentions = (e: AddressedExpression, names: ReadonlySet<string>): boolean => {
  if (e.kind === "local") return names.has(e.name);
  if (e.kind === "load") return indexMentions(e.at, names);
  return (e.kind === "apply" || e.kind === "random") && e.args.some((arg) => mentions(arg, names));
};
const indexMentions = (i: Index, names: ReadonlySet<string>): boolean => {
  if (i.kind === "place") return mentions(i.value, names);
  return (
    (i.kind === "sum" || i.kind === "product") &&
    (indexMentions(i.left, names) || indexMentions(i.right, names))
  );
};

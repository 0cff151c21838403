// Which nodes become tables and which are computed where they are used, decided by cost; then kernels in launch order.
import { Bug } from "../diagnostic.js";
import { ALL_OPTIMISATIONS, type Optimisation, type Optimisations } from "../optimisations.js";
import { volume, type Axis, type Sizes } from "./axis.js";
import { kernelCost, opTime, type AdapterClass } from "./cost.js";
import { buildKernel, MustBeStored, type Built, type Table } from "./kernels.js";
import { groupTables, mergeKernels, MOST_BUFFERS, namedLaunches, sequentialKernel } from "./launches.js";
import { feedbackOf, type Output, type ProgramGraph } from "./lower/program-graph.js";
import { estimatedTime, type Note } from "./notes.js";
import { inScans, nodeAxes } from "./mentioned.js";
import { boundBuffers, packedTables } from "./packing.js";
import { reachable, type Graph, type Node, type NodeOf } from "./node.js";
import type { Buffer, Kernel, Program } from "./program.js";
import { rowArrayBuffer, rowArrayName, rowArraysUsed, type RowArray } from "./ragged.js";
import { splitReductions } from "./split.js";

export type ScheduleOptions = {
  readonly sizes: Sizes;
  readonly adapter: AdapterClass;
  /** All of them if not said. */
  readonly optimise?: Optimisations;
  /** Is told what was done. */
  readonly note?: (note: Note) => void;
};

/** What a table beyond that is taken to cost, in nanoseconds: all tables of the program would have to share a buffer. */
const CROWDED_TIME = 2e6;
/** A change of the plan must save this share of a program's time. */
const LEAST_GAIN = 0.002;
/** Another round over all candidates is only worth its own time after one that saved this share. */
const LEAST_ROUND_GAIN = 0.1;
const MOST_ROUNDS = 12;
/** Candidates that a round tries. */
const MOST_CANDIDATES = 16;
/** Candidates come with those that waste most first: after so many that do not pay, the rest will not either. */
const MOST_REJECTIONS = 4;

/** Turns a program's output nodes into kernels. */
export function schedule(graph: Graph, program: ProgramGraph, options: ScheduleOptions): Program {
  const { optimise = ALL_OPTIMISATIONS, note = () => undefined, sizes } = options;
  const split = optimise.has("blocks") ? splitReductions(graph, program, sizes) : program;
  const plan = new Plan(graph, split, { ...options, optimise, note });
  plan.optimise();
  return plan.program();
}

/** A kernel with what it costs, in nanoseconds. */
type Costed = Built & { readonly time: number };
type Snapshot = { readonly stored: ReadonlyMap<Node, Table>; readonly built: ReadonlyMap<Table, Costed> };

/** A set of tables under improvement; each table is computed by a kernel of its own until they are grouped. */
class Plan {
  /** Tables that other kernels may load, by node. */
  readonly #stored = new Map<Node, Table>();
  /** Outputs whose promised axes or name their node's own table does not have. */
  readonly #copies: Table[] = [];
  readonly #required = new Set<Node>();
  /** What looks back at a scan's table while it is being filled: it has no table of its own. */
  readonly #inScans: ReadonlySet<Node>;
  readonly #built = new Map<Table, Costed>();
  /** What storing tables beyond the contraction's saved, and computing them inline again, in nanoseconds, by their names. */
  readonly #gains = new Map<string, { readonly of: Optimisation; readonly time: number }>();
  #numbered = 0;

  constructor(
    readonly graph: Graph,
    readonly source: ProgramGraph,
    readonly options: Required<ScheduleOptions>,
  ) {
    const nodes = reachable(source.outputs.map((o) => o.node));
    for (const output of source.outputs) this.#addOutput(output);
    for (const node of nodes) if (node.kind === "scan") this.#requireScan(node);
    this.#inScans = inScans(nodes);
    for (const node of nodes) {
      if (node.kind === "stored" && !this.#stored.has(node))
        this.#require(node, node.name, source.labels.has(node) ? "contraction step" : "particles");
      if (node.kind === "gather" && node.arg.kind !== "input" && !this.#stored.has(node.arg))
        this.#require(
          node.arg,
          source.labels.get(node.arg) ?? this.#number("table"),
          "elements of it are used",
        );
    }
    for (const node of nodes) {
      const label = source.labels.get(node);
      const summedOut = node.kind === "reduce" && node.ring === "log_sum_exp";
      if (label !== undefined && summedOut && node.axes.length > 0 && !this.#stored.has(node))
        this.#stored.set(node, {
          name: this.#unique(label),
          node,
          axes: node.axes,
          comment: "contraction step",
        });
    }
    this.#legalise();
  }

  #addOutput(output: Output): void {
    const { node, name, axes } = output;
    const comment = "output";
    if (isTable(node) && node.axes.length === axes.length && !this.#stored.has(node)) {
      this.#stored.set(node, { name, node, axes: node.axes, comment });
      this.#required.add(node);
    } else this.#copies.push({ name, node, axes: this.graph.ordered([...axes, ...node.axes]), comment });
  }

  #require(node: Node, name: string, comment: string): void {
    this.#stored.set(node, { name: this.#unique(name), node, axes: node.axes, comment });
    this.#required.add(node);
  }

  /** The table of a scan is also that of its steps' values: its own kernel computes those, all others load them. */
  #requireScan(node: NodeOf<"scan">): void {
    const { name, arg, axes, along, towards, state } = node;
    if (this.#unique(name) !== name) throw new Bug(`two tables are called '${name}'`);
    const table: Table = {
      name,
      node: arg,
      axes,
      comment: `step by step towards the ${towards} of ${along.name}`,
      walks: [along, ...state],
      ...(towards === "start" ? { descends: along } : {}),
    };
    for (const each of [node, arg]) {
      this.#stored.set(each, table);
      this.#required.add(each);
    }
  }

  #number = (stem: string): string => `${stem}_${++this.#numbered}`;

  #unique(name: string): string {
    const taken = new Set([...this.#stored.values(), ...this.#copies].map((t) => t.name));
    let unique = name;
    for (let i = 2; taken.has(unique); i++) unique = `${name}_${i}`;
    return unique;
  }

  get #packed(): ReadonlySet<string> {
    const fed = new Set(feedbackOf(this.source).map(({ from }) => from));
    return packedTables(this.#tables, fed, this.options.sizes);
  }

  get #tables(): Table[] {
    return [...new Set([...this.#stored.values(), ...this.#copies])];
  }

  /** Stores what a kernel cannot compute inline, until every kernel can be built. */
  #legalise(): void {
    for (;;) {
      const before = this.#stored.size;
      for (const table of this.#tables) {
        try {
          this.#build(table);
        } catch (error) {
          if (!(error instanceof MustBeStored)) throw error;
          if (!this.#stored.has(error.node)) this.#store(error.node, "is used along its own axis");
        }
      }
      if (this.#stored.size === before) return;
    }
  }

  #store(node: Node, comment: string): Table {
    const name = this.#unique(this.source.labels.get(node) ?? this.#number("shared"));
    const table = { name, node, axes: node.axes, comment };
    this.#stored.set(node, table);
    this.#forget(node, name);
    return table;
  }

  #unstore(node: Node): void {
    const table = this.#stored.get(node);
    if (table === undefined) return;
    this.#stored.delete(node);
    this.#built.delete(table);
    this.#forget(node, table.name);
  }

  /** Kernels that compute the node or load its table are built anew when next asked for. */
  #forget(node: Node, name: string): void {
    for (const [table, { evaluations, kernel }] of this.#built)
      if (evaluations.has(node) || kernel.reads.includes(name)) this.#built.delete(table);
  }

  /** The plan as it stands, to go back to when a change does not pay: kernels are dear to build. */
  #snapshot(): Snapshot {
    return { stored: new Map(this.#stored), built: new Map(this.#built) };
  }

  #restore({ stored, built }: Snapshot): void {
    this.#stored.clear();
    for (const [node, table] of stored) this.#stored.set(node, table);
    this.#built.clear();
    for (const [table, kernel] of built) this.#built.set(table, kernel);
  }

  #build(table: Table): Costed {
    let built = this.#built.get(table);
    if (built === undefined) {
      const { sizes, adapter } = this.options;
      const plain = buildKernel(`compute_${table.name}`, [table], this.#stored, sizes, this.options.optimise);
      const kernel =
        table.walks === undefined
          ? plain.kernel
          : sequentialKernel(plain.kernel.name, [table], () => plain.kernel);
      built = { ...plain, kernel, time: kernelCost(kernel, sizes, adapter).time };
      this.#built.set(table, built);
    }
    return built;
  }

  /** Nanoseconds of one run, or infinity where a kernel is not possible. */
  #time(): number {
    const bound = boundBuffers(this.#tables, this.#packed);
    try {
      return this.#tables.reduce((sum, table) => {
        const { kernel, time } = this.#build(table);
        const over = Math.max(0, bound(new Set([...kernel.reads, ...kernel.writes])) - MOST_BUFFERS);
        return sum + time + over * CROWDED_TIME;
      }, 0);
    } catch (error) {
      if (error instanceof MustBeStored) return Infinity;
      throw error;
    }
  }

  #does = (name: Optimisation): boolean => this.options.optimise.has(name);

  /** Stores what is dear and computed again and again; then computes inline what is cheaper so. */
  optimise(): void {
    if (!this.#does("share") && !this.#does("inline")) return;
    let time = this.#time();
    for (let round = 0; round < MOST_ROUNDS; round++) {
      const before = time;
      time = this.#storeWhatIsDear(time);
      if (round === 0) time = this.#inlineWhatIsCheap(time);
      if (time > before * (1 - LEAST_ROUND_GAIN)) break;
    }
    // What was stored first may since be used by another table alone.
    this.#inlineWhatIsCheap(time);
    for (const [where, gain] of this.#gains)
      this.options.note({ optimisation: gain.of, where, saved: `${estimatedTime(gain.time)} by estimate` });
  }

  #storeWhatIsDear(start: number): number {
    if (!this.#does("share")) return start;
    let time = start;
    let rejected = 0;
    for (const node of this.#candidates()) {
      if (this.#stored.has(node)) continue;
      if (rejected === MOST_REJECTIONS) return time;
      const before = this.#snapshot();
      const { name } = this.#store(node, "shared");
      const changed = this.#time();
      rejected = changed < time - LEAST_GAIN * time ? 0 : rejected + 1;
      if (rejected === 0) {
        this.#gains.set(name, { of: "share", time: time - changed });
        time = changed;
      } else this.#restore(before);
    }
    return time;
  }

  #inlineWhatIsCheap(start: number): number {
    if (!this.#does("inline")) return start;
    let time = start;
    const bytes = (table: Table): number => 4 * volume(table.axes, this.options.sizes);
    const optional = [...this.#stored.values()].filter((t) => !this.#required.has(t.node));
    for (const table of optional.sort((a, b) => bytes(b) - bytes(a))) {
      const tooLarge = bytes(table) > this.options.adapter.largestTable;
      const before = this.#snapshot();
      this.#unstore(table.node);
      const changed = this.#time();
      if (changed < time || (tooLarge && Number.isFinite(changed))) {
        // What was stored for its gain and is no more leaves nothing to tell.
        if (!this.#gains.delete(table.name) && changed < time)
          this.#gains.set(table.name, { of: "inline", time: time - changed });
        time = changed;
      } else this.#restore(before);
    }
    return time;
  }

  /** Nodes evaluated much more often than they have elements, those that waste most first. */
  #candidates(): Node[] {
    const evaluations = new Map<Node, number>();
    for (const table of this.#tables)
      for (const [node, count] of this.#build(table).evaluations)
        evaluations.set(node, (evaluations.get(node) ?? 0) + count);
    const waste = (node: Node): number => {
      const size = volume(node.axes, this.options.sizes);
      const work = node.kind === "map" ? opTime(node.op) : node.kind === "reduce" ? 40 : 0;
      return work * ((evaluations.get(node) ?? 0) - 1.5 * size);
    };
    const largest = Math.max(...this.#tables.map((t) => volume(t.axes, this.options.sizes)));
    const fits = (node: Node): boolean => {
      if (!isTable(node) || node.axes.length === 0 || this.#stored.has(node)) return false;
      if (this.#inScans.has(node)) return false;
      const size = volume(node.axes, this.options.sizes);
      // Arithmetic over joint particle axes is redone rather than kept, so that memory stays in proportion to what
      // the contraction itself needs.
      const joint = node.kind === "map" && node.axes.filter((a) => a.role === "particle").length > 1;
      return (!joint || size <= 2 * largest) && 4 * size <= this.options.adapter.largestTable;
    };
    const threshold = LEAST_GAIN * this.#time() * this.options.adapter.lanes * 0.1;
    return [...evaluations.keys()]
      .filter((node) => fits(node) && waste(node) > threshold)
      .sort((a, b) => waste(b) - waste(a) || a.id - b.id)
      .slice(0, MOST_CANDIDATES);
  }

  /** The buffers that say where the rows of ragged axes lie, by name: those that nodes or kernels ask for. */
  #rowArrays(nodes: readonly Node[], kernels: readonly Kernel[]): Map<string, Buffer> {
    const wanted = new Set([
      ...nodes.flatMap((n) => (n.kind === "input" ? [n.name] : [])),
      ...kernels.flatMap((kernel) => kernel.reads),
    ]);
    const loaded = this.graph.axes.flatMap((axis): RowArray[] => {
      const { parent } = axis;
      return parent === null
        ? []
        : (["count", "start"] as const).map((kind) => ({ kind, axis, within: parent }));
    });
    const used = [...loaded.filter((c) => wanted.has(rowArrayName(c))), ...kernels.flatMap(rowArraysUsed)];
    return new Map(used.map((each) => [rowArrayName(each), rowArrayBuffer(each)]));
  }

  /** The finished program: tables grouped into kernels, kernels in order of their dependencies. */
  program(): Program {
    const { sizes, adapter, optimise } = this.options;
    const bound = boundBuffers(this.#tables, this.#packed);
    const reads = (table: Table): readonly string[] => this.#build(table).kernel.reads;
    const kernelOf = (of: readonly Table[]): Kernel =>
      buildKernel(of[0]?.name ?? "", of, this.#stored, sizes, optimise).kernel;
    const follows = (others: readonly Table[], table: Table): boolean => {
      try {
        return !kernelOf([...others, table]).reads.some((read) => others.some(({ name }) => name === read));
      } catch (error) {
        if (error instanceof MustBeStored) return false;
        throw error;
      }
    };
    const grouping = { reads, bound, follows, optimise };
    const built = groupTables(this.#tables, grouping).flatMap(({ tables, isSequential }) => {
      if (isSequential)
        return [sequentialKernel(tables[0]?.name ?? "", tables, (table) => kernelOf([table]))];
      try {
        return [kernelOf(tables)];
      } catch (error) {
        // Loops that each could do with their order may not have one in common.
        if (!(error instanceof MustBeStored) || tables.length === 1) throw error;
        return tables.map((table) => kernelOf([table]));
      }
    });
    const isSmall = (kernel: Kernel): boolean =>
      kernelCost(kernel, sizes, adapter).laneTime < adapter.littleWork;
    const { kernels, launches } = namedLaunches(mergeKernels(built, isSmall, bound, optimise));
    const computed = new Set(this.#tables.map((t) => t.name));
    const packed = this.#packed;
    const nodes = reachable(this.source.outputs.map((o) => o.node));
    const rows = this.#rowArrays(nodes, kernels);
    const inputs = nodes.flatMap((n): Buffer[] =>
      n.kind === "input" && !computed.has(n.name)
        ? [rows.get(n.name) ?? { name: n.name, axes: n.axes, storage: "input", comment: "given by the host" }]
        : [],
    );
    const tables = this.#tables.map((t): Buffer => ({
      name: t.name,
      axes: t.axes,
      storage: "table",
      comment: t.comment,
      ...(packed.has(t.name) ? { packed: true } : {}),
    }));
    const feedback = feedbackOf(this.source);
    const unfed = feedback.find(({ to }) => !inputs.some((input) => input.name === to));
    if (unfed !== undefined) throw new Bug(`'${unfed.from}' feeds '${unfed.to}', which nothing reads`);
    const axes = new Map<string, Axis>();
    for (const node of nodes) for (const axis of nodeAxes(node)) axes.set(axis.name, axis);
    for (const table of this.#tables) for (const axis of table.axes) axes.set(axis.name, axis);
    return {
      name: this.source.name,
      axes: this.graph.axes.filter((axis) => axes.has(axis.name)),
      buffers: [...new Set([...inputs, ...rows.values()]), ...tables],
      kernels,
      launches,
      outputs: this.source.outputs.filter((o) => o.feeds === undefined).map((o) => o.name),
      ...(feedback.length > 0 ? { feedback } : {}),
      // Only what holds steps of a contraction depends on how many rounds it was given.
      ...(this.source.labels.size > 0 && this.graph.longest.size > 0
        ? { longest: Object.fromEntries(this.graph.longest) }
        : {}),
    };
  }
}

/** Whether a node's value can be kept in a table of its own, rather than being an input or a number. */
const isTable = (node: Node): boolean =>
  node.kind === "map" || node.kind === "reduce" || node.kind === "stored";

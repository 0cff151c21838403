// What a launch's module declares around its entry points: uniforms, storage buffers, pipeline constants, their names.
import { MOST_JOBS, type Binding, type WgslLaunch } from "../compiled.js";
import { Bug } from "../diagnostic.js";
import { rowAxis, VECTOR_LENGTH, type Axis } from "../ir/axis.js";
import { Identifiers } from "../ir/identifiers.js";
import type { Kernel, KernelExpression, Program, Statement } from "../ir/program.js";
import { RESERVED_BY_HELPERS } from "./functions.js";
import { add, binary, named, unsigned, type WgslDeclaration, type WgslExpression } from "./wgsl.js";
import { WGSL_WORDS } from "./words.js";

/** The kernels of a launch and the buffers that they use, each once: what they write first. */
export type Uses = {
  readonly name: string;
  readonly kernels: readonly Kernel[];
  readonly bindings: readonly Binding[];
};
type Override = WgslLaunch["overrides"][number];

/** Storage buffers per shader stage that every device has. */
export const STORAGE_BUFFERS = 8;

/** Names that every module uses: entry points and their parameters, the uniform, packed buffers. */
const OWN_WORDS = [
  "main",
  "main_blocks",
  "main_tiled",
  "main_vectors",
  "Run",
  "run",
  "inputs",
  "tables",
  "group",
  "groups",
  "lane",
  "Job",
  "job",
  "jobs",
];
const RESERVED: ReadonlySet<string> = new Set([...WGSL_WORDS, ...RESERVED_BY_HELPERS, ...OWN_WORDS]);
/** The arrays of what several buffers share. */
const SHARED = { inputs: "inputs", packed: "tables" } as const;
const SETTINGS = ["seed", "iteration", "draws_from"];
const JOBS = "jobs";

/** The uniform's field that holds the length of an axis. */
const boundField = (axis: Axis): string => `n_${axis.name}`;

export class LaunchModule {
  /** Fields of the uniform besides the settings that every module has: lengths of axes above all. */
  private readonly bounds = new Set<string>();
  /** Every pipeline constant that the module may declare, by what it stands for, and those that it does. */
  private readonly constants = new Map<string, Override>();
  private readonly used = new Set<Override>();
  /** How many tiles an axis has, by its name. */
  private readonly tilings = new Map<string, { readonly name: string; readonly axis: Axis }>();
  private readonly arrays: (Extract<WgslDeclaration, { kind: "array" }> & { readonly holds: Binding })[] = [];
  /** The same arrays as vectors, where an entry point loads those, by the arrays' names. */
  private readonly vectors = new Map<string, { readonly name: string; readonly binding: number }>();
  private readonly storage: Binding[] = [];
  /** Tables that have an array to themselves; all other buffers lie in `inputs` or `tables`. */
  private readonly arrayOf = new Map<string, string>();
  private readonly packed = new Map<string, string>();
  /** Of a packed launch: what the start of a job's slot in each array is called. */
  private readonly slots = new Map<string, string>();
  private readonly identifiers = new Identifiers(RESERVED);

  /** `forJobs`: whether it computes several jobs at a time (a packed launch: see WgslLaunch). */
  constructor(
    private readonly uses: Uses,
    private readonly program: Program,
    readonly forJobs: boolean,
  ) {
    const { bindings, kernels } = uses;
    for (const binding of bindings) this.declare(binding);
    for (const axis of axesOf(uses, program)) {
      const name = this.identifiers.fresh(boundField(axis));
      this.constants.set(sizeKey(axis), { name, kind: "size", axis: axis.name });
      const stride = this.identifiers.fresh(`stride_${axis.name}`);
      this.constants.set(strideKey(axis), { name: stride, kind: "stride", axis: axis.name });
    }
    for (const kernel of kernels.length > 1 && !forJobs ? kernels.map(({ name }) => name) : []) {
      const first = this.identifiers.fresh(`first_group_of_${kernel}`);
      this.constants.set(firstGroupKey(kernel), { name: first, kind: "first-group", kernel });
      const groups = this.identifiers.fresh(`groups_of_${kernel}`);
      this.constants.set(groupsKey(kernel), { name: groups, kind: "groups", kernel });
    }
  }

  private declare(binding: Binding): void {
    const { holds, buffers, access } = binding;
    const [table = ""] = buffers;
    const name = holds === "table" ? this.identifiers.fresh(table) : SHARED[holds];
    if (holds === "table") this.arrayOf.set(table, name);
    else
      for (const buffer of buffers) {
        this.packed.set(buffer, name);
        const offset = this.identifiers.fresh(buffer);
        this.constants.set(offsetKey(buffer), { name: offset, kind: "offset", buffer });
      }
    const comment = this.program.buffers
      .filter((b) => buffers.includes(b.name))
      .map((b) => `${b.name} [${b.axes.map((axis) => axis.name).join(", ")}]: ${b.comment}`)
      .join("\n");
    this.storage.push(binding);
    const array = { kind: "array", binding: this.storage.length, access, name, comment } as const;
    this.arrays.push({ ...array, element: "f32", holds: binding });
    if (!this.forJobs) return;
    const perSlot = this.identifiers.fresh(`${name}_per_slot`);
    this.constants.set(slotKey(name), { name: perSlot, kind: "slot", buffer: table });
    this.slots.set(name, this.identifiers.fresh(`${name}_slot`));
  }

  /**
   * Makes an array visible as vectors, too. Returns whether an entry point that sees vectors of it can see nothing else:
   * it has one binding. What several buffers share is bound twice, where bindings are left.
   */
  seeAsVectors(array: string): boolean {
    let vectors = this.vectors.get(array);
    if (vectors === undefined) {
      const declared = this.arrays.find(({ name }) => name === array);
      if (declared === undefined) throw new Bug(`'${this.uses.name}' does not declare '${array}'`);
      const again = declared.holds.holds !== "table" && this.storage.length < STORAGE_BUFFERS;
      if (again) this.storage.push(declared.holds);
      const binding = again ? this.storage.length : declared.binding;
      vectors = { name: this.identifiers.fresh(`${array}_vectors`), binding };
      this.vectors.set(array, vectors);
    }
    return this.arrays.some(({ binding }) => binding === vectors.binding);
  }

  /** Buffers that have an array to themselves. */
  alone(): ReadonlySet<string> {
    return new Set(this.arrayOf.keys());
  }

  /** What is bound, from binding 1 on. */
  bindings(): readonly Binding[] {
    return this.storage;
  }

  /** Names for one entry point: those of the module are taken. */
  locals(): Identifiers {
    return this.identifiers.fork();
  }

  private constant(key: string): WgslExpression {
    const constant = this.constants.get(key);
    if (constant === undefined) throw new Bug(`'${this.uses.name}' does not declare its ${key}`);
    this.used.add(constant);
    return named(constant.name);
  }

  /** An axis's length in index arithmetic: a pipeline constant, so that dividing and multiplying by it is cheap. */
  size(axis: Axis): WgslExpression {
    return this.constant(sizeKey(axis));
  }

  /** Where a kernel's workgroups start among the launch's and how many there are, or null if it has all of them. */
  groupsOf({ name }: Kernel): { readonly first: WgslExpression; readonly count: WgslExpression } | null {
    if (this.uses.kernels.length === 1) return null;
    if (this.forJobs) {
      const place = this.uses.kernels.findIndex((kernel) => kernel.name === name);
      return { first: this.field(`first_group_${place}`), count: this.field(`groups_${place}`) };
    }
    return { first: this.constant(firstGroupKey(name)), count: this.constant(groupsKey(name)) };
  }

  /** From one row along an axis to the next in memory. */
  stride(axis: Axis): WgslExpression {
    return this.constant(strideKey(axis));
  }

  /** How many tiles of VECTOR_LENGTH an axis has. */
  tiles(axis: Axis): WgslExpression {
    let tiling = this.tilings.get(axis.name);
    if (tiling === undefined) {
      tiling = { name: this.identifiers.fresh(`${axis.name}_tiles`), axis };
      this.tilings.set(axis.name, tiling);
    }
    return named(tiling.name);
  }

  /** An axis's length as a loop's bound or a number: from the uniform, so that loops stay rolled and nothing is folded. */
  bound(axis: Axis): WgslExpression {
    return this.field(boundField(axis));
  }

  private field(name: string): WgslExpression {
    this.bounds.add(name);
    return named(`run.${name}`);
  }

  /** How many jobs a packed launch computes. */
  jobs(): WgslExpression {
    return this.field(JOBS);
  }

  /** Of the present job, where its slot starts in every array, as named values. */
  slotStarts(): readonly (readonly [string, WgslExpression])[] {
    return [...this.slots].map(([array, name]) => [
      name,
      binary("*", named("job.slot"), this.constant(slotKey(array))),
    ]);
  }

  /** Where the portion starts that a run computes. */
  first(): WgslExpression {
    return this.forJobs ? named("job.first") : this.field("first");
  }

  /** The name of the axis along which a buffer's rows lie. */
  rowOf(buffer: string): string {
    const row = rowAxis(this.program.buffers.find((b) => b.name === buffer)?.axes ?? []);
    if (row === null) throw new Bug(`the buffer '${buffer}' has no rows`);
    return row.name;
  }

  /** The array that holds a buffer. */
  arrayOfBuffer(buffer: string): string {
    return this.arrayOf.get(buffer) ?? this.packed.get(buffer) ?? "";
  }

  /** An offset in a buffer as an index of its array. */
  private indexOf(buffer: string, at: WgslExpression): WgslExpression {
    const within = this.arrayOf.has(buffer) ? at : add(this.constant(offsetKey(buffer)), at);
    const slot = this.slots.get(this.arrayOfBuffer(buffer));
    return slot === undefined ? within : add(named(slot), within);
  }

  /** The element of a buffer at an offset. */
  element(buffer: string, at: WgslExpression): WgslExpression {
    return { kind: "element", array: this.arrayOfBuffer(buffer), index: this.indexOf(buffer, at) };
  }

  /** The vector of a buffer that starts at an offset, a multiple of its length. */
  vector(buffer: string, at: WgslExpression): WgslExpression {
    const vectors = this.vectors.get(this.arrayOfBuffer(buffer));
    if (vectors === undefined) throw new Bug(`'${this.uses.name}' does not see '${buffer}' as vectors`);
    const index = binary("/", this.indexOf(buffer, at), unsigned(VECTOR_LENGTH));
    return { kind: "element", array: vectors.name, index };
  }

  /** The element of a buffer at an offset, by way of the vector that holds it: of an array that is seen as vectors. */
  elementOfVector(buffer: string, at: WgslExpression): WgslExpression {
    const index = binary("%", this.indexOf(buffer, at), unsigned(VECTOR_LENGTH));
    return { kind: "component", vector: this.vector(buffer, at), at: index };
  }

  /** The fields of the uniform, in order. */
  uniforms(): string[] {
    const fields = [...SETTINGS, ...this.bounds];
    const odd = fields.find((field) => !/^[A-Za-z]\w*$/.test(field));
    if (odd !== undefined) throw new Bug(`'${odd}' is no name of a uniform's field`);
    return fields;
  }

  /** Pipeline constants that are given a value from outside. */
  overrides(): Override[] {
    return [...this.constants.values()].filter((constant) => this.used.has(constant));
  }

  declarations(): WgslDeclaration[] {
    const tilings = [...this.tilings.values()].map(({ name, axis }): WgslDeclaration => {
      const rounded = binary("+", this.size(axis), unsigned(VECTOR_LENGTH - 1));
      return { kind: "override", name, value: binary("/", rounded, unsigned(VECTOR_LENGTH)) };
    });
    return [
      { kind: "uniform", struct: "Run", name: "run", fields: this.uniforms() },
      ...(this.forJobs ? [{ kind: "jobs", binding: this.storage.length + 1, most: MOST_JOBS } as const] : []),
      ...this.arrays.flatMap((array) => {
        const vectors = this.vectors.get(array.name);
        const comment = `${array.name}, four at a time.`;
        return vectors === undefined
          ? [array]
          : [array, { ...array, ...vectors, comment, element: "vec4f" as const }];
      }),
      ...this.overrides().map(({ name, kind }): WgslDeclaration => {
        return {
          kind: "override",
          name,
          value: unsigned(kind === "offset" || kind === "first-group" ? 0 : 1),
        };
      }),
      ...tilings,
    ];
  }
}

const sizeKey = (axis: Axis): string => `length of axis '${axis.name}'`;
const strideKey = (axis: Axis): string => `stride of axis '${axis.name}'`;
const firstGroupKey = (kernel: string): string => `first workgroup of '${kernel}'`;
const groupsKey = (kernel: string): string => `workgroups of '${kernel}'`;
const offsetKey = (buffer: string): string => `buffer '${buffer}'`;
const slotKey = (array: string): string => `slots of '${array}'`;

/** Every axis that the index arithmetic of a launch may need the length of. */
function axesOf({ kernels, bindings }: Uses, program: Program): Axis[] {
  const buffers = new Set(bindings.flatMap((binding) => binding.buffers));
  const inBuffers = program.buffers.filter((b) => buffers.has(b.name)).flatMap((b) => b.axes);
  const inBody = kernels.flatMap((kernel) => kernel.body.flatMap(axesOfStatement));
  const all = [...kernels.flatMap((kernel) => kernel.grid), ...inBuffers, ...inBody];
  return [...new Map(all.map((axis) => [axis.name, axis])).values()];
}

/** Axes of loops and of the elements of random numbers. */
function axesOfStatement(s: Statement): readonly Axis[] {
  if (s.kind === "loop") return [s.axis, ...s.body.flatMap(axesOfStatement)];
  return axesOfExpression(s.value);
}

function axesOfExpression(e: KernelExpression): readonly Axis[] {
  if (e.kind === "random") {
    const before = e.coordinate?.vectors.flat() ?? [];
    return [...e.element, e.particle, ...before, ...e.args.flatMap(axesOfExpression)];
  }
  return e.kind === "apply" ? e.args.flatMap(axesOfExpression) : [];
}

// What a kernel's module declares around its entry points: uniforms, storage buffers, pipeline constants, their names.
import type { WgslKernel } from "../compiled.js";
import { Bug } from "../diagnostic.js";
import { rowAxis, VECTOR_LENGTH, type Axis } from "../ir/axis.js";
import { Identifiers } from "../ir/identifiers.js";
import type { Kernel, KernelExpression, Program, Statement } from "../ir/program.js";
import { RESERVED_BY_HELPERS } from "./functions.js";
import { add, binary, named, unsigned, type WgslDeclaration, type WgslExpression } from "./wgsl.js";
import { WGSL_WORDS } from "./words.js";

/** The buffers that a kernel uses, each once: what it writes first. */
export type Uses = {
  readonly kernel: Kernel;
  readonly inputs: readonly string[];
  readonly tables: WgslKernel["tables"];
};
type Override = WgslKernel["overrides"][number];

/** Names that every module uses: entry points and their parameters, the uniform, packed buffers. */
const OWN_WORDS = [
  "main",
  "main_tiled",
  "main_vectors",
  "Run",
  "run",
  "inputs",
  "tables",
  "group",
  "groups",
  "lane",
];
const RESERVED: ReadonlySet<string> = new Set([...WGSL_WORDS, ...RESERVED_BY_HELPERS, ...OWN_WORDS]);
const SETTINGS = ["seed", "iteration", "draws_from"];

/** The uniform's field that holds the length of an axis. */
const boundField = (axis: Axis): string => `n_${axis.name}`;

export class KernelModule {
  /** Axes whose lengths are read from the uniform. */
  private readonly bounds = new Set<string>();
  /** Every pipeline constant that the module may declare, by what it stands for, and those that it does. */
  private readonly constants = new Map<string, Override>();
  private readonly used = new Set<Override>();
  /** How many tiles an axis has, by its name. */
  private readonly tilings = new Map<string, { readonly name: string; readonly axis: Axis }>();
  private readonly arrays: Extract<WgslDeclaration, { kind: "array" }>[] = [];
  /** The same arrays as vectors, where an entry point loads those, by the arrays' names. */
  private readonly vectors = new Map<string, string>();
  /** Tables that have an array to themselves; all other buffers lie in `inputs` or `tables`. */
  private readonly arrayOf = new Map<string, string>();
  private readonly packed = new Map<string, string>();
  private readonly identifiers = new Identifiers(RESERVED);

  constructor(
    private readonly uses: Uses,
    private readonly program: Program,
    packsTables: boolean,
  ) {
    const tables = uses.tables.map((t) => t.buffer);
    if (uses.inputs.length > 0) this.pack("inputs", "read", uses.inputs);
    if (packsTables) this.pack("tables", "read_write", tables);
    else
      for (const { buffer, access } of uses.tables) {
        const array = this.identifiers.fresh(buffer);
        this.arrayOf.set(buffer, array);
        this.declare(array, access, [buffer]);
      }
    for (const axis of axesOf(uses, program)) {
      const name = this.identifiers.fresh(boundField(axis));
      this.constants.set(sizeKey(axis), { name, kind: "size", axis: axis.name });
      const stride = this.identifiers.fresh(`stride_${axis.name}`);
      this.constants.set(strideKey(axis), { name: stride, kind: "stride", axis: axis.name });
    }
  }

  private pack(array: string, access: "read" | "read_write", buffers: readonly string[]): void {
    this.declare(array, access, buffers);
    for (const buffer of buffers) {
      this.packed.set(buffer, array);
      this.constants.set(offsetKey(buffer), { name: this.identifiers.fresh(buffer), kind: "offset", buffer });
    }
  }

  private declare(name: string, access: "read" | "read_write", buffers: readonly string[]): void {
    const comment = this.program.buffers
      .filter((b) => buffers.includes(b.name))
      .map((b) => `${b.name} [${b.axes.map((axis) => axis.name).join(", ")}]: ${b.comment}`)
      .join("\n");
    const binding = 1 + this.arrays.length;
    this.arrays.push({ kind: "array", binding, access, name, comment, element: "f32" });
  }

  /** Names for one entry point: those of the module are taken. */
  locals(): Identifiers {
    return this.identifiers.fork();
  }

  private constant(key: string): WgslExpression {
    const constant = this.constants.get(key);
    if (constant === undefined)
      throw new Bug(`kernel '${this.uses.kernel.name}' does not declare its ${key}`);
    this.used.add(constant);
    return named(constant.name);
  }

  /** An axis's length in index arithmetic: a pipeline constant, so that dividing and multiplying by it is cheap. */
  size(axis: Axis): WgslExpression {
    return this.constant(sizeKey(axis));
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
    this.bounds.add(boundField(axis));
    return named(`run.${boundField(axis)}`);
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
    return this.arrayOf.has(buffer) ? at : add(this.constant(offsetKey(buffer)), at);
  }

  /** The element of a buffer at an offset. */
  element(buffer: string, at: WgslExpression): WgslExpression {
    return { kind: "element", array: this.arrayOfBuffer(buffer), index: this.indexOf(buffer, at) };
  }

  /** The vector of a buffer that starts at an offset, a multiple of its length. */
  vector(buffer: string, at: WgslExpression): WgslExpression {
    const array = this.arrayOfBuffer(buffer);
    let vectors = this.vectors.get(array);
    if (vectors === undefined) {
      vectors = this.identifiers.fresh(`${array}_vectors`);
      this.vectors.set(array, vectors);
    }
    const index = binary("/", this.indexOf(buffer, at), unsigned(VECTOR_LENGTH));
    return { kind: "element", array: vectors, index };
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
      ...this.arrays.flatMap((array) => {
        const vectors = this.vectors.get(array.name);
        if (vectors === undefined) return [array];
        const comment = `${array.name}, four at a time.`;
        return [array, { ...array, name: vectors, comment, element: "vec4f" as const }];
      }),
      ...this.overrides().map(({ name, kind }): WgslDeclaration => {
        return { kind: "override", name, value: unsigned(kind === "offset" ? 0 : 1) };
      }),
      ...tilings,
    ];
  }
}

const sizeKey = (axis: Axis): string => `length of axis '${axis.name}'`;
const strideKey = (axis: Axis): string => `stride of axis '${axis.name}'`;
const offsetKey = (buffer: string): string => `buffer '${buffer}'`;

/** Every axis that the index arithmetic of a kernel may need the length of. */
function axesOf({ kernel, inputs, tables }: Uses, program: Program): Axis[] {
  const buffers = new Set([...inputs, ...tables.map((t) => t.buffer)]);
  const inBuffers = program.buffers.filter((b) => buffers.has(b.name)).flatMap((b) => b.axes);
  const inBody = kernel.body.flatMap(axesOfStatement);
  const all = [...kernel.grid, ...inBuffers, ...inBody];
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

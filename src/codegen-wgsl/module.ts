// What a kernel's module declares around its entry points: uniforms, storage buffers, pipeline constants, their names.
import type { WgslKernel } from "../compiled.js";
import { Bug } from "../diagnostic.js";
import type { Axis } from "../ir/axis.js";
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
const OWN_WORDS = ["main", "main_tiled", "Run", "run", "inputs", "tables", "group", "groups", "lane"];
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
  private tiling: { readonly name: string; readonly axis: Axis; readonly length: number } | null = null;
  private readonly arrays: WgslDeclaration[] = [];
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
    this.arrays.push({ kind: "array", binding: 1 + this.arrays.length, access, name, comment });
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

  /** How many tiles of `length` an axis has. */
  tiles(axis: Axis, length: number): WgslExpression {
    this.tiling ??= { name: this.identifiers.fresh(`${axis.name}_tiles`), axis, length };
    return named(this.tiling.name);
  }

  /** An axis's length as a loop's bound or a number: from the uniform, so that loops stay rolled and nothing is folded. */
  bound(axis: Axis): WgslExpression {
    this.bounds.add(boundField(axis));
    return named(`run.${boundField(axis)}`);
  }

  /** The element of a buffer at an offset. */
  element(buffer: string, at: WgslExpression): WgslExpression {
    const array = this.arrayOf.get(buffer);
    if (array !== undefined) return { kind: "element", array, index: at };
    const index = add(this.constant(offsetKey(buffer)), at);
    return { kind: "element", array: this.packed.get(buffer) ?? "", index };
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
    return [
      { kind: "uniform", struct: "Run", name: "run", fields: this.uniforms() },
      ...this.arrays,
      ...this.overrides().map(({ name, kind }): WgslDeclaration => {
        return { kind: "override", name, value: unsigned(kind === "size" ? 1 : 0) };
      }),
      ...(this.tiling === null
        ? []
        : [tilesDeclaration(this.tiling.name, this.size(this.tiling.axis), this.tiling.length)]),
    ];
  }
}

const sizeKey = (axis: Axis): string => `length of axis '${axis.name}'`;
const offsetKey = (buffer: string): string => `buffer '${buffer}'`;

const tilesDeclaration = (name: string, size: WgslExpression, length: number): WgslDeclaration => ({
  kind: "override",
  name,
  value: binary("/", binary("+", size, unsigned(length - 1)), unsigned(length)),
});

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

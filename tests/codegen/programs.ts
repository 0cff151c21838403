// Small programs written by hand, each for one thing that a code generator must get right.
import type { Axis } from "../../src/ir/axis.js";
import type {
  Buffer,
  Kernel,
  KernelExpression,
  Launch,
  Program,
  Statement,
  Subscript,
} from "../../src/ir/program.js";
import type { Op } from "../../src/ops.js";

export const plate = (name: string): Axis => ({ name, role: "plate", blocks: null, parent: null });
export const particle = (name: string): Axis => ({ name, role: "particle", blocks: null, parent: null });
export const event = (name: string): Axis => ({ name, role: "event", blocks: null, parent: null });
export const blocksOf = (axis: Axis, length: number): Axis => ({
  name: `${axis.name}_blocks`,
  role: axis.role,
  blocks: { of: axis.name, length },
  parent: null,
});

export const literal = (value: number): KernelExpression => ({ kind: "literal", value });
export const local = (name: string): KernelExpression => ({ kind: "local", name });
export const apply = (op: Op, ...args: KernelExpression[]): KernelExpression => ({ kind: "apply", op, args });
const subscript = (at: Axis | number): Subscript =>
  typeof at === "number" ? { kind: "at", index: at } : { kind: "axis", axis: at };
export const load = (buffer: string, ...at: (Axis | number)[]): KernelExpression => ({
  kind: "load",
  buffer,
  subscripts: at.map(subscript),
});
export const store = (buffer: string, at: (Axis | number)[], value: KernelExpression): Statement => ({
  kind: "store",
  buffer,
  subscripts: at.map(subscript),
  value,
});
export const assign = (name: string, value: KernelExpression): Statement => ({ kind: "assign", name, value });
export const letBe = (name: string, value: KernelExpression): Statement => ({ kind: "let", name, value });
export const varBe = (name: string, value: KernelExpression): Statement => ({ kind: "var", name, value });
export const loop = (
  axis: Axis,
  comment: string,
  body: Statement[],
  within: Axis | null = null,
): Statement => ({
  kind: "loop",
  axis,
  within,
  body,
  comment,
});

export const buffer = (storage: Buffer["storage"], name: string, axes: Axis[], comment = name): Buffer => ({
  name,
  axes,
  storage,
  comment,
});

/** A kernel whose reads and writes are found in its body. */
export function kernel(name: string, grid: Axis[], body: Statement[], comment = name): Kernel {
  const reads = new Set<string>();
  const writes = new Set<string>();
  const inExpression = (e: KernelExpression): void => {
    if (e.kind === "load") reads.add(e.buffer);
    if (e.kind === "apply" || e.kind === "random") e.args.forEach(inExpression);
  };
  const inStatement = (s: Statement): void => {
    if (s.kind === "loop") return s.body.forEach(inStatement);
    inExpression(s.value);
    if (s.kind === "store") writes.add(s.buffer);
  };
  body.forEach(inStatement);
  return { name, comment, grid, body, reads: [...reads], writes: [...writes] };
}

/** A program whose outputs are all of its tables; every kernel has a launch of its own if nothing else is said. */
export function program(
  name: string,
  buffers: Buffer[],
  kernels: Kernel[],
  launches: readonly Launch[] = kernels.map((each) => ({ name: each.name, kernels: [each.name] })),
): Program {
  const axes = [...new Map(buffers.flatMap((b) => b.axes).map((axis) => [axis.name, axis])).values()];
  return {
    name,
    axes,
    buffers,
    kernels,
    launches,
    outputs: buffers.filter((b) => b.storage === "table").map((b) => b.name),
  };
}

const states = plate("states");
const zips = plate("zips");
const k = particle("k_states");

/** Normal log densities, elementwise over two plates and a particle axis. */
export const elementwise = program(
  "elementwise",
  [
    buffer("input", "log_radon", [states, zips], "data"),
    buffer("input", "particles.state_mean", [states, k], "particles of state_mean"),
    buffer("input", "sigma", [], "data"),
    buffer("table", "log_f", [states, zips, k], "log density of log_radon"),
  ],
  [
    kernel(
      "density",
      [states, zips, k],
      [
        letBe(
          "z",
          apply(
            "div",
            apply("sub", load("log_radon", states, zips), load("particles.state_mean", states, k)),
            load("sigma"),
          ),
        ),
        store(
          "log_f",
          [states, zips, k],
          apply(
            "sub",
            apply("mul", literal(-0.5), apply("mul", local("z"), local("z"))),
            apply("add", apply("log", load("sigma")), literal(0.9189385332046728)),
          ),
        ),
      ],
      "log_radon ~ normal(state_mean, sigma)",
    ),
  ],
);

/** Streaming log-sum-exp over the particles of a sum over a plate, and both ways of storing. */
export const logSumExp = program(
  "log_sum_exp",
  [
    buffer("input", "log_f", [states, zips, k], "log factors"),
    buffer("table", "log_z", [states], "sum over zips, log-sum-exp over k_states"),
    buffer("table", "largest", [states], "largest of the sums"),
  ],
  [
    kernel(
      "eliminate",
      [states],
      [
        varBe("m", literal(-1e30)),
        varBe("s", literal(0)),
        loop(k, "log-sum-exp", [
          varBe("term", literal(0)),
          loop(zips, "sum", [assign("term", apply("add", local("term"), load("log_f", states, zips, k)))]),
          letBe("m_new", apply("max", local("m"), local("term"))),
          assign(
            "s",
            apply(
              "add",
              apply("mul", local("s"), apply("exp", apply("sub", local("m"), local("m_new")))),
              apply("exp", apply("sub", local("term"), local("m_new"))),
            ),
          ),
          assign("m", local("m_new")),
        ]),
        store("log_z", [states], apply("add", local("m"), apply("log", local("s")))),
        store("largest", [states], local("m")),
      ],
      "eliminates k_states",
    ),
  ],
);

const zipBlocks = blocksOf(zips, 4);
/** Sums over blocks of a plate, then over the blocks. */
export const blocked = program(
  "blocked",
  [
    buffer("input", "y", [zips, states], "data"),
    buffer("table", "partial", [zipBlocks, states], "sums of 4 zips"),
    buffer("table", "total", [states], "sums over zips"),
  ],
  [
    kernel(
      "partial_sums",
      [zipBlocks, states],
      [
        varBe("sum", literal(0)),
        loop(zips, "sum", [assign("sum", apply("add", local("sum"), load("y", zips, states)))], zipBlocks),
        store("partial", [zipBlocks, states], local("sum")),
      ],
    ),
    kernel(
      "sums",
      [states],
      [
        varBe("sum", literal(0)),
        loop(zipBlocks, "sum", [
          assign("sum", apply("add", local("sum"), load("partial", zipBlocks, states))),
        ]),
        store("total", [states], local("sum")),
      ],
    ),
  ],
);

const i = event("i_3");
/** Fixed subscripts of a vector, lengths and places as numbers, a kernel of one point. */
export const subscripts = program(
  "subscripts",
  [
    buffer("input", "x", [states, i, k], "a vector for each state and particle"),
    buffer("table", "second_less_first", [states, k], "x[2] - x[1]"),
    buffer("table", "places", [states, i], "10 * state + i / number of states"),
    buffer("table", "corner", [], "x of the last state's ... first particle"),
  ],
  [
    kernel(
      "differences",
      [states, k],
      [
        store(
          "second_less_first",
          [states, k],
          apply("sub", load("x", states, 1, k), load("x", states, 0, k)),
        ),
      ],
    ),
    kernel(
      "numbering",
      [states],
      [
        loop(i, "each", [
          store(
            "places",
            [states, i],
            apply(
              "add",
              apply("mul", literal(10), { kind: "index", axis: states }),
              apply("div", { kind: "index", axis: i }, { kind: "size", axis: states }),
            ),
          ),
        ]),
      ],
    ),
    kernel("corner", [], [store("corner", [], load("x", 1, 2, 0))]),
  ],
);

/** Draws of both primitives, over plates and an event axis. */
export const draws = program(
  "draws",
  [
    buffer("input", "shape", [states], "shapes of the gammas"),
    buffer("table", "uniforms", [states, i, k], "uniform draws"),
    buffer("table", "gammas", [states, k], "gamma draws"),
  ],
  [
    kernel(
      "draw_uniforms",
      [states, i, k],
      [
        store("uniforms", [states, i, k], {
          kind: "random",
          primitive: "std_uniform",
          site: 7,
          element: [states, i],
          particle: k,
          // The first of three along `i` is the last of the table of directions.
          coordinate: { set: 2, plates: [states], slot: 28, vectors: [[i]] },
          args: [],
        }),
      ],
    ),
    kernel(
      "draw_gammas",
      [states, k],
      [
        store("gammas", [states, k], {
          kind: "random",
          primitive: "std_gamma",
          site: 8,
          element: [states],
          particle: k,
          coordinate: null,
          args: [load("shape", states)],
        }),
      ],
    ),
  ],
);

const many = Array.from({ length: 9 }, (_, j) => `part_${j}`);
/** One kernel that writes nine tables, and one that reads them all: more than a kernel may bind. */
export const manyTables = program(
  "many_tables",
  [
    buffer("input", "x", [states], "data"),
    ...many.map((name) => buffer("table", name, [states], "a multiple of x")),
    buffer("table", "sum", [states], "sum of all parts"),
  ],
  [
    kernel(
      "parts",
      [states],
      many.map((name, j) => store(name, [states], apply("mul", load("x", states), literal(j + 1)))),
    ),
    kernel(
      "gather",
      [states],
      [
        store(
          "sum",
          [states],
          many.map((name) => load(name, states)).reduce((sum, part) => apply("add", sum, part)),
        ),
      ],
    ),
  ],
);

const packed = (name: string, axes: Axis[]): Buffer => ({ ...buffer("table", name, axes), packed: true });
/**
 * Three kernels in one launch, of a grid over two axes, of one point and of one over an axis that the first lacks; then
 * one that uses what all of them computed. Two tables are packed.
 */
export const together = program(
  "together",
  [
    buffer("input", "x", [states], "data"),
    buffer("table", "scaled", [states, k]),
    packed("total", []),
    packed("square", [zips]),
    packed("sum", [states, zips]),
  ],
  [
    kernel(
      "scale",
      [states, k],
      [
        store(
          "scaled",
          [states, k],
          apply("mul", load("x", states), apply("add", literal(1), { kind: "index", axis: k })),
        ),
      ],
    ),
    kernel(
      "add",
      [],
      [
        varBe("total", literal(0)),
        loop(states, "sum", [assign("total", apply("add", local("total"), load("x", states)))]),
        store("total", [], local("total")),
      ],
    ),
    kernel("count", [zips], [store("square", [zips], apply("square", { kind: "index", axis: zips }))]),
    kernel(
      "gather",
      [states, zips],
      [
        varBe("sum", apply("add", load("total"), load("square", zips))),
        loop(k, "sum", [assign("sum", apply("add", local("sum"), load("scaled", states, k)))]),
        store("sum", [states, zips], local("sum")),
      ],
    ),
  ],
  [
    { name: "first", kernels: ["scale", "add", "count"] },
    { name: "gather", kernels: ["gather"] },
  ],
);

const a = particle("k_a");
const b = particle("k_b");
/**
 * A loop whose points share loads along `k_a`: fit for tiles. `scaled` is a variable that depends on `k_a` only through
 * what is assigned to it later.
 */
export const tiled = program(
  "tiled",
  [
    buffer("input", "y", [states, zips], "data"),
    buffer("input", "particles.a", [states, a], "particles of a"),
    buffer("input", "particles.b", [states, b], "particles of b"),
    buffer("table", "log_f", [states, a, b], "sum of squares"),
    buffer("table", "last", [states, a, b], "a times the last square"),
  ],
  [
    kernel(
      "squares",
      [states, a, b],
      [
        varBe("sum", literal(0)),
        varBe("scaled", literal(0)),
        letBe("mean", load("particles.a", states, a)),
        loop(zips, "sum", [
          letBe("b", load("particles.b", states, b)),
          letBe(
            "square",
            apply("square", apply("sub", load("y", states, zips), apply("add", local("mean"), local("b")))),
          ),
          assign("sum", apply("add", local("sum"), local("square"))),
          assign("scaled", apply("mul", local("mean"), local("square"))),
        ]),
        store("log_f", [states, a, b], apply("mul", literal(-0.5), local("sum"))),
        store("last", [states, a, b], local("scaled")),
      ],
      "y ~ normal(a + b, 1)",
    ),
  ],
);

/** Products of matrices, one for each place along `states`: fit for tiles over three axes. */
export const products = program(
  "products",
  [
    buffer("input", "left", [states, zips, a], "matrices"),
    buffer("input", "right", [zips, b], "a matrix"),
    buffer("table", "product", [states, a, b], "their products"),
  ],
  [
    kernel(
      "multiply",
      [states, a, b],
      [
        varBe("sum", literal(0)),
        loop(zips, "sum", [
          assign(
            "sum",
            apply("add", local("sum"), apply("mul", load("left", states, zips, a), load("right", zips, b))),
          ),
        ]),
        store("product", [states, a, b], local("sum")),
      ],
    ),
  ],
);

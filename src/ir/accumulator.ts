// The running state of reductions in kernels, and the expressions that it is written in.
import type { Op } from "../ops.js";
import type { Ring } from "./node.js";
import { LOG_ZERO, type KernelExpression, type Statement } from "./program.js";

export const literal = (value: number): KernelExpression => ({ kind: "literal", value });
export const local = (name: string): KernelExpression => ({ kind: "local", name });
export const apply = (op: Op, ...args: KernelExpression[]): KernelExpression => ({ kind: "apply", op, args });

/** Below this the sum of a log-sum-exp means that every term was the logarithm of zero. */
const SMALLEST_SUM = 1e-37;

/** How a loop combines its terms: statements before it and in it, and what is left. */
export type Accumulator = {
  readonly begin: readonly Statement[];
  readonly add: (term: KernelExpression, name: string) => readonly Statement[];
  readonly result: KernelExpression;
};

/** The running state of a reduction. A log-sum-exp keeps the largest term so far and the sum relative to it. */
export function accumulator(ring: Ring, name: string): Accumulator {
  const total = local(name);
  switch (ring) {
    case "sum":
      return {
        begin: [{ kind: "var", name, value: literal(0) }],
        add: (term) => [{ kind: "assign", name, value: apply("add", total, term) }],
        result: total,
      };
    case "max":
      return {
        begin: [{ kind: "var", name, value: literal(LOG_ZERO) }],
        add: (term) => [{ kind: "assign", name, value: apply("max", total, term) }],
        result: total,
      };
    case "log_sum_exp": {
      const [largest, sum] = [local(`${name}_max`), local(`${name}_sum`)];
      return {
        begin: [
          { kind: "var", name: `${name}_max`, value: literal(LOG_ZERO) },
          { kind: "var", name: `${name}_sum`, value: literal(0) },
        ],
        add: (value, termName) => {
          const term = local(termName);
          const scaled = local(`${termName}_exp`);
          const rescaled = apply("add", apply("mul", sum, scaled), literal(1));
          return [
            { kind: "let", name: termName, value },
            {
              kind: "let",
              name: `${termName}_exp`,
              value: apply("exp", apply("neg", apply("abs", apply("sub", term, largest)))),
            },
            {
              kind: "assign",
              name: `${name}_sum`,
              value: apply("select", apply("gt", term, largest), rescaled, apply("add", sum, scaled)),
            },
            { kind: "assign", name: `${name}_max`, value: apply("max", largest, term) },
          ];
        },
        result: apply("add", largest, apply("log", apply("max", sum, literal(SMALLEST_SUM)))),
      };
    }
  }
}

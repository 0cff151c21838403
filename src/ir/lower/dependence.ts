// What a value is computed from: variables of the same step, and variables one step before.
import type { Data, Latent, Local, TypedExpression } from "../../typecheck/model.js";
import { partsOf } from "../../typecheck/walk.js";

/** Variables that a value is computed from. `locals` are those that it is computed from by name; of others, what they are of. */
export type Dependence = {
  readonly now: ReadonlySet<Latent | Data | Local>;
  /** One step before, or further back. */
  readonly before: ReadonlySet<Latent | Data | Local>;
};

/** The dependence of some expressions; locals among `named` stand for themselves, all others for their values. */
export function dependenceOf(
  expressions: readonly TypedExpression[],
  named: ReadonlySet<Local> = new Set(),
): Dependence {
  const now = new Set<Latent | Data | Local>();
  const before = new Set<Latent | Data | Local>();
  const seen = { now: new Set<TypedExpression>(), before: new Set<TypedExpression>() };
  const visit = (e: TypedExpression, isBefore: boolean): void => {
    const done = isBefore ? seen.before : seen.now;
    if (done.has(e)) return;
    done.add(e);
    if (e.kind === "previous") {
      const { variable } = e;
      if (variable.kind === "local" && !named.has(variable)) visit(variable.value, true);
      else before.add(variable);
      visit(e.initial, isBefore);
      return;
    }
    if (e.kind === "reference") {
      const { variable } = e;
      const stands = variable.kind === "local" && named.has(variable);
      if (variable.kind === "latent" || variable.kind === "data" || stands)
        (isBefore ? before : now).add(variable);
      if (stands) return;
    }
    for (const part of partsOf(e)) visit(part, isBefore);
  };
  for (const e of expressions) visit(e, false);
  return { now, before };
}

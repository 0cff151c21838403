// `if` and `for` of the model block: loops are unrolled; a branch whose condition is not a number is a condition on its
// factors.
import type { Diagnostic } from "../diagnostic.js";
import type { Statement } from "../parser/ast.js";
import { constantValue } from "./constants.js";
import { declareVariable } from "./declare.js";
import * as errors from "./errors.js";
import { apply, checkExpression, isCondition, literal } from "./expression.js";
import type { Local, TypedExpression } from "./model.js";
import { Scope, type Context } from "./scope.js";
import { describeType } from "./show.js";
import type { ModelBlock } from "./statements.js";
import { typeOf } from "./types.js";

/** Checks a statement in a block of its own. */
type Body = (statement: Statement, context: Context, block: ModelBlock) => void;

/** A loop of more rounds than this is not unrolled. */
const MOST_ROUNDS = 1000;

/** Checks the branch that a known condition takes; of another, both, each under its condition. */
export function checkIf(
  s: Extract<Statement, { kind: "if" }>,
  context: Context,
  block: ModelBlock,
  body: Body,
): void {
  const condition = checkExpression(s.condition, context);
  if (condition === null || !isCondition(condition, "the condition of 'if'", context)) return;
  const value = constantValue(condition);
  const branch = (statement: Statement | null, inner: Context, observed: ModelBlock["observed"]): void => {
    if (statement !== null) body(statement, inner, { ...block, observed });
  };
  if (value !== null) return branch(value === 0 ? s.otherwise : s.then, context, block.observed);
  const not = apply("not", [condition], "int", condition.span, context);
  const outer = context.condition;
  const and = (own: TypedExpression | null): TypedExpression | null =>
    own === null || outer === null ? own : apply("and", [outer, own], "int", own.span, context);
  // What one branch observes, the other may, too.
  const observed = [new Map(block.observed), new Map(block.observed)] as const;
  branch(s.then, { ...context, condition: and(condition) }, observed[0]);
  branch(s.otherwise, { ...context, condition: and(not) }, observed[1]);
  for (const each of observed) for (const [variable, span] of each) block.observed.set(variable, span);
}

/** Checks the body once for every value of the loop's variable, and reports what is wrong in it once. */
export function checkFor(
  s: Extract<Statement, { kind: "for" }>,
  context: Context,
  block: ModelBlock,
  body: Body,
): void {
  const bounds = [s.from, s.to].map((e) => {
    const bound = checkExpression(e, context);
    if (bound === null || (bound.type.base === "int" && bound.type.size === null)) return bound;
    return context.report(errors.needInt(bound.span, "a bound of a loop", describeType(bound.type)));
  });
  const [from, to] = bounds;
  if (!from || !to) return;
  const [first, last] = [constantValue(from), constantValue(to)];
  if (first === null || last === null) {
    context.report(errors.loopOverData((first === null ? from : to).span));
    return;
  }
  if (last - first >= MOST_ROUNDS) {
    context.report(errors.longLoop(s.span, last - first + 1, MOST_ROUNDS));
    return;
  }
  const told = new Set<string>();
  const report = (diagnostic: Diagnostic): null => {
    const key = `${diagnostic.code} ${diagnostic.span?.start ?? ""} ${diagnostic.message}`;
    if (!told.has(key)) context.report(diagnostic);
    told.add(key);
    return null;
  };
  for (let i = first; i <= last; i++) {
    const scope = new Scope(context.scope);
    if (i === first) context.record?.scope({ span: s.span, scope, open: context.open });
    const inner = { ...context, report, scope };
    const { text: name, span } = s.variable;
    const value = literal(i, "int", span);
    const variable: Local = { kind: "local", name, type: typeOf("int"), value, span };
    if (declareVariable(s.variable, variable, inner.open, scope, inner)) body(s.body, inner, block);
  }
}

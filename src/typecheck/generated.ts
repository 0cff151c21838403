// The generated block: quantities of interest, which are functions of latents and data, and predictions, which are draws.
import { absurd, Bug } from "../diagnostic.js";
import type { Statement } from "../parser/ast.js";
import { checkType, declareVariable } from "./declare.js";
import * as errors from "./errors.js";
import { checkFamily } from "./family.js";
import type { Generated, Latent } from "./model.js";
import { asPromised } from "./previous.js";
import type { Context, Scope } from "./scope.js";
import { checkLocal, inBlock, inPlate, typedLatent, type ModelBlock } from "./statements.js";
import { truncate } from "./truncation.js";

type GeneratedBlock = Pick<ModelBlock, "opened" | "unknownPlates" | "closed"> & {
  /** Where quantities are declared: like latents they outlive the block they stand in. */
  readonly global: Scope;
  readonly quantities: Generated[];
  /** The model's latents, and the predictions so far: what expressions may depend on. */
  readonly latents: Latent[];
  /** False inside plain braces, whose locals are not reported. */
  readonly isReported: boolean;
};

export function checkGenerated(body: readonly Statement[], context: Context, block: GeneratedBlock): void {
  for (const s of body) checkStatement(s, context, block);
}

function checkStatement(s: Statement, context: Context, block: GeneratedBlock): void {
  switch (s.kind) {
    case "local": {
      const local = checkLocal(s, context);
      const scope = block.isReported ? block.global : context.scope;
      const isNew = declareVariable(s.name, local, context.open, scope, context);
      if (!isNew || local === null || !block.isReported) return;
      const { name, type, value } = local;
      block.quantities.push({ kind: "value", name, type, value, plates: context.open, span: s.span });
      return;
    }
    case "plate":
      return inPlate(s, context, block, (inner) => checkGenerated(s.body, inner, block));
    case "block":
      return inBlock(null, s.span, context, block, (inner) =>
        checkGenerated(s.body, inner, { ...block, isReported: false }),
      );
    case "sample":
      return checkPrediction(s, context, block);
    case "target":
      throw new Bug("the parser lets no 'target' into the generated block");
    case "if":
      context.report(errors.generatedIf(s.span));
      return;
    case "for":
      context.report(errors.generatedFor(s.span));
      return;
    default:
      return absurd(s);
  }
}

/**
 * `name ~ family(args)`: a draw from the family for every posterior draw of what its arguments depend on. It is reported
 * wherever it stands.
 */
function checkPrediction(
  s: Extract<Statement, { kind: "sample" }>,
  context: Context,
  block: GeneratedBlock,
): void {
  const declared = s.type === null ? null : checkType(s.type, "model", context);
  const given = checkFamily(s.distribution, context);
  const family = given !== null && s.truncation !== null ? truncate(given, s.truncation, context) : given;
  const bounded = declared !== null && (declared.lower !== null || declared.upper !== null);
  if (bounded) context.report(errors.predictionConstraint(s.type?.span ?? s.span, s.name.text));
  const hasDraw = family === null || family.distribution.draw !== null;
  if (!hasDraw) context.report(errors.predictionNeedsDraw(s.distribution.name));
  const isWhole = family !== null && hasDraw && !bounded && (s.type === null || declared !== null);
  const typed = isWhole ? typedLatent(s.name, declared, family, context) : null;
  const variable = typed && asPromised(typed, context);
  const isNew = declareVariable(s.name, variable, context.open, block.global, context);
  if (!isNew || variable === null || family === null) return;
  block.latents.push(variable);
  const { name, type } = variable;
  const { distribution, args } = family;
  block.quantities.push({
    kind: "prediction",
    name,
    type,
    plates: context.open,
    span: s.span,
    variable,
    distribution,
    args,
  });
}

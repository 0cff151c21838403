// The generated block: quantities of interest, deterministic functions of latents and data.
import { absurd, Bug } from "../diagnostic.js";
import type { Statement } from "../parser/ast.js";
import { declareVariable } from "./declare.js";
import * as errors from "./errors.js";
import type { Generated } from "./model.js";
import type { Context, Scope } from "./scope.js";
import { checkLocal, inBlock, inPlate, type ModelBlock } from "./statements.js";

type GeneratedBlock = Pick<ModelBlock, "opened" | "unknownPlates" | "closed"> & {
  /** Where quantities are declared: like latents they outlive the block they stand in. */
  readonly global: Scope;
  readonly quantities: Generated[];
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
      block.quantities.push({ name, type, value, plates: context.open, span: s.span });
      return;
    }
    case "plate":
      return inPlate(s.name, context, block, (inner) => checkGenerated(s.body, inner, block));
    case "block":
      return inBlock(null, context, block, (inner) =>
        checkGenerated(s.body, inner, { ...block, isReported: false }),
      );
    case "sample":
      context.report(errors.generatedDraw(s.span));
      return;
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

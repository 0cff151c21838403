// The statements of the model block: latents, observations, locals, factors and plates.
import { absurd } from "../diagnostic.js";
import type { Statement } from "../parser/ast.js";
import type { Name, Span } from "../source.js";
import { constantValue } from "./constants.js";
import { checkFor, checkIf } from "./control.js";
import { checkType, declareVariable, isNewName } from "./declare.js";
import { chain, findPlate } from "./data.js";
import * as errors from "./errors.js";
import { checkExpression, reference } from "./expression.js";
import { checkFamily, intersect, supportOf, type Family } from "./family.js";
import type {
  Data,
  Factor,
  Latent,
  Local,
  Plate,
  TypedExpression,
  ValueType,
  VectorConstraint,
} from "./model.js";
import { asPromised, defineLocal, unknownLocal } from "./previous.js";
import { Scope, type ClosedLocal, type Context } from "./scope.js";
import { describeType } from "./show.js";
import { truncate } from "./truncation.js";
import { isAssignable, isWhole, showSize, typeOf, withoutBounds } from "./types.js";

/** What the model block has said so far. */
export type ModelBlock = {
  /** Where latents are declared: they outlive the block they stand in. */
  readonly global: Scope;
  readonly latents: Latent[];
  readonly locals: Local[];
  readonly factors: Factor[];
  /** Data and locals that were observed, and where first. */
  readonly observed: Map<Data | Local, Span>;
  readonly opened: Set<Plate>;
  readonly closed: Map<string, ClosedLocal>;
  /** Stand-ins for plates whose name is unknown, so that what is inside is still checked. */
  readonly unknownPlates: Map<string, Plate>;
};

export function checkStatements(body: readonly Statement[], context: Context, block: ModelBlock): void {
  for (const statement of body) checkStatement(statement, context, block);
}

function checkStatement(s: Statement, context: Context, block: ModelBlock): void {
  switch (s.kind) {
    case "sample":
      return checkSample(s, context, block);
    case "local": {
      const local = checkLocal(s, context);
      if (declareVariable(s.name, local, context.open, context.scope, context) && local !== null)
        block.locals.push(local);
      return;
    }
    case "target":
      return checkTarget(s, context, block);
    case "plate":
      return inPlate(s, context, block, (inner) => checkStatements(s.body, inner, block));
    case "block":
      return inBlock(null, s.span, context, block, (inner) => checkStatements(s.body, inner, block));
    case "if":
      return checkIf(s, context, block, inBranch);
    case "for":
      return checkFor(s, context, block, inBranch);
    default:
      return absurd(s);
  }
}

/** A branch or a round of a loop has locals of its own. */
function inBranch(s: Statement, context: Context, block: ModelBlock): void {
  inBlock(null, s.span, context, block, (inner) => checkStatement(s, inner, block));
}

/** Runs `body`, what stands in a statement `plate name { ... }`, with the plate open. */
export function inPlate(
  { name, span }: { readonly name: Name; readonly span: Span },
  context: Context,
  block: Pick<ModelBlock, "opened" | "unknownPlates" | "closed">,
  body: (inner: Context) => void,
): void {
  const plate = findPlate(name, context) ?? standIn(name, block.unknownPlates);
  block.opened.add(plate);
  if (context.open.includes(plate)) {
    context.report(errors.plateOpenTwice(name));
    return inBlock(null, span, context, block, body);
  }
  const { parent } = plate;
  if (parent !== null && !context.open.includes(parent))
    context.report(errors.parentNotOpen(name, plate, parent));
  // Parents that should be open are, from here on, so that what is inside is checked as it was meant.
  const opening = chain(plate).filter((p) => !context.open.includes(p));
  for (const p of opening) block.opened.add(p);
  inBlock(plate.name, span, { ...context, open: [...context.open, ...opening] }, block, body);
}

function standIn(name: Name, known: Map<string, Plate>): Plate {
  const plate = known.get(name.text) ?? {
    kind: "plate",
    name: name.text,
    parent: null,
    ordered: false,
    by: null,
    span: name.span,
  };
  known.set(name.text, plate);
  return plate;
}

/** Runs `body`, which stands at `span`, with a scope of its own, whose locals end with it. */
export function inBlock(
  plate: string | null,
  span: Span,
  context: Context,
  block: Pick<ModelBlock, "closed">,
  body: (inner: Context) => void,
): void {
  const scope = new Scope(context.scope);
  context.record?.scope({ span, scope, open: context.open });
  body({ ...context, scope });
  for (const [name, entry] of scope.own()) block.closed.set(name, { span: entry.span, plate });
}

/** A deterministic local; null after a report. */
export function checkLocal(s: Extract<Statement, { kind: "local" }>, context: Context): Local | null {
  const type = checkType(s.type, "model", context);
  const name = s.name.text;
  const declaring = type && unknownLocal(s.name, withoutBounds(type));
  const value = checkExpression(s.value, { ...context, declaring });
  if (type === null || value === null || declaring === null) return null;
  if (type.lower !== null || type.upper !== null) context.report(errors.localConstraint(s.type.span, name));
  if (!isAssignable(value.type, type))
    return context.report(errors.localType(value.span, name, describeType(type), describeType(value.type)));
  return defineLocal(declaring, value, context);
}

/** A vector of factors counts as their sum. */
function checkTarget(s: Extract<Statement, { kind: "target" }>, context: Context, block: ModelBlock): void {
  const value = checkExpression(s.value, context);
  if (value === null) return;
  const { plates, latents, span, type } = value;
  const scalar: TypedExpression =
    type.size === null
      ? value
      : {
          kind: "reduce",
          reduction: "sum",
          arg: value,
          type: { ...type, size: null },
          plates,
          latents,
          span,
        };
  const { condition } = context;
  block.factors.push({ kind: "target", condition, value: scalar, plates: context.open, span: s.span });
}

/** `name ~ family(args)`: an observation if the name is data or a local, else a latent. */
function checkSample(s: Extract<Statement, { kind: "sample" }>, context: Context, block: ModelBlock): void {
  const declared = s.type === null ? null : checkType(s.type, "model", context);
  const entry = context.scope.find(s.name.text);
  const variable = entry?.kind === "variable" ? entry.variable : null;
  const whole = checkFamily(s.distribution, context, (declared ?? variable?.type)?.size ?? null);
  const family = whole !== null && s.truncation !== null ? truncate(whole, s.truncation, context) : whole;
  if (entry !== undefined && s.type === null)
    context.record?.use(s.name, { kind: "declaration", at: entry.span });
  if (variable?.kind === "latent") {
    context.report(errors.latentTwice(s.name, variable.span));
  } else if (variable?.kind === "data" || variable?.kind === "local") {
    context.used.add(variable);
    if (s.type !== null) isNewName(s.name, context);
    else if (checkObserved(s.name, variable, context, block) && family !== null)
      observe(s.name, variable, family, s.span, context, block);
  } else if (entry?.kind === "faulty") {
    return;
  } else {
    if (context.condition !== null) context.report(errors.latentInBranch(s.name));
    const isTyped = s.type === null || declared !== null;
    const typed = family === null || !isTyped ? null : typedLatent(s.name, declared, family, context);
    const latent = typed && asPromised(typed, context);
    const isDeclared = declareVariable(s.name, latent, context.open, block.global, context);
    if (!isDeclared || latent === null || family === null) return;
    block.latents.push(latent);
    const { distribution, args } = family;
    if (distribution.draw === null)
      context.report(errors.improperPrior(s.distribution.span, latent.name, distribution.name));
    block.factors.push({ kind: "prior", latent, distribution, args, plates: context.open, span: s.span });
  }
}

/** A latent's type is what its distribution returns, within the bounds that it is declared with. */
export function typedLatent(
  name: Name,
  declared: ValueType | null,
  family: Family,
  context: Context,
): Latent | null {
  const { distribution, args, size } = family;
  const { base } = distribution.result;
  const at = name.span;
  // A number or independent ones can be started from a wide normal; what is more than that cannot.
  if (distribution.draw === null && (base === "int" || isWhole(distribution)))
    return context.report(errors.latentNeedsDraw(at, name.text, distribution.name));
  if (declared !== null && declared.base !== base)
    return context.report(errors.latentBase(at, name.text, describeType(declared), distribution.name, base));
  if (
    declared !== null &&
    size !== null &&
    (declared.size === null || showSize(declared.size) !== showSize(size))
  )
    return context.report(
      errors.latentSize(family.sizeFrom ?? at, name.text, describeType(declared), showSize(size)),
    );
  const shape = declared === null ? size : declared.size;
  const ownConstraint = distribution.result.constraint;
  if (declared && hasOwnDimension(declared.constraint) && ownConstraint !== declared.constraint)
    return context.report(errors.notOfConstraint(at, name.text, describeType(declared), distribution.name));
  if (size === null && isWhole(distribution) && shape !== null)
    return context.report(
      errors.givesOneNumber(at, name.text, describeType(declared ?? typeOf(base)), distribution.name, base),
    );
  if (base === "int" && shape !== null) return context.report(errors.discreteVector(at, name.text));
  const support = supportOf(distribution, args, shape, context);
  const type = declared === null ? support : intersect(declared, support, at, context);
  const lower = type.lower && constantValue(type.lower);
  const upper = type.upper && constantValue(type.upper);
  if (lower !== null && upper !== null && lower > upper)
    return context.report(errors.emptySupport(at, name.text, lower, upper));
  return { kind: "latent", name: name.text, type, plates: context.open, span: name.span };
}

/** True of constraints that leave fewer numbers free than there are elements: densities of all elements are none of theirs. */
const hasOwnDimension = (constraint: VectorConstraint | null): boolean =>
  constraint !== null && constraint !== "ordered" && constraint !== "positive_ordered";

/** False, after a report, if this variable cannot be observed here. */
function checkObserved(name: Name, variable: Data | Local, context: Context, block: ModelBlock): boolean {
  const first = block.observed.get(variable);
  if (first !== undefined) {
    context.report(errors.observedTwice(name, first));
    return false;
  }
  block.observed.set(variable, name.span);
  const [latent] = variable.kind === "local" ? variable.value.latents : [];
  if (latent !== undefined) {
    context.report(errors.observedNotData(name, latent.name));
    return false;
  }
  const plates = variable.kind === "data" ? variable.plates : variable.value.plates;
  const closed = plates.find((plate) => !context.open.includes(plate));
  const extra = context.open.find((plate) => !plates.includes(plate));
  if (closed !== undefined) context.report(errors.observationPlateClosed(name, variable.span, closed.name));
  else if (extra !== undefined) context.report(errors.observationExtraPlate(name, variable.span, extra.name));
  return closed === undefined && extra === undefined;
}

function observe(
  name: Name,
  variable: Data | Local,
  family: Family,
  span: Span,
  context: Context,
  block: ModelBlock,
): void {
  const { distribution, args, size } = family;
  const value = reference(variable, name.span, context);
  if (distribution.result.base === "int" && value.type.base !== "int") {
    const actual = describeType(value.type);
    context.report(errors.discreteNeedsInt(name, distribution.name, actual, variable.span));
    return;
  }
  const own = value.type.size;
  if (size !== null && (own === null || showSize(own) !== showSize(size))) {
    context.report(errors.observedSize(name, describeType(value.type), showSize(size)));
    return;
  }
  block.factors.push({
    kind: "observation",
    name: name.text,
    condition: context.condition,
    value,
    distribution,
    args,
    plates: context.open,
    span,
  });
}

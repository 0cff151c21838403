// The type checker: a program's blocks in, a typed model or all that is wrong with it out.
import { hasErrors, type Diagnostic } from "../diagnostic.js";
import { isSized } from "./types.js";
import type { Program, Statement } from "../parser/ast.js";
import type { SourceFile, Span } from "../source.js";
import { chain, checkData, type CheckedData } from "./data.js";
import { checkType } from "./declare.js";
import type { Prior } from "./default-guide.js";
import * as errors from "./errors.js";
import { checkGenerated } from "./generated.js";
import { checkGuide } from "./guide.js";
import { extendLibrary, type Library } from "./library.js";
import type { Generated, Plate, TypedModel, ValueType } from "./model.js";
import { checkPromises, emptyPast, type Past } from "./previous.js";
import { checkParameters } from "./parameters.js";
import type { Recorder } from "./record.js";
import { Scope, type Context } from "./scope.js";
import { checkStatements, inBlock, type ModelBlock } from "./statements.js";

/**
 * Checks a program; `model` is null where there is any error. Every mistake of the file is found in one go. `parsed`:
 * what the parser found; where it had to drop statements, what they declare is not reported as unknown. `record` is
 * told what every name and expression is, and `partial` is what is known of a model that has mistakes.
 */
export function checkModel(
  program: Program,
  source: SourceFile,
  library: Library,
  parsed: readonly Diagnostic[] = [],
  record: Recorder | null = null,
): { model: TypedModel | null; diagnostics: Diagnostic[]; partial: TypedModel; library: Library } {
  const diagnostics: Diagnostic[] = [];
  const report = (diagnostic: Diagnostic): null => {
    diagnostics.push(diagnostic);
    return null;
  };
  const extended = extendLibrary(library, program.functions, record);
  diagnostics.push(...extended.diagnostics, ...extended.library.check());
  const isWhole = !hasErrors(parsed);
  const keyword = (name: string): Span | undefined => program.blocks.find((b) => b.text === name)?.span;

  const block = emptyBlock();
  const pastOf = (body: readonly Statement[], isOfDraws: boolean): Past =>
    emptyPast(
      body,
      (type, at) => checkType(type, "model", { ...at, report: () => null, record: null }),
      isOfDraws,
    );
  const past = pastOf(program.model, false);
  const context: Context = {
    report,
    library: extended.library,
    scope: block.global,
    open: [],
    condition: null,
    latents: block.latents,
    later: new Map(),
    closed: block.closed,
    isDropped: (name) => !isWhole && mayDeclare(source.text, name),
    place: "model",
    used: new Set(),
    learn: null,
    instances: new Map(),
    indices: [],
    declaring: null,
    past,
    record,
  };
  record?.scope({ span: program.span, scope: block.global, open: [] });
  const data = checkData(program.data, { ...context, past: "data" });
  const isDataWhole = !hasErrors(diagnostics);
  const laterParameters = declaredNames(program.parameters, block.global);
  const parameters = checkParameters(program.parameters, {
    ...context,
    later: laterParameters,
    past: "data",
  });
  const later = declaredNames(program.model, block.global);
  inBlock(null, blockSpan(program, "model"), { ...context, later }, block, (inner) =>
    checkStatements(program.model, inner, block),
  );
  checkPromises(context);
  const priors = block.factors.filter((factor): factor is Prior => factor.kind === "prior");
  const guide = checkGuide(program.guide, priors, { ...context, past: "guide" }, block, past.lookedBackAt);
  const quantities: Generated[] = [];
  const latents = [...block.latents];
  const laterGenerated = declaredNames(program.generated, block.global);
  const inGenerated: Context = {
    ...context,
    latents,
    later: laterGenerated,
    past: pastOf(program.generated, true),
  };
  checkGenerated(program.generated, inGenerated, { ...block, latents, quantities, isReported: true });
  checkPromises(inGenerated);

  const at = keyword("model");
  if (isWhole && at !== undefined && !hasLatent(program.model, data)) report(errors.noLatents(at));
  if (isWhole && isDataWhole)
    for (const plate of platesWithoutData(data, block)) report(errors.plateWithoutData(plate));
  const model: TypedModel = {
    source,
    plates: data.plates,
    data: data.data,
    parameters,
    latents: block.latents,
    locals: block.locals,
    factors: block.factors,
    groups: guide.groups,
    guides: guide.guides,
    generated: quantities,
    indices: context.indices,
  };
  for (const clash of takenNames(model)) report(clash);
  const rest = { diagnostics, partial: model, library: extended.library };
  if (!isWhole || hasErrors(diagnostics)) return { model: null, ...rest };
  diagnostics.push(...unused(program, data, context, block));
  return { model, ...rest };
}

/** Where a block stands, up to the next one; the end of the file if there is none of this name. */
function blockSpan({ blocks, span }: Program, name: string): Span {
  const i = blocks.findIndex((block) => block.text === name);
  const start = blocks[i]?.span.start ?? span.end;
  return { ...span, start, end: (i < 0 ? undefined : blocks[i + 1]?.span.start) ?? span.end };
}

/** True where the text seems to declare a variable, a plate, a function or a distribution of this name. */
const mayDeclare = (text: string, name: string): boolean =>
  new RegExp(
    `\\b${name}\\s*(?:\\[[^\\]]*\\]\\s*)?(?:~|=[^=]|<-|;|in\\b|ordered\\b)|\\b(?:function|distribution)\\b[^;{=]*\\b${name}\\s*\\(`,
  ).test(text);

const emptyBlock = (): ModelBlock => ({
  global: new Scope(),
  latents: [],
  locals: [],
  factors: [],
  observed: new Map(),
  opened: new Set(),
  closed: new Map(),
  unknownPlates: new Map(),
});

/** The names that statements declare, and where first: those that `scope` (the data block's) has not. */
function declaredNames(body: readonly Statement[], scope: Scope): ReadonlyMap<string, Span> {
  const names = new Map<string, Span>();
  const visit = (s: Statement): void => {
    if (s.kind === "plate" || s.kind === "block") s.body.forEach(visit);
    if (s.kind === "if") [s.then, ...(s.otherwise === null ? [] : [s.otherwise])].forEach(visit);
    if (s.kind === "for") visit(s.body);
    if (s.kind !== "sample" && s.kind !== "local") return;
    const { text, span } = s.name;
    if (scope.find(text) === undefined && !names.has(text)) names.set(text, span);
  };
  body.forEach(visit);
  return names;
}

/** True where a `~` has a name that is not data, be it right or wrong. */
function hasLatent(body: readonly Statement[], { data }: CheckedData): boolean {
  return body.some((s) => {
    if (s.kind === "plate" || s.kind === "block") return hasLatent(s.body, { plates: [], data });
    if (s.kind === "if" || s.kind === "for") return true;
    return s.kind === "sample" && !data.some((d) => d.name === s.name.text);
  });
}

/** Plates that are opened, but over which no data says how many elements they have. */
const platesWithoutData = ({ plates, data }: CheckedData, block: ModelBlock): readonly Plate[] =>
  plates.filter((plate) => block.opened.has(plate) && !data.some((d) => d.plates.includes(plate)));

/** Axes have one name each: plates their own, groups `k_<group>`, vectors `i_<size>`. */
function takenNames(model: TypedModel): readonly Diagnostic[] {
  const types: readonly ValueType[] = [...model.data, ...model.latents, ...model.locals].map((v) => v.type);
  const sizes = types.flatMap(({ size }) => (isSized(size) ? [size.key] : []));
  return model.plates.flatMap((plate) => {
    const group = model.groups.find((g) => `k_${g.name}` === plate.name);
    const size = sizes.find((key) => `i_${key}` === plate.name);
    const of =
      group !== undefined
        ? `particle axis of '${group.name}'`
        : size !== undefined
          ? `index of vectors of size ${size}`
          : null;
    return of === null ? [] : [errors.plateNameTaken(plate, of)];
  });
}

/** Warnings of what is declared and not used; only where there are no errors, of which they might be consequences. */
function unused(
  program: Program,
  { plates, data }: CheckedData,
  context: Context,
  block: ModelBlock,
): readonly Diagnostic[] {
  const warnings: Diagnostic[] = [];
  for (const d of data)
    if (!context.used.has(d)) warnings.push(errors.unusedData({ text: d.name, span: d.span }));
  const inside = [...block.opened].flatMap(chain);
  for (const plate of plates) if (!inside.includes(plate)) warnings.push(errors.plateNeverOpened(plate));
  const at = program.blocks.find((b) => b.text === "model")?.span;
  if (at !== undefined && !block.factors.some((factor) => factor.kind !== "prior"))
    warnings.push(errors.noObservations(at));
  return warnings;
}

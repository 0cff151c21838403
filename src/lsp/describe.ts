// What names stand for, in words: the texts of hovers and of completions' documentation. Markdown.
import type { Span } from "../source.js";
import { showExpression, showType } from "../typecheck/show.js";
import type {
  Argument,
  Data,
  Group,
  Guide,
  GuideArgument,
  Latent,
  Local,
  Plate,
  TypedExpression,
  TypedModel,
  ValueType,
  Variable,
} from "../typecheck/model.js";
import type { Library } from "../typecheck/scope.js";
import type { Analysis } from "./analysis.js";
import { code, inline, names, prose } from "./markdown.js";
import { functionReferences, familyReference } from "./reference.js";

/** `[users, films]`; nothing outside of plates. */
export const overPlates = (plates: readonly Plate[]): string =>
  plates.length === 0 ? "" : `[${plates.map(({ name }) => name).join(", ")}]`;

/** `real<lower=0>[schools]`: a type and the plates for each of whose elements there is a value. */
export const typeText = (type: ValueType, plates: readonly Plate[]): string =>
  `${showType(type)}${overPlates(plates)}`;

const declaredAs = (type: ValueType, name: string, plates: readonly Plate[]): string =>
  `${showType(type)} ${name}${overPlates(plates)}`;

const eachOf = (plates: readonly Plate[]): string =>
  plates.length === 0 ? "" : `, one for each element of ${names(plates)}`;

const dependsOn = (latents: readonly Latent[]): readonly string[] =>
  latents.length === 0 ? [] : [`Depends on ${names(latents)}.`];

/** The type, plates and latents of an expression, which stands under its own text. */
export function describeExpression(text: string, e: TypedExpression): string {
  const latents = e.latents.length === 0 ? "Depends on no latent." : `Depends on ${names(e.latents)}.`;
  const plates = e.plates.length === 0 ? "The same everywhere." : `Varies over ${names(e.plates)}.`;
  return [code(`${text}: ${typeText(e.type, e.plates)}`), `${plates} ${latents}`].join("\n\n");
}

/** A variable: its declaration, what it is, and the comment at it. */
export function describeVariable(analysis: Analysis, variable: Variable, plates: readonly Plate[]): string {
  const comment = commentAt(analysis, variable.span);
  return [
    ...variableTexts(analysis.recording.partial, variable, plates),
    ...(comment === "" ? [] : [comment]),
  ]
    .filter((text) => text !== "")
    .join("\n\n");
}

/** What a variable is, in a word or two. */
export function kindOfVariable(model: TypedModel, variable: Variable): string {
  switch (variable.kind) {
    case "latent":
      return isPrediction(model, variable) ? "prediction" : "latent";
    case "data":
      return isObserved(model, variable) ? "observed data" : "data";
    case "learned":
      return "parameter of the guide";
    default:
      return variable.kind;
  }
}

function variableTexts(model: TypedModel, variable: Variable, plates: readonly Plate[]): readonly string[] {
  const { name, type } = variable;
  const head = code(declaredAs(type, name, plates));
  switch (variable.kind) {
    case "data":
      return [head, `${isObserved(model, variable) ? "Observed data" : "Data"}${eachOf(plates)}.`];
    case "latent":
      return describeLatent(model, variable);
    case "local":
      return describeLocal(variable);
    case "parameter": {
      const initial = showExpression(variable.initial);
      return [head, `A parameter of the model that is learned as a point, from ${inline(initial)} on.`];
    }
    case "argument":
      return [head, "An argument."];
    case "learned":
      return [head, `A parameter of the guide${eachOf(variable.over)}.`];
  }
}

const isPrediction = ({ generated }: TypedModel, latent: Latent): boolean =>
  generated.some((q) => q.kind === "prediction" && q.variable === latent);

const isObserved = ({ factors }: TypedModel, data: Data): boolean =>
  factors.some((f) => f.kind === "observation" && f.value.kind === "reference" && f.value.variable === data);

function describeLocal({ name, type, value }: Local): readonly string[] {
  const text = showExpression(value);
  const shown = text.length > 200 ? "" : ` = ${text}`;
  return [
    code(`${declaredAs(type, name, value.plates)}${shown}`),
    [`A local${eachOf(value.plates)}.`, ...dependsOn(value.latents)].join(" "),
  ];
}

function describeLatent(model: TypedModel, latent: Latent): readonly string[] {
  const { name, type, plates } = latent;
  const prediction = model.generated.find((q) => q.kind === "prediction" && q.variable === latent);
  const prior =
    prediction?.kind === "prediction"
      ? prediction
      : model.factors.find((f) => f.kind === "prior" && f.latent === latent);
  const family =
    prior === undefined || !("distribution" in prior)
      ? ""
      : ` ~ ${prior.distribution.name}(${prior.args.map(showExpression).join(", ")})`;
  const parents = prior === undefined || !("args" in prior) ? [] : prior.args.flatMap((arg) => arg.latents);
  const what =
    prediction === undefined
      ? `A latent${eachOf(plates)}.`
      : `A prediction, drawn anew for every posterior draw${eachOf(plates)}.`;
  const group = model.groups.find((g) => g.latents.includes(latent));
  const guide = model.guides.find((g) => g.latent === latent);
  return [
    code(`${declaredAs(type, name, plates)}${family}`),
    [what, ...dependsOn([...new Set(parents)])].join(" "),
    [
      ...(guide === undefined ? [] : [describeGuide(guide)]),
      ...(group === undefined ? [] : [inGroup(group)]),
    ].join(" "),
  ];
}

/** What a latent's group does with it. */
function inGroup(group: Group): string {
  const { name, latents, support, along } = group;
  const series = along === null ? "" : `, a series along ${inline(along.name)}`;
  if (support !== null) {
    const [lower, upper] = [showExpression(support.lower), showExpression(support.upper)];
    return `Summed out exactly: all its values from ${inline(lower)} to ${inline(upper)} are weighed${series}.`;
  }
  if (!group.explicit) return `Its particles are its own${series}.`;
  const others = group.correlated ? ", which is one normal with full covariance" : "";
  return `In the group ${inline(name)} of ${names(latents)}${others}${series}.`;
}

/** `Guide: normal(mu: learn(), sigma: learn()), the default.` */
function describeGuide({ distribution, args, isDefault }: Guide): string {
  const given = args.map((arg) => `${arg.parameter.name}: ${guideArgument(arg)}`).join(", ");
  return `Guide: ${inline(`${distribution.name}(${given})`)}${isDefault ? ", the default" : ""}.`;
}

const guideArgument = (arg: GuideArgument): string =>
  arg.kind === "learned"
    ? `learn(${arg.initial === null ? "" : showExpression(arg.initial)})`
    : showExpression(arg.value);

/** A plate: where it is in, and what is in it. */
export function describePlate(analysis: Analysis, plate: Plate): string {
  const { partial } = analysis.recording;
  const { name, parent, by, ordered } = plate;
  const inside = (of: readonly { readonly plates: readonly Plate[]; readonly name: string }[]): string =>
    names(of.filter(({ plates }) => plates.at(-1) === plate));
  const facts = [
    ["Data", inside(partial.data)],
    ["Latents", inside(partial.latents)],
    ["Plates", names(partial.plates.filter((p) => p.parent === plate))],
    ["Quantities", inside(partial.generated)],
  ].flatMap(([what, names = ""]) => (names === "" ? [] : [`- ${what}: ${names}`]));
  const head = `plate ${name}${parent === null ? "" : ` in ${parent.name}`}${by === null ? "" : ` by ${by}`}${ordered ? " ordered" : ""}`;
  const what = ordered
    ? "A time axis: `prev` looks one step back."
    : "A plate: its elements are independent, given what stands outside.";
  const nested = parent === null ? "" : ` Each element of ${inline(parent.name)} has its own.`;
  const comment = commentAt(analysis, plate.span);
  return [code(head), `${what}${nested}`, facts.join("\n"), comment]
    .filter((text) => text !== "")
    .join("\n\n");
}

/** A group of the guide. */
export function describeGroup({ partial }: Analysis["recording"], name: string): string {
  const group = partial.groups.find((g) => g.name === name);
  if (group === undefined) return code(`group ${name}`);
  const { latents, correlated, plates } = group;
  const what = correlated
    ? "One normal with full covariance over all numbers of its latents, each on its unconstrained scale."
    : "Its latents share one set of particles.";
  const members = latents.map(
    (latent) => `- ${inline(`${typeText(latent.type, latent.plates)} ${latent.name}`)}`,
  );
  return [code(`group ${name}${overPlates(plates)}`), what, members.join("\n")].join("\n\n");
}

/** A family with its documentation and density, and what can be done with it; undefined where it has a mistake. */
export function describeFamily(library: Library, name: string): string | undefined {
  const family = library.distribution(name);
  if (!family) return undefined;
  const { signature, type, doc, guide, isTruncatable } = familyReference(library, family);
  const density = `Log density: ${inline(showExpression(family.logDensity.value))} at ${inline(family.logDensity.variable.name)}.`;
  const notes = [
    `- In a guide: ${guide}.`,
    isTruncatable ? "- Truncation: `T[a, b]`." : "- Truncation: no, it has no distribution function.",
  ];
  return [
    code(`distribution ${signature} ${type}`),
    doc === "" ? density : prose(doc),
    notes.join("\n"),
  ].join("\n\n");
}

/** A function with all its forms and their documentation; undefined where it has a mistake. */
export function describeFunction(library: Library, name: string): string | undefined {
  const found = functionReferences(library, name);
  if (found.length === 0) return undefined;
  return found
    .map(({ signatures, result, doc }) => {
      const lines = signatures.map((signature) => `function ${result} ${signature}`);
      return [code(lines.join("\n")), prose(doc)].filter((text) => text !== "").join("\n\n");
    })
    .join("\n\n");
}

/** `normal_lpdf` and its like: a density or distribution function of a family. */
export function describeDensity(library: Library, name: string, family: string): string | undefined {
  const found = library.distribution(family);
  if (!found) return undefined;
  const value: Argument = found.logDensity.variable;
  const rest = found.parameters.map((p) => `${showType(p.type)} ${p.name}`).join(", ");
  const head = code(`function real ${name}(${showType(found.result)} ${value.name} | ${rest})`);
  const what = name.endsWith("_cdf")
    ? "The probability of a value that is no greater."
    : name.endsWith("_lcdf")
      ? "The logarithm of the probability of a value that is no greater."
      : name.endsWith("_lccdf")
        ? "The logarithm of the probability of a greater value."
        : "The logarithm of the density; of vectors its sum over their elements.";
  return [head, what, prose(found.doc.trim())].join("\n\n");
}

/** The comment at a declaration: the lines of comments directly above its line, or what stands behind it on its line. */
export function commentAt({ lexed: { comments }, source }: Analysis, span: Span): string {
  if (span.source !== source) return "";
  const { text } = source;
  const said = (comment: string): string => comment.replace(/^\/\/+ ?|^\/\*+ ?| ?\*+\/$/g, "").trim();
  const end = text.indexOf("\n", span.start);
  const behind = comments.filter((c) => c.span.start >= span.end && (end < 0 || c.span.start < end));
  const above: string[] = [];
  let start = text.lastIndexOf("\n", span.start - 1) + 1;
  while (start > 0) {
    const before = text.lastIndexOf("\n", start - 2) + 1;
    const alone = before + (/^[ \t]*/.exec(text.slice(before, start))?.[0].length ?? 0);
    const found = comments.find((c) => c.span.start === alone && c.span.end <= start);
    if (found === undefined) break;
    above.unshift(said(found.text));
    start = before;
  }
  return prose([...above, ...behind.map((c) => said(c.text))].join("\n"));
}

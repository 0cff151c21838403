// The text of `--emit types`: a typed model, one declaration a line.
import type {
  Factor,
  Generated,
  Group,
  Guide,
  GuideArgument,
  Plate,
  TypedExpression,
  TypedModel,
} from "./model.js";
import { showExpression, showType } from "./show.js";

/** A typed model as text: what it declares, with types and plates, and its guide as resolved. */
export function printModel(model: TypedModel): string {
  const sections: readonly (readonly [string, readonly string[]])[] = [
    ["plates", model.plates.map(showPlate)],
    ["data", model.data.map((d) => `${showType(d.type)} ${d.name}${over(d.plates)}`)],
    [
      "parameters",
      model.parameters.map((p) => `${showType(p.type)} ${p.name} = ${showExpression(p.initial)}`),
    ],
    ["latents", model.latents.map((l) => `${showType(l.type)} ${l.name}${over(l.plates)}`)],
    [
      "locals",
      model.locals.map((l) => {
        const { value } = l;
        return `${showType(l.type)} ${l.name}${over(value.plates)} = ${showExpression(value)}${dependsOn(value)}`;
      }),
    ],
    ["factors", model.factors.map(showFactor)],
    [
      "groups",
      model.groups.map((g) => {
        const along = g.along === null ? "" : `   a series along ${g.along.name}`;
        return `${g.name}${over(g.plates)}: ${g.latents.map((l) => l.name).join(", ")}${summedOver(g)}${along}`;
      }),
    ],
    ["guide", model.guides.map(showGuide)],
    ["generated", model.generated.map(showGenerated)],
  ];
  return sections
    .filter(([, lines]) => lines.length > 0)
    .map(([title, lines]) => [title, ...lines.map((line) => `  ${line}`)].join("\n"))
    .join("\n")
    .concat("\n");
}

const names = (plates: readonly Plate[]): string => plates.map((p) => p.name).join(", ");
const over = (plates: readonly Plate[]): string => (plates.length === 0 ? "" : `[${names(plates)}]`);

const summedOver = ({ support }: Group): string =>
  support === null
    ? ""
    : `   summed over ${showExpression(support.lower)} to ${showExpression(support.upper)}`;
const showPlate = (p: Plate): string =>
  `${p.name}${p.parent === null ? "" : ` in ${p.parent.name}`}${p.ordered ? " ordered" : ""}`;

const dependsOn = (e: TypedExpression): string =>
  e.latents.length === 0 ? "" : `   <- ${e.latents.map((l) => l.name).join(", ")}`;

const where = (condition: TypedExpression | null): string =>
  condition === null ? "" : `   where ${showExpression(condition)}`;

function showFactor(factor: Factor): string {
  const at = over(factor.plates);
  if (factor.kind === "target")
    return `target${at} += ${showExpression(factor.value)}${where(factor.condition)}${dependsOn(factor.value)}`;
  const name = factor.kind === "prior" ? factor.latent.name : factor.name;
  const args = factor.args.map(showExpression).join(", ");
  const observed = factor.kind === "observation" ? `   observed${where(factor.condition)}` : "";
  return `${name}${at} ~ ${factor.distribution.name}(${args})${observed}`;
}

function showGenerated(g: Generated): string {
  const declared = `${showType(g.type)} ${g.name}${over(g.plates)}`;
  return g.kind === "value"
    ? `${declared} = ${showExpression(g.value)}${dependsOn(g.value)}`
    : `${declared} ~ ${g.distribution.name}(${g.args.map(showExpression).join(", ")})   drawn`;
}

function showGuide(guide: Guide): string {
  const args = guide.args.map((arg) => `${arg.parameter.name}: ${showArgument(arg, guide)}`).join(", ");
  const mark = guide.isDefault ? "   default" : "";
  return `${guide.latent.name}${over(guide.latent.plates)} ~ ${guide.distribution.name}(${args})${mark}`;
}

function showArgument(arg: GuideArgument, guide: Guide): string {
  if (arg.kind !== "learned") return showExpression(arg.value);
  const initial = arg.initial === null ? [] : [showExpression(arg.initial)];
  const isEverywhere = arg.over.length === guide.latent.plates.length;
  const shared = isEverywhere ? [] : [arg.over.length === 0 ? "over = none" : `over = (${names(arg.over)})`];
  return `learn(${[...initial, ...shared].join(", ")})`;
}

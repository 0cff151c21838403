// The interface of a typed model: what its data, latents, groups, guides and generated quantities are called and shaped.
import { Bug } from "../../diagnostic.js";
import { constantValue } from "../../typecheck/constants.js";
import {
  type Factor,
  type Group,
  type Guide,
  type Latent,
  type Plate,
  type TypedExpression,
  type TypedModel,
  type ValueType,
} from "../../typecheck/model.js";
import { isDrawn } from "../../typecheck/walk.js";
import { isSized, isWhole } from "../../typecheck/types.js";
import type { Axis } from "../axis.js";
import type {
  EventAxisInterface,
  GuideInterface,
  GuideParameterInterface,
  LatentInterface,
  ModelInterface,
  SizeExpression,
} from "../interface.js";
import type { Node } from "../node.js";
import { observedData } from "./observed.js";
import { particleAxisName, type ExpressionLowering } from "./expressions.js";
import { columnAxisName, rowAxisName } from "./correlated.js";
import { guideInputs } from "./guide.js";
import { isDrawable, priorOf } from "./simulated.js";

const names = (plates: readonly Plate[]): string[] => plates.map((p) => p.name);

/** The plates of the particles that a generated quantity depends on, and its groups, in the model's order. */
export function groupsOf(model: TypedModel, value: TypedExpression): TypedModel["groups"] {
  return model.groups.filter((g) => g.latents.some((l) => value.latents.includes(l)));
}

/** The family's constraint decides on which scale a parameter is learned. */
export function learnedScale(type: ValueType): GuideParameterInterface["scale"] {
  const bound = (e: TypedExpression | null): number | null => (e?.kind === "literal" ? e.value : null);
  if (bound(type.lower) === 0 && type.upper === null) return "log";
  if (bound(type.lower) === 0 && bound(type.upper) === 1) return "logit";
  return "identity";
}

/** All but the axes of vectors, which are known once every program is lowered. */
export function buildInterface(
  model: TypedModel,
  lowering: ExpressionLowering,
): Omit<ModelInterface, "eventAxes"> {
  const event = (type: ValueType): string | null => lowering.event(type)?.name ?? null;
  const generated = model.generated.map((q) => ({
    name: q.name,
    plates: lowering.plates(q.plates).map((a) => a.name),
    event: event(q.type),
    groups: q.kind === "value" ? groupsOf(model, q.value).map((g) => g.name) : [],
    drawn: isDrawn(model, q),
  }));
  const observations = new Map(
    model.factors.flatMap((factor) =>
      factor.kind === "observation"
        ? [[factor.name, lowering.plates(factor.plates).map((a) => a.name)] as const]
        : [],
    ),
  );
  const observed = observedData(model);
  return {
    plates: lowering.plateOrder.map((p) => ({
      name: p.name,
      parent: p.parent?.name ?? null,
      by: p.by,
      ordered: p.ordered,
      ragged: lowering.isRagged(p),
    })),
    data: model.data.map((d) => ({
      name: d.name,
      base: d.type.base,
      plates: names(d.plates),
      event: event(d.type),
      observed: observed.has(d),
      missing: lowering.isMissing(d),
      constraint: d.type.constraint,
      declaration: d.span.source.text.slice(d.span.start, d.span.end),
      span: [d.span.start, d.span.end] as const,
    })),
    parameters: model.parameters.map(({ name, type }) => ({
      name,
      event: event(type),
      lower: type.lower && constantValue(type.lower),
      upper: type.upper && constantValue(type.upper),
    })),
    latents: model.latents.map((l) => ({
      name: l.name,
      plates: names(l.plates),
      event: event(l.type),
      group: model.groups.find((g) => g.latents.includes(l))?.name ?? l.name,
      ...priorInterface(model, l),
    })),
    groups: model.groups.map((g) => ({
      name: g.name,
      plates: names(g.plates),
      axis: particleAxisName(g.name),
      latents: g.latents.map((l) => l.name),
      support:
        g.support === null
          ? null
          : { lower: sizeExpression(g.support.lower), upper: sizeExpression(g.support.upper) },
      correlated: g.correlated ? { row: rowAxisName(g), column: columnAxisName(g) } : null,
    })),
    guides: model.guides.map((guide) => guideInterface(lowering, guide)),
    generated,
    observations: [...observations].map(([name, plates]) => ({ name, plates })),
    joined: joinedGroups(model),
  };
}

/** Pairs of groups with latents in one factor. */
function joinedGroups(model: TypedModel): ModelInterface["joined"] {
  const latentsIn = (factor: Factor): readonly Latent[] => {
    const condition = factor.kind === "prior" ? null : factor.condition;
    const values = factor.kind === "prior" ? factor.args : [factor.value];
    const args = factor.kind === "observation" ? factor.args : [];
    const own = factor.kind === "prior" ? [factor.latent] : [];
    return [...own, ...[...values, ...args, condition].flatMap((e) => e?.latents ?? [])];
  };
  const ofFactors = model.factors.map((factor) => {
    const latents = latentsIn(factor);
    return new Set(model.groups.filter((group) => group.latents.some((l) => latents.includes(l))));
  });
  return model.groups.flatMap((a, i) =>
    model.groups
      .slice(i + 1)
      .filter((b) => ofFactors.some((groups) => groups.has(a) && groups.has(b)))
      .map((b) => [a.name, b.name] as const),
  );
}

function priorInterface(
  model: TypedModel,
  latent: Latent,
): Pick<LatentInterface, "family" | "hasDraw" | "isDrawable"> {
  const prior = priorOf(model, latent);
  const { name, draw } = prior.distribution;
  return { family: name, hasDraw: draw !== null, isDrawable: isDrawable(prior) };
}

function guideInterface(lowering: ExpressionLowering, guide: Guide): GuideInterface {
  const squareOf = squaredStatistics(lowering, guide);
  return {
    latent: guide.latent.name,
    family: guide.distribution.name,
    parameters: guideInputs(lowering, guide).map(({ name, learned, fitted, over, event, type }) => ({
      name,
      learned,
      fitted,
      over: over.map((a) => a.name),
      event: event?.name ?? null,
      scale: learnedScale(type),
    })),
    statistics: squareOf.length,
    squareOf,
    whole: isWhole(guide.distribution),
  };
}

/** For each statistic, which other one it is the square of: those are centred on the device against cancellation. */
export function squaredStatistics(lowering: ExpressionLowering, guide: Guide): readonly (number | null)[] {
  const g = lowering.graph;
  const { latent, distribution } = guide;
  const axes = (type: ValueType): Axis[] => {
    const event = isWhole(distribution) ? lowering.event(type) : null;
    return event === null ? [] : [event];
  };
  const value = g.input("statistics.variable", axes(latent.type));
  const args = guide.args.map(({ parameter }) =>
    g.input(`statistics.${parameter.name}`, axes(parameter.type)),
  );
  const statistics: readonly Node[] = lowering.statistics(guide.distribution, args, value);
  return statistics.map((node) => {
    if (node.kind !== "map" || node.op !== "square") return null;
    const index = statistics.findIndex((other) => other === node.args[0]);
    return index < 0 ? null : index;
  });
}

/** Every vector that was met while lowering, with its size as an expression of scalar data. */
export const eventAxes = (model: TypedModel, lowering: ExpressionLowering): readonly EventAxisInterface[] => [
  ...lowering.eventAxes().map(({ axis, size }) => ({
    axis,
    size: sizeExpression(size.value),
    columns: size.shape === undefined ? null : sizeExpression(size.shape.columns.value),
  })),
  ...model.groups
    .filter((group) => group.correlated)
    .flatMap((group) => {
      const size = groupDimension(group);
      return [rowAxisName(group), columnAxisName(group)].map((axis) => ({ axis, size, columns: null }));
    }),
];

/** How many numbers a group has per element of its plates. */
const groupDimension = ({ latents }: Group): SizeExpression =>
  latents
    .map(({ type }): SizeExpression =>
      isSized(type.size) ? sizeExpression(type.size.value) : { kind: "literal", value: 1 },
    )
    .reduce((a, b) => ({ kind: "apply", op: "add", args: [a, b] }));

function sizeExpression(e: TypedExpression): SizeExpression {
  switch (e.kind) {
    case "literal":
      return { kind: "literal", value: e.value };
    case "apply":
      return { kind: "apply", op: e.op, args: e.args.map(sizeExpression) };
    case "reference":
      if (e.variable.kind === "data") return { kind: "data", name: e.variable.name };
      break;
    default:
  }
  throw new Bug("a size or bound that is not arithmetic of scalar data");
}

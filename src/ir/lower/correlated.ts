// Groups that are one normal with full covariance on the unconstrained scale. Each latent keeps its guide, a transform of
// a standard normal, as its margin; the group's standard normals are e' = C e, with C the Cholesky factor of their
// correlations and e independent. log Q is the sum of the margins' log densities and of
// (|e'|^2 - |e|^2) / 2 - log det C.
import { Bug } from "../../diagnostic.js";
import type { Group, Guide, Latent } from "../../typecheck/model.js";
import type { Axis } from "../axis.js";
import { BUFFERS } from "../interface.js";
import { reachable, type Graph, type Node } from "../node.js";
import { substitute } from "../rewrite.js";
import { particleAxisName, type ExpressionLowering } from "./expressions.js";
import { PointSet, type RandomSource } from "./random-source.js";
import { invertDraw } from "./reparameterise.js";

/** The random streams of groups' independent normals, apart from those of draws and picks. */
const FIRST_NOISE_SITE = 0x20000000;

export const rowAxisName = (group: Pick<Group, "name">): string => `row_${group.name}`;
export const columnAxisName = (group: Pick<Group, "name">): string => `column_${group.name}`;

const axesOf = (g: Graph, group: Group): { readonly row: Axis; readonly column: Axis } => ({
  row: g.axis(rowAxisName(group), "event"),
  column: g.axis(columnAxisName(group), "event"),
});

/** The place of a latent's numbers among those of its group, along the latent's event axis if it has one. */
function placeOf(lowering: ExpressionLowering, group: Group, latent: Latent): Node {
  const g = lowering.graph;
  const before = group.latents.slice(0, group.latents.indexOf(latent)).map((each) => {
    const event = lowering.latentEvent(each);
    return event === null ? g.constant(1) : g.size(event);
  });
  const event = lowering.latentEvent(latent);
  return g.total([...before, ...(event === null ? [] : [g.index(event)])]);
}

/** The independent standard normals behind a group's particles: [plates, row, particle]. `index`: of the group. */
export function groupNoise(lowering: ExpressionLowering, group: Group, index: number): Node {
  const g = lowering.graph;
  const { row } = axesOf(g, group);
  const plates = lowering.plates(group.plates);
  const place = {
    site: FIRST_NOISE_SITE + index,
    element: [...plates, row],
    particle: g.axis(particleAxisName(group.name), "particle"),
    coordinate: new PointSet(index, plates).next([...plates, row]),
  };
  return g.stored(`noise.${group.name}`, g.map("inv_Phi", g.random("std_uniform", place, [])));
}

/** The same along the other axis: [plates, column, particle]. */
export function turnedNoise(lowering: ExpressionLowering, group: Group, noise: Node): Node {
  const { row, column } = axesOf(lowering.graph, group);
  return lowering.graph.slide(noise, row, { to: column, multiply: 1, add: 0 });
}

/** The axes of what is of each of a group's numbers, and of each pair of them. */
export function noiseAxes(
  lowering: ExpressionLowering,
  group: Group,
): { readonly location: readonly Axis[]; readonly scale: readonly Axis[] } {
  const { row, column } = axesOf(lowering.graph, group);
  const plates = lowering.plates(group.plates);
  return { location: [...plates, row], scale: [...plates, row, column] };
}

const correlations = (
  lowering: ExpressionLowering,
  group: Group,
  buffer: (group: string) => string,
): Node => {
  const { row, column } = axesOf(lowering.graph, group);
  return lowering.graph.input(buffer(group.name), [...lowering.plates(group.plates), row, column]);
};

/** A latent's correlated standard normals: [plates, event, particle]. */
function normalsOf(lowering: ExpressionLowering, group: Group, latent: Latent, noise: Node): Node {
  const g = lowering.graph;
  const { row, column } = axesOf(g, group);
  const factor = g.gather(
    correlations(lowering, group, BUFFERS.correlations),
    row,
    placeOf(lowering, group, latent),
  );
  return g.reduce("sum", column, g.mul(factor, turnedNoise(lowering, group, noise)));
}

/** A draw of a latent's family with `normal` in place of its standard normal. */
export function drawAtNormal(
  lowering: ExpressionLowering,
  guide: Guide,
  args: readonly Node[],
  random: RandomSource,
  normal: Node,
): Node {
  const draw = lowering.draw(guide.distribution, args, random);
  const own = reachable([draw]).find(
    (n) => n.kind === "map" && n.op === "inv_Phi" && n.args[0]?.kind === "random",
  );
  if (own === undefined) throw new Bug(`the draws of '${guide.latent.name}' are not of a standard normal`);
  return substitute(lowering.graph, [draw], new Map([[own, normal]]))[0] ?? draw;
}

/** A draw of a latent's family in which the standard normal is the group's, made of `noise`: [plates, row, particle]. */
export function correlatedDraw(
  lowering: ExpressionLowering,
  guide: Guide,
  args: readonly Node[],
  { group, noise, random }: { readonly group: Group; readonly noise: Node; readonly random: RandomSource },
): Node {
  return drawAtNormal(lowering, guide, args, random, normalsOf(lowering, group, guide.latent, noise));
}

/** What the density of a group's particles is more than the product of its margins' densities, in logarithms: [plates, particle]. */
export function correlationDensity(
  lowering: ExpressionLowering,
  group: Group,
  normals: ReadonlyMap<Latent, Node>,
  noise: Node,
): Node {
  const g = lowering.graph;
  const { row, column } = axesOf(g, group);
  const squares = group.latents.map((latent) => {
    const event = lowering.latentEvent(latent);
    const square = g.map("square", normals.get(latent) ?? g.constant(0));
    return event === null ? square : g.reduce("sum", event, square);
  });
  const difference = g.sub(g.total(squares), g.reduce("sum", row, g.map("square", noise)));
  const factor = correlations(lowering, group, BUFFERS.correlations);
  const logDeterminant = g.reduce("sum", row, g.log(g.gather(factor, column, g.index(row))));
  return g.sub(g.mul(g.constant(0.5), difference), logDeterminant);
}

/** Of particles that were drawn. */
export function drawnCorrelationDensity(lowering: ExpressionLowering, group: Group, noise: Node): Node {
  const normals = group.latents.map((latent) => [latent, normalsOf(lowering, group, latent, noise)] as const);
  return correlationDensity(lowering, group, new Map(normals), noise);
}

/** A latent of a group with its guide's arguments, its particles, and random numbers to look at its draw with. */
export type Margin = {
  readonly guide: Guide;
  readonly args: readonly Node[];
  readonly value: Node;
  readonly random: RandomSource;
};

/** Of particles that are given: what the margins' draws were transforms of, and the noise that those were made of. */
export function givenNormals(
  lowering: ExpressionLowering,
  group: Group,
  margins: readonly Margin[],
): { readonly normals: ReadonlyMap<Latent, Node>; readonly noise: Node } {
  const g = lowering.graph;
  const { column } = axesOf(g, group);
  const whitening = correlations(lowering, group, BUFFERS.whitening);
  const normals = new Map<Latent, Node>();
  const terms = margins.map(({ guide, args, value, random }) => {
    const { latent, distribution } = guide;
    const draw = lowering.draw(distribution, args, random);
    const normal = invertDraw(g, draw, value, new Set(args))?.value;
    if (normal === undefined) throw new Bug(`the draws of '${latent.name}' cannot be inverted`);
    normals.set(latent, normal);
    const term = g.mul(g.gather(whitening, column, placeOf(lowering, group, latent)), normal);
    const event = lowering.latentEvent(latent);
    return event === null ? term : g.reduce("sum", event, term);
  });
  return { normals, noise: g.total(terms) };
}

/** Of particles that are given. */
export function givenCorrelationDensity(
  lowering: ExpressionLowering,
  group: Group,
  margins: readonly Margin[],
): Node {
  const { normals, noise } = givenNormals(lowering, group, margins);
  return correlationDensity(lowering, group, normals, noise);
}

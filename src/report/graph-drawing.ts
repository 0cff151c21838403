// Drawings of graphs as SVG: places from a layered layout, boxes around plates, and colours from the page's style.
import * as dagre from "@dagrejs/dagre";
import { markup, type Markup } from "./markup.js";
import type { ContractionStep } from "./run-record.js";
import type { GraphNode, NodeKind, PlateGraph } from "./plate-graph.js";

type Point = { readonly x: number; readonly y: number };
type Placed = Point & { readonly width: number; readonly height: number };

/** What of the layout library is used: its own types name a package that does not give any. */
type LayoutGraph = {
  setGraph(options: object): void;
  setDefaultEdgeLabel(label: () => object): void;
  setNode(id: string, size: { readonly width?: number; readonly height?: number }): void;
  setParent(id: string, parent: string): void;
  setEdge(from: string, to: string, label: object, name: string): void;
  node(id: string): Placed;
  edge(from: string, to: string, name: string): { readonly points: readonly Point[] };
};
const { Graph, layout } = dagre as unknown as {
  readonly Graph: new (options: { readonly compound: boolean; readonly multigraph: boolean }) => LayoutGraph;
  readonly layout: (graph: LayoutGraph) => void;
};

type Shape = "ellipse" | "box" | "dot";
type DrawnNode = {
  readonly id: string;
  readonly label: string;
  readonly title: string;
  readonly shape: Shape;
  readonly style: string;
  readonly inside: string | null;
};
/** `upwards`: laid out the other way round, with what it comes from below. */
type DrawnEdge = {
  readonly from: string;
  readonly to: string;
  readonly dashed: boolean;
  readonly upwards: boolean;
};
type DrawnBox = { readonly id: string; readonly label: string; readonly parent: string | null };

/** Widths of the drawing's text, which is set in 13 pixels. */
const LETTER = 7.4;
const NODE_HEIGHT = 34;
/** Space in a box below what is in it, where its name stands. */
const LABEL_HEIGHT = 20;
const MARGIN = 12;
const LOOP = 16;

const SHAPES: Readonly<Record<NodeKind, Shape>> = {
  latent: "ellipse",
  discrete: "ellipse",
  observed: "ellipse",
  data: "box",
  parameter: "box",
  term: "dot",
};

const widthOf = ({ label, shape }: DrawnNode): number =>
  shape === "dot" ? 14 : Math.max(NODE_HEIGHT + 8, label.length * LETTER + (shape === "ellipse" ? 30 : 18));

/** The model's graph of plates. `description`: what it shows, for people who do not see it. */
export function drawPlates(graph: PlateGraph, description: string): Markup {
  const nodes = graph.nodes.map((node) => ({
    ...node,
    title: node.statement,
    inside: node.box,
    ...looks(node),
  }));
  // Covariates stand below what they go into: above it they would take the places of latents.
  const below = new Set(graph.nodes.filter(({ kind }) => kind === "data").map(({ id }) => id));
  const edges = graph.edges.map(({ from, to, previous }) => ({
    from,
    to,
    dashed: previous,
    upwards: below.has(from),
  }));
  return draw({ nodes, edges, boxes: graph.boxes }, description);
}

const looks = ({ kind }: GraphNode): { readonly shape: Shape; readonly style: string } => ({
  shape: SHAPES[kind],
  style: kind,
});

/** The contraction as a tree: factors, the steps that they go into, and the evidence in the end. */
export function drawContraction(steps: readonly ContractionStep[], description: string): Markup {
  const stepId = (i: number): string => `step ${i}`;
  const nodes: DrawnNode[] = [
    { id: "evidence", label: "evidence", title: "the estimate of the evidence", ...FACTOR },
  ];
  const edges: DrawnEdge[] = [];
  const taken = new Set(steps.flatMap((each) => each.steps));
  const connect = (from: string, to: string): void =>
    void edges.push({ from, to, dashed: false, upwards: false });
  steps.forEach(({ step, factors, steps: earlier, looksAt, combinations }, i) => {
    const title = `looks at ${looksAt}: ${combinations.toLocaleString("en-US")} combinations`;
    nodes.push({
      id: stepId(i),
      label: `${i + 1}. ${step}`,
      title,
      shape: "box",
      style: "step",
      inside: null,
    });
    for (const [label, meaning] of ratios(factors)) {
      const id = `factor ${i} ${label}`;
      nodes.push({ id, label, title: meaning, ...FACTOR });
      connect(id, stepId(i));
    }
    for (const before of earlier) connect(stepId(before), stepId(i));
    if (!taken.has(i)) connect(stepId(i), "evidence");
  });
  return draw({ nodes, edges, boxes: [] }, description);
}

const FACTOR = { shape: "ellipse", style: "factor", inside: null } as const;

/** Factors for the eye: a prior over its guide is one, and the constants 1/K are left out. */
function ratios(factors: readonly string[]): readonly (readonly [label: string, meaning: string])[] {
  const guided = (name: string): boolean => factors.includes(`guide of ${name}`);
  return factors
    .filter((name) => !name.startsWith("1/K of "))
    .filter((name) => !(name.startsWith("guide of ") && factors.includes(name.slice("guide of ".length))))
    .map((name) =>
      guided(name)
        ? [`${name} / guide`, `density of ${name} over that of its guide`]
        : [name, `density of ${name}`],
    );
}

type Drawing = {
  readonly nodes: readonly DrawnNode[];
  readonly edges: readonly DrawnEdge[];
  readonly boxes: readonly DrawnBox[];
};

function draw({ nodes, edges, boxes }: Drawing, description: string): Markup {
  const graph = new Graph({ compound: true, multigraph: true });
  graph.setGraph({
    rankdir: "TB",
    nodesep: 26,
    ranksep: 40,
    marginx: MARGIN,
    marginy: MARGIN,
  });
  graph.setDefaultEdgeLabel(() => ({}));
  for (const box of boxes) graph.setNode(boxId(box.id), {});
  for (const node of nodes)
    graph.setNode(node.id, { width: widthOf(node), height: node.shape === "dot" ? 14 : NODE_HEIGHT });
  for (const { id, parent } of boxes) if (parent !== null) graph.setParent(boxId(id), boxId(parent));
  for (const { id, inside } of nodes) if (inside !== null) graph.setParent(id, boxId(inside));
  // A node that looks back at itself has its loop drawn beside it; the layout need not know.
  for (const { from, to, upwards } of edges)
    if (from !== to)
      graph.setEdge(...(upwards ? ([to, from] as const) : ([from, to] as const)), {}, `${from} ${to}`);
  layout(graph);
  const at = (id: string): Placed => graph.node(id);
  const route = ({ from, to, upwards }: DrawnEdge): readonly Point[] => {
    const [first, last] = upwards ? [to, from] : [from, to];
    const { points } = graph.edge(first, last, `${from} ${to}`);
    return leaving(at(from), upwards ? points.toReversed() : points, upwards ? -1 : 1);
  };
  const lines = edges.map((edge) => drawEdge(edge, at(edge.from), () => route(edge)));
  const frames = boxFrames(nodes, boxes, at);
  const placed = [...frames.values(), ...nodes.map(({ id }) => at(id))];
  const left = Math.min(0, ...placed.map((p) => p.x - p.width / 2 - MARGIN));
  const top = Math.min(0, ...placed.map((p) => p.y - p.height / 2 - MARGIN));
  const width = Math.max(...placed.map((p) => p.x + p.width / 2)) + MARGIN + LOOP - left;
  const height = Math.max(...placed.map((p) => p.y + p.height / 2)) + MARGIN - top;
  return markup`<svg class="graph" role="img" aria-label="${description}" viewBox="${[left, top, width, height].map(short).join(" ")}" width="${short(width)}" height="${short(height)}" style="--width: ${short(width)}px">
<defs><marker id="arrow" viewBox="0 0 10 10" refX="9" refY="5" markerWidth="7" markerHeight="7" orient="auto-start-reverse"><path d="M0 1L10 5L0 9z"/></marker></defs>
${boxes.map((box) => drawBox(box, frames.get(box.id)))}
${lines}
${nodes.map((node) => drawNode(node, at(node.id)))}
</svg>`;
}

const boxId = (id: string): string => `plate ${id}`;
const short = (x: number): string => String(Math.round(x * 10) / 10);

/** Boxes around what the layout put into them, with room for the name below. */
function boxFrames(
  nodes: readonly DrawnNode[],
  boxes: readonly DrawnBox[],
  at: (id: string) => Placed,
): ReadonlyMap<string, Placed> {
  const frames = new Map<string, Placed>();
  const frameOf = (box: DrawnBox): Placed => {
    const known = frames.get(box.id);
    if (known !== undefined) return known;
    const inside = [
      ...nodes.filter((node) => node.inside === box.id).map(({ id }) => at(id)),
      ...boxes.filter((other) => other.parent === box.id).map(frameOf),
    ];
    const [left, right] = [Math.min(...inside.map((p) => p.x - p.width / 2)) - MARGIN, Math.max(...inside.map((p) => p.x + p.width / 2)) + MARGIN]; // prettier-ignore
    const top = Math.min(...inside.map((p) => p.y - p.height / 2)) - MARGIN;
    const bottom = Math.max(...inside.map((p) => p.y + p.height / 2)) + LABEL_HEIGHT;
    const width = Math.max(right - left, box.label.length * LETTER + 16);
    const frame = { x: left + width / 2, y: (top + bottom) / 2, width, height: bottom - top };
    frames.set(box.id, frame);
    return frame;
  };
  boxes.forEach(frameOf);
  return frames;
}

function drawBox({ label }: DrawnBox, frame: Placed | undefined): Markup | null {
  if (frame === undefined) return null;
  const { x, y, width, height } = frame;
  return markup`<g class="plate"><rect x="${short(x - width / 2)}" y="${short(y - height / 2)}" width="${short(width)}" height="${short(height)}" rx="8"/><text x="${short(x + width / 2 - 8)}" y="${short(y + height / 2 - 6)}" text-anchor="end">${label}</text></g>`;
}

function drawNode({ label, title, shape, style }: DrawnNode, { x, y, width, height }: Placed): Markup {
  const [rx, ry] = [width / 2, height / 2];
  const outline =
    shape === "box"
      ? markup`<rect x="${short(x - rx)}" y="${short(y - ry)}" width="${short(width)}" height="${short(height)}" rx="4"/>`
      : markup`<ellipse cx="${short(x)}" cy="${short(y)}" rx="${short(rx)}" ry="${short(ry)}"/>`;
  const text =
    shape === "dot"
      ? null
      : markup`<text x="${short(x)}" y="${short(y)}" text-anchor="middle" dominant-baseline="central">${label}</text>`;
  return markup`<g class="node ${style}"><title>${title}</title>${outline}${text}</g>`;
}

/** A route that leaves its node straight down (1) or up (-1), so that it does not run behind the node's neighbours. */
function leaving({ x, y, height }: Placed, points: readonly Point[], direction: 1 | -1): readonly Point[] {
  const edge = { x, y: y + (direction * height) / 2 };
  return [edge, { x, y: edge.y + direction * 12 }, ...points.slice(1)];
}

function drawEdge(
  { from, to, dashed }: DrawnEdge,
  { x, y, width }: Placed,
  route: () => readonly Point[],
): Markup {
  const style = dashed ? "edge previous" : "edge";
  if (from !== to) return markup`<path class="${style}" d="${smooth(route())}" marker-end="url(#arrow)"/>`;
  const edge = x + width / 2;
  const path = `M${short(edge - 6)} ${short(y - 9)}c${LOOP + 10} -14 ${LOOP + 10} 32 0 18`;
  return markup`<path class="${style}" d="${path}" marker-end="url(#arrow)"/>`;
}

/** A curve through the points of a route: quadratic from middle to middle. */
function smooth(points: readonly Point[]): string {
  const [first, ...rest] = points;
  const last = rest.at(-1);
  if (first === undefined || last === undefined) return "";
  const inner = rest.slice(0, -1).map((point, i) => {
    const next = rest[i + 1] ?? last;
    const end = i === rest.length - 2 ? last : { x: (point.x + next.x) / 2, y: (point.y + next.y) / 2 };
    return `Q${short(point.x)} ${short(point.y)} ${short(end.x)} ${short(end.y)}`;
  });
  const line = inner.length === 0 ? [`L${short(last.x)} ${short(last.y)}`] : inner;
  return [`M${short(first.x)} ${short(first.y)}`, ...line].join("");
}

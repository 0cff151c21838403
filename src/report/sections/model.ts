// The model: its graph of plates, how its evidence is computed, and its text.
import { drawContraction, drawPlates } from "../graph-drawing.js";
import type { Section } from "../chart.js";
import { markup, type Markup } from "../markup.js";
import type { NodeKind } from "../plate-graph.js";
import type { ModelRecord, RunRecord } from "../run-record.js";

/** What each kind of node is, for the legend. */
const KINDS: Readonly<Record<NodeKind, string>> = {
  latent: "latent",
  discrete: "discrete latent, summed out",
  observed: "observed",
  data: "data that goes into others",
  parameter: "learned parameter",
  term: "term of target",
};

/** A tree of more steps is not looked at by anybody. */
const MOST_DRAWN_STEPS = 40;

export function modelGraph({ knownModel: model }: RunRecord): Section | null {
  if (model === null) return null;
  const { nodes, boxes } = model.graph;
  const kinds = [...new Set(nodes.map(({ kind }) => kind))];
  const plates =
    boxes.length === 0 ? "" : `, in boxes of the plates ${boxes.map(({ label }) => label).join(", ")}`;
  const description = `Graph of the model: ${nodes.map(({ label, kind }) => `${label} (${KINDS[kind]})`).join(", ")}${plates}`;
  return {
    id: "model",
    title: "Model",
    body: markup`<div class="grid wide"><figure class="drawing"><figcaption>An arrow goes from what a density depends on to what it is of; boxes are plates. Point at a node for its statement.</figcaption>
<div class="scroll">${drawPlates(model.graph, description)}</div>
<ul class="legend">${kinds.map((kind) => markup`<li><span class="swatch ${kind}"></span>${KINDS[kind]}</li>`)}</ul></figure>
<div class="source">${sourceText(model)}</div></div>`,
    charts: [],
  };
}

const sourceText = ({ source }: ModelRecord): Markup =>
  markup`<pre tabindex="0" aria-label="The model's text"><code>${source.map(({ kind, text }) => (kind === "other" || kind === "name" ? text : markup`<span class="${kind}">${text}</span>`))}</code></pre>`;

/** How the evidence is computed. */
export function contraction({ knownModel: model }: RunRecord): Section | null {
  const steps = model?.contraction ?? [];
  if (steps.length === 0) return null;
  const rows = steps.map(
    ({ step, looksAt, leaves, combinations }, i) =>
      markup`<tr><td class="number">${i + 1}</td><th scope="row">${step}</th><td>${looksAt}</td><td>${leaves}</td><td class="number">${combinations.toLocaleString("en-US")}</td></tr>`,
  );
  const tree =
    steps.length > MOST_DRAWN_STEPS
      ? null
      : markup`<figure class="drawing"><figcaption>Factors, and the steps that they go into</figcaption><div class="scroll">${drawContraction(steps, `Tree of the ${steps.length} steps of the contraction`)}</div></figure>`;
  return {
    id: "contraction",
    title: "Contraction",
    body: markup`<p>How the sum over all combinations of particles is computed: what each step looks at, and what it leaves.</p>
<div class="scroll"><table><thead><tr><th scope="col" class="number"></th><th scope="col">step</th><th scope="col">looks at</th><th scope="col">leaves</th><th scope="col" class="number">combinations</th></tr></thead><tbody>${rows}</tbody></table></div>${tree}`,
    charts: [],
  };
}

// What is not written: the types of latents without one, and the size of each factor's table.
import { InlayHintKind, MarkupKind, type InlayHint, type InlayHintParams } from "vscode-languageserver/node";
import type { Statement } from "../parser/ast.js";
import type { Analysis } from "./analysis.js";
import type { Declared } from "../typecheck/record.js";
import type { Costs, FactorCosts } from "./costs.js";
import { typeText } from "./describe.js";
import type { Feature } from "./feature.js";
import { numbered } from "./markdown.js";
import { settingsOf, type InlaySettings } from "./settings.js";

/** A hint and the offset that it stands at. */
export type Hint = {
  readonly at: number;
  readonly kind: "type" | "cost";
  readonly label: string;
  readonly tooltip: string;
};

/** All hints of a text, in its order; of costs as far as they are known. */
export function hintsOf(
  { syntax, recording }: Analysis,
  costs: Costs | null,
  settings: InlaySettings,
): readonly Hint[] {
  const statements = [...syntax.model, ...syntax.generated].flatMap(simple);
  const declared = new Map(recording.declarations.map((d) => [d.name.span.start, d.declared]));
  const factors = new Map(costs?.factors.map((factor) => [factor.start, factor]));
  const types = settings.types ? statements.flatMap((s) => typeHint(s, declared)) : [];
  const tables =
    settings.costs && costs !== null ? statements.flatMap((s) => costHint(s, factors, costs)) : [];
  return [...types, ...tables].sort((a, b) => a.at - b.at);
}

/** The statements in a statement that hold no others. */
function simple(s: Statement): readonly Statement[] {
  switch (s.kind) {
    case "plate":
    case "block":
      return s.body.flatMap(simple);
    case "if":
      return [s.then, ...(s.otherwise === null ? [] : [s.otherwise])].flatMap(simple);
    case "for":
      return simple(s.body);
    default:
      return [s];
  }
}

function typeHint(s: Statement, declared: ReadonlyMap<number, Declared>): readonly Hint[] {
  if (s.kind !== "sample" || s.type !== null) return [];
  const found = declared.get(s.name.span.start);
  if (found?.kind !== "variable" || found.variable.kind !== "latent") return [];
  const { type, plates } = found.variable;
  return [{ at: s.name.span.end, kind: "type", label: `: ${typeText(type, plates)}`, tooltip: "" }];
}

function costHint(
  { span }: Statement,
  factors: ReadonlyMap<number, FactorCosts>,
  { steps }: Costs,
): readonly Hint[] {
  const own = factors.get(span.start);
  if (own === undefined) return [];
  const tooltip = numbered(own.steps.map((step) => steps[step] ?? ""));
  return [{ at: span.end, kind: "cost", label: own.table, tooltip }];
}

export const inlayHints: Feature = {
  capabilities: { inlayHintProvider: true },
  register: (server) => {
    const settings = settingsOf(server);
    const handle = server.answer<InlayHintParams, InlayHint[]>((document, { range }) => {
      const [start, end] = [document.offsetAt(range.start), document.offsetAt(range.end)];
      return hintsOf(document.analysis, document.costs, settings.inlay())
        .filter(({ at }) => start <= at && at <= end)
        .map(({ at, kind, label, tooltip }): InlayHint => ({
          position: document.positionAt(at),
          label,
          ...(kind === "type" ? { kind: InlayHintKind.Type } : { paddingLeft: true }),
          ...(tooltip === "" ? {} : { tooltip: { kind: MarkupKind.Markdown, value: tooltip } }),
        }));
    });
    server.connection.languages.inlayHint.on(async (params) => {
      await settings.ready();
      return handle(params);
    });
  },
};

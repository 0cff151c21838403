// What stands under the cursor: names, expressions, families, functions, words of the language, factors and their cost.
import type { IToken } from "chevrotain";
import { MarkupKind, type Hover } from "vscode-languageserver/node";
import { tokenEnd, tokenSpan } from "../lexer/lexer.js";
import type { Span } from "../source.js";
import type { Factor } from "../typecheck/model.js";
import type { Analysis } from "./analysis.js";
import type { Costs } from "./costs.js";
import {
  describeDensity,
  describeExpression,
  describeFamily,
  describeFunction,
  describeGroup,
  describePlate,
  describeVariable,
  overPlates,
} from "./describe.js";
import type { Feature } from "./feature.js";
import { KEYWORDS, OPERATORS, SOFT_AFTER } from "./keywords.js";
import { inline, names, numbered } from "./markdown.js";
import { expressionAt, symbolAt, type Symbol } from "./lookup.js";

/** A text about a place, in Markdown, and what it is about. */
export type Explanation = { readonly text: string; readonly span: Span };

/**
 * What is known of a place: of the name there, else of the word or sign, else of the expression around it. `costs`: null as
 * long as they are not known.
 */
export function explain(analysis: Analysis, offset: number, costs: Costs | null): Explanation | null {
  const symbol = symbolAt(analysis, offset);
  const named = symbol && describeSymbol(analysis, symbol);
  if (symbol !== undefined && named !== undefined) return { text: named, span: symbol.name.span };
  const at = tokenAt(analysis, offset);
  if (at === null) return null;
  return aboutToken(analysis, at, offset, costs);
}

/** A name and what it stands for. */
export function describeSymbol(analysis: Analysis, symbol: Symbol): string | undefined {
  const { library } = analysis.recording;
  const { text } = symbol.name;
  if (symbol.kind === "distribution")
    return symbol.defined === text
      ? describeFamily(library, text)
      : describeDensity(library, text, symbol.defined);
  if (symbol.kind !== "declaration") return describeFunction(library, symbol.defined);
  const { declared, name } = symbol.declaration;
  switch (declared.kind) {
    case "variable":
      return describeVariable(analysis, declared.variable, declared.plates);
    case "plate":
      return describePlate(analysis, declared.plate);
    case "group":
      return describeGroup(analysis.recording, name.text);
    case "function":
      return describeFunction(library, name.text);
    case "distribution":
      return text === name.text ? describeFamily(library, text) : describeDensity(library, text, name.text);
    case "faulty":
      return undefined;
  }
}

type TokenAt = { readonly token: IToken; readonly before: IToken | undefined };

/** The token that holds a place, or ends there. */
function tokenAt({ lexed: { tokens } }: Analysis, offset: number): TokenAt | null {
  const holding = tokens.findIndex((t) => t.startOffset <= offset && offset < tokenEnd(t));
  const i = holding >= 0 ? holding : tokens.findIndex((t) => tokenEnd(t) === offset);
  const token = tokens[i];
  return token === undefined ? null : { token, before: tokens[i - 1] };
}

function aboutToken(
  analysis: Analysis,
  at: TokenAt,
  offset: number,
  costs: Costs | null,
): Explanation | null {
  const { image } = at.token;
  const span = tokenSpan(analysis.source, at.token);
  if (image === "~" || image === "+=") {
    const factor = describeFactor(analysis, span.start, costs);
    if (factor !== null) return { text: factor, span };
  }
  if (isKeyword(at)) {
    const meaning = `**${image}**: ${KEYWORDS[image] ?? ""}`;
    const cost = image === "model" ? describeContraction(costs) : null;
    return { text: cost === null ? meaning : `${meaning}\n\n${cost}`, span };
  }
  const found = expressionAt(analysis, offset);
  const operator = OPERATORS[image];
  if (found !== undefined) {
    const { syntax, typed } = found;
    const { start, end } = syntax.span;
    const text = describeExpression(shortened(analysis.source.text.slice(start, end)), typed);
    return {
      text: operator === undefined ? text : `${text}\n\n\`${image}\`: ${operator}.`,
      span: syntax.span,
    };
  }
  return operator === undefined ? null : { text: `\`${image}\`: ${operator}.`, span };
}

function isKeyword({ token: { image }, before }: TokenAt): boolean {
  if (!Object.hasOwn(KEYWORDS, image)) return false;
  const after = SOFT_AFTER[image];
  return after === undefined || (before !== undefined && after.includes(before.image));
}

/** One line, with no more of a long text than shows what it is. */
const shortened = (text: string): string => {
  const line = text.replace(/\s+/g, " ");
  return line.length <= 100 ? line : `${line.slice(0, 60)} ... ${line.slice(-30)}`;
};

/** The factor whose statement holds a `~` or `+=`: its plates and particle axes, what weighing it costs, its guide. */
function describeFactor(analysis: Analysis, offset: number, costs: Costs | null): string | null {
  const { partial } = analysis.recording;
  const holds = ({ span }: Factor): boolean => span.start <= offset && offset < span.end;
  const factor = partial.factors.find(holds);
  if (factor === undefined) return null;
  const { plates } = factor;
  const what =
    factor.kind === "prior"
      ? `the prior of ${inline(factor.latent.name)}`
      : factor.kind === "observation"
        ? `the likelihood of ${inline(factor.name)}`
        : "a term of the log joint density";
  const elements = names(plates);
  const each = plates.length === 0 ? "" : `, one factor for each element of ${elements}`;
  const name =
    factor.kind === "prior" ? factor.latent.name : factor.kind === "observation" ? factor.name : "target";
  const head = `**${name}**${overPlates(plates)}: ${what}${each}.`;
  return [head, ...costTexts(costs, factor)].join("\n\n");
}

/** The particle axes and the cost of a factor, and the steps of the contraction that it is in. */
function costTexts(costs: Costs | null, { plates, span }: Factor): readonly string[] {
  const own = costs?.factors.find(({ start }) => start === span.start);
  if (costs === null || own === undefined) return [];
  const particles =
    own.groups.length === 0
      ? "It depends on no latent."
      : `Particles of ${own.groups.map(inline).join(", ")}.`;
  const elements = names(plates.slice(0, -1));
  const rows = own.rows === null ? "" : `, ${inline(own.rows)} for each element of ${elements}`;
  return [
    `${particles} Its table: ${inline(own.table)}${rows}.`,
    `Steps of the evidence that it is in:\n\n${numbered(own.steps.map((step) => costs.steps[step] ?? ""))}`,
  ];
}

/** How the evidence is computed, and what that costs. */
function describeContraction(costs: Costs | null): string | null {
  if (costs === null) return null;
  return [
    "The evidence, K being the number of particles of a group:",
    numbered(costs.steps),
    `In all ${inline(costs.total)} combinations.`,
  ].join("\n\n");
}

export const hover: Feature = {
  capabilities: { hoverProvider: true },
  register: ({ connection, answer }) => {
    connection.onHover(
      answer((document, { position }): Hover | null => {
        const found = explain(document.analysis, document.offsetAt(position), document.costs);
        if (found === null) return null;
        return {
          contents: { kind: MarkupKind.Markdown, value: found.text },
          range: document.rangeOf(found.span),
        };
      }),
    );
  },
};

// Colours by meaning: whether a name is data, a latent, a plate or a family is known only to the checker.
import type { IToken } from "chevrotain";
import type { SemanticTokens, SemanticTokensDelta } from "vscode-languageserver/node";
import { absurd } from "../diagnostic.js";
import { tokenMatcher } from "../lexer/chevrotain.js";
import { tokenEnd } from "../lexer/lexer.js";
import * as t from "../lexer/tokens.js";
import type { Declared } from "../typecheck/record.js";
import type { Analysis } from "./analysis.js";
import type { OpenDocument } from "./documents.js";
import type { Feature } from "./feature.js";
import { declarationFinder, symbolOf, type Symbol } from "./lookup.js";

const TYPES = [
  "keyword", "type", "number", "operator", "namespace", "variable", "property", "parameter", "function", "class",
] as const; // prettier-ignore
/** `readonly`: what is given or follows from other values; a latent is not. */
const MODIFIERS = ["declaration", "readonly", "defaultLibrary"] as const;

type Meaning = {
  readonly type: (typeof TYPES)[number];
  readonly modifiers: readonly (typeof MODIFIERS)[number][];
};

export const semanticTokens: Feature = {
  capabilities: {
    semanticTokensProvider: {
      legend: { tokenTypes: [...TYPES], tokenModifiers: [...MODIFIERS] },
      full: { delta: true },
      range: true,
    },
  },
  register: ({ connection, answer, documents }) => {
    /** The last answer about each document, from which the next differs little. */
    const last = new Map<string, Answer>();
    documents.onChange((uri) => {
      if (documents.get(uri) === undefined) last.delete(uri);
    });
    let answers = 0;
    const whole = (document: OpenDocument): Answer => {
      const made = { resultId: String(++answers), data: encode(document, 0, document.text.length) };
      last.set(document.uri, made);
      return made;
    };
    const { semanticTokens: requests } = connection.languages;
    const nothing: SemanticTokens = { data: [] };
    const full = answer((document): SemanticTokens => whole(document));
    requests.on((params) => full(params) ?? nothing);
    const delta = answer(
      (document, { previousResultId }: { textDocument: { uri: string }; previousResultId: string }) => {
        const before = last.get(document.uri);
        const now = whole(document);
        return before?.resultId === previousResultId ? difference(before, now) : now;
      },
    );
    requests.onDelta((params) => delta(params) ?? nothing);
    const range = answer(
      (document, params: Parameters<Parameters<typeof requests.onRange>[0]>[0]): SemanticTokens => {
        const { start, end } = params.range;
        return { data: encode(document, document.offsetAt(start), document.offsetAt(end)) };
      },
    );
    requests.onRange((params) => range(params) ?? nothing);
  },
};

type Answer = { readonly resultId: string; readonly data: number[] };

/** One edit, of all between what both answers begin with and what both end with. */
function difference(before: Answer, { resultId, data }: Answer): SemanticTokensDelta {
  const shorter = Math.min(before.data.length, data.length);
  let start = 0;
  while (start < shorter && before.data[start] === data[start]) start++;
  let same = 0;
  while (same < shorter - start && before.data.at(-1 - same) === data.at(-1 - same)) same++;
  const deleteCount = before.data.length - start - same;
  const inserted = data.slice(start, data.length - same);
  const edits = deleteCount === 0 && inserted.length === 0 ? [] : [{ start, deleteCount, data: inserted }];
  return { resultId, edits };
}

/** The tokens between two offsets, five numbers each, as the protocol has them. */
function encode(document: OpenDocument, from: number, to: number): number[] {
  const { analysis } = document;
  const meaningOf = meanings(analysis);
  const data: number[] = [];
  let [line, character] = [0, 0];
  for (const token of analysis.lexed.tokens) {
    if (token.startOffset >= to || tokenEnd(token) <= from) continue;
    const meaning = meaningOf(token);
    if (meaning === null) continue;
    const at = document.positionAt(token.startOffset);
    const modifiers = meaning.modifiers.reduce((bits, name) => bits | (1 << MODIFIERS.indexOf(name)), 0);
    const moved = at.line === line ? at.character - character : at.character;
    data.push(at.line - line, moved, token.image.length, TYPES.indexOf(meaning.type), modifiers);
    [line, character] = [at.line, at.character];
  }
  return data;
}

/** What each token of a text is; null: nothing that colours could show. */
function meanings(analysis: Analysis): (token: IToken) => Meaning | null {
  const { declarations, uses } = analysis.recording;
  const find = declarationFinder(analysis);
  const names = new Map<number, Meaning>();
  for (const { name, target } of uses) {
    const symbol = symbolOf(find, name, target);
    if (symbol !== undefined) names.set(name.span.start, ofSymbol(symbol));
  }
  for (const { name, declared } of declarations) {
    const { type, modifiers } = ofDeclared(declared);
    names.set(name.span.start, { type, modifiers: ["declaration", ...modifiers] });
  }
  return (token) => names.get(token.startOffset) ?? ofToken(token);
}

function ofSymbol(symbol: Symbol): Meaning {
  switch (symbol.kind) {
    case "declaration":
      return ofDeclared(symbol.declaration.declared);
    case "distribution":
      return { type: "class", modifiers: ["defaultLibrary"] };
    case "function":
    case "builtin":
      return { type: "function", modifiers: ["defaultLibrary"] };
    default:
      return absurd(symbol);
  }
}

function ofDeclared(declared: Declared): Meaning {
  switch (declared.kind) {
    case "plate":
    case "group":
      return { type: "namespace", modifiers: [] };
    case "function":
      return { type: "function", modifiers: [] };
    case "distribution":
      return { type: "class", modifiers: [] };
    case "faulty":
      return { type: "variable", modifiers: [] };
    case "variable":
      return ofVariable[declared.variable.kind];
    default:
      return absurd(declared);
  }
}

const ofVariable: Readonly<Record<Extract<Declared, { kind: "variable" }>["variable"]["kind"], Meaning>> = {
  data: { type: "property", modifiers: ["readonly"] },
  parameter: { type: "property", modifiers: [] },
  latent: { type: "variable", modifiers: [] },
  local: { type: "variable", modifiers: ["readonly"] },
  argument: { type: "parameter", modifiers: ["readonly"] },
  learned: { type: "parameter", modifiers: [] },
};

const OPERATORS = [t.UnaryOperator, t.BinaryOperator, t.Tilde, t.Assign, t.PlusAssign, t.Transpose];
/** Names that are words of the grammar where nothing is declared so. */
const WORDS: ReadonlySet<string> = new Set([...t.SOFT_KEYWORDS, "prev", "learn"]);

function ofToken(token: IToken): Meaning | null {
  const is = (type: Meaning["type"]): Meaning => ({ type, modifiers: [] });
  if (t.KEYWORDS.includes(token.image) || WORDS.has(token.image)) return is("keyword");
  if (tokenMatcher(token, t.TypeName)) return is("type");
  if (tokenMatcher(token, t.Number_)) return is("number");
  return OPERATORS.some((operator) => tokenMatcher(token, operator)) ? is("operator") : null;
}

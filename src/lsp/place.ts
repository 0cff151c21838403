// Where in a text the cursor stands, told from the tokens before it: it works however broken the text is.
import type { IToken } from "chevrotain";
import { tokenMatcher } from "../lexer/chevrotain.js";
import { tokenEnd, type LexedSource } from "../lexer/lexer.js";
import { BLOCKS, TypeName } from "../lexer/tokens.js";

/** A block of a model. */
export type BlockName = (typeof BLOCKS)[number];

/** What is open around a place: braces, brackets, parentheses, and the `<...>` of a type. */
export type Frame =
  | { readonly kind: "block"; readonly name: BlockName }
  | { readonly kind: "plate" | "group"; readonly name: string }
  | { readonly kind: "distribution" | "braces" }
  /** `argument`: how many commas (or `|`) stand before the place. `of`: the token before the one that names it. */
  | {
      readonly kind: "call";
      readonly name: string;
      readonly argument: number;
      readonly of: IToken | undefined;
    }
  /** `of`: what stands before the bracket; undefined in a vector that is written out. */
  | { readonly kind: "brackets"; readonly of: IToken | undefined }
  | { readonly kind: "parentheses" }
  | { readonly kind: "bounds" };

/** A place and what stands before it. */
export type Place = {
  /** What of a word stands directly before the place, and where it begins; both may be empty. */
  readonly word: string;
  readonly start: number;
  /** Outermost first. */
  readonly frames: readonly Frame[];
  /** The statement's tokens before the word. */
  readonly statement: readonly IToken[];
};

const isWord = (token: IToken | undefined): token is IToken =>
  token !== undefined && /^[A-Za-z_]/.test(token.image);
const BRACES: ReadonlySet<Frame["kind"]> = new Set(["block", "plate", "group", "distribution", "braces"]);
/** Words before parentheses that are not called. */
const NOT_CALLED: ReadonlySet<string> = new Set(["if", "for", "in", "return"]);

/** The place at an offset; null within a comment or a number. */
export function placeAt({ tokens, comments }: LexedSource, offset: number): Place | null {
  const isInComment = ({ text, span }: LexedSource["comments"][number]): boolean =>
    span.start < offset && (offset < span.end || (offset === span.end && text.startsWith("//")));
  if (comments.some(isInComment)) return null;
  const before = tokens.slice(0, firstFrom(tokens, offset));
  const last = before.at(-1);
  const touches = last !== undefined && tokenEnd(last) >= offset;
  if (touches && /^[.\d]/.test(last.image)) return null;
  const hasWord = touches && isWord(last);
  const word = hasWord ? last.image.slice(0, offset - last.startOffset) : "";
  const read = hasWord ? before.slice(0, -1) : before;
  return { word, start: offset - word.length, ...framesOf(read) };
}

/** The number of tokens that begin before an offset. */
function firstFrom(tokens: readonly IToken[], offset: number): number {
  let [low, high] = [0, tokens.length];
  while (low < high) {
    const middle = (low + high) >> 1;
    if ((tokens[middle]?.startOffset ?? offset) < offset) low = middle + 1;
    else high = middle;
  }
  return low;
}

function framesOf(tokens: readonly IToken[]): Pick<Place, "frames" | "statement"> {
  const frames: Frame[] = [];
  let start = 0;
  const top = (): Frame | undefined => frames.at(-1);
  /** Closes what a mistake has left open within the innermost braces. */
  const toBraces = (): void => {
    for (let frame = top(); frame !== undefined && !BRACES.has(frame.kind); frame = top()) frames.pop();
  };
  const close = (...kinds: readonly Frame["kind"][]): void => {
    if (top()?.kind === "bounds") frames.pop();
    const frame = top();
    if (frame !== undefined && kinds.includes(frame.kind)) frames.pop();
  };
  tokens.forEach((token, i) => {
    const [previous, earlier] = [tokens[i - 1], tokens[i - 2]];
    switch (token.image) {
      case "{":
        toBraces();
        frames.push(braces(tokens.slice(start, i)));
        start = i + 1;
        break;
      case "}":
        toBraces();
        frames.pop();
        start = i + 1;
        break;
      case ";":
        toBraces();
        start = i + 1;
        break;
      case "(": {
        const isCalled = isWord(previous) && !NOT_CALLED.has(previous.image);
        frames.push(
          isCalled
            ? { kind: "call", name: previous.image, argument: 0, of: earlier }
            : { kind: "parentheses" },
        );
        break;
      }
      case ")":
        close("call", "parentheses");
        break;
      case "[":
        frames.push({ kind: "brackets", of: isOperand(previous) ? previous : undefined });
        break;
      case "]":
        close("brackets");
        break;
      case "<":
        if (previous !== undefined && tokenMatcher(previous, TypeName)) frames.push({ kind: "bounds" });
        break;
      case ">":
        if (top()?.kind === "bounds") frames.pop();
        break;
      case ",":
      case "|": {
        const frame = top();
        if (frame?.kind === "call") frames[frames.length - 1] = { ...frame, argument: frame.argument + 1 };
        break;
      }
      default:
    }
  });
  return { frames, statement: tokens.slice(start) };
}

/** What braces after these tokens of a statement are. */
function braces(head: readonly IToken[]): Frame {
  const [first, second] = head;
  const [last, before] = [head.at(-1), head.at(-2)];
  const block = BLOCKS.find((name) => name === last?.image);
  if (block !== undefined && head.length === 1) return { kind: "block", name: block };
  if (first?.image === "group" && second !== undefined) return { kind: "group", name: second.image };
  if (before?.image === "plate" && last !== undefined) return { kind: "plate", name: last.image };
  return { kind: first?.image === "distribution" ? "distribution" : "braces" };
}

/** True of the end of something that an operator, an index or a type's size may follow. */
export const isOperand = (token: IToken | undefined): boolean =>
  token !== undefined &&
  (/^[\w.]*\w$|^\d|^[)\]']$/.test(token.image) || tokenMatcher(token, TypeName)) &&
  !["return", "in", "else"].includes(token.image);

/** The block that a place is in; null outside of all. */
export const blockOf = ({ frames }: Place): BlockName | null => {
  const [first] = frames;
  return first?.kind === "block" ? first.name : null;
};

/** The names of the plates that are opened around a place, outermost first. */
export const openPlateNames = ({ frames }: Place): readonly string[] =>
  frames.flatMap((frame) => (frame.kind === "plate" ? [frame.name] : []));

/** The innermost call around a place, with nothing but parentheses and brackets between. */
export function callAt({ frames }: Place): Extract<Frame, { kind: "call" }> | null {
  const inner = frames.findLast((frame) => frame.kind === "call" || BRACES.has(frame.kind));
  return inner?.kind === "call" ? inner : null;
}

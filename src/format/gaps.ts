// What stands between two tokens: comments and line breaks, and how they are laid out. Every token is printed once, in
// its order, and every comment stays between the two tokens that it was written between.
import type { IToken } from "chevrotain";
import { type Doc, doc } from "./documents.js";
import { type Comment, tokenEnd } from "../lexer/lexer.js";
import type { SourceFile } from "../source.js";
import { type CstElement, startOf } from "./elements.js";

const { hardline, indent, lineSuffix, literalline, join } = doc;

/** A comment, and how many line breaks stand before it; two or more leave a blank line. */
type Placed = { readonly text: string; readonly breaks: number };

/** What stands before an element, or at the end of the file. */
type Gap = {
  readonly comments: readonly Placed[];
  /** Line breaks between the last comment, or the token before, and the token. */
  readonly breaks: number;
  readonly before: IToken | undefined;
};

/** A separator, with the comments where there are any; `stays` are those that stand before a closing bracket. */
type Closing = { readonly stays: Doc; readonly separator: Doc };

export class Gaps {
  /** By where the token after it starts, or the end of the file. */
  private readonly gaps = new Map<number, Gap>();

  constructor(
    private readonly source: SourceFile,
    tokens: readonly IToken[],
    comments: readonly Comment[],
  ) {
    let next = 0;
    let before: IToken | undefined;
    for (const token of [...tokens, null]) {
      const start = token?.startOffset ?? source.text.length;
      let end = before === undefined ? 0 : tokenEnd(before);
      const placed: Placed[] = [];
      for (let comment = comments[next]; comment && comment.span.start < start; comment = comments[++next]) {
        placed.push({ text: comment.text, breaks: this.breaks(end, comment.span.start) });
        end = comment.span.end;
      }
      this.gaps.set(start, { comments: placed, breaks: this.breaks(end, start), before });
      before = token ?? before;
    }
  }

  private breaks(start: number, end: number): number {
    return this.source.text.slice(start, end).replaceAll(/[^\n]/g, "").length;
  }

  private of(start: number): Gap {
    return this.gaps.get(start) ?? { comments: [], breaks: 0, before: undefined };
  }

  /** Are there comments before this element? */
  hasComments(element: CstElement): boolean {
    return this.of(startOf(element)).comments.length > 0;
  }

  /** Is there a line break directly before this element, or before the first comment before it? */
  startsLine(element: CstElement): boolean {
    const { comments, breaks } = this.of(startOf(element));
    return breaks > 0 || comments.some((comment) => comment.breaks > 0);
  }

  /** The last comment before an element, its marks included. */
  lastComment(element: CstElement): string | undefined {
    return this.of(startOf(element)).comments.at(-1)?.text;
  }

  /** What stands between the token before and this element, of the same statement. `usual`: what stands there without comments. */
  within(element: CstElement, usual: Doc): Doc {
    const gap = this.of(startOf(element));
    if (gap.comments.length === 0) return usual;
    if (isInline(gap)) return this.inline(gap, usual, startOf(element));
    const lines = [trailing(gap), ownLines(gap, () => hardline), gap.breaks === 0 ? " " : hardline];
    return typeof usual === "string" ? indent(lines) : lines;
  }

  /** What stands before a statement, blank lines included unless it is the first. */
  beforeStatement(element: CstElement, usual: Doc, isFirst: boolean): Doc {
    const gap = this.of(startOf(element));
    let first = isFirst;
    const line = (breaks: number): Doc => {
      const blank = breaks > 1 && !first;
      first = false;
      return blank ? [hardline, hardline] : hardline;
    };
    if (gap.comments.length === 0) return gap.breaks > 1 && !isFirst ? [hardline, hardline] : usual;
    if (isInline(gap))
      return [(gap.comments[0]?.breaks ?? 0) > 1 ? line(2) : usual, join(" ", texts(gap.comments)), " "];
    const rest = ownLines(gap, line);
    return [trailing(gap), rest, gap.breaks === 0 ? " " : line(gap.breaks)];
  }

  /** What stands at the start of the file, before its first element. */
  atStart(element: CstElement): Doc {
    const gap = this.of(startOf(element));
    const line = (breaks: number): Doc => (breaks > 1 ? [hardline, hardline] : breaks === 1 ? hardline : " ");
    return gap.comments.map(({ text }, i) => [
      printComment(text),
      line(gap.comments[i + 1]?.breaks ?? gap.breaks),
    ]);
  }

  /** What stands after the last token. */
  atEnd(): Doc {
    const gap = this.of(this.source.text.length);
    const line = (breaks: number): Doc => (breaks > 1 ? [hardline, hardline] : hardline);
    return [trailing(gap), ownLines(gap, line), hardline];
  }

  /** What stands before a closing bracket: comments, which belong to what is inside, and the separator. */
  beforeClosing(element: CstElement, usual: Doc, keepsBlanks = false): Closing {
    const gap = this.of(startOf(element));
    if (gap.comments.length === 0) return { stays: "", separator: usual };
    // A comment at the end of the last line before the bracket breaks no line either.
    if (isInline(gap) || ((gap.comments[0]?.breaks ?? 0) === 0 && isInline({ ...gap, breaks: 0 }))) {
      const space = gap.before !== undefined && OPENING.has(gap.before.image) ? "" : " ";
      return { stays: [space, join(" ", texts(gap.comments))], separator: usual };
    }
    let first = gap.before !== undefined && OPENING.has(gap.before.image);
    const line = (breaks: number): Doc => {
      const blank = keepsBlanks && breaks > 1 && !first;
      first = false;
      return blank ? [hardline, hardline] : hardline;
    };
    return { stays: [trailing(gap), ownLines(gap, line)], separator: hardline };
  }

  private inline(gap: Gap, usual: Doc, start: number): Doc {
    const opened = gap.before !== undefined && OPENING.has(gap.before.image);
    const before = usual === "" && !opened ? " " : usual;
    return [
      before,
      join(" ", texts(gap.comments)),
      usual === "" && CLOSING.has(this.source.text.charAt(start)) ? "" : " ",
    ];
  }
}

const OPENING: ReadonlySet<string> = new Set(["(", "[", "{"]);
const CLOSING: ReadonlySet<string> = new Set([")", "]", ",", ";"]);

const isLine = (text: string): boolean => text.startsWith("//");

/** Block comments on the line of the token that follows: nothing but the separator breaks the line. */
const isInline = ({ comments, breaks }: Gap): boolean =>
  breaks === 0 &&
  comments.every(({ text }) => !isLine(text)) &&
  comments.slice(1).every((comment) => comment.breaks === 0);

const texts = (comments: readonly Placed[]): Doc[] => comments.map(({ text }) => printComment(text));

const trailingCount = ({ comments, before }: Gap): number => {
  if (before === undefined) return 0;
  const end = comments.findIndex(({ breaks }) => breaks > 0);
  return end < 0 ? comments.length : end;
};

/** Comments on the line of the token before; they do not count for what fits on it. */
const trailing = (gap: Gap): Doc =>
  texts(gap.comments.slice(0, trailingCount(gap))).map((comment) => lineSuffix([" ", comment]));

/** The other comments, each as it stood: on a line of its own, or after the one before. */
const ownLines = (gap: Gap, line: (breaks: number) => Doc): Doc =>
  gap.comments
    .slice(trailingCount(gap))
    .map(({ text, breaks }) => [breaks === 0 ? " " : line(breaks), printComment(text)]);

/** A comment; lines that start with a star are indented with the first one, others stay as they are. */
function printComment(text: string): Doc {
  if (isLine(text)) return text.trimEnd();
  const lines = text.split("\n");
  if (lines.slice(1).every((line) => line.trimStart().startsWith("*")))
    return join(
      hardline,
      lines.map((line, i) => (i === 0 ? line.trimEnd() : ` ${line.trim()}`)),
    );
  return join(literalline, lines);
}

// What a library file defines, without parsing it: start-up parses only the definitions that a model uses.
import type { SourceFile } from "../source.js";

/** One definition; parsing `source()`, which is the file with all else blanked out, gives it with the file's offsets. */
export type IndexedItem = {
  /** Null: this is no definition, and parsing it tells what is wrong. */
  readonly kind: "function" | "distribution" | null;
  readonly name: string;
  /** Without its comments. */
  readonly code: string;
  readonly source: () => SourceFile;
};

const COMMENT = /\/\/[^\n]*|\/\*[\s\S]*?\*\//g;
const HEAD =
  /^\s*(?:(?<distribution>distribution)|function\s+\w+\s*(?:<.*?>)?\s*(?:\[[^\]]*\])?)\s*(?<name>\b\w+)\s*\(/s;

/** Blanks for all but line breaks; whole lines at a time, as a replacement of each letter costs memory for each. */
const blank = (text: string): string => text.replace(/[^\n]+/g, (line) => " ".repeat(line.length));

/** The definitions of a file in their order. */
export function indexLibrary(file: SourceFile): readonly IndexedItem[] {
  // Comments become blanks of their length, so that no bracket or semicolon in them counts.
  const code = file.text.replace(COMMENT, blank);
  const items: IndexedItem[] = [];
  let start = 0;
  for (let end = itemEnd(code, start); end !== null; end = itemEnd(code, start)) {
    const own = code.slice(start, end);
    if (own.trim() !== "") {
      const head = HEAD.exec(own)?.groups;
      const kind =
        head === undefined ? null : head["distribution"] === undefined ? "function" : "distribution";
      const [from, to] = [start, end];
      const source = (): SourceFile => ({
        path: file.path,
        text: blank(file.text.slice(0, from)) + file.text.slice(from, to),
      });
      items.push({ kind, name: head?.["name"] ?? "", code: own, source });
    }
    start = end;
  }
  return items;
}

/** The offset after the definition that begins at `start`: after its `;`, or the brace that closes its body. */
function itemEnd(code: string, start: number): number | null {
  let depth = 0;
  for (let i = start; i < code.length; i++) {
    const c = code[i];
    if (c === "{" || c === "(") depth++;
    if (c === "}" || c === ")") depth--;
    if ((c === ";" && depth <= 0) || (c === "}" && depth <= 0)) return i + 1;
  }
  return start < code.length ? code.length : null;
}

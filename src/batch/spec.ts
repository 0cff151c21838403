// What a batch is to be: read from YAML, with the place of every value, or put together by the command line.
import {
  isAlias,
  isMap,
  isScalar,
  isSeq,
  parseDocument,
  type Document,
  type Node,
  type Pair,
  type Scalar,
} from "yaml";
import { didYouMean, type Diagnostic } from "../diagnostic.js";
import type { SourceFile, Span } from "../source.js";
import { noModels, notYaml, unknownKey, wrongSeeds, wrongShape } from "./errors.js";

/** A value, and where it was written; on the command line nowhere. */
export type Located<T> = { readonly value: T; readonly span: Span | undefined };

/** A range of seeds, both ends included. */
export type Seeds = { readonly first: number; readonly last: number };

/** Models, data sets, seeds and settings, every combination of which is a job. */
export type Block = {
  /** Patterns of models' files. */
  readonly models: readonly Located<string>[];
  /** Data sets, each of patterns of files that are read together; a pattern that matches several files makes as many sets. */
  readonly data: readonly Located<readonly string[]>[];
  readonly seeds: readonly Located<Seeds>[];
  /** By the name of an option, its alternatives, each of values that are given together. */
  readonly settings: readonly Setting[];
};
export type Setting = {
  readonly name: Located<string>;
  readonly alternatives: readonly Located<readonly string[]>[];
};

const KEYS = ["models", "data", "seeds", "settings"] as const;
const LARGEST_SEED = 2 ** 32 - 1;

/** The seeds of "7" or "1..10"; null if it is neither. */
export function parseSeeds(text: string): Seeds | null {
  const found = /^(\d{1,10})(?:\.\.(\d{1,10}))?$/.exec(text.trim());
  if (found === null) return null;
  const first = Number(found[1]);
  const last = Number(found[2] ?? found[1]);
  return first <= last && last <= LARGEST_SEED ? { first, last } : null;
}

/** Seeds as the user wrote them, or what is wrong with them. */
export function seedsOf(text: string, span: Span | undefined): Located<Seeds> | Diagnostic {
  const value = parseSeeds(text);
  return value === null ? wrongSeeds(span, text) : { value, span };
}

/** Reads a specification: one block, or a list of blocks. Every mistake in its form is among the diagnostics. */
export function readSpecification(source: SourceFile): {
  readonly blocks: readonly Block[];
  readonly diagnostics: readonly Diagnostic[];
} {
  const document = parseDocument(source.text, { prettyErrors: false });
  const [problem] = document.errors;
  if (problem !== undefined) {
    const [start, end] = problem.pos;
    return { blocks: [], diagnostics: [notYaml({ source, start, end }, problem.message)] };
  }
  const reader = new Reader(source, document);
  const top = document.contents;
  const blocks =
    top !== null && isSeq(top) ? top.items.map((item) => reader.block(item)) : [reader.block(top)];
  return { blocks: blocks.filter((block) => block !== null), diagnostics: reader.diagnostics };
}

type Found = Node | null | undefined;

/** A key without a value has a scalar that is null. */
const isNothing = (node: Found): node is null | undefined =>
  node === null || node === undefined || (isScalar(node) && node.value === null);

/** A scalar as it was written: 010 stays 010. */
const written = (node: Scalar): string =>
  typeof node.value === "string" ? node.value : (node.source ?? JSON.stringify(node.value));

/** Walks YAML's nodes, noting what is wrong with them. */
class Reader {
  readonly diagnostics: Diagnostic[] = [];
  constructor(
    private readonly source: SourceFile,
    private readonly document: Document,
  ) {}

  block(given: unknown): Block | null {
    const node = this.resolved(given);
    if (!isMap(node)) {
      this.wrong(node, "a batch's specification", "keys such as 'models:', 'data:' and 'seeds:'");
      return null;
    }
    const values = new Map<string, Found>();
    for (const pair of node.items) {
      const key = this.key(pair);
      if (key === null) continue;
      if (KEYS.some((known) => known === key.value)) values.set(key.value, this.resolved(pair.value));
      else {
        const suggestion = didYouMean(key.value, KEYS);
        this.diagnostics.push(unknownKey(this.span(pair.key), key.value, suggestion, KEYS));
      }
    }
    const models = this.list(values.get("models"), "'models'").flatMap((item) => this.text(item, "a model"));
    if (isNothing(values.get("models"))) this.diagnostics.push(noModels(this.span(node)));
    return {
      models,
      data: this.list(values.get("data"), "'data'").flatMap((item) => this.together(item, "a data set")),
      seeds: this.list(values.get("seeds"), "'seeds'").flatMap((item) => this.seeds(item)),
      settings: this.settings(values.get("settings")),
    };
  }

  private settings(node: Found): Setting[] {
    if (isNothing(node)) return [];
    if (!isMap(node)) {
      this.wrong(node, "'settings'", "options of 'mppc run' with their values");
      return [];
    }
    return node.items.flatMap((pair) => {
      const name = this.key(pair);
      if (name === null) return [];
      const items = this.list(this.resolved(pair.value), `'${name.value}'`);
      if (items.length === 0)
        this.wrong(this.resolved(pair.value), `'${name.value}'`, "a value, or a list of values");
      return [{ name, alternatives: items.flatMap((item) => this.alternative(item, name.value)) }];
    });
  }

  /** A value, several that are given together, or of particles `{all: 20, globals: 300}`. */
  private alternative(node: Found, name: string): Located<readonly string[]>[] {
    if (!isMap(node)) return this.together(node, `a value of '${name}'`);
    const values = node.items.flatMap((pair) => {
      const key = this.key(pair);
      const value = this.text(this.resolved(pair.value), `'${key?.value ?? ""}'`);
      return key === null
        ? []
        : value.map((v) => (key.value === "all" ? v.value : `${key.value}=${v.value}`));
    });
    return [{ value: values, span: this.span(node) }];
  }

  private together(node: Found, what: string): Located<readonly string[]>[] {
    if (!isSeq(node)) return this.text(node, what).map(({ value, span }) => ({ value: [value], span }));
    const values = node.items.flatMap((item) => this.text(this.resolved(item), what));
    return [{ value: values.map(({ value }) => value), span: this.span(node) }];
  }

  private seeds(node: Found): Located<Seeds>[] {
    return this.text(node, "a seed").flatMap(({ value, span }) => {
      const seeds = seedsOf(value, span);
      if (!("code" in seeds)) return [seeds];
      this.diagnostics.push(seeds);
      return [];
    });
  }

  /** The items of a list, or a value alone. */
  private list(node: Found, what: string): readonly Found[] {
    if (isNothing(node)) return [];
    if (isSeq(node)) return node.items.map((item) => this.resolved(item));
    if (isMap(node) && (what === "'models'" || what === "'data'" || what === "'seeds'")) {
      this.wrong(node, what, "a value, or a list of values");
      return [];
    }
    return [node];
  }

  private text(node: Found, what: string): Located<string>[] {
    if (isScalar(node) && node.value !== null) return [{ value: written(node), span: this.span(node) }];
    this.wrong(node, what, "one value");
    return [];
  }

  private key(pair: Pair): Located<string> | null {
    return this.text(pair.key as Found, "a key")[0] ?? null;
  }

  private resolved(node: unknown): Found {
    return isAlias(node) ? node.resolve(this.document) : (node as Found);
  }

  private wrong(node: Found, what: string, expected: string): void {
    const found = isMap(node)
      ? "keys"
      : isSeq(node)
        ? "a list"
        : isScalar(node) && node.value !== null
          ? `'${written(node)}'`
          : "nothing";
    this.diagnostics.push(wrongShape(this.span(node), what, expected, found));
  }

  private span(node: unknown): Span {
    const range = (node as Found)?.range;
    const whole = { source: this.source, start: 0, end: 0 };
    return range === null || range === undefined
      ? whole
      : { source: this.source, start: range[0], end: range[1] };
  }
}

// Libraries of functions and distributions: the standard one and a model's `functions` block, parsed and checked by name.
import { Bug, hasErrors, renderDiagnostics, type Diagnostic } from "../diagnostic.js";
import type { FunctionItem } from "../parser/ast.js";
import { parseLibrary } from "../parser/parse.js";
import type { SourceFile } from "../source.js";
import { BUILTINS } from "./builtins.js";
import { checkDistribution, checkFunction } from "./definition.js";
import * as errors from "./errors.js";
import { indexLibrary, type IndexedItem } from "./library-index.js";
import type { Distribution, FunctionDeclaration } from "./model.js";
import type { Recorder } from "./record.js";
import type { Library } from "./scope.js";

export type { Library } from "./scope.js";

/** The library with nothing in it. */
export const EMPTY_LIBRARY: Library = {
  functionNames: [],
  distributionNames: [],
  learnableFamilies: [],
  defaultGuides: [],
  function: () => undefined,
  distribution: () => undefined,
  syntax: () => undefined,
  check: () => [],
};

type Checked<T> = { readonly value: T | null; readonly diagnostics: readonly Diagnostic[] };

/** A definition that may not have been parsed yet. */
type Definition = {
  readonly kind: FunctionItem["kind"];
  readonly name: string;
  /** True where it is a distribution with such an item. */
  readonly has: (item: "fit" | "guides") => boolean;
  /** Gives the same value every time. */
  readonly parse: () => Checked<FunctionItem>;
};

/**
 * The standard library from its source texts. `diagnostics` holds what is wrong with the names and the outline of the
 * files; what is wrong with a definition is found by `library.check()`, or is a Bug when a model uses it (`ifWrong`
 * null: then there is no such definition).
 */
export function loadLibrary(
  sources: readonly SourceFile[],
  ifWrong: "bug" | "null" = "bug",
): { library: Library; diagnostics: Diagnostic[] } {
  const outline: Diagnostic[] = [];
  const definitions = sources.flatMap(indexLibrary).flatMap((item) => {
    const { kind } = item;
    if (kind !== null) return [unparsed(item, kind)];
    const parsed = parseLibrary(item.source());
    outline.push(...parsed.diagnostics);
    return parsed.functions.map(alreadyParsed);
  });
  const { library, diagnostics } = extend(EMPTY_LIBRARY, definitions, ifWrong);
  return { library, diagnostics: [...outline, ...diagnostics] };
}

/** `base` and a model's own definitions, whose names must be new; `check` of the result tells what is wrong with them. */
export function extendLibrary(
  base: Library,
  items: readonly FunctionItem[],
  record: Recorder | null = null,
): { library: Library; diagnostics: Diagnostic[] } {
  for (const { kind, name } of items) record?.declare({ name, declared: { kind } });
  return extend(base, items.map(alreadyParsed), "null", record);
}

const alreadyParsed = (item: FunctionItem): Definition => ({
  kind: item.kind,
  name: item.name.text,
  has: (kind) => item.kind === "distribution" && item.items.some((i) => i.kind === kind),
  parse: () => ({ value: item, diagnostics: [] }),
});

function unparsed(indexed: IndexedItem, kind: FunctionItem["kind"]): Definition {
  const { name, code, source } = indexed;
  let parsed: Checked<FunctionItem> | undefined;
  const parse = (): Checked<FunctionItem> => {
    const file = source();
    const { functions, diagnostics } = parseLibrary(file);
    const [item] = functions;
    const isWhole = functions.length === 1 && item?.kind === kind && item.name.text === name;
    if (!isWhole && !hasErrors(diagnostics)) throw new Bug(`'${name}' of ${file.path} is not one definition`);
    return { value: hasErrors(diagnostics) ? null : (item ?? null), diagnostics };
  };
  return {
    kind,
    name,
    has: (item) => kind === "distribution" && (item === "fit" ? /\bfit\s*\(/ : /\bguides\s+[a-z]/).test(code),
    parse: () => (parsed ??= parse()),
  };
}

/** `ifWrong`: what the use of a definition that has errors is. */
function extend(
  base: Library,
  definitions: readonly Definition[],
  ifWrong: "bug" | "null",
  record: Recorder | null = null,
): { library: Library; diagnostics: Diagnostic[] } {
  const { functions, distributions, diagnostics } = withNewNames(definitions, base);
  const inProgress: string[] = [];
  const recursive = new Set<string>();
  let checkingAll = false;

  function whileInProgress<T>(item: FunctionItem, check: () => Checked<T>): Checked<T> {
    const key = keyOf(item.kind, item.name.text);
    inProgress.push(key);
    const found = check();
    inProgress.pop();
    return recursive.has(key)
      ? { value: null, diagnostics: [...found.diagnostics, errors.recursiveFunction(item.name, item.kind)] }
      : found;
  }
  function checkFunctionItem(item: FunctionItem): Checked<FunctionDeclaration> {
    if (item.kind !== "function") return { value: null, diagnostics: [] };
    return whileInProgress(item, () => collect((report) => checkFunction(item, library, report, record)));
  }
  function checkDistributionItem(item: FunctionItem): Checked<Distribution> {
    if (item.kind !== "distribution") return { value: null, diagnostics: [] };
    return whileInProgress(item, () => collect((report) => checkDistribution(item, library, report, record)));
  }
  const checkedFunction = once(checkFunctionItem);
  const checkedDistribution = once(checkDistributionItem);

  function valueOf<T>({ value, diagnostics: found }: Checked<T>): T | null {
    if (value === null && ifWrong === "bug" && !checkingAll && hasErrors(found))
      throw new Bug(`the standard library is wrong:\n${renderDiagnostics(found)}`);
    return value;
  }
  function checkAll(): readonly Diagnostic[] {
    checkingAll = true;
    const found = [
      ...[...functions.values()].flatMap((d) => checkedFunction(d).diagnostics),
      ...[...distributions.values()].flatMap((d) => checkedDistribution(d).diagnostics),
    ];
    checkingAll = false;
    return found;
  }
  const having = (item: "fit" | "guides"): string[] =>
    [...distributions.values()].filter((d) => d.has(item)).map((d) => d.name);

  /** True where the definition is being checked, and so uses itself. */
  function isRecursive(kind: FunctionItem["kind"], name: string): boolean {
    const key = keyOf(kind, name);
    const answer = inProgress.includes(key);
    if (answer) recursive.add(key);
    return answer;
  }

  const library: Library = {
    functionNames: [...base.functionNames, ...functions.keys()],
    distributionNames: [...base.distributionNames, ...distributions.keys()],
    learnableFamilies: [...base.learnableFamilies, ...having("fit")],
    defaultGuides: [...base.defaultGuides, ...having("guides")],
    function: (name) => {
      const definition = functions.get(name);
      if (definition === undefined) return base.function(name);
      return isRecursive("function", name) ? null : valueOf(checkedFunction(definition));
    },
    distribution: (name) => {
      const definition = distributions.get(name);
      if (definition === undefined) return base.distribution(name);
      return isRecursive("distribution", name) ? null : valueOf(checkedDistribution(definition));
    },
    syntax: (kind, name) => {
      const definition = (kind === "function" ? functions : distributions).get(name);
      return definition === undefined ? base.syntax(kind, name) : (definition.parse().value ?? undefined);
    },
    check: checkAll,
  };
  return { library, diagnostics };
}

/** A function and a distribution may have the same name. */
const keyOf = (kind: FunctionItem["kind"], name: string): string => `${kind} ${name}`;

/** The definitions by name, without those whose name is taken. */
function withNewNames(
  definitions: readonly Definition[],
  base: Library,
): {
  readonly functions: ReadonlyMap<string, Definition>;
  readonly distributions: ReadonlyMap<string, Definition>;
  readonly diagnostics: Diagnostic[];
} {
  const functions = new Map<string, Definition>();
  const distributions = new Map<string, Definition>();
  const diagnostics: Diagnostic[] = [];
  for (const definition of definitions) {
    const { kind, name } = definition;
    const mine = kind === "function" ? functions : distributions;
    const theirs = kind === "function" ? base.functionNames : base.distributionNames;
    const first = mine.get(name);
    if (first === undefined && !theirs.includes(name) && !isBuiltin(definition)) {
      mine.set(name, definition);
      continue;
    }
    const item = definition.parse().value;
    const firstItem = first?.parse().value;
    if (item === null) continue;
    diagnostics.push(
      firstItem
        ? errors.declaredTwice(item.name, { what: `a ${kind}`, span: firstItem.name.span })
        : errors.functionClash(item.name, kind),
    );
  }
  return { functions, distributions, diagnostics };
}

/** A function may have the name of a built-in one if it takes another number of arguments. */
function isBuiltin({ kind, name, parse }: Definition): boolean {
  const overloads = BUILTINS.get(name);
  if (kind !== "function" || overloads === undefined) return false;
  const parameters = parse().value?.parameters.length;
  return overloads.some((builtin) => builtin.parameters.length === parameters);
}

/** Parses and checks each definition at most once. */
function once<T>(check: (item: FunctionItem) => Checked<T>): (definition: Definition) => Checked<T> {
  const known = new Map<Definition, Checked<T>>();
  return (definition) => {
    const before = known.get(definition);
    if (before !== undefined) return before;
    const parsed = definition.parse();
    const checked = parsed.value === null ? { value: null, diagnostics: [] } : check(parsed.value);
    const both = { value: checked.value, diagnostics: [...parsed.diagnostics, ...checked.diagnostics] };
    known.set(definition, both);
    return both;
  };
}

/** Runs one check; its value counts only if it reports no error. */
function collect<T>(check: (report: (d: Diagnostic) => null) => T | null): Checked<T> {
  const diagnostics: Diagnostic[] = [];
  const value = check((d) => {
    diagnostics.push(d);
    return null;
  });
  return { value: hasErrors(diagnostics) ? null : value, diagnostics };
}

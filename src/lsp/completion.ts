// What may be written at a place: names in scope, families and functions by what is wanted there, plates, words.
import { MarkupKind, type CompletionItem, type CompletionParams } from "vscode-languageserver/node";
import { TYPE_NAMES, TYPE_SIZES } from "../lexer/tokens.js";
import type { Plate, Variable } from "../typecheck/model.js";
import { readLibrary } from "../stdlib.js";
import type { Library } from "../typecheck/scope.js";
import type { Analysis } from "./analysis.js";
import {
  familyOffer,
  functionOffer,
  keywordOffer,
  plateOffer,
  toItem,
  variableOffer,
  wantedOf,
  type ItemData,
  type Offer,
} from "./completion-items.js";
import { describeFamily, describeFunction } from "./describe.js";
import type { Feature } from "./feature.js";
import { describeSymbol } from "./hover.js";
import { KEYWORDS } from "./keywords.js";
import { isLibraryFile } from "./library-file.js";
import { scopeAt, symbolAt, visibleAt } from "./lookup.js";
import { prose } from "./markdown.js";
import { callAt, openPlateNames, placeAt, type BlockName, type Place } from "./place.js";
import { usefulFunctions } from "./reference.js";
import { signaturesOf } from "./signature-help.js";
import { missingBlocks, slotAt, writtenType, type Slot, type Wanted } from "./slot.js";

/** A variable that can be used at a place. */
type Visible = { readonly variable: Variable; readonly plates: readonly Plate[] };

/** All that may be written at an offset, in no order: ranks say what comes first. */
export function offersAt(analysis: Analysis, offset: number): readonly Offer[] {
  const place = placeAt(analysis.lexed, offset);
  const slot = place && slotAt(place);
  return place === null || slot === null ? [] : offersFor(analysis, place, slot);
}

function offersFor(analysis: Analysis, place: Place, slot: Slot): readonly Offer[] {
  const { partial, library } = analysis.recording;
  switch (slot.kind) {
    case "blocks": {
      if (isLibraryFile(analysis.source)) return statementOffers(analysis, place, "functions");
      const present = analysis.syntax.blocks.map(({ text }) => text);
      return missingBlocks(present).map((name) => keywordOffer(name, `${name} {\n\t$0\n}`));
    }
    case "statement":
      return statementOffers(analysis, place, slot.block);
    case "item":
      return ITEMS.map(([name, snippet]) => keywordOffer(name, snippet));
    case "bound":
      return ["lower", "upper"].map((name) => keywordOffer(name, `${name}=\${1:0}`, 10));
    case "type":
      return typeOffers(10);
    case "plate": {
      const open = openPlateNames(place);
      const plates = slot.opened
        ? partial.plates.filter(
            ({ name, parent }) => !open.includes(name) && (parent === null || open.includes(parent.name)),
          )
        : partial.plates;
      const sizes = slot.sizes ? sizeOffers(analysis, place) : [];
      const body = (plate: Plate): string | undefined =>
        slot.opened ? `${plate.name} {\n\t$0\n}` : undefined;
      return [...plates.map((plate) => plateOffer(plate, 10, body(plate))), ...sizes];
    }
    case "column":
      return partial.data.map((data) => variableOffer(partial, data, data.plates, null));
    case "family": {
      const wanted = leftOf(analysis, place, slot.left);
      return library.distributionNames.flatMap((name) => familyOffer(library, name, wanted) ?? []);
    }
    case "group family":
      return library.distributionNames.includes("multi_normal")
        ? [keywordOffer("multi_normal", "multi_normal {\n\t$0\n}", 10)]
        : [];
    case "word":
      return slot.words.map((name) =>
        keywordOffer(name, name === "T" ? "T[${1:lower}, ${2:upper}]" : undefined),
      );
    case "expression":
      return expressionOffers(analysis, place, slot.block);
  }
}

/** The items of a distribution's definition. */
const ITEMS: readonly (readonly [string, string])[] = [
  ["log_density", "log_density(${1:y}) = $0;"],
  ["draw", "draw = $0;"],
  ["statistics", "statistics(${1:y}) = ($0);"],
  ["fit", "fit(${1:m}, ${2:s}) = ($0);"],
  ["widen", "widen(${1:factor}) = ($0);"],
  ["log_cdf", "log_cdf(${1:y}) = $0;"],
  ["log_ccdf", "log_ccdf(${1:y}) = $0;"],
  ["quantile", "quantile(${1:u}) = $0;"],
  ["guides", "guides ${1:real};"],
  ["check", "check log_density($1) == $0;"],
];

function typeOffers(rank: number): readonly Offer[] {
  return TYPE_NAMES.map((name) => {
    const [least = 0] = TYPE_SIZES[name] ?? [];
    const sizes = Array.from({ length: least }, (_, i) => `\${${i + 1}:n}`);
    return keywordOffer(name, least === 0 ? undefined : `${name}[${sizes.join(", ")}]`, rank);
  });
}

/** The names that can be used at a place; told from what is open around it where its block could not be understood. */
function visible(analysis: Analysis, place: Place): readonly Visible[] {
  const { declarations } = analysis.recording;
  const open = openPlateNames(place);
  const scope = scopeAt(analysis, place.start);
  const isKnown = scope !== undefined && scope.open.map(({ name }) => name).join() === open.join();
  if (isKnown)
    return [...visibleAt(analysis, place.start).values()].flatMap((entry) =>
      entry.kind === "variable" ? [{ variable: entry.variable, plates: entry.plates }] : [],
    );
  return declarations.flatMap(({ name, declared }) => {
    if (declared.kind !== "variable" || declared.variable.kind === "argument") return [];
    const { variable, plates } = declared;
    const isOpen = plates.every((plate) => open.includes(plate.name));
    return isOpen && name.span.end <= place.start ? [{ variable, plates }] : [];
  });
}

const sizeOffers = (analysis: Analysis, place: Place): readonly Offer[] =>
  visible(analysis, place)
    .filter(
      ({ variable, plates }) =>
        variable.kind === "data" && variable.type.base === "int" && plates.length === 0,
    )
    .map(({ variable, plates }) => variableOffer(analysis.recording.partial, variable, plates, null, 20));

function statementOffers(analysis: Analysis, place: Place, block: BlockName): readonly Offer[] {
  switch (block) {
    case "functions":
      return [
        keywordOffer("function", "function ${1:real} ${2:name}(${3:real x}) = $0;", 10),
        keywordOffer(
          "distribution",
          "distribution ${1:name}(${2:real mu}) ${3:real} {\n\tlog_density(y) = $0;\n}",
          10,
        ),
      ];
    case "data":
      return [keywordOffer("plate", "plate ${1:name};", 10), ...typeOffers(20)];
    case "parameters":
      return typeOffers(10);
    case "model":
      return [
        ...unobserved(analysis, place),
        keywordOffer("plate", "plate ${1:name} {\n\t$0\n}", 20),
        keywordOffer("target", "target += $0;", 21),
        ...typeOffers(30),
        keywordOffer("if", "if (${1:condition}) {\n\t$0\n}", 35),
        keywordOffer("for", "for (${1:i} in ${2:1}:${3:n}) {\n\t$0\n}", 35),
      ];
    case "guide":
      if (place.frames.some(({ kind }) => kind === "group")) return unguided(analysis, place);
      return [
        ...unguided(analysis, place),
        keywordOffer("plate", "plate ${1:name} {\n\t$0\n}", 20),
        keywordOffer("group", "group ${1:name} {\n\t$0\n}", 20),
      ];
    case "generated":
      return [keywordOffer("plate", "plate ${1:name} {\n\t$0\n}", 10), ...typeOffers(20)];
  }
}

/** Data over just the open plates that nothing observes yet; then what else is over them. */
function unobserved(analysis: Analysis, place: Place): readonly Offer[] {
  const { partial } = analysis.recording;
  const open = openPlateNames(place);
  const observed = new Set(partial.factors.flatMap((f) => (f.kind === "observation" ? [f.name] : [])));
  return partial.data
    .filter(
      ({ name, plates }) =>
        !observed.has(name) &&
        plates
          .map((p) => p.name)
          .sort()
          .join() === [...open].sort().join(),
    )
    .map((data) => ({ ...variableOffer(partial, data, data.plates, null), snippet: `${data.name} ~ $0;` }));
}

/** Families and functions are checked when they are first asked for: one after another, while nothing else is to be done. */
function warmUp(library: Library): void {
  const checks = [
    ...library.distributionNames.map((name) => () => void library.distribution(name)),
    ...usefulFunctions(library).map((name) => () => void library.function(name)),
  ];
  const next = (): void => {
    checks.pop()?.();
    if (checks.length > 0) setImmediate(next).unref();
  };
  setImmediate(next).unref();
}

/** Latents of the open plates that the guide does not name yet. */
function unguided(analysis: Analysis, place: Place): readonly Offer[] {
  const { partial } = analysis.recording;
  const open = openPlateNames(place);
  const { tokens } = analysis.lexed;
  const guide = analysis.syntax.blocks.find(({ text }) => text === "guide")?.span.start ?? 0;
  const named = new Set(
    tokens.filter((t) => t.startOffset > guide && t.startOffset !== place.start).map(({ image }) => image),
  );
  return partial.latents
    .filter(({ name, plates }) => !named.has(name) && plates.map((p) => p.name).join() === open.join())
    .map((latent) => ({
      ...variableOffer(partial, latent, latent.plates, null),
      snippet: `${latent.name};$0`,
    }));
}

/** The type of what stands left of a `~`: as written, or that of data or a local; null of a latent without a type. */
function leftOf(
  analysis: Analysis,
  place: Place,
  left: Extract<Slot, { kind: "family" }>["left"],
): Wanted | null {
  const written = writtenType(left);
  if (written !== null) return written;
  const name = left.at(-1)?.image;
  const found = visible(analysis, place).find(({ variable }) => variable.name === name)?.variable;
  // In the guide a latent has the type that the model gives it.
  if (found?.kind === "latent" && place.frames[0]?.kind === "block" && place.frames[0].name !== "guide")
    return null;
  return found === undefined ? null : wantedOf(found.type);
}

function expressionOffers(analysis: Analysis, place: Place, block: BlockName | null): readonly Offer[] {
  const { partial, library } = analysis.recording;
  const wanted = wantedAt(analysis, place);
  const names = visible(analysis, place).map(({ variable, plates }) =>
    variableOffer(partial, variable, plates, wanted),
  );
  const functions = usefulFunctions(library).flatMap((name) => functionOffer(library, name, wanted) ?? []);
  const isSeries = partial.plates.some(
    ({ ordered, name }) => ordered && openPlateNames(place).includes(name),
  );
  return [
    ...names,
    ...functions,
    ...(block === "guide" ? [keywordOffer("learn", "learn(${1:0})", 5)] : []),
    ...(isSeries && block !== "guide" ? [keywordOffer("prev", "prev(${1:x}, ${2:x0})", 15)] : []),
  ];
}

/** What is wanted of an expression: by the call that it is an argument of, or the local that it is the value of. */
function wantedAt({ recording }: Analysis, place: Place): Pick<Wanted, "shape" | "base"> | null {
  const inner = place.frames.at(-1);
  if (inner?.kind === "brackets") return inner.of === undefined ? null : { shape: "number", base: "int" };
  const call = callAt(place);
  if (call !== null) {
    const { argument } = call;
    const signature = signaturesOf(recording.library, call).find(
      ({ parameters }) => argument < parameters.length,
    );
    return signature?.parameters[argument] ?? null;
  }
  const { statement } = place;
  const isValue = statement.at(-1)?.image === "=";
  return isValue ? writtenType(statement) : null;
}

/** What is said of an item when the client shows it. */
export function documentationOf(analysis: Analysis | null, { kind, name, at }: ItemData): string | undefined {
  switch (kind) {
    case "keyword":
      return KEYWORDS[name] === undefined ? undefined : prose(KEYWORDS[name]);
    case "family":
      return analysis === null ? undefined : describeFamily(analysis.recording.library, name);
    case "function":
      return analysis === null ? undefined : describeFunction(analysis.recording.library, name);
    case "name": {
      const symbol = analysis === null || at === undefined ? undefined : symbolAt(analysis, at);
      return analysis === null || symbol?.name.text !== name ? undefined : describeSymbol(analysis, symbol);
    }
  }
}

/** Whether a space before the offset is one after which only few things can stand, so that clients may show them unasked. */
export const asksBySpace = (text: string, offset: number): boolean =>
  /(?:~|\bplate|\bin|\bby) $/.test(text.slice(Math.max(0, offset - 8), offset));

const isItemData = (data: unknown): data is ItemData =>
  typeof data === "object" && data !== null && "uri" in data && "kind" in data && "name" in data;

export const completion: Feature = {
  capabilities: { completionProvider: { resolveProvider: true, triggerCharacters: ["~", "<", "[", " "] } },
  register: ({ connection, documents, client, answer, guard }) => {
    let isWarm = false;
    documents.onChange(() => {
      if (isWarm) return;
      isWarm = true;
      warmUp(readLibrary());
    });
    connection.onCompletion(
      answer((document, { position, context }: CompletionParams): CompletionItem[] => {
        const offset = document.offsetAt(position);
        if (context?.triggerCharacter === " " && !asksBySpace(document.text, offset)) return [];
        return offersAt(document.analysis, offset).map((offer) =>
          toItem(offer, document.uri, client.snippets),
        );
      }),
    );
    connection.onCompletionResolve((item) =>
      guard<CompletionItem, CompletionItem>((given) => {
        const data: unknown = given.data;
        if (!isItemData(data)) return given;
        const text = documentationOf(documents.get(data.uri)?.analysis ?? null, data);
        return text === undefined
          ? given
          : { ...given, documentation: { kind: MarkupKind.Markdown, value: text } };
      }, item)(item),
    );
  },
};

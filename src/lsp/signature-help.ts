// What a call takes, and which argument the cursor is in.
import { MarkupKind, type SignatureHelp, type SignatureInformation } from "vscode-languageserver/node";
import type { Library } from "../typecheck/scope.js";
import type { Analysis } from "./analysis.js";
import type { Feature } from "./feature.js";
import { KEYWORDS } from "./keywords.js";
import { prose } from "./markdown.js";
import { callAt, placeAt } from "./place.js";
import { functionReferences } from "./reference.js";
import {
  CALLED_WORDS,
  familySignature,
  functionSignatures,
  signatureText,
  type Signature,
} from "./signatures.js";

/** The ways to call what the call around a place names, and the argument that the place is in. */
export function signatureHelpAt({ lexed, recording }: Analysis, offset: number): SignatureHelp | null {
  const place = placeAt(lexed, offset);
  const call = place && callAt(place);
  if (call === null) return null;
  const { library } = recording;
  const signatures = signaturesOf(library, call);
  if (signatures.length === 0) return null;
  const { argument } = call;
  const fits = signatures.findIndex(({ parameters }) => argument < parameters.length);
  return {
    signatures: signatures.map((signature) => information(library, signature)),
    activeSignature: Math.max(0, fits),
    activeParameter: argument,
  };
}

type Call = NonNullable<ReturnType<typeof callAt>>;

/** After a `~` the name is a family's, elsewhere a function's. */
export function signaturesOf(library: Library, { name, of }: Call): readonly Signature[] {
  if (of?.image === "~") {
    const family = familySignature(library, name);
    return family === undefined ? [] : [family];
  }
  const word = CALLED_WORDS.get(name);
  return word === undefined ? functionSignatures(library, name) : [word];
}

function information(library: Library, signature: Signature): SignatureInformation {
  const label = signatureText(signature);
  let from = signature.name.length;
  const parameters = signature.parameters.map((parameter) => {
    const start = label.indexOf(parameter.label, from);
    from = start + parameter.label.length;
    return { label: [start, from] as [number, number] };
  });
  const text = documentation(library, signature);
  return {
    label,
    parameters,
    ...(text === "" ? {} : { documentation: { kind: MarkupKind.Markdown, value: text } }),
  };
}

/** The first paragraph of what is said of it. */
function documentation(library: Library, { name, result, parameters }: Signature): string {
  const word = CALLED_WORDS.has(name) ? KEYWORDS[name] : undefined;
  if (word !== undefined) return word;
  const first = (text: string): string => prose(text.trim().split(/\n\s*\n/)[0] ?? "");
  if (result === null) return first(library.distribution(name)?.doc ?? "");
  const found = functionReferences(library, name);
  const own =
    found.find(({ signatures }) => signatures.some((s) => arity(s) === parameters.length)) ?? found[0];
  return own === undefined ? "" : first(own.doc);
}

/** How many arguments a signature's text has. */
const arity = (text: string): number => {
  const inside = text.slice(text.indexOf("(") + 1, -1);
  return inside.trim() === "" ? 0 : inside.replace(/<[^>]*>/g, "").split(",").length;
};

export const signatureHelp: Feature = {
  capabilities: { signatureHelpProvider: { triggerCharacters: ["(", ",", "|"], retriggerCharacters: [")"] } },
  register: ({ connection, answer }) => {
    connection.onSignatureHelp(
      answer((document, { position }) => signatureHelpAt(document.analysis, document.offsetAt(position))),
    );
  },
};

// What the server does: a feature is one file and one row here.
import { completion } from "./completion.js";
import { diagnostics } from "./diagnostics.js";
import type { Feature } from "./feature.js";
import { hover } from "./hover.js";
import { inlayHints } from "./inlay-hints.js";
import { definition, documentHighlight, references } from "./navigation.js";
import { signatureHelp } from "./signature-help.js";

export const FEATURES: readonly Feature[] = [
  diagnostics,
  definition,
  references,
  documentHighlight,
  hover,
  completion,
  signatureHelp,
  inlayHints,
];

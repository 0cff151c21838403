// What the server does: a feature is one file and one row here.
import { completion } from "./completion.js";
import { diagnostics } from "./diagnostics.js";
import type { Feature } from "./feature.js";
import { folding } from "./folding.js";
import { formatting } from "./formatting.js";
import { hover } from "./hover.js";
import { inlayHints } from "./inlay-hints.js";
import { definition, documentHighlight, references } from "./navigation.js";
import { quickFixes } from "./quick-fixes.js";
import { rename } from "./rename.js";
import { semanticTokens } from "./semantic-tokens.js";
import { signatureHelp } from "./signature-help.js";
import { symbols } from "./symbols.js";

export const FEATURES: readonly Feature[] = [
  diagnostics,
  quickFixes,
  definition,
  references,
  documentHighlight,
  rename,
  symbols,
  folding,
  semanticTokens,
  hover,
  completion,
  signatureHelp,
  inlayHints,
  formatting,
];

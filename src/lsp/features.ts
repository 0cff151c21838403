// What the server does: a feature is one file and one row here.
import { diagnostics } from "./diagnostics.js";
import type { Feature } from "./feature.js";
import { hover } from "./hover.js";
import { definition, documentHighlight, references } from "./navigation.js";

export const FEATURES: readonly Feature[] = [diagnostics, definition, references, documentHighlight, hover];

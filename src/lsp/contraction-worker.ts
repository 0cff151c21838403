// A thread that looks for an order of summing, which takes seconds for large models: texts in, what is wrong out.
import { parentPort } from "node:worker_threads";
import { checkSource } from "../compile.js";
import type { Diagnostic } from "../diagnostic.js";
import type { SourceFile } from "../source.js";
import { costsOf, type Costs } from "./costs.js";

/** What the thread answers: first what the evidence costs, then what lowering found in a text, or why it failed. */
export type Answer =
  | { readonly costs: Costs | null }
  | { readonly diagnostics: readonly Diagnostic[] }
  | { readonly fault: string };

function answer(source: SourceFile, tell: (answer: Answer) => void): Answer {
  try {
    const { checked } = checkSource(source);
    if (checked !== null) tell({ costs: costsOf(checked) });
    return { diagnostics: checked?.compile({ programs: ["bounds"] }).diagnostics ?? [] };
  } catch (problem) {
    return { fault: problem instanceof Error ? (problem.stack ?? problem.message) : String(problem) };
  }
}

const tell = (found: Answer): void => parentPort?.postMessage(found);
parentPort?.on("message", (source: SourceFile) => tell(answer(source, tell)));

// A thread that looks for an order of summing, which takes seconds for large models: texts in, what is wrong out.
import { parentPort } from "node:worker_threads";
import { checkSource } from "../compile.js";
import type { Diagnostic } from "../diagnostic.js";
import type { SourceFile } from "../source.js";

/** What the thread answers: what lowering found in a text, or why it failed. */
export type Answer = { readonly diagnostics: readonly Diagnostic[] } | { readonly fault: string };

function answer(source: SourceFile): Answer {
  try {
    const { checked } = checkSource(source);
    return { diagnostics: checked?.compile({ programs: ["bounds"] }).diagnostics ?? [] };
  } catch (problem) {
    return { fault: problem instanceof Error ? (problem.stack ?? problem.message) : String(problem) };
  }
}

parentPort?.on("message", (source: SourceFile) => parentPort?.postMessage(answer(source)));

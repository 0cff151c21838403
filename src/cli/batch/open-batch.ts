// A batch as its commands find it: the jobs of a manifest, and where their results are.
import { readManifest, type Job } from "../../batch/manifest.js";
import { DiagnosticError } from "../../diagnostic.js";
import { readText } from "../files.js";
import { Results } from "./states.js";

/** Reads a manifest. Throws a DiagnosticError where it is none. */
export function openBatch(
  manifest: string,
  results: string | undefined,
): { readonly jobs: readonly Job[]; readonly results: Results } {
  const { jobs, diagnostics } = readManifest(readText(manifest));
  if (jobs === null) throw new DiagnosticError(diagnostics);
  return { jobs, results: new Results(results ?? resultsBeside(manifest)) };
}

/** `jobs-results` for `jobs.jsonl`. */
export const resultsBeside = (manifest: string): string => `${manifest.replace(/\.jsonl$/, "")}-results`;

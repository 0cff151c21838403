// What `mppc batch plan` does: finds models and data sets, and writes the manifest of all their jobs.
import { dirname, isAbsolute, join, relative, resolve } from "node:path";
import { specificationAlone, wrongSetting } from "../../batch/errors.js";
import { matchFiles } from "../../batch/glob.js";
import { writeManifest, type InputFile } from "../../batch/manifest.js";
import { planJobs } from "../../batch/plan.js";
import { readSpecification, seedsOf, type Block, type Located, type Setting } from "../../batch/spec.js";
import { DiagnosticError, hasErrors, type Diagnostic } from "../../diagnostic.js";
import { sha256 } from "../../runtime/compiled-file.js";
import { canonicalSettings, checkSetting } from "../batch/settings.js";
import type { PlanOptions } from "../commands/batch.js";
import { UsageError, printDiagnostics } from "../failures.js";
import { readText, refuseOverwriting, writeAtomically } from "../files.js";
import { loadModel } from "../model-file.js";
import type { Terminal } from "../terminal.js";

export function batchPlan(path: string, options: PlanOptions, terminal: Terminal): void {
  const isSpecification = /\.ya?ml$/.test(path);
  const { blocks, diagnostics } = isSpecification ? specified(path, options) : asked(path, options);
  if (hasErrors(diagnostics)) throw new DiagnosticError(diagnostics);
  // Patterns are relative to the specification; what the manifest says, to the manifest.
  const folder = isSpecification ? dirname(path) : ".";
  const target = dirname(options.o ?? "manifest");
  const known = new Map<string, InputFile>();
  const input = (name: string): InputFile => {
    const before = known.get(name);
    if (before !== undefined) return before;
    const here = isAbsolute(name) ? name : join(folder, name);
    const file = {
      path: isAbsolute(name) ? name : relative(resolve(target), resolve(here)),
      sha256: sha256(readText(here).text),
    };
    known.set(name, file);
    return file;
  };
  const match = (pattern: string): readonly string[] => matchFiles(pattern, folder);
  const planner = { match, input, checkSetting, canonical: canonicalSettings };
  const plan = planJobs(blocks, planner);
  if (hasErrors(plan.diagnostics)) throw new DiagnosticError(plan.diagnostics);
  // A model that is wrong is better known now than by every job.
  for (const model of new Set(plan.jobs.map((job) => job.model.path)))
    loadModel(isAbsolute(model) ? model : join(target, model), terminal);
  const text = writeManifest(plan.jobs);
  if (options.o === undefined) terminal.out(text);
  else {
    const read = [...known.keys()].map((name) => (isAbsolute(name) ? name : join(folder, name)));
    refuseOverwriting(options.o, [path, ...read]);
    writeAtomically(options.o, text);
  }
  printDiagnostics(plan.diagnostics, terminal);
  const count = `${plan.jobs.length.toLocaleString("en-US")} ${plan.jobs.length === 1 ? "job" : "jobs"}`;
  terminal.err(options.o === undefined ? `${count}\n` : `${count} in ${options.o}\n`);
}

/** The blocks of a specification, which says everything itself. */
function specified(
  path: string,
  options: PlanOptions,
): { readonly blocks: readonly Block[]; readonly diagnostics: readonly Diagnostic[] } {
  const given = (["data", "seed", "K", "set"] as const).find((name) => options[name] !== undefined);
  if (given !== undefined)
    throw new UsageError(specificationAlone(given.length === 1 ? `-${given}` : `--${given}`));
  return readSpecification(readText(path));
}

const here = <T>(value: T): Located<T> => ({ value, span: undefined });

/** The block that the command line describes. */
function asked(
  model: string,
  { data = [], seed = [], K = [], set = [] }: PlanOptions,
): { readonly blocks: readonly Block[]; readonly diagnostics: readonly Diagnostic[] } {
  const diagnostics: Diagnostic[] = [];
  const seeds = seed.flatMap((text) => {
    const found = seedsOf(text, undefined);
    if (!("code" in found)) return [found];
    diagnostics.push(found);
    return [];
  });
  const settings = new Map<string, Located<readonly string[]>[]>();
  const add = (name: string, values: readonly string[]): void =>
    void settings.set(name, [...(settings.get(name) ?? []), here(values)]);
  for (const particles of K) add("K", particles.split(","));
  for (const text of set) {
    const equals = text.indexOf("=");
    if (equals > 0) add(text.slice(0, equals), [text.slice(equals + 1)]);
    else diagnostics.push(wrongSetting(undefined, "--set", text, "it should be as in method=vi"));
  }
  const block: Block = {
    models: [here(model)],
    data: data.map((files) => here(files.split(","))),
    seeds,
    settings: [...settings].map(([name, alternatives]): Setting => ({ name: here(name), alternatives })),
  };
  return { blocks: [block], diagnostics };
}

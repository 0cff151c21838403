// Settings of a batch's jobs: options of `mppc run`, read as that command reads them.
import { CommanderError } from "commander";
import { didYouMean, type Diagnostic } from "../../diagnostic.js";
import { settingOfTheBatch, unknownSetting, wrongSetting } from "../../batch/errors.js";
import type { Settings } from "../../batch/manifest.js";
import type { Located } from "../../batch/spec.js";
import { runOptions, type RunOptions } from "../commands/run.js";
import { storedOptions } from "../resume.js";

/** Options of `mppc run` that a job has not, and what takes their place. */
const OF_THE_BATCH: Readonly<Record<string, string>> = {
  data: "data sets stand under 'data:', or after --data",
  seed: "seeds stand under 'seeds:', or after --seed",
  output: "each job has a directory of its own in that of --results",
  resume: "jobs that were stopped go on by themselves",
  "checkpoint-every": "give it to 'mppc batch run'",
  json: "'mppc batch collect' gives the results",
  all: "'mppc batch collect' gives the results",
  diagnostics: "'mppc batch collect --table diagnostics' gives them",
  quiet: "give it to 'mppc batch run'",
};

/** The name of an option without its dashes: "draws-from", "K". */
const nameOf = (option: {
  readonly long?: string | undefined;
  readonly short?: string | undefined;
}): string => (option.long ?? option.short ?? "").replace(/^--?/, "");

const NAMES: readonly string[] = runOptions()
  .options.map(nameOf)
  .filter((name) => !(name in OF_THE_BATCH));

const flags = (settings: Settings): string[] =>
  Object.entries(settings).flatMap(([name, values]) =>
    values.flatMap((value) => (name.length === 1 ? [`-${name}`, value] : [`--${name}=${value}`])),
  );

/** The options of `mppc run` with these settings. Throws a CommanderError where they are not right. */
function parse(settings: Settings): RunOptions {
  const silent = { writeOut: () => undefined, writeErr: () => undefined };
  return runOptions()
    .exitOverride()
    .configureOutput(silent)
    .parse(flags(settings), { from: "user" })
    .opts<RunOptions>();
}

/** Options as a job's settings give them, the others as by default. */
export const optionsOf = (settings: Settings): RunOptions => parse(settings);

/** What is wrong with a setting. */
export function checkSetting(
  { value: name, span }: Located<string>,
  values: Located<readonly string[]>,
): readonly Diagnostic[] {
  const instead = OF_THE_BATCH[name];
  if (instead !== undefined) return [settingOfTheBatch(span, name, instead)];
  if (!NAMES.includes(name)) return [unknownSetting(span, name, didYouMean(name, NAMES), NAMES)];
  try {
    parse({ [name]: values.value });
    return [];
  } catch (problem) {
    if (!(problem instanceof CommanderError)) throw problem;
    const reason = problem.message.replace(/^error: (?:option .* argument .* is invalid\. )?/, "");
    return [wrongSetting(values.span, name, values.value.join(", "), reason)];
  }
}

/** What settings come to, defaults included. */
export function canonicalSettings(settings: Settings): unknown {
  // The seed is the job's own.
  return Object.entries(storedOptions(parse(settings)))
    .filter(([name]) => name !== "seed")
    .sort(([a], [b]) => (a < b ? -1 : 1));
}

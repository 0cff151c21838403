// What `mppc run` does: compiles, binds data, fits, and reports on screen and in the run's directory.
// First, before anything takes memory.
import "../small-heap.js";
import { basename, join } from "node:path";
import { STOPPING_WORDS } from "../../inference/infer.js";
import type { RunOptions } from "../commands/run.js";
import { readUnfinished } from "../checkpoints.js";
import { withDevice } from "../device-choice.js";
import { printDiagnostics } from "../failures.js";
import { heldOutText } from "../held-out.js";
import { ModelCache } from "../model-cache.js";
import { performRun, prepareRun } from "../one-run.js";
import { chooseDirectory } from "../run-directory.js";
import { learnedParameters } from "../run-report.js";
import { groupsText, summaryText } from "../summary-text.js";
import type { Terminal } from "../terminal.js";

export async function run(path: string, options: RunOptions, terminal: Terminal): Promise<void> {
  const quiet: Terminal = options.quiet === true ? { ...terminal, err: () => undefined } : terminal;
  const prepared = await prepareRun(path, options, new ModelCache(), terminal);
  const unfinished = options.resume === undefined ? null : readUnfinished(options.resume);
  const directory = options.resume ?? directoryFor(path, options, prepared.started, quiet);
  await withDevice(options.device, quiet, async (device) => {
    const { model, result, report, predicted } = await performRun(
      prepared,
      { directory, unfinished },
      device,
      quiet,
    );
    if (options.json === true) terminal.out(`${JSON.stringify(report)}\n`);
    else {
      const parameters = learnedParameters(model.interface, result);
      const file = join(directory, "summary.csv");
      terminal.out(summaryText(result, { file, all: options.all === true, parameters }));
      if (options.diagnostics === true) terminal.out(groupsText(result));
      if (predicted !== null) terminal.out(heldOutText(predicted));
    }
    printDiagnostics(result.warnings, terminal);
    quiet.err(`${STOPPING_WORDS[result.stopped]}\nresults are in ${directory}\n`);
  });
}

/** Where a run that begins leaves its results. */
function directoryFor(path: string, options: RunOptions, started: Date, terminal: Terminal): string {
  const name = basename(path).replace(/\.mppc?$/, "");
  return chooseDirectory(options.output, name, path, started, (line) => terminal.err(`${line}\n`));
}

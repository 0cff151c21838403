// What `mppc predict` does: takes a finished run's draws to new data.
import { join } from "node:path";
import { bufferAxes } from "../../inference/layout.js";
import { programOf } from "../../inference/run.js";
import { countedAxes } from "../../ir/axis.js";
import { BUFFERS, DRAW_AXIS } from "../../ir/interface.js";
import type { PredictOptions } from "../commands/predict.js";
import { loadData } from "../data-files.js";
import { withDevice } from "../device-choice.js";
import { readDraws } from "../draws-file.js";
import { modelChanged } from "../errors.js";
import { UsageError } from "../failures.js";
import { readSettings } from "../finished-run.js";
import {
  heldOutReport,
  heldOutText,
  plateElements,
  predictHeldOut,
  predictor,
  writeHeldOut,
} from "../held-out.js";
import { loadModel } from "../model-file.js";
import { fromHere } from "../resume.js";
import { trainedSizes } from "../run-report.js";
import { summaryText } from "../summary-text.js";
import type { Terminal } from "../terminal.js";

export async function predict(directory: string, options: PredictOptions, terminal: Terminal): Promise<void> {
  const run = readSettings(directory);
  const path = fromHere(run.folder, run.model.path);
  const source = loadModel(path, terminal);
  if (source.head.source.sha256 !== run.model.sha256) throw new UsageError(modelChanged(path));
  const data = await loadData(source.head, options.data ?? [], terminal);
  const trained = trainedSizes(run);
  const plates = plateElements(source.head, trained, data.sizes, options.newElements ?? []);
  await withDevice(options.device, terminal, async (device) => {
    const model = predictor(source, data, device);
    // Those that nothing of the data depends on are no input.
    const latent = (name: string) =>
      bufferAxes(programOf(model, "predict"), BUFFERS.draws(name))?.filter((axis) => axis.name !== DRAW_AXIS);
    const draws = readDraws(directory, model, { latent }, (axes) =>
      countedAxes(axes).reduce((n, axis) => n * (trained.get(axis.name) ?? 0), 1),
    );
    const found = await predictHeldOut({ model, data, device, seed: options.seed, plates }, draws);
    const output = options.output ?? join(directory, "predictions");
    writeHeldOut(output, found);
    if (options.json === true) {
      terminal.out(`${JSON.stringify({ held_out: heldOutReport(found), summary: found.summary })}\n`);
      return;
    }
    if (found.summary.length > 0)
      terminal.out(summaryText(found, { file: join(output, "predictions.csv"), all: options.all === true }));
    terminal.out(heldOutText(found));
    terminal.err(`predictions are in ${output}\n`);
  });
}

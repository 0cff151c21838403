// What `mppc predict` does: takes a finished run's draws to new data.
import { join } from "node:path";
import { programOf } from "../../inference/run.js";
import type { PredictOptions } from "../commands/predict.js";
import { loadNewData } from "../data-files.js";
import { withDevice } from "../device-choice.js";
import { drawsCsv, drawsOf } from "../draws-file.js";
import { modelChanged } from "../errors.js";
import { UsageError } from "../failures.js";
import { readText, writeAtomically } from "../files.js";
import { readSettings } from "../finished-run.js";
import { writeRows } from "../prediction-rows.js";
import { heldOutReport, heldOutText, predictHeldOut, predictor, writeHeldOut } from "../held-out.js";
import { plateElements } from "../plate-elements.js";
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
  const data = await loadNewData(source.head, options.data ?? [], terminal);
  const trained = trainedSizes(run);
  const plates = plateElements(source.head, trained, data.sizes, options.newElements ?? []);
  await withDevice(options.device, terminal, async (device) => {
    const model = predictor(source, data, device);
    const draws = drawsOf(directory, model, programOf(model, "predict"), trained);
    const found = await predictHeldOut({ source, model, data, device, seed: options.seed, plates }, draws);
    const output = options.output ?? join(directory, "predictions");
    writeHeldOut(output, found);
    const tables = (options.data ?? []).filter((file) => file.toLowerCase().endsWith(".csv")).map(readText);
    writeRows(output, tables, model, found, data.sizes);
    if (options.drawsCsv === true)
      writeAtomically(
        join(output, "draws.csv"),
        drawsCsv({ ...draws, ...found.atDraws, latents: new Map() }, found.atDraws, data.sizes),
      );
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

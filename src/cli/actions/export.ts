// What `mppc export` does: a finished run's draws in the formats of other programs.
import { axesOfDraw } from "../../inference/layout.js";
import { atDraws, atOwnData } from "../../inference/predict.js";
import { programOf } from "../../inference/run.js";
import { volume } from "../../ir/axis.js";
import { BUFFERS } from "../../ir/interface.js";
import { dataChanged } from "../../results/errors.js";
import { FORMATS } from "../../results/formats.js";
import { sha256 } from "../../runtime/compiled-file.js";
import type { ExportOptions } from "../commands/export.js";
import { loadData } from "../data-files.js";
import { adapterOf, languageOf, largestTable, withDevice } from "../device-choice.js";
import { readDraws } from "../draws-file.js";
import { modelChanged, oneOutput } from "../errors.js";
import { UsageError } from "../failures.js";
import { readText } from "../files.js";
import { readResult, readSettings } from "../finished-run.js";
import { loadModel } from "../model-file.js";
import { defaultPlace, saveResults } from "../result-files.js";
import { fromHere } from "../resume.js";
import type { Terminal } from "../terminal.js";

export async function exportRun(
  directory: string,
  options: ExportOptions,
  terminal: Terminal,
): Promise<void> {
  const { to: formats, output } = options;
  if (output !== undefined && formats.length > 1) throw new UsageError(oneOutput(formats));
  const settings = readSettings(directory);
  const report = readResult(directory);
  const path = fromHere(settings.folder, settings.model.path);
  const source = loadModel(path, terminal);
  if (source.head.source.sha256 !== settings.model.sha256) throw new UsageError(modelChanged(path));
  const files = options.data ?? settings.data.map((file) => fromHere(settings.folder, file.path));
  settings.data.forEach(({ sha256: before }, i) => {
    const file = files[i] ?? "";
    if (sha256(readText(file).text) !== before) throw new UsageError(dataChanged(file));
  });
  const data = await loadData(source.head, files, terminal);
  // What is not computed on the draws' data needs no other device.
  const choice = formats.some((name) => FORMATS[name].takesFurther) ? options.device : "reference";
  const places = await withDevice(choice, terminal, async (device) => {
    const model = source.compile({
      programs: ["predict", "density"],
      sizes: data.sizes,
      adapter: adapterOf(device),
      language: languageOf(device),
      largestBinding: largestTable(device),
    });
    const axesOf = (program: "predict" | "density", buffer: string) =>
      axesOfDraw(programOf(model, program), buffer) ?? [];
    const { generated, ...draws } = readDraws(
      directory,
      model,
      {
        latent: (name) => axesOf("density", BUFFERS.draws(name)),
        generated: (name) => axesOf("predict", BUFFERS.generated(name)),
      },
      (axes) => volume(axes, data.sizes),
    );
    const context = atOwnData({ model, data, device, seed: settings.seed });
    return saveResults(
      { model: source, data, settings, report, draws, generated, atData: () => atDraws(context, draws) },
      formats,
      (format) => output ?? defaultPlace(directory, format),
      options.chains,
      terminal,
    );
  });
  for (const place of places) terminal.err(`the draws are in ${place}\n`);
}

// What `mppc simulate` does: draws data sets from a model, and writes them with the latents that they were drawn with.
import { basename, dirname, join } from "node:path";
import { makeDirectory } from "../directories.js";
import { DiagnosticError, hasErrors } from "../../diagnostic.js";
import {
  dataOfDraw,
  drawOf,
  simulate as drawData,
  type GivenValues,
  type Simulated,
} from "../../inference/simulate.js";
import type { CompiledModel } from "../../compiled.js";
import { volume } from "../../ir/axis.js";
import { BUFFERS } from "../../ir/interface.js";
import {
  dataEntries,
  dataTables,
  fileArray,
  unfitForTables,
  type FileValue,
} from "../../runtime/data-entries.js";
import { checkBounds } from "../../runtime/data-bounds.js";
import { bindData } from "../../runtime/data.js";
import { createReferenceDevice } from "../../runtime/reference.js";
import type { SimulateOptions } from "../commands/simulate.js";
import { csv } from "../csv.js";
import { boundsFor } from "../data-files.js";
import { modelChanged, systemReason, unwritableFile } from "../errors.js";
import { printDiagnostics, UsageError } from "../failures.js";
import { refuseOverwriting, writeAtomically } from "../files.js";
import { drawsOf } from "../draws-file.js";
import { readSettings } from "../finished-run.js";
import { loadModel } from "../model-file.js";
import { fromHere } from "../resume.js";
import { trainedSizes } from "../run-report.js";
import {
  initialParameters,
  prepareSimulation,
  readGiven,
  simulationContext,
  type Preparation,
} from "../simulation.js";
import {
  invalidSimulation,
  notFinite,
  notForTables,
  oneFileForSeveral,
  otherSizesThanRun,
} from "../simulation-errors.js";
import type { Terminal } from "../terminal.js";

export async function simulate(path: string, options: SimulateOptions, terminal: Terminal): Promise<void> {
  const { draws: count, seed, format } = options;
  const output = options.output ?? `${basename(path).replace(/\.mppc?$/, "")}-simulated`;
  const isFile = output.endsWith(".json");
  if (isFile && (count > 1 || format === "csv")) throw new UsageError(oneFileForSeveral(output));
  const source = loadModel(path, terminal);
  const run = options.from === undefined ? null : readSettings(options.from);
  if (run !== null && run.model.sha256 !== source.head.source.sha256)
    throw new UsageError(modelChanged(path));
  const data = options.data ?? run?.data.map((file) => fromHere(run.folder, file.path));
  refuseOverwriting(output, [path, ...(data ?? []), ...(options.given === undefined ? [] : [options.given])]);
  const prepared = await prepareSimulation(
    source,
    { ...options, ...(data === undefined ? {} : { data }) },
    terminal,
  );
  const posterior =
    options.from === undefined || run === null
      ? null
      : posteriorOf(options.from, prepared, trainedSizes(run), count);
  const context = simulationContext(prepared, {
    seed,
    given: new Map([
      ...(posterior?.given ?? []),
      ...(options.given === undefined ? [] : readGiven(options.given, prepared)),
    ]),
    parameters: posterior?.parameters ?? (await initialParameters(source, prepared.data)),
  });
  const unfit = format === "csv" ? unfitForTables(source.head.interface, prepared.data.sizes) : [];
  if (unfit.length > 0) throw new DiagnosticError([notForTables(unfit)]);
  const folder = isFile ? dirname(output) : output;
  try {
    makeDirectory(folder);
  } catch (problem) {
    throw new UsageError(unwritableFile(folder, systemReason(problem)));
  }
  const width = String(count).length;
  let warned = false;
  for (let i = 0; i < count; i++) {
    const drawn = await drawData(context, 1, i);
    const arrays = fileArrays(prepared, context, drawn);
    for (const [name, { values }] of drawn.data) {
      const strange = values.reduce((n, x) => n + (Number.isFinite(x) ? 0 : 1), 0);
      if (strange > 0) printDiagnostics([notFinite(name, strange, i + 1)], terminal);
    }
    const text = json(dataEntries(source.head.interface, prepared.data.sizes, arrays));
    if (!warned) warned = await warnInvalid(source.head, text, i + 1, terminal);
    const suffix = count === 1 ? "" : `-${String(i + 1).padStart(width, "0")}`;
    if (isFile) writeAtomically(output, text);
    else if (format === "json") writeAtomically(join(output, `data${suffix}.json`), text);
    else
      for (const { plate, header, rows } of dataTables(source.head.interface, prepared.data.sizes, arrays))
        writeAtomically(
          join(output, `data${suffix}-${plate ?? "constants"}.csv`),
          csv(header, rows, (row) => row.map((cell) => cell ?? "")),
        );
    const truth = isFile ? output.replace(/\.json$/, ".truth.json") : join(output, `truth${suffix}.json`);
    writeAtomically(truth, json(truthOf(source.head, prepared, drawn)));
  }
  const what = count === 1 ? "the data set" : `${count} data sets`;
  const kinds = prepared.simulator.simulated.join(", ");
  terminal.err(
    `${what} (${kinds === "" ? "nothing is observed" : `${kinds} drawn`}) ${count === 1 ? "is" : "are"} in ${output}\n`,
  );
}

/** A JSON object with a line for each key. */
const json = (entries: ReadonlyMap<string, FileValue>): string =>
  `{\n${[...entries].map(([key, value]) => `  ${JSON.stringify(key)}: ${JSON.stringify(value)}`).join(",\n")}\n}\n`;

/** Posterior draws as given values, evenly chosen where more are there than are asked for. */
function posteriorOf(
  directory: string,
  { model, simulator, data }: Preparation,
  trained: Preparation["data"]["sizes"],
  wanted: number,
): {
  readonly given: ReadonlyMap<string, GivenValues>;
  readonly parameters: ReadonlyMap<string, Float64Array>;
} {
  const program = simulator.compile(data.sizes);
  const { count, latents, parameters } = drawsOf(directory, model, program, trained);
  const kept = Math.min(count, wanted);
  const given = new Map<string, GivenValues>();
  for (const [name, { axes, values }] of latents) {
    const elements = values.length / count;
    const expected = volume(axes, data.sizes);
    if (elements !== expected) throw new UsageError(otherSizesThanRun(name, elements, expected));
    const chosen = new Float64Array(elements * kept);
    for (let e = 0; e < elements; e++)
      for (let i = 0; i < kept; i++)
        chosen[e * kept + i] = values[e * count + Math.floor((i * count) / kept)] ?? NaN;
    given.set(name, { values: chosen, count: kept });
  }
  return { given, parameters };
}

/** The first draw's data as files hold it: null where nothing is observed, or where the given data has no value. */
function fileArrays(
  { model, data }: Preparation,
  context: Parameters<typeof dataOfDraw>[0],
  drawn: Simulated,
): ReadonlyMap<string, Float64Array> {
  const arrays = new Map(dataOfDraw(context, drawn, 0).arrays);
  for (const { name, observed } of model.interface.data) {
    const own = drawn.data.get(name);
    const values = arrays.get(name);
    if (own === undefined || values === undefined) continue;
    const given = data.arrays.get(BUFFERS.observed(name));
    const width = values.length / own.here.length;
    arrays.set(
      name,
      values.map((x, e) => {
        const isThere = given?.[e] !== 0 && (!observed || own.here[Math.floor(e / width)] !== 0);
        return isThere ? x : NaN;
      }),
    );
  }
  return arrays;
}

/** What was drawn and is no data: latents and generated quantities. */
function truthOf(
  model: CompiledModel,
  { data }: Preparation,
  { latents, generated, count }: Simulated,
): ReadonlyMap<string, FileValue> {
  const items = [...model.interface.latents, ...model.interface.generated];
  return new Map(
    items.flatMap((item): [string, FileValue][] => {
      const own = latents.get(item.name) ?? generated.get(item.name);
      return own === undefined
        ? []
        : [[item.name, fileArray(drawOf(own, 0, count), item, model.interface, data.sizes)]];
    }),
  );
}

/** Binds a data set as a run would; false where nothing is wrong with it. */
async function warnInvalid(
  model: CompiledModel,
  text: string,
  draw: number,
  terminal: Terminal,
): Promise<boolean> {
  const { data, diagnostics } = bindData(model, [{ path: `data set ${draw}`, text }]);
  const found =
    data === null || hasErrors(diagnostics)
      ? diagnostics
      : await checkBounds(boundsFor(model, data.sizes), data, createReferenceDevice());
  const first = found.find(({ severity }) => severity === "error");
  if (first !== undefined) printDiagnostics([invalidSimulation(draw, first)], terminal);
  return first !== undefined;
}

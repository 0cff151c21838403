// Posterior draws of a finished fit, and what follows from them: predictions, leave-one-out, held-out data.
import type { CompiledModel } from "../compiled.js";
import { defaultDraws, drawPosterior, type PosteriorDraws } from "../inference/draws.js";
import type { FinalSampler } from "../inference/final.js";
import type { SummaryRow } from "../inference/posterior.js";
import { atDraws, atOwnData, type AtDraws } from "../inference/predict.js";
import { drawnRows, leaveOneOut, type LeaveOneOut } from "../inference/predictive.js";
import type { Progress } from "../inference/run.js";
import type { InferenceSettings } from "../inference/settings.js";
import type { BoundData } from "../runtime/data.js";
import type { Device } from "../runtime/device.js";

/** Posterior draws with what they say of the data that they come from. */
export type RunDraws = {
  readonly draws: PosteriorDraws;
  readonly atData: AtDraws;
  /** Rows of the summary for quantities that only draws have. */
  readonly rows: readonly SummaryRow[];
  readonly leaveOneOut: LeaveOneOut;
};

/** `count`: as many draws as asked for; null: the default number. */
export async function takeDraws(
  run: {
    readonly model: CompiledModel;
    readonly data: BoundData;
    readonly device: Device;
    readonly settings: InferenceSettings;
    readonly onProgress: (progress: Progress) => void;
  },
  sampler: FinalSampler,
  count: number | null,
): Promise<RunDraws> {
  const { model, data, device, settings } = run;
  const draws = await drawPosterior(run, sampler, count ?? defaultDraws(run));
  const atData = await atDraws(atOwnData({ model, data, device, seed: settings.seed }), draws);
  const rows = model.interface.generated.flatMap(({ name, drawn }) => {
    const values = atData.generated.get(name);
    return drawn && values !== undefined ? drawnRows(name, values, atData, data.sizes) : [];
  });
  return { draws, atData, rows, leaveOneOut: leaveOneOut(atData, data.sizes) };
}

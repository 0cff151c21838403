// Running moments of the guide's sufficient statistics: centred for the device, raw and in float64 on the host.
import type { CompiledProgram } from "../compiled.js";
import { Bug } from "../diagnostic.js";
import { elementCount, bufferAxes, output, placesIn } from "./layout.js";
import { driftCorrection, flattening, samplingNoise } from "./schedule.js";
import type { Axis, Sizes } from "../ir/axis.js";
import { BUFFERS, PRIOR_AXIS, type GuideInterface, type ModelInterface } from "../ir/interface.js";

/** Least variance that a fit may give: a share of the first one, and of the square of the mean (float32's resolution). */
const FLOOR_OF_FIRST = 1e-24;
const FLOOR_OF_MEAN = 1e-13;
/** Most of the variance that is ever ascribed to the noise of the mean. */
export const MOST_NOISE = 0.5;

/** The moments of one latent's guide. An element is one of [plates, event]; a cell one of [over, event]. */
export type LatentMoments = {
  readonly guide: GuideInterface;
  readonly group: string;
  /** Axes of the moments: those over which any of the guide's fitted parameters varies. */
  readonly axes: readonly Axis[];
  /** The cell of each element, and the element of the group's plates that it belongs to. */
  readonly cells: Int32Array;
  readonly groupElements: Int32Array;
  /** Raw means of each statistic, [over, event]. */
  readonly raw: readonly Float64Array[];
  /** Variances that the guide began with, [over, event], for statistics with a square. */
  readonly firstVariance: Map<number, Float64Array>;
  /** Variance of the averaged mean by weights' noise, as a share of the variance, [over, event]. */
  readonly noise: Float64Array;
};

/** What one iteration's results say of the fit's health. */
export type UpdateReport = { readonly nonFiniteElements: number };

/** Guides that moments fit. */
export const fittedGuides = (model: ModelInterface): readonly GuideInterface[] =>
  model.guides.filter((guide) => guide.parameters.some((p) => p.fitted));

/** Moments, all zero as yet, of every guide that is fitted; `initial` is the program of that name. */
export function emptyMoments(model: ModelInterface, initial: CompiledProgram, sizes: Sizes): LatentMoments[] {
  return fittedGuides(model).map((guide) => {
    const latent = model.latents.find((l) => l.name === guide.latent);
    const group = model.groups.find((g) => g.name === latent?.group);
    const drawn = bufferAxes(initial, BUFFERS.statistic(guide.latent, 0));
    if (latent === undefined || group === undefined || drawn === undefined)
      throw new Bug(`the guide of '${guide.latent}' has no moments`);
    const elementAxes = drawn.filter((axis) => axis.name !== PRIOR_AXIS);
    const groupAxes = elementAxes.filter((axis) => group.plates.includes(axis.name));
    const learned = guide.parameters.filter((p) => p.fitted);
    const varying = new Set(learned.flatMap((p) => [...p.over, ...(p.event === null ? [] : [p.event])]));
    const axes = elementAxes.filter((axis) => varying.has(axis.name));
    const count = elementCount(axes, sizes);
    return {
      guide,
      group: latent.group,
      cells: placesIn(elementAxes, axes, sizes),
      groupElements: placesIn(elementAxes, groupAxes, sizes),
      axes,
      raw: Array.from({ length: guide.statistics }, () => new Float64Array(count)),
      firstVariance: new Map(),
      noise: new Float64Array(count),
    };
  });
}

/** What the device subtracts from statistic i, in float32 so that host and device mean the same number. [over, event] */
export function centre(moments: LatentMoments, i: number): Float64Array {
  const square = moments.guide.squareOf[i] ?? null;
  const raw = moments.raw[i];
  if (raw === undefined) throw new Bug(`the guide of '${moments.guide.latent}' has no statistic ${i}`);
  return square === null ? raw.map(Math.fround) : new Float64Array(raw.length);
}

/** Remembers the present variances as the ones that later ones are compared with. */
export function rememberVariances(moments: LatentMoments): void {
  moments.guide.squareOf.forEach((base, j) => {
    if (base === null) return;
    const mean = at(moments.raw, base);
    moments.firstVariance.set(
      j,
      at(moments.raw, j).map((square, c) => Math.max(0, square - (mean[c] ?? 0) ** 2)),
    );
  });
}

/** How one iteration is averaged in. */
export type Step = {
  readonly weight: number;
  readonly particles: number;
  /** Each scalar's particles spread evenly, in strata. */
  readonly stratified: boolean;
  /** Take the unweighted moments as the running ones first: the guide was given, not fitted to the prior. */
  readonly startFromGuide: boolean;
};

/**
 * Averages an iteration's moments in: m <- (1 - weight) m + weight ((1 - f) weighted + f unweighted), f from the
 * effective size of each element's weights. Elements whose results are not finite are left out; a cell without any
 * other stays as it is.
 */
export function update(
  moments: LatentMoments,
  outputs: ReadonlyMap<string, Float64Array>,
  step: Step,
): UpdateReport {
  const sums = sumByCell(moments, outputs, step);
  const centres = moments.guide.squareOf.map((_, i) => centre(moments, i));
  sums.counts.forEach((count, c) => {
    if (count === 0) return;
    const mean = (columns: readonly Float64Array[]): number[] =>
      uncentred(
        moments.guide,
        columns.map((column) => (column[c] ?? 0) / count),
        (i) => at(centres, i)[c] ?? 0,
      );
    if (step.startFromGuide) setAll(moments, c, mean(sums.own), 1);
    setAll(moments, c, mean(sums.flat), step.weight);
    stretch(moments, c, 1 + (sums.drift[c] ?? 0) / count ** 2);
    const past = step.startFromGuide ? 0 : (1 - step.weight) ** 2 * (moments.noise[c] ?? 0);
    moments.noise[c] = past + (step.weight ** 2 * (sums.noise[c] ?? 0)) / count ** 2;
  });
  if (step.startFromGuide) rememberVariances(moments);
  return { nonFiniteElements: sums.nonFinite };
}

/** One iteration's sums over the elements of each cell. */
type CellSums = {
  readonly counts: Float64Array;
  /** Flattened and unweighted centred statistics, one array per statistic. */
  readonly flat: readonly Float64Array[];
  readonly own: readonly Float64Array[];
  /** `samplingNoise`, and `driftCorrection` less 1. */
  readonly noise: Float64Array;
  readonly drift: Float64Array;
  readonly nonFinite: number;
};

function sumByCell(moments: LatentMoments, outputs: ReadonlyMap<string, Float64Array>, step: Step): CellSums {
  const { guide, cells, groupElements } = moments;
  const { particles, stratified, weight } = step;
  const statistics = guide.squareOf.map((_, i) => output(outputs, BUFFERS.statistic(guide.latent, i)));
  const unweighted = guide.squareOf.map((_, i) => output(outputs, BUFFERS.unweighted(guide.latent, i)));
  const weightSquares = output(outputs, BUFFERS.weightSquares(moments.group));
  const empty = (): Float64Array => new Float64Array(moments.noise.length);
  const [counts, noise, drift] = [empty(), empty(), empty()];
  const [flat, own] = [statistics.map(empty), statistics.map(empty)];
  let nonFinite = 0;
  cells.forEach((cell, e) => {
    const ess = 1 / (weightSquares[groupElements[e] ?? 0] ?? NaN);
    const finite = [...statistics, ...unweighted].every((values) => Number.isFinite(values[e]));
    if (!finite || !Number.isFinite(ess)) {
      nonFinite++;
      return;
    }
    const f = flattening(ess, particles);
    add(counts, cell, 1);
    add(noise, cell, samplingNoise(ess, particles, stratified));
    add(drift, cell, driftCorrection(weight, ess, particles) - 1);
    statistics.forEach((weighted, i) => {
      const equal = at(unweighted, i)[e] ?? 0;
      add(at(flat, i), cell, (1 - f) * (weighted[e] ?? 0) + f * equal);
      add(at(own, i), cell, equal);
    });
  });
  return { counts, flat, own, noise, drift, nonFinite };
}

/** Multiplies a cell's variances. */
function stretch(moments: LatentMoments, cell: number, factor: number): void {
  moments.guide.squareOf.forEach((base, j) => {
    if (base === null) return;
    const mean = at(moments.raw, base)[cell] ?? NaN;
    const squares = at(moments.raw, j);
    squares[cell] = mean * mean + factor * ((squares[cell] ?? NaN) - mean * mean);
  });
}

/** Raw means from centred ones d: m_i = c_i + d_i; for the square j of i, m_j = d_j + 2 c_i d_i + c_i^2. */
export function uncentred(
  guide: Pick<GuideInterface, "squareOf">,
  centred: readonly number[],
  centreOf: (i: number) => number,
): number[] {
  return guide.squareOf.map((base, i) => {
    const d = centred[i] ?? NaN;
    if (base === null) return centreOf(i) + d;
    const c = centreOf(base);
    return d + 2 * c * (centred[base] ?? NaN) + c * c;
  });
}

function setAll(moments: LatentMoments, cell: number, raw: readonly number[], weight: number): void {
  moments.raw.forEach((values, i) => {
    values[cell] = (1 - weight) * (values[cell] ?? 0) + weight * (raw[i] ?? NaN);
  });
}

/**
 * Moments as the fit should see them. The variance between a noisy running mean and the truth is missing from
 * E[t^2] - E[t]^2, so a guide that is fitted to them would shrink at every step; this puts the missing share back, and
 * holds variances above their floor.
 */
export function momentsForFit(moments: LatentMoments): Float64Array[] {
  const { guide, raw, noise, firstVariance } = moments;
  return raw.map((values, j) => {
    const base = guide.squareOf[j] ?? null;
    if (base === null) return values.slice();
    const means = at(raw, base);
    const first = firstVariance.get(j);
    return values.map((square, c) => {
      const mean = means[c] ?? 0;
      const share = Math.min(noise[c] ?? 0, MOST_NOISE);
      const variance = (square - mean * mean) / (1 - share);
      const floor = Math.max(FLOOR_OF_FIRST * (first?.[c] ?? 0), FLOOR_OF_MEAN * mean * mean, 1e-30);
      return mean * mean + Math.max(variance, floor);
    });
  });
}

function at<T>(list: readonly T[], i: number): T {
  const item = list[i];
  if (item === undefined) throw new Bug(`there is no statistic ${i}`);
  return item;
}

function add(sums: Float64Array, i: number, x: number): void {
  sums[i] = (sums[i] ?? 0) + x;
}

// Checkpoints: all that the rest of a run depends on besides its model, data and settings, exactly, as text.
import type { StoppingReason } from "./course.js";
import { PHASES, type HealthCounts, type TraceEntry } from "./diagnosis.js";
import type { SavedArrays } from "./method.js";

export type Snapshot = {
  readonly trace: readonly TraceEntry[];
  /** Of each iteration. */
  readonly seconds: readonly number[];
  readonly health: HealthCounts;
  readonly parameters: SavedArrays;
  /** What the method keeps besides the parameters. */
  readonly method: SavedArrays;
  /** Why the fit ended; null while it goes on. */
  readonly stopped: StoppingReason | null;
};

/** Keeps snapshots of a run, so that it can go on after a stop. */
export interface Keeper {
  /** The snapshot to go on from; null to begin at the beginning. */
  readonly resumed: Snapshot | null;
  /** Whether a snapshot is due: asked between iterations and between final sets. */
  isDue(): boolean;
  /** Keeps it. Throws where the run is to stop here. */
  keep(snapshot: Snapshot): void;
}

/** Keeps nothing. */
export const NO_KEEPER: Keeper = { resumed: null, isDue: () => false, keep: () => undefined };

/** Numbers of a trace entry, and how they are called in a checkpoint. */
const COLUMNS = [
  "iteration",
  "logEvidence",
  "minimumEss",
  "medianEss",
  "meanLogEss",
  "temper",
  "step",
] as const;

type Columns<T> = Record<(typeof COLUMNS)[number], T>;

/** A snapshot as JSON can hold it: arrays of float64 in base64, so that no number changes, be it finite or not. */
export type EncodedSnapshot = {
  readonly trace: Readonly<Columns<string> & { phase: string }>;
  readonly seconds: string;
  readonly health: HealthCounts;
  readonly parameters: Readonly<Record<string, string>>;
  readonly method: Readonly<Record<string, string>>;
  readonly stopped: StoppingReason | null;
};

const encode = (values: ArrayLike<number>): string => {
  const array = Float64Array.from(values);
  return Buffer.from(array.buffer).toString("base64");
};
const decode = (text: string): Float64Array => {
  const bytes = Buffer.from(text, "base64");
  const array = new Float64Array(bytes.length / 8);
  Buffer.from(array.buffer).set(bytes);
  return array;
};
const encodeAll = (arrays: SavedArrays): Record<string, string> =>
  Object.fromEntries([...arrays].map(([name, values]) => [name, encode(values)]));
const decodeAll = (arrays: Readonly<Record<string, string>>): SavedArrays =>
  new Map(Object.entries(arrays).map(([name, text]) => [name, decode(text)]));

export function encodeSnapshot(snapshot: Snapshot): EncodedSnapshot {
  const { trace, seconds, health, parameters, method, stopped } = snapshot;
  const columns = COLUMNS.map((name) => [name, encode(trace.map((entry) => entry[name]))] as const);
  return {
    trace: {
      phase: encode(trace.map((entry) => PHASES.indexOf(entry.phase))),
      ...(Object.fromEntries(columns) as Columns<string>),
    },
    seconds: encode(seconds),
    health,
    parameters: encodeAll(parameters),
    method: encodeAll(method),
    stopped,
  };
}

/** The inverse of `encodeSnapshot`: the same numbers, bit for bit. */
export function decodeSnapshot(encoded: EncodedSnapshot): Snapshot {
  const phases = decode(encoded.trace.phase);
  const columns = COLUMNS.map((name) => [name, decode(encoded.trace[name])] as const);
  const numbers = (i: number): Columns<number> =>
    Object.fromEntries(columns.map(([name, values]) => [name, values[i] ?? NaN])) as Columns<number>;
  return {
    trace: Array.from(phases, (phase, i): TraceEntry => ({
      ...numbers(i),
      phase: PHASES[phase] ?? "search",
    })),
    seconds: [...decode(encoded.seconds)],
    health: encoded.health,
    parameters: decodeAll(encoded.parameters),
    method: decodeAll(encoded.method),
    stopped: encoded.stopped,
  };
}

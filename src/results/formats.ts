// The formats of other programs that results are written in: one row each.
import type { PosteriorDataSet } from "./data-set.js";

/** One file of a result: what comes before the ending of its name, or within a folder its path; piece by piece. */
export type ResultFile = { readonly name: string; readonly content: Iterable<string | Uint8Array> };

export type Format = {
  /** What the file or folder is called where no name is asked for. */
  readonly fileName: string;
  /** Whether it is a folder of files. */
  readonly folder: boolean;
  /** Whether it has a place for what the draws say of the data, for draws from the prior, and for the data. */
  readonly takesFurther: boolean;
  readonly write: (set: PosteriorDataSet) => Promise<readonly ResultFile[]>;
};

/** Writers load when they are used. */
export const FORMATS = {
  "stan-csv": {
    fileName: "stan.csv",
    folder: false,
    takesFurther: false,
    write: async (set) => (await import("./stan-csv.js")).stanCsv(set),
  },
  arrow: {
    fileName: "draws.arrow",
    folder: false,
    takesFurther: false,
    write: async (set) => (await import("./arrow.js")).arrow(set),
  },
  parquet: {
    fileName: "draws.parquet",
    folder: false,
    takesFurther: false,
    write: async (set) => (await import("./parquet.js")).parquet(set),
  },
  zarr: {
    fileName: "posterior.zarr",
    folder: true,
    takesFurther: true,
    write: async (set) => (await import("./zarr.js")).zarr(set),
  },
} as const satisfies Readonly<Record<string, Format>>;

export type FormatName = keyof typeof FORMATS;
export const FORMAT_NAMES = Object.keys(FORMATS) as readonly FormatName[];

// ArviZ's InferenceData as a folder of Zarr format 2, with consolidated metadata. The writer is our own: the libraries for
// JavaScript write format 3 alone, which zarr-python before 3 and the xarray and ArviZ that go with it cannot read.
// Source: https://zarr-specs.readthedocs.io/en/latest/v2/v2.0.html; dimensions are named as xarray names them.
import { deflateSync } from "node:zlib";
import type { PosteriorDataSet } from "./data-set.js";
import type { ResultFile } from "./formats.js";
import {
  drawsOf,
  inferenceData,
  shapeOf,
  type Coordinate,
  type GroupVariable,
  type InferenceGroup,
} from "./inference-data.js";

/** Numbers in a chunk, at most, unless one draw alone has more. */
const MOST_IN_CHUNK = 2 ** 20;
/** zlib's level: values of particles hardly get smaller by more. */
const LEVEL = 4;

/** What can be in an array, and how Zarr calls it. Little-endian as all machines that Node runs on. */
type Type = "<f4" | "<f8" | "<i4" | `<U${number}`;

type ArrayFiles = {
  readonly path: string;
  readonly dimensions: readonly string[];
  readonly shape: readonly number[];
  readonly chunks: readonly number[];
  readonly type: Type;
  /** The chunks' keys and bytes, uncompressed; those beyond the array's edge are any. */
  readonly parts: readonly { readonly key: string; readonly bytes: () => Uint8Array }[];
};

type Json = string | number | null | readonly Json[] | { readonly [key: string]: Json };

/** The files of the folder; `.zmetadata` comes last. */
export function zarr(set: PosteriorDataSet): Promise<readonly ResultFile[]> {
  const groups = inferenceData(set);
  const metadata = new Map<string, Json>([[".zgroup", { zarr_format: 2 }]]);
  const files: ResultFile[] = [];
  for (const group of groups) {
    metadata.set(`${group.name}/.zgroup`, { zarr_format: 2 });
    metadata.set(`${group.name}/.zattrs`, groupAttributes(group));
    for (const array of [
      ...group.coordinates.map((c) => coordinateArray(group, c)),
      ...group.variables.map((v) => variableArray(group, v)),
    ]) {
      metadata.set(`${array.path}/.zarray`, arrayMetadata(array));
      metadata.set(`${array.path}/.zattrs`, { _ARRAY_DIMENSIONS: array.dimensions });
      files.push(...chunkFiles(array));
    }
  }
  const text = (value: Json): readonly string[] => [`${JSON.stringify(value, null, 2)}\n`];
  const consolidated = { zarr_consolidated_format: 1, metadata: Object.fromEntries(metadata) };
  return Promise.resolve([
    ...files,
    ...[...metadata].map(([name, value]) => ({ name, content: text(value) })),
    { name: ".zmetadata", content: text(consolidated) },
  ]);
}

/** Coordinates that are no index of a dimension are named in an attribute of the group, as xarray has it. */
function groupAttributes({ attributes, coordinates }: InferenceGroup): Json {
  const further = coordinates.filter(({ name, dimension }) => name !== dimension).map(({ name }) => name);
  return { ...attributes, ...(further.length === 0 ? {} : { coordinates: further.join(" ") }) };
}

const arrayMetadata = ({ shape, chunks, type }: ArrayFiles): Json => ({
  zarr_format: 2,
  shape,
  chunks,
  dtype: type,
  compressor: { id: "zlib", level: LEVEL },
  // A fill value would be taken for what stands where values are missing.
  fill_value: null,
  order: "C",
  filters: null,
  dimension_separator: ".",
});

/** Each is made and compressed when it is written. */
const chunkFiles = ({ path, parts }: ArrayFiles): readonly ResultFile[] =>
  parts.map(({ key, bytes }) => ({
    name: `${path}/${key}`,
    content: {
      *[Symbol.iterator]() {
        yield deflateSync(bytes(), { level: LEVEL });
      },
    },
  }));

/** Over chain, draw and the variable's own dimensions; a chunk has some draws of one chain. */
function variableArray(group: InferenceGroup, variable: GroupVariable): ArrayFiles {
  const shape = shapeOf(variable);
  const { sample, values, dimensions } = variable;
  const elements = dimensions.reduce((product, { length }) => product * length, 1);
  const path = `${group.name}/${variable.name}`;
  const type = typeOf(values);
  const lengths = shape.map(({ length }) => length);
  const chunk = (from: readonly number[], bytes: () => Uint8Array) => ({
    key: [...from, ...dimensions.map(() => 0)].join(".") || "0",
    bytes,
  });
  const array = { path, dimensions: shape.map(({ name }) => name), shape: lengths, type };
  const isEmpty = lengths.includes(0);
  if (sample === null) {
    const parts = isEmpty ? [] : [chunk([], () => bytesOf(values))];
    return { ...array, chunks: lengths.map(atLeastOne), parts };
  }
  const perChunk = Math.max(1, Math.min(sample.draws, Math.floor(MOST_IN_CHUNK / Math.max(1, elements))));
  const count = drawsOf(variable);
  /** Elements beside each other, draw after draw, of those from `from` on. */
  const drawn = (from: number, wanted: number): Uint8Array => {
    const part = sameKind(values, perChunk * elements);
    for (let e = 0; e < elements; e++)
      for (let d = 0; d < wanted; d++) part[d * elements + e] = values[e * count + from + d] ?? 0;
    return bytesOf(part);
  };
  const parts = Array.from({ length: isEmpty ? 0 : sample.chains }, (_, c) =>
    Array.from({ length: Math.ceil(sample.draws / perChunk) }, (_, i) => {
      const begin = i * perChunk;
      const wanted = Math.min(perChunk, sample.draws - begin);
      return chunk([c, i], () => drawn(c * sample.draws + begin, wanted));
    }),
  ).flat();
  return { ...array, chunks: [1, perChunk, ...dimensions.map(({ length }) => atLeastOne(length))], parts };
}

function coordinateArray(group: InferenceGroup, { name, dimension, values }: Coordinate): ArrayFiles {
  const text = values instanceof Int32Array ? null : fixedWidth(values);
  return {
    path: `${group.name}/${name}`,
    dimensions: [dimension],
    shape: [values.length],
    chunks: [atLeastOne(values.length)],
    type: text === null ? "<i4" : `<U${text.width}`,
    parts:
      values.length === 0
        ? []
        : [
            {
              key: "0",
              bytes: () =>
                values instanceof Int32Array ? bytesOf(values) : (text?.bytes() ?? new Uint8Array()),
            },
          ],
  };
}

function sameKind(values: GroupVariable["values"], length: number): GroupVariable["values"] {
  if (values instanceof Int32Array) return new Int32Array(length);
  return values instanceof Float32Array ? new Float32Array(length) : new Float64Array(length);
}

const atLeastOne = (length: number): number => Math.max(1, length);

const typeOf = (values: GroupVariable["values"]): Type =>
  values instanceof Int32Array ? "<i4" : values instanceof Float32Array ? "<f4" : "<f8";

const bytesOf = (values: GroupVariable["values"]): Uint8Array =>
  new Uint8Array(values.buffer, values.byteOffset, values.byteLength);

/** Texts as NumPy's fixed-width strings: 32 bits a character, those that are shorter padded with zeros. */
function fixedWidth(texts: readonly string[]): { readonly width: number; readonly bytes: () => Uint8Array } {
  const points = texts.map((text) => Array.from(text, (character) => character.codePointAt(0) ?? 0));
  const width = points.reduce((most, { length }) => Math.max(most, length), 1);
  return {
    width,
    bytes: () => {
      const padded = new Uint32Array(width * points.length);
      points.forEach((own, i) => {
        padded.set(own, i * width);
      });
      return new Uint8Array(padded.buffer);
    },
  };
}

// Draws as a Parquet file.
import { parquetWriteBuffer } from "hyparquet-writer";
import { columnsOf, SCHEMA_KEY, schemaMetadata, type Column } from "./columns.js";
import type { PosteriorDataSet } from "./data-set.js";
import type { ResultFile } from "./formats.js";

/** Snappy-compressed, without nulls; Arrow's readers show the same columns as of the Arrow file. */
export function parquet(set: PosteriorDataSet): Promise<readonly ResultFile[]> {
  const bytes = parquetWriteBuffer({
    columnData: columnsOf(set).map(({ name, values }) => ({
      name,
      data: values,
      type: typeOf(values),
      nullable: false,
    })),
    kvMetadata: [{ key: SCHEMA_KEY, value: schemaMetadata(set) }],
    createdBy: `mppc version ${set.facts.version}`,
  });
  return Promise.resolve([{ name: "", content: [new Uint8Array(bytes)] }]);
}

const typeOf = (values: Column["values"]): "INT32" | "FLOAT" | "DOUBLE" =>
  values instanceof Int32Array ? "INT32" : values instanceof Float32Array ? "FLOAT" : "DOUBLE";

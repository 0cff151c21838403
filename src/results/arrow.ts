// Draws as an Arrow IPC file (Feather version 2).
import {
  Field,
  Float32,
  Float64,
  Int32,
  makeData,
  Message,
  RecordBatch,
  RecordBatchFileWriter,
  Schema,
  Struct,
} from "apache-arrow";
import { columnsOf, SCHEMA_KEY, schemaMetadata, type Column } from "./columns.js";
import type { PosteriorDataSet } from "./data-set.js";
import type { ResultFile } from "./formats.js";

/** One record batch; every column without nulls. */
export function arrow(set: PosteriorDataSet): Promise<readonly ResultFile[]> {
  const columns = columnsOf(set);
  const children = columns.map(dataOf);
  const fields = columns.map(
    ({ name }, i) => new Field(name, (children[i] as (typeof children)[number]).type, false),
  );
  const schema = new Schema(fields, new Map([[SCHEMA_KEY, schemaMetadata(set)]]));
  const struct = makeData({ type: new Struct(fields), length: set.draws, nullCount: 0, children });
  const writer = new FileWriter();
  writer.write(new RecordBatch(schema, struct));
  writer.finish();
  return Promise.resolve([{ name: "", content: [writer.toUint8Array(true)] }]);
}

/**
 * A file holds a whole stream between its magic bytes and its footer. The library's own writer leaves the schema out of the
 * stream, so that readers that do not go by the footer cannot read it.
 */
class FileWriter extends RecordBatchFileWriter {
  protected override _writeSchema(schema: Schema): this {
    super._writeSchema(schema);
    return this._writeMessage(Message.from(schema));
  }
}

function dataOf({ values: data }: Column) {
  const { length } = data;
  if (data instanceof Int32Array) return makeData({ type: new Int32(), length, nullCount: 0, data });
  if (data instanceof Float32Array) return makeData({ type: new Float32(), length, nullCount: 0, data });
  return makeData({ type: new Float64(), length, nullCount: 0, data });
}

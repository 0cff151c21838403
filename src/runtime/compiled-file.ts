// The file of a compiled model (`.mppc`): JSON with a version and a checksum, refused when it is not as it was written.
import { createHash } from "node:crypto";
import type { CompiledModel } from "../compiled.js";
import type { Diagnostic } from "../diagnostic.js";
import { compiledFileEdited, compiledFileTruncated, compiledFileVersion, notCompiledFile } from "./errors.js";

/** What the file's first line says; the model's JSON is its second and last. */
type Header = {
  readonly format: "mppc";
  readonly formatVersion: number;
  readonly compilerVersion: string;
  readonly bytes: number;
  readonly sha256: string;
};

const START = '{"format":"mppc",';

/** SHA-256 of a text's UTF-8, in hexadecimal digits. */
export function sha256(text: string): string {
  return createHash("sha256").update(text, "utf8").digest("hex");
}

/** A compiled model as the text of its file: one JSON object, its header on the first line, the model on the second. */
export function writeCompiledFile(model: CompiledModel): string {
  const body = JSON.stringify(model);
  const header: Header = {
    format: "mppc",
    formatVersion: model.formatVersion,
    compilerVersion: model.compilerVersion,
    bytes: Buffer.byteLength(body),
    sha256: sha256(body),
  };
  return `${JSON.stringify(header).slice(0, -1)},"model":\n${body}\n}\n`;
}

/** Whether a file's content is meant to be a compiled model rather than source. */
export function looksCompiled(text: string): boolean {
  return text.startsWith(START);
}

/** The model in a file, or why the file cannot be used. `compilerVersion` is that of the running program. */
export function readCompiledFile(
  path: string,
  text: string,
  compilerVersion: string,
): { model: CompiledModel | null; diagnostics: Diagnostic[] } {
  const refuse = (diagnostic: Diagnostic) => ({ model: null, diagnostics: [diagnostic] });
  if (!looksCompiled(text))
    return refuse(START.startsWith(text) ? compiledFileTruncated(path) : notCompiledFile(path));
  const lineEnd = text.indexOf("\n");
  if (lineEnd < 0) return refuse(compiledFileTruncated(path));
  const header = readHeader(text.slice(0, lineEnd));
  if (header === null) return refuse(compiledFileEdited(path));
  if (header.formatVersion !== 1 || header.compilerVersion !== compilerVersion)
    return refuse(compiledFileVersion(path, header.compilerVersion, compilerVersion));
  const rest = text.slice(lineEnd + 1);
  // After the model comes a line with the closing brace.
  if (Buffer.byteLength(rest) < header.bytes + 2) return refuse(compiledFileTruncated(path));
  const body = rest.slice(0, rest.lastIndexOf("\n}"));
  if (Buffer.byteLength(body) !== header.bytes || sha256(body) !== header.sha256)
    return refuse(compiledFileEdited(path));
  // What the checksum vouches for was written by this version of the compiler.
  return { model: JSON.parse(body) as CompiledModel, diagnostics: [] };
}

function readHeader(line: string): Header | null {
  try {
    return JSON.parse(`${line.slice(0, line.lastIndexOf(',"model":'))}}`) as Header;
  } catch {
    return null;
  }
}

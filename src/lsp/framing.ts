// Messages on a stream of bytes: `Content-Length: n`, a blank line, n bytes of JSON. Unlike the protocol library's own
// reader this one finds its way back after a message whose length or text is wrong.
import type { Readable } from "node:stream";
import {
  AbstractMessageReader,
  type DataCallback,
  type Disposable,
  type Message,
} from "vscode-languageserver/node";

/** No message is longer, in bytes; a length beyond it is a mistake, not to be waited for. */
const LONGEST_MESSAGE = 2 ** 28;
const BLANK_LINE = "\r\n\r\n";
/** A header may stand after bytes that a wrong length has left over. */
const LENGTH = /Content-Length: *(\d+)(?:\r\n[^\r\n]*)*$/i;

export class MessageReader extends AbstractMessageReader {
  private chunks: Buffer[] = [];
  private size = 0;
  /** Of the message whose header was read; null: a header comes next. */
  private expected: number | null = null;

  constructor(private readonly input: Readable) {
    super();
  }

  listen(callback: DataCallback): Disposable {
    const take = (bytes: Buffer): void => {
      this.chunks.push(bytes);
      this.size += bytes.length;
      while (this.expected === null ? this.readHeader() : this.readBody(this.expected, callback));
    };
    this.input.on("data", take);
    this.input.on("error", (error) => this.fireError(error));
    this.input.on("close", () => this.fireClose());
    return { dispose: () => void this.input.off("data", take) };
  }

  /** False where more bytes are needed. */
  private readHeader(): boolean {
    const bytes = this.joined();
    const end = bytes.indexOf(BLANK_LINE);
    if (end < 0) return false;
    const header = bytes.toString("latin1", 0, end);
    this.drop(end + BLANK_LINE.length);
    const length = Number(LENGTH.exec(header)?.[1] ?? NaN);
    if (length <= LONGEST_MESSAGE) this.expected = length;
    else this.fireError(new Error(`a message without a proper 'Content-Length': ${header.slice(-200)}`));
    return true;
  }

  private readBody(length: number, callback: DataCallback): boolean {
    if (this.size < length) return false;
    const text = this.joined().toString("utf8", 0, length);
    this.drop(length);
    this.expected = null;
    const message = messageOf(text);
    if (message !== null) callback(message);
    else this.fireError(new Error(`a message that is no JSON object: ${text.slice(0, 200)}`));
    return true;
  }

  private joined(): Buffer {
    const [first, ...others] = this.chunks;
    const bytes = first === undefined || others.length > 0 ? Buffer.concat(this.chunks) : first;
    this.chunks = [bytes];
    return bytes;
  }

  private drop(length: number): void {
    const rest = this.joined().subarray(length);
    this.chunks = rest.length === 0 ? [] : [rest];
    this.size = rest.length;
  }
}

/** A message of JSON-RPC; null if the text is none. */
function messageOf(text: string): Message | null {
  try {
    const value: unknown = JSON.parse(text);
    const isMessage = typeof value === "object" && value !== null && !Array.isArray(value);
    return isMessage ? { jsonrpc: "2.0", ...value } : null;
  } catch {
    return null;
  }
}

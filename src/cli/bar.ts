// The bar that shows how far long work is, on stderr of a terminal.
import { SingleBar } from "cli-progress";

/** A bar with words around it; `format` names them as cli-progress does. */
export const makeBar = (format: string): SingleBar =>
  new SingleBar({
    format,
    stream: process.stderr,
    hideCursor: true,
    clearOnComplete: true,
    stopOnComplete: false,
    barsize: 20,
    fps: 10,
    linewrap: false,
  });

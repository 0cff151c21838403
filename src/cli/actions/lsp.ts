// What `mppc lsp` does: serves an editor until that is gone.
import { serve } from "../../lsp/server.js";

/** Never returns: the server ends the process. */
export function lsp(): Promise<never> {
  serve({ input: process.stdin, output: process.stdout });
  return new Promise(() => undefined);
}

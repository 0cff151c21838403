// What `mppc lsp` does: serves an editor until that is gone.
import { Worker } from "node:worker_threads";

/**
 * Room for what is new in the heap, in MiB. Every keystroke makes some five: in Node's own 48 nearly all of it is still
 * in use whenever they are full and is copied, which takes longer than the analysis itself. Only a thread can have more.
 */
const YOUNG_GENERATION = 192;

/** Never returns: the process ends with the server. */
export function lsp(): Promise<never> {
  const server = new Worker(new URL("../../lsp/server-thread.js", import.meta.url), {
    stdin: true,
    resourceLimits: { maxYoungGenerationSizeMb: YOUNG_GENERATION },
  });
  if (server.stdin !== null) process.stdin.pipe(server.stdin);
  // Only where its memory is at an end: its own faults it reports, and goes on.
  server.on("error", (problem) =>
    process.stderr.write(`mppc: the language server stopped: ${String(problem)}\n`),
  );
  server.on("exit", (code) => process.exit(code));
  return new Promise(() => undefined);
}

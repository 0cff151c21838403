// What ctrl-C and a request to terminate do: they end the program, unless runs have something to save first.

/** An interrupt by the user, and what a system sends before it kills. */
export type StopSignal = "SIGINT" | "SIGTERM";
type Handler = (signal: StopSignal) => void;

const handlers = new Set<Handler>();

/** While `use` runs, the first such signal calls `handle` and the next ends the program. */
export async function withInterrupts<T>(handle: Handler, use: () => Promise<T>): Promise<T> {
  // An object of its own: several runs may come with the same function.
  const own: Handler = (signal) => handle(signal);
  handlers.add(own);
  try {
    return await use();
  } finally {
    handlers.delete(own);
  }
}

/** To be called on a signal: true if it is taken care of. */
export function takeInterrupt(signal: StopSignal): boolean {
  const taken = [...handlers];
  handlers.clear();
  for (const handle of taken) handle(signal);
  return taken.length > 0;
}

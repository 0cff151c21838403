// What an interrupt (ctrl-C) does: it ends the program, unless a command has something to save first.

let handler: (() => void) | null = null;

/** While `use` runs, the first interrupt calls `handle` and the next ends the program. */
export async function withInterrupts<T>(handle: () => void, use: () => Promise<T>): Promise<T> {
  handler = () => {
    handler = null;
    handle();
  };
  try {
    return await use();
  } finally {
    handler = null;
  }
}

/** To be called on an interrupt: true if a command takes care of it. */
export function takeInterrupt(): boolean {
  if (handler === null) return false;
  handler();
  return true;
}

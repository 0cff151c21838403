// The garbage collector, asked to run where it cannot know that there is much to gain.
import { setFlagsFromString } from "node:v8";
import { runInNewContext } from "node:vm";

let collector: (() => void) | undefined;

/**
 * Takes away all objects that nothing refers to. What they hold outside of the engine's own memory, such as the machine
 * code of pipelines that a program is done with, goes with them; the engine, which does not count it, would wait.
 */
export function collectGarbage(): void {
  setFlagsFromString("--expose-gc");
  collector ??= runInNewContext("gc") as () => void;
  collector();
}

// The methods by name.
import type { Method } from "./method.js";
import { Qem, type QemOptions } from "./qem.js";

/** The method that the settings ask for. */
export function makeMethod(options: QemOptions): Method {
  return new Qem(options);
}

// The methods by name.
import { GradientMethod } from "./gradient-method.js";
import type { FitOptions, Method } from "./method.js";
import { Qem } from "./qem.js";
import type { InferenceSettings } from "./settings.js";
import type { ModelInterface } from "../ir/interface.js";

/** Whether a method changes the guide at all. */
export const fitsGuide = (method: InferenceSettings["method"]): boolean => method !== "importance";

/** The method that the settings ask for; null where the guide is to stay as it is. */
export function makeMethod(
  model: ModelInterface,
  settings: Pick<InferenceSettings, "method" | "steps">,
  options: FitOptions,
): Method | null {
  switch (settings.method) {
    case "qem":
      return new Qem(options);
    case "rws":
    case "vi":
      return new GradientMethod(settings.method, model, options, settings.steps);
    case "importance":
      return null;
  }
}

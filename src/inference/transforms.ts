// The scales on which constrained parameters are learned.
import type { GuideParameterInterface } from "../ir/interface.js";

type Scale = GuideParameterInterface["scale"];

/** The unconstrained number that stands for a parameter's value. */
export function toUnconstrained(scale: Scale, x: number): number {
  switch (scale) {
    case "identity":
      return x;
    case "log":
      return Math.log(x);
    case "logit":
      return Math.log(x) - Math.log1p(-x);
  }
}

/** The inverse of `toUnconstrained`. */
export function toParameter(scale: Scale, u: number): number {
  switch (scale) {
    case "identity":
      return u;
    case "log":
      return Math.exp(u);
    case "logit": {
      const e = Math.exp(-Math.abs(u));
      return (u >= 0 ? 1 : e) / (1 + e);
    }
  }
}

// Adam on the guide of a correlated group: steps in the coordinates in which the present guide is standard, so that a step
// is a share of a standard deviation whatever the scales and however close to 1 the correlations.
import { Adam, type Betas } from "./adam.js";
import type { CorrelatedGroup } from "./correlations.js";
import { output } from "./layout.js";
import type { Outputs } from "./method.js";
import { BUFFERS, LOCATION, SCALE } from "../ir/interface.js";

export class GroupAscent {
  private readonly location: Adam;
  private readonly scale: Adam;

  constructor(
    private readonly kind: "rws" | "vi",
    readonly group: CorrelatedGroup,
    betas: Betas,
  ) {
    const { elements, dimension: d } = group.shape;
    this.location = new Adam(elements * d, betas);
    this.scale = new Adam(elements * d * d, betas);
  }

  /**
   * Moves the group along `sign` times its gradients, and tells its latents' moments. Returns how many elements met
   * gradients that are not finite and stayed as they were.
   */
  update(outputs: Outputs, sign: number, step: number): number {
    const { elements, dimension: d } = this.group.shape;
    const byLocation = output(outputs, BUFFERS.gradient(this.kind, this.group.name, LOCATION));
    const byScale = output(outputs, BUFFERS.gradient(this.kind, this.group.name, SCALE));
    let nonFinite = 0;
    for (let e = 0; e < elements; e++) {
      const own = byLocation.subarray(e * d, (e + 1) * d);
      const pairs = byScale.subarray(e * d * d, (e + 1) * d * d);
      if (!own.every(Number.isFinite) || !pairs.every(Number.isFinite)) {
        nonFinite++;
        continue;
      }
      const mean = own.map((gradient, i) => this.location.advance(e * d + i, sign * gradient, step));
      const root = new Float64Array(d * d);
      for (let i = 0; i < d; i++)
        for (let j = 0; j <= i; j++) {
          const at = i * d + j;
          const moved = this.scale.advance(e * d * d + at, sign * (pairs[at] ?? NaN), step);
          root[at] = i === j ? Math.exp(moved) : moved;
        }
      this.group.move(e, 1, mean, root);
    }
    this.group.tellMembers();
    return nonFinite;
  }

  /** The optimiser's state and the group's, by name. */
  get arrays(): readonly (readonly [string, Float64Array])[] {
    const of = (what: string, adam: Adam): (readonly [string, Float64Array])[] =>
      [...adam.arrays].map(([part, array]) => [`${part}.${this.group.name}.${what}`, array]);
    return [...this.group.arrays, ...of(LOCATION, this.location), ...of(SCALE, this.scale)];
  }
}

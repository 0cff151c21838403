// Adam (Kingma and Ba 2015), ascending, on arrays of unconstrained numbers.

/** Decay of the averages of the gradients and of their squares. */
export type Betas = readonly [mean: number, square: number];

/** Keeps a quotient of two zeros finite. */
const EPSILON = 1e-8;

/** The optimiser's state of one array. Each element counts its own steps: those without a finite gradient make none. */
export class Adam {
  private readonly means: Float64Array;
  private readonly squares: Float64Array;
  private readonly counts: Float64Array;

  constructor(
    length: number,
    private readonly betas: Betas,
  ) {
    this.means = new Float64Array(length);
    this.squares = new Float64Array(length);
    this.counts = new Float64Array(length);
  }

  /** The arrays that make up the state, by name. */
  get arrays(): ReadonlyMap<string, Float64Array> {
    return new Map([
      ["mean", this.means],
      ["square", this.squares],
      ["count", this.counts],
    ]);
  }

  /** How far element `i` moves, given its gradient, which is finite. */
  advance(i: number, gradient: number, step: number): number {
    const [b1, b2] = this.betas;
    const count = (this.counts[i] ?? 0) + 1;
    const mean = b1 * (this.means[i] ?? 0) + (1 - b1) * gradient;
    const square = b2 * (this.squares[i] ?? 0) + (1 - b2) * gradient * gradient;
    this.counts[i] = count;
    this.means[i] = mean;
    this.squares[i] = square;
    return (step * (mean / (1 - b1 ** count))) / (Math.sqrt(square / (1 - b2 ** count)) + EPSILON);
  }
}

// Lengths of axes to plan with when there is no data yet.
import { ExtendedSizes } from "./axis.js";

/** What is assumed of a plate, a vector and a group's particles until data and settings say. */
const NOMINAL = { plate: 64, event: 8, particle: 20 } as const;

/** Known lengths, and nominal ones for every other axis of a model (whose names tell their role). */
export class PlanningSizes extends ExtendedSizes {
  override get(name: string): number {
    return super.get(name) ?? nominal(name);
  }
}

function nominal(name: string): number {
  if (name.startsWith("k_")) return NOMINAL.particle;
  if (!name.startsWith("i_")) return NOMINAL.plate;
  // Of a matrix, the product of its sides.
  return name
    .slice(2)
    .split("_x_")
    .map(Number)
    .map((literal) => (Number.isInteger(literal) && literal > 0 ? literal : NOMINAL.event))
    .reduce((product, length) => product * length);
}

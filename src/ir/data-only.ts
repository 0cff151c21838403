// What depends on data alone: neither on latents, parameters and the guide, nor on how many particles there are.
import type { Axis } from "./axis.js";
import { reachable, type Node } from "./node.js";
import { isRowArrayName } from "./ragged.js";

/** Tells which nodes' values data alone decides; `isData` says of an input, by its name, whether data gives it. */
export class DataOnly {
  readonly #known = new Map<Node, boolean>();

  constructor(readonly isData: (input: string) => boolean) {}

  has(node: Node): boolean {
    const known = this.#known.get(node);
    if (known !== undefined) return known;
    const found = this.#find(node);
    this.#known.set(node, found);
    return found;
  }

  #find(node: Node): boolean {
    const isParticle = (axis: Axis): boolean => axis.role === "particle";
    switch (node.kind) {
      case "constant":
        return true;
      case "size":
      case "index":
        return !isParticle(node.axis);
      case "input":
        return this.isData(node.name) || isRowArrayName(node.name);
      case "random":
        return false;
      case "map":
        return node.args.every((arg) => this.has(arg));
      case "reduce":
        return !isParticle(node.over) && this.has(node.arg);
      case "gather":
        return this.has(node.arg) && node.places.every(({ at }) => this.has(at));
      case "stored":
        return this.has(node.arg);
      case "scan":
        return this.#hasScan(node);
    }
  }

  /** A scan looks back at its own table, which is an input of its name. */
  #hasScan(scan: Node): boolean {
    const below = reachable([scan]);
    const own = new Set(below.flatMap((node) => (node.kind === "scan" ? [node.name] : [])));
    return below.every((node) => {
      if (node.axes.some((axis) => axis.role === "particle") || node.kind === "random") return false;
      if (node.kind === "input") return own.has(node.name) || this.has(node);
      return node.kind !== "size" || this.has(node);
    });
  }
}

// Posterior draws: one particle of every latent at a time, jointly, by sampling indices against the order of the
// contraction (MATH: section 3).
import { Bug } from "../../diagnostic.js";
import type { Axis } from "../axis.js";
import { copyOf, isFirstStep, type ChainPart } from "../chain.js";
import type { Step } from "../contraction.js";
import { BUFFERS, DRAW_AXIS } from "../interface.js";
import { reachable, type Graph, type Node, type Place } from "../node.js";
import { scan, shifted } from "../scan.js";
import { INDEX_SITES, siteFrom, type Estimator } from "./estimator.js";
import { evidence, labels } from "./estimator-outputs.js";
import { groupOf, particleAxis } from "./guide.js";
import { elementAxes, type Context, type Output, type ProgramGraph } from "./program-graph.js";

/**
 * The program `draws`. Where a group's axis k was summed out, the terms that it was in hold besides k only the axes that
 * were summed out after it. So with the groups taken in the opposite order, exp(total of those terms, at the indices drawn
 * so far) is in proportion to P(k | what was drawn), and no joint weights are needed beyond the contraction's own tables.
 */
export function drawsProgram(context: Context, estimator: Estimator): ProgramGraph {
  const { graph: g, model, lowering } = context;
  const draw = g.axis(DRAW_AXIS, "particle");
  const sampler = new IndexSampler(g, draw);
  for (const step of estimator.contraction.steps.toReversed()) {
    const [axis] = step.removes;
    if (step.chain !== null) sampler.drawChain(step.chain, step.joined, step.result.node);
    else if (step.kind === "sum out" && axis !== undefined) {
      const group = model.groups.find((each) => particleAxis(lowering, each) === axis);
      if (group === undefined) throw new Bug(`the axis '${axis.name}' belongs to no group`);
      sampler.draw([axis], lowering.plates(group.plates), step);
    }
  }
  const latents = model.latents.map((latent): Output => {
    const axis = particleAxis(lowering, groupOf(model, latent));
    const index = sampler.indices.get(axis.name);
    const particles = estimator.particles.get(latent);
    if (index === undefined || particles === undefined) throw new Bug(`'${latent.name}' is never summed out`);
    const node = g.gather(particles, axis, index);
    return { name: BUFFERS.draws(latent.name), node, axes: [...elementAxes(context, latent), draw] };
  });
  return {
    name: "draws",
    outputs: [evidence(estimator), ...latents],
    labels: labels(estimator.contraction),
  };
}

/** Draws indices along particle axes, each given those drawn before. */
class IndexSampler {
  /** By the axis, over the plates of its group and the draws. */
  readonly indices = new Map<string, Node>();
  readonly #gather: DeepGather;
  #streams = 0;

  constructor(
    private readonly graph: Graph,
    private readonly drawAxis: Axis,
  ) {
    this.#gather = new DeepGather(graph);
  }

  /** Draws the indices along `axes` together, for every element of `plates`, from the terms that a step joins. */
  draw(axes: readonly Axis[], plates: readonly Axis[], { joined }: Pick<Step, "joined">): readonly Node[] {
    const g = this.graph;
    const terms = this.#gather.at(joined, this.indices);
    const site = siteFrom(INDEX_SITES, this.#streams++);
    const name = axes.map((axis) => axis.name).join("_");
    const element = [...plates, ...axes];
    const place = { site, element, particle: this.drawAxis, coordinate: null };
    // Where logs + independent standard Gumbel numbers are largest, with probability in proportion to exp(logs).
    const gumbel = g.neg(g.log(g.neg(g.log(g.random("std_uniform", place, [])))));
    // Kept, so that the largest is compared with the very numbers that it was chosen from.
    const noisy = g.stored(`noisy.${name}`, g.add(terms, gumbel));
    const isLargest = g.map("ge", noisy, g.reduceAll("max", axes, noisy));
    return axes.map((axis) => {
      const at = g.map("select", isLargest, g.index(axis), g.constant(0));
      const index = g.stored(`index.${axis.name}`, g.reduceAll("max", axes, at));
      this.indices.set(axis.name, index);
      return index;
    });
  }

  /**
   * A chain that was scanned, from its first step on. One that was multiplied in rounds, from its ends inwards: the states
   * before the first step and at the last, then the state in the middle, then those in the middles of both halves, until
   * every step has its state and knows that of the step before.
   */
  drawChain(part: ChainPart, joined: Node, sum: Node): void {
    const { state, plates } = part;
    switch (part.kind) {
      case "first":
        this.draw(
          state.map(({ axis }) => axis),
          plates,
          { joined },
        );
        return;
      case "later":
        for (const each of state) this.#follow(part, each, { joined, sum });
        return;
      case "ends":
        this.draw(
          state.flatMap(({ previous, axis }) => [previous, axis]),
          plates,
          { joined },
        );
        return;
      case "middles": {
        const middles = this.draw(part.middles, plates, { joined });
        for (const [i, ends] of state.entries()) this.#halve(part, ends, middles[i]);
        // The middles of the halves take their axes next.
        for (const axis of part.middles) this.indices.delete(axis.name);
        return;
      }
      case "steps":
        return;
    }
  }

  /**
   * The states of all steps from the one that has been drawn for the first, each given that of the step before: the first up
   * to which the probabilities sum to more than a uniform number. Nothing is kept of the terms, which differ from draw to
   * draw. `sum`: of the terms over the states of a step.
   */
  #follow(
    { along, plates }: ChainPart,
    { axis, previous }: ChainPart["state"][number],
    { joined, sum }: { readonly joined: Node; readonly sum: Node },
  ): void {
    const g = this.graph;
    const first = this.indices.get(axis.name);
    if (first === undefined) throw new Bug(`the chain of '${axis.name}' is drawn from its middle`);
    this.indices.delete(axis.name);
    const site = siteFrom(INDEX_SITES, this.#streams++);
    const element = g.ordered([...plates, along]);
    const uniform = g.random("std_uniform", { site, element, particle: this.drawAxis, coordinate: null }, []);
    const isFirst = isFirstStep(g, along);
    const others = copyOf(g, axis, "upto");
    const step = (before: Node): Node => {
      const drawn = new Map([
        ...this.indices,
        [previous.name, g.map("select", isFirst, g.constant(0), before)],
      ]);
      const whole = this.#gather.at(sum, drawn);
      const probability = (state: Axis): Node => {
        const terms = this.#gather.at(joined, new Map([...drawn, [axis.name, g.index(state)]]));
        return g.map("exp", g.sub(terms, whole));
      };
      const isBefore = g.map("ge", g.index(axis), g.index(others));
      const upTo = g.reduce("sum", others, g.map("select", isBefore, probability(others), g.constant(0)));
      const isBelow = g.map("ge", g.mul(uniform, g.reduce("sum", axis, probability(axis))), upTo);
      const below = g.reduce("sum", axis, g.map("select", isBelow, g.constant(1), g.constant(0)));
      const last = g.sub(g.size(axis), g.constant(1));
      return g.map("select", isFirst, first, g.map("min", below, last));
    };
    const name = g.freshName(`index.${axis.name}`);
    const axes = g.ordered([...element, this.drawAxis]);
    const all = scan(g, name, axes, { along, towards: "end", state: [], copies: [] }, step);
    const before = shifted(g, all, along, -1, [], []);
    this.indices.set(axis.name, all);
    this.indices.set(previous.name, g.stored(`${name}.before`, g.map("select", isFirst, first, before)));
  }

  /** The ends of a product and its middle become the ends of its halves. */
  #halve(
    { halves, pairs }: Extract<ChainPart, { kind: "middles" }>,
    { previous, axis }: ChainPart["state"][number],
    middle: Node | undefined,
  ): void {
    const g = this.graph;
    const [start, end] = [this.indices.get(previous.name), this.indices.get(axis.name)];
    if (start === undefined || end === undefined || middle === undefined)
      throw new Bug(`the chain of '${axis.name}' is drawn from within`);
    const pair = g.map("floor", g.mul(g.constant(0.5), g.index(halves)));
    const isLeft = g.map("eq", g.mul(g.constant(2), pair), g.index(halves));
    const of = (whole: Node): Node => g.gather(whole, pairs, pair);
    const keep = (at: Axis, left: Node, right: Node): void => {
      const node = g.map("select", isLeft, of(left), of(right));
      this.indices.set(at.name, g.stored(`index.${at.name}.${halves.name}`, node));
    };
    keep(previous, start, middle);
    keep(axis, middle, end);
  }
}

/**
 * Values at drawn indices. What the contraction summed over particles is loaded from its table; all else, sums over
 * plates and vectors included, is computed at the drawn values, so that no joint table is made for a few picks of it.
 */
class DeepGather {
  readonly #isSummed = new Map<Node, boolean>();
  constructor(private readonly graph: Graph) {}

  at(root: Node, indices: ReadonlyMap<string, Node>): Node {
    const g = this.graph;
    const places = root.axes.flatMap((over): Place[] => {
      const at = indices.get(over.name);
      return at === undefined ? [] : [{ over, at, slide: null }];
    });
    const done = new Map<Node, Node>();
    const visit = (node: Node): Node => {
      const known = done.get(node);
      if (known !== undefined) return known;
      const made = change(node);
      done.set(node, made);
      return made;
    };
    const change = (node: Node): Node => {
      if (!node.axes.some((axis) => places.some(({ over }) => over.name === axis.name))) return node;
      if (node.kind === "map") return g.map(node.op, ...node.args.map(visit));
      if (node.kind === "reduce" && node.within === null && !this.#sumsParticles(node))
        return g.reduce(node.ring, node.over, visit(node.arg));
      return g.gatherAll(node, places);
    };
    return visit(root);
  }

  /** Whether there is a log-sum-exp over particles in it. */
  #sumsParticles(node: Node): boolean {
    let known = this.#isSummed.get(node);
    if (known === undefined) {
      known = reachable([node]).some(
        (n) => n.kind === "reduce" && n.ring === "log_sum_exp" && n.over.role === "particle",
      );
      this.#isSummed.set(node, known);
    }
    return known;
  }
}

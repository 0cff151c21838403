// The programs that draw whole data sets: latents from the model or from a posterior, then what is observed given them, in
// the order of dependence; series step by step, each looking back at the very tables that are being filled.
import { Bug } from "../../diagnostic.js";
import type {
  Data,
  Latent,
  Local,
  Plate,
  TypedExpression,
  TypedModel,
  Variable,
} from "../../typecheck/model.js";
import { everythingIn } from "../../typecheck/walk.js";
import type { Axis } from "../axis.js";
import { BUFFERS, DRAW_AXIS } from "../interface.js";
import type { Node } from "../node.js";
import { dependenceOf, type Dependence } from "./dependence.js";
import { SIMULATION_SITES, siteFrom } from "./estimator.js";
import { stepBefore, type Environment } from "./expressions.js";
import { elementNumber, generatedAtDraws, latentsAtDraws } from "./predict.js";
import type { Context, Output, ProgramGraph } from "./program-graph.js";
import { randomFrom } from "./random-source.js";
import {
  rejectionsOf,
  orderedDraw,
  priorOf,
  replicableData,
  restriction,
  simulatedData,
  type Observation,
} from "./simulated.js";

/** What the program draws, in order, or computes to look back at. */
type Drawn = Latent | Data | Local;

/**
 * The program `simulate` (src/compiled.ts) of a model that `unsimulatable` finds nothing wrong with; with `data` that can be
 * drawn, and nothing wrong with the latents, of as much of the data.
 */
export function simulateProgram(
  context: Context,
  data: ReadonlyMap<Data, readonly Observation[]> = simulatedData(context.model),
): ProgramGraph {
  const { graph: g, model } = context;
  const simulation = new Simulation(context, g.axis(DRAW_AXIS, "particle"), data, null);
  for (const latent of model.latents) simulation.draw(latent);
  simulation.drawData();
  return { name: "simulate", outputs: simulation.finish(), labels: new Map() };
}

/**
 * The program `replicate` (src/compiled.ts): what `replicableData` finds, drawn given posterior draws of all latents. Along
 * series of which the posterior knows steps, the data of these steps is what it was, and what comes after looks back at it.
 */
export function replicateProgram(context: Context): ProgramGraph {
  const { graph: g, model } = context;
  const draw = g.axis(DRAW_AXIS, "particle");
  const simulation = new Simulation(context, draw, replicableData(model), latentsAtDraws(context, draw));
  simulation.drawData();
  return { name: "replicate", outputs: simulation.outputs, labels: new Map() };
}

/** Values of latents, and of what varies along series one step before. */
type KnownLatents = ReturnType<typeof latentsAtDraws>;

/** The locals that something looks back at and that observed variables go into: they have tables beside those. */
function tabledLocals(
  model: TypedModel,
  simulated: ReadonlyMap<Data, readonly Observation[]>,
): ReadonlySet<Local> {
  const expressions = model.factors.flatMap((factor): readonly TypedExpression[] => {
    const condition = factor.kind === "prior" ? null : factor.condition;
    const args = factor.kind === "target" ? [factor.value] : factor.args;
    return condition === null ? args : [...args, condition];
  });
  const found = new Set<Local>();
  for (const expression of expressions)
    for (const part of everythingIn(expression)) {
      if (part.kind !== "previous" || part.variable.kind !== "local") continue;
      const { now, before } = dependenceOf([part.variable.value]);
      if ([...now, ...before].some((v) => v.kind === "data" && simulated.has(v))) found.add(part.variable);
    }
  return found;
}

class Simulation {
  readonly #before = new Map<Drawn, Node>();
  readonly #env: Environment;
  readonly outputs: Output[] = [];
  readonly #done = new Set<Drawn>();
  readonly #locals: ReadonlySet<Local>;

  /** `known`: latents that are not drawn here; null: all are. */
  constructor(
    private readonly context: Context,
    private readonly drawAxis: Axis,
    private readonly observations: ReadonlyMap<Data, readonly Observation[]>,
    private readonly known: KnownLatents | null,
  ) {
    const { model } = context;
    this.#env = Object.assign(new Map<Variable, Node>(), { before: this.#before });
    this.#locals = tabledLocals(model, observations);
    for (const [variable, node] of known?.before ?? []) this.#before.set(variable, node);
    // What is derived from them is computed anew, as drawn data may go into it.
    for (const latent of known === null ? [] : model.latents) {
      const node = known?.env.get(latent);
      if (node === undefined) throw new Bug(`'${latent.name}' is not known`);
      this.#env.set(latent, node);
      this.#done.add(latent);
    }
    const drawnHere = known === null ? [...model.latents, ...observations.keys()] : [...observations.keys()];
    const predicted = model.generated.flatMap((q) => (q.kind === "prediction" ? [q.variable] : []));
    const values = new Map<Variable, Node>(this.#env);
    for (const variable of drawnHere) {
      const table = this.#placeholder(variable, BUFFERS.simulated(variable.name));
      this.#lookBackAt(variable, table);
      values.set(variable, table);
    }
    for (const variable of known === null ? predicted : [])
      this.#lookBackAt(variable, this.#placeholder(variable, BUFFERS.generated(variable.name)));
    for (const local of this.#locals) this.#lookBackAtLocal(local, values);
  }

  /** Draws a variable after all that it depends on at the same step; of steps before there are the tables. */
  draw(variable: Drawn): void {
    if (this.#done.has(variable)) return;
    this.#done.add(variable);
    for (const other of this.#dependence(variable).now) if (this.#isDrawn(other)) this.draw(other);
    const node =
      variable.kind === "latent"
        ? this.#latent(variable)
        : variable.kind === "data"
          ? this.#observed(variable)
          : this.#local(variable);
    this.#env.set(variable, node);
    this.#lookBackAt(variable, node);
  }

  /** Draws all data that the model observes, and fills the tables beside it. */
  drawData(): void {
    for (const data of this.observations.keys()) this.draw(data);
    for (const local of this.#locals) this.draw(local);
  }

  /** Everything that was drawn, whether the model allows it, and the generated quantities. */
  finish(): Output[] {
    const { graph: g, model, lowering } = this.context;
    const rejections = rejectionsOf(model).map(({ condition, plates }) => {
      const isOut = condition === null ? g.constant(0) : lowering.expression(condition, this.#env);
      return g.reduceAll("max", lowering.plates(plates).toReversed(), g.map("ne", isOut, g.constant(0)));
    });
    const rejected = rejections.reduce((a, b) => g.map("max", a, b), g.constant(0));
    return [
      ...this.outputs,
      { name: BUFFERS.rejected, node: rejected, axes: [this.drawAxis] },
      ...generatedAtDraws(this.context, this.drawAxis, this.#env, this.#before),
    ];
  }

  #isDrawn = (variable: Drawn): boolean =>
    variable.kind === "latent" ||
    (variable.kind === "data" ? this.observations.has(variable) : this.#locals.has(variable));

  #dependence(variable: Drawn): Dependence {
    return dependenceOf(expressionsOf(this.context.model, variable, this.observations), this.#locals);
  }

  #element(variable: Latent | Data): readonly Axis[] {
    return this.context.lowering.axesOf(variable.plates, variable.type);
  }

  #placeholder = (variable: Latent | Data, table: string): Node =>
    this.context.graph.input(table, [...this.#element(variable), this.drawAxis]);

  /** From here on the value of a variable one step before is that of this table. */
  #lookBackAt(variable: Drawn, table: Node): void {
    const { graph: g, lowering } = this.context;
    const along = orderedPlateOf(variable);
    if (along !== undefined) this.#before.set(variable, stepBefore(g, table, lowering.plate(along)));
  }

  /** A local's table has the axes of all that goes into it. */
  #lookBackAtLocal(local: Local, values: ReadonlyMap<Variable, Node>): void {
    const { graph: g, lowering } = this.context;
    const along = orderedPlateOf(local);
    if (along === undefined)
      throw new Bug(`'${local.name}' is looked back at, and does not vary along a series`);
    const own = g.input(localTable(local), [lowering.plate(along), this.drawAxis]);
    const before = new Map(this.#before).set(local, own);
    const env: Environment = Object.assign(new Map(values), { before });
    const { axes } = lowering.expression(local.value, env);
    this.#lookBackAt(local, g.input(localTable(local), g.ordered([...axes, this.drawAxis])));
  }

  #latent(latent: Latent): Node {
    const { graph: g, model, lowering } = this.context;
    const { distribution, args: expressions } = priorOf(model, latent);
    const element = this.#element(latent);
    const axes = [...element, this.drawAxis];
    const name = BUFFERS.simulated(latent.name);
    const given = g.input(BUFFERS.draws(latent.name), axes);
    const keep = (node: Node): Node => {
      const stored = g.stored(name, node);
      this.outputs.push({ name, node: stored, axes });
      return stored;
    };
    if (distribution.draw === null) return keep(given);
    const args = expressions.map((e) => lowering.expression(e, this.#env));
    const site = siteFrom(SIMULATION_SITES, model.latents.indexOf(latent));
    const random = randomFrom(site, element, this.drawAxis);
    const limits = restriction(this.context, latent, distribution, args, this.#env);
    const fresh = orderedDraw(this.context, latent, distribution, args, random, limits);
    return keep(g.map("select", g.input(BUFFERS.given(latent.name), []), given, fresh));
  }

  #observed(data: Data): Node {
    const { graph: g, model, lowering } = this.context;
    const element = this.#element(data);
    const axes = [...element, this.drawAxis];
    const plates = lowering.plates(data.plates);
    const first = model.latents.length + model.generated.length;
    let [value, here] = [g.constant(0), g.constant(0)];
    for (const { factor, place } of this.observations.get(data) ?? []) {
      const args = factor.args.map((e) => lowering.expression(e, this.#env));
      const random = randomFrom(siteFrom(SIMULATION_SITES, first + place), element, this.drawAxis);
      const drawn = lowering.draw(factor.distribution, args, random);
      const condition =
        factor.condition === null ? g.constant(1) : lowering.expression(factor.condition, this.#env);
      value = factor.condition === null ? drawn : g.map("select", condition, drawn, value);
      here = g.map("or", here, condition);
    }
    const past = this.#past(data);
    if (past !== null) {
      value = g.map("select", past.there, lowering.data(data), value);
      here = g.map("select", past.steps, g.constant(0), here);
    }
    const name = BUFFERS.simulated(data.name);
    const node = g.stored(name, value);
    this.outputs.push(
      { name, node, axes },
      { name: BUFFERS.simulatedHere(data.name), node: here, axes: [...plates, this.drawAxis] },
    );
    return node;
  }

  /** Steps of a series that posterior draws know: 1 where they are, and 1 where there is data of them. */
  #past(data: Data): { readonly steps: Node; readonly there: Node } | null {
    const { graph: g, lowering } = this.context;
    const along = orderedPlateOf(data);
    const [first] = this.observations.get(data) ?? [];
    if (this.known === null || along === undefined || first === undefined) return null;
    const counted = g.input(BUFFERS.countedFrom(along.name), []);
    const steps = g.map("lt", elementNumber(g, lowering.plate(along)), counted);
    const observed = lowering.observed(first.factor.value);
    return { steps, there: observed === null ? steps : g.map("and", steps, observed) };
  }

  #local(local: Local): Node {
    const { graph: g, lowering } = this.context;
    const name = localTable(local);
    const node = g.stored(name, lowering.expression(local.value, this.#env));
    this.outputs.push({ name, node, axes: node.axes });
    return node;
  }
}

const localTable = (local: Local): string => `simulated_local.${local.name}`;

function orderedPlateOf(variable: Drawn): Plate | undefined {
  const plates = variable.kind === "local" ? variable.value.plates : variable.plates;
  return plates.findLast((plate) => plate.ordered);
}

/** What a variable's value is made of. */
function expressionsOf(
  model: TypedModel,
  variable: Drawn,
  observations: ReadonlyMap<Data, readonly Observation[]>,
): readonly TypedExpression[] {
  switch (variable.kind) {
    case "local":
      return [variable.value];
    case "latent":
      return [...priorOf(model, variable).args, ...boundsIn(variable)];
    case "data":
      return (observations.get(variable) ?? []).flatMap(({ factor }) =>
        factor.condition === null ? factor.args : [...factor.args, factor.condition],
      );
  }
}

const boundsIn = ({ type }: Latent): readonly TypedExpression[] =>
  [type.lower, type.upper].filter((e) => e !== null);

// Programs that several lanes have loaded: each lane has a seat, and the seat a slot of the packed program.
import type { CompiledProgram } from "../compiled.js";
import { Bug } from "../diagnostic.js";
import type { Sizes } from "../ir/axis.js";
import { bufferLengths } from "./buffers.js";
import type { Device, LoadedProgram, Outputs, PackedProgram, Run, RunSettings } from "./device.js";

/** What a lane asks of a program that it has loaded. */
type Asked =
  | { readonly kind: "runs"; readonly runs: readonly Run[]; readonly advances: boolean }
  | { readonly kind: "state" };
/** One lane's, which waits for those of the others. */
export type Request = {
  readonly asked: Asked;
  readonly seat: Seat;
  readonly resolve: (outputs: readonly Outputs[]) => void;
  readonly reject: (problem: unknown) => void;
};

/** Where lanes meet. */
export type Meets = {
  /** Waits for the other lanes, and then for the answer. */
  ask(request: Request): void;
  /** A lane is done with a program. */
  drop(seat: Seat): void;
};

/** A program as one lane has loaded it: in a slot of a shared one, as soon as there is one free. */
export class Seat implements LoadedProgram {
  slot: number | null = null;
  /** The feedback of the last run is still to be applied. */
  advances = false;
  /** Inputs written since the last request. */
  private written = new Map<string, Float64Array>();
  private isOver = false;

  constructor(
    private readonly meeting: Meets,
    readonly program: SharedProgram,
    private readonly left: () => void,
  ) {
    program.seats++;
  }

  write(name: string, values: ArrayLike<number>): void {
    this.program.check(name, values);
    this.written.set(name, Float64Array.from(values));
  }

  async run(settings: RunSettings): Promise<Outputs> {
    const runs = [{ settings, inputs: new Map<string, ArrayLike<number>>() }];
    const [outputs] = await this.ask({ kind: "runs", runs, advances: false });
    return outputs ?? new Map<string, Float64Array>();
  }

  iterate(runs: readonly Run[]): Promise<readonly Outputs[]> {
    return this.ask({ kind: "runs", runs, advances: true });
  }

  advance(): void {
    this.advances = true;
  }

  async readState(): Promise<Outputs> {
    const [outputs] = await this.ask({ kind: "state" });
    return outputs ?? new Map<string, Float64Array>();
  }

  timeLaunches(): Promise<ReadonlyMap<string, number>> {
    return Promise.reject(new Bug("launches are of several jobs at a time: their times are nobody's"));
  }

  dispose(): void {
    if (this.isOver) return;
    this.isOver = true;
    this.program.release(this);
    this.meeting.drop(this);
    this.left();
  }

  /** What was written since, to go to its slot. */
  takeWritten(): ReadonlyMap<string, Float64Array> {
    const { written } = this;
    this.written = new Map();
    return written;
  }

  private ask(asked: Asked): Promise<readonly Outputs[]> {
    if (this.isOver) throw new Bug(`'${this.program.compiled.program.name}' runs after it was disposed of`);
    return new Promise((resolve, reject) => this.meeting.ask({ asked, seat: this, resolve, reject }));
  }
}

/** A program that several lanes have loaded, and the slots that they have in it. */
export class SharedProgram {
  /** How many programs a lane has loaded before. */
  phase = 0;
  /** Lanes that have loaded it and are not done with it. */
  seats = 0;
  private packed: PackedProgram | null = null;
  private free: number[] = [];
  private readonly lengths: ReadonlyMap<string, number>;

  constructor(
    private readonly device: Device,
    readonly compiled: CompiledProgram,
    private readonly sizes: Sizes,
    readonly key: string,
  ) {
    const inputs = new Set(compiled.program.buffers.flatMap((b) => (b.storage === "input" ? [b.name] : [])));
    this.lengths = new Map([...bufferLengths(compiled.program, sizes)].filter(([name]) => inputs.has(name)));
  }

  /** Whether no lane is left. */
  get isOver(): boolean {
    return this.seats === 0;
  }

  /** Throws a Bug if it has no such input. */
  check(name: string, values: ArrayLike<number>): void {
    const { program } = this.compiled;
    const length = this.lengths.get(name);
    if (length === undefined) throw new Bug(`'${name}' is no input of '${program.name}'`);
    if (length !== values.length)
      throw new Bug(`'${name}' of '${program.name}' has ${length} elements, not ${values.length}`);
  }

  release({ slot }: Seat): void {
    this.seats--;
    if (slot !== null) this.free.push(slot);
    if (this.seats === 0) this.packed?.dispose();
  }

  /** Answers as many of the requests as can be answered together. */
  async answer(requests: readonly Request[]): Promise<ReadonlyMap<Request, readonly Outputs[]>> {
    const packed = await this.load();
    const seated = requests.filter(({ seat }) => this.seat(packed, seat));
    const [first] = seated;
    if (first === undefined) throw new Bug(`no lane has a slot in '${this.compiled.program.name}'`);
    const together = seated.filter(({ asked }) => goesWith(asked, first.asked));
    const advancing = together.flatMap(({ seat }) => (seat.advances ? [slotOf(seat)] : []));
    if (advancing.length > 0) packed.advance(advancing);
    for (const { seat } of together) {
      seat.advances = false;
      for (const [name, values] of seat.takeWritten()) packed.write(slotOf(seat), name, values);
    }
    const slots = together.map(({ seat }) => slotOf(seat));
    const answers =
      first.asked.kind === "state"
        ? (await packed.readState(slots)).map((state) => [state])
        : await packed.run(
            together.map(({ seat, asked }) => ({
              slot: slotOf(seat),
              runs: asked.kind === "runs" ? asked.runs : [],
              advances: asked.kind === "runs" && asked.advances,
            })),
          );
    return new Map(together.map((request, i) => [request, answers[i] ?? []]));
  }

  private async load(): Promise<PackedProgram> {
    if (this.packed !== null) return this.packed;
    if (this.device.loadPacked === undefined) throw new Bug("lanes of a device that packs no jobs");
    const packed = await this.device.loadPacked(this.compiled, this.sizes, this.seats);
    this.packed = packed;
    this.free = Array.from({ length: packed.slots }, (_, slot) => packed.slots - 1 - slot);
    return packed;
  }

  /** Whether a lane has a slot, by now. */
  private seat(packed: PackedProgram, seat: Seat): boolean {
    if (seat.slot !== null) return true;
    const slot = this.free.pop();
    if (slot === undefined) return false;
    seat.slot = slot;
    packed.begin(slot);
    return true;
  }
}

function slotOf({ slot }: Seat): number {
  if (slot === null) throw new Bug("a lane without a slot");
  return slot;
}

/** Whether two requests can be one: all runs at a time are to place particles in the same way. */
function goesWith(a: Asked, b: Asked): boolean {
  if (a.kind === "state" || b.kind === "state") return a.kind === b.kind;
  const [first, second] = [a.runs[0], b.runs[0]];
  return first === undefined || first.settings.drawsFrom === second?.settings.drawsFrom;
}

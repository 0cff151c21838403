// Several jobs on one device at a time: their runs of the same program meet, and are computed together.
import { createHash } from "node:crypto";
import type { CompiledProgram } from "../compiled.js";
import { Bug } from "../diagnostic.js";
import type { Sizes } from "../ir/axis.js";
import type { Device, LoadedProgram } from "./device.js";
import { loadFinished } from "./finish.js";
import { Seat, SharedProgram, type Meets, type Request } from "./lane-programs.js";
import { createReferenceDevice } from "./reference.js";

/** What became of a job. */
export type LaneResult<T> =
  { readonly ok: true; readonly value: T } | { readonly ok: false; readonly problem: unknown };

/**
 * Runs `count` jobs side by side, each on a lane of the device: a device as any other, but that runs of the same compiled
 * program (the same object) at equal sizes wait for each other and are one packed run. What a job computes does not depend
 * on the others. A job that fails does so alone; a fault of the device or of a kernel is met by every job that comes to it.
 * The model is to be compiled `packed` where a lane says so (Device.packed).
 */
export async function withLanes<T>(
  device: Device,
  count: number,
  job: (lane: Device, index: number) => Promise<T>,
): Promise<readonly LaneResult<T>[]> {
  const meeting = new Meeting(device);
  const lanes = Array.from({ length: count }, () => meeting.join());
  return Promise.all(
    lanes.map(async (lane, i): Promise<LaneResult<T>> => {
      try {
        return { ok: true, value: await job(device.loadPacked === undefined ? shared(device) : lane, i) };
      } catch (problem) {
        return { ok: false, problem };
      } finally {
        lane.leave();
      }
    }),
  );
}

/** The same device, which no job may close. */
const shared = (device: Device): Device => ({
  kind: device.kind,
  description: device.description,
  get bytes() {
    return device.bytes;
  },
  load: (program, sizes) => device.load(program, sizes),
  close: () => Promise.resolve(),
});

/** Where jobs wait for each other. */
class Meeting implements Meets {
  /** Lanes that compute on the host. */
  private busy = 0;
  private readonly programs: SharedProgram[] = [];
  private requests: Request[] = [];
  private isRunning = false;
  private readonly keys = new WeakMap<Sizes, string>();
  /** The end of the use of the device by the last lane that needs it alone. */
  private alone: Promise<void> = Promise.resolve();

  constructor(readonly device: Device) {}

  join(): Lane {
    this.busy++;
    return new Lane(this);
  }

  /** The program that lanes share which load this one. */
  programFor(compiled: CompiledProgram, sizes: Sizes, phase: number): SharedProgram {
    const key = this.keyOf(sizes);
    let found = this.programs.find((p) => p.compiled === compiled && p.key === key && !p.isOver);
    if (found === undefined) {
      found = new SharedProgram(this.device, compiled, sizes, key);
      this.programs.push(found);
    }
    found.phase = Math.max(found.phase, phase);
    return found;
  }

  /** What lanes have that are of the same sizes. */
  private keyOf(sizes: Sizes): string {
    let key = this.keys.get(sizes);
    if (key !== undefined) return key;
    const hash = createHash("sha256").update(JSON.stringify([...sizes].sort()));
    for (const [axis, { of, starts }] of [...(sizes.rows ?? [])].sort(([a], [b]) => (a < b ? -1 : 1)))
      hash.update(`${axis} of ${of}`).update(starts);
    this.keys.set(sizes, (key = hash.digest("hex")));
    return key;
  }

  /** A lane is done with a program, whatever it still asked of it. */
  drop(seat: Seat): void {
    for (const { reject } of this.requests.filter((request) => request.seat === seat))
      this.settle(() => reject(new Bug("a program is disposed of while it runs")));
    this.requests = this.requests.filter((request) => request.seat !== seat);
    const { program } = seat;
    if (program.isOver) this.programs.splice(this.programs.indexOf(program), 1);
  }

  /** Waits for the other lanes; the lane counts as waiting until it has its answer. */
  ask(request: Request): void {
    this.requests.push(request);
    this.wait();
  }

  /** A lane begins to wait. */
  wait(): void {
    this.busy--;
    if (this.busy === 0) void this.runAll();
  }

  /** A lane has what it waited for. */
  goOn(): void {
    this.busy++;
  }

  /** Waits until no other lane needs the device alone; returns what ends this one's need. */
  async haveAlone(): Promise<() => void> {
    const before = this.alone;
    let end = (): void => undefined;
    this.alone = new Promise((resolve) => (end = resolve));
    this.wait();
    await before;
    this.goOn();
    return end;
  }

  /** Answers requests for as long as all lanes wait. */
  private async runAll(): Promise<void> {
    if (this.isRunning) return;
    this.isRunning = true;
    try {
      while (this.busy === 0 && this.requests.length > 0) await this.runNext();
    } finally {
      this.isRunning = false;
    }
  }

  /** Answers requests of the program that is furthest behind. */
  private async runNext(): Promise<void> {
    const [first, ...others] = new Set(this.requests.map(({ seat }) => seat.program));
    if (first === undefined) return;
    const program = others.reduce((a, b) => (b.phase < a.phase ? b : a), first);
    const own = this.requests.filter(({ seat }) => seat.program === program);
    let answered: ReadonlySet<Request>;
    try {
      const answers = await program.answer(own);
      answered = new Set(answers.keys());
      for (const [request, outputs] of answers) this.settle(() => request.resolve(outputs));
    } catch (problem) {
      answered = new Set(own);
      for (const request of own) this.settle(() => request.reject(problem));
    }
    this.requests = this.requests.filter((request) => !answered.has(request));
    // Those that have been answered now go on, as far as they come.
    await Promise.resolve();
  }

  private settle(tell: () => void): void {
    this.goOn();
    tell();
  }
}

/** One job's device. */
class Lane implements Device {
  readonly kind: Device["kind"];
  readonly description: string;
  readonly packed = true;
  private readonly seats = new Set<Seat>();
  private readonly ends = new Set<() => void>();
  private loads = 0;

  constructor(private readonly meeting: Meeting) {
    this.kind = meeting.device.kind;
    this.description = meeting.device.description;
  }

  get bytes(): number {
    return this.meeting.device.bytes;
  }

  async load(compiled: CompiledProgram, sizes: Sizes): Promise<LoadedProgram> {
    const phase = this.loads++;
    const onHost = createReferenceDevice();
    // What is computed in portions takes all the memory that it may.
    const end = compiled.portions === undefined ? null : await this.meeting.haveAlone();
    if (end !== null) this.ends.add(end);
    const loaded = await loadFinished(
      (own, lengths) => Promise.resolve(this.take(own, lengths, phase)),
      (own, lengths) => onHost.load(own, lengths),
      compiled,
      sizes,
    );
    if (end === null) return loaded;
    return disposing(loaded, () => {
      this.ends.delete(end);
      end();
    });
  }

  private take(compiled: CompiledProgram, sizes: Sizes, phase: number): LoadedProgram {
    const program = this.meeting.programFor(compiled, sizes, phase);
    const seat = new Seat(this.meeting, program, () => this.seats.delete(seat));
    this.seats.add(seat);
    return seat;
  }

  /** The job is over. */
  leave(): void {
    for (const seat of [...this.seats]) seat.dispose();
    for (const end of this.ends) end();
    this.meeting.wait();
  }

  close(): Promise<void> {
    return Promise.resolve();
  }
}

/** The same program, with something to be done when it is disposed of. */
function disposing(loaded: LoadedProgram, after: () => void): LoadedProgram {
  return {
    write: (name, values) => loaded.write(name, values),
    run: (settings) => loaded.run(settings),
    advance: () => loaded.advance(),
    iterate: (runs) => loaded.iterate(runs),
    readState: () => loaded.readState(),
    timeLaunches: (settings) => loaded.timeLaunches(settings),
    dispose: () => {
      loaded.dispose();
      after();
    },
  };
}

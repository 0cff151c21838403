// A program loaded on a WebGPU device for several jobs at a time: every launch computes all of them, each in its slot.
import { MOST_JOBS, type CompiledProgram } from "../compiled.js";
import { Bug } from "../diagnostic.js";
import type { Sizes } from "../ir/axis.js";
import type { Program } from "../ir/program.js";
import { rowArrayValues } from "../ir/ragged.js";
import { axisLengths, checkFixedSubscripts } from "./buffers.js";
import { byteSize, checkMemory, FLOAT_BYTES, INPUTS, planMemory, type MemoryPlan } from "./dawn-memory.js";
import { planLaunches, shareWorkgroups, touchedBuffers, type Launched } from "./dawn-launches.js";
import { Move } from "./dawn-moves.js";
import { allocate, bindAll, pipelinesOf, Uniforms, type BoundLaunch } from "./dawn-program.js";
import type { Outputs, PackedProgram, PackedTask } from "./device.js";
import { dispatchAll, type Launch } from "./loaded-dawn-program.js";
import { ProgramBuffers, USE, valuesAt, type DawnHost, type GpuBuffers } from "./program-buffers.js";
import { Uploads } from "./uploads.js";

/** Words of a job: slot, seed, iteration, first. */
const JOB_WORDS = 4;
/** What the slots of a program may take: jobs this large fill a device by few at a time. Bytes. */
const MOST_BYTES = 2 ** 30;
/** Outputs that are read back at a time, in elements. */
const MOST_READ = 2 ** 23;

/** A run of some jobs: those that advance after it come first. */
type Step = { readonly active: readonly PackedTask[]; readonly run: number; readonly start: number };

/** As many slots as there is room for, at most `most`; see Device.loadPacked. */
export async function loadPacked(
  host: DawnHost,
  compiled: CompiledProgram,
  sizes: Sizes,
  most: number,
): Promise<PackedProgram> {
  const { program } = compiled;
  const { device } = host;
  if (Object.values(compiled.wgsl).some(({ packed }) => packed !== true))
    throw new Bug(`'${program.name}' was not compiled for several jobs at a time`);
  checkFixedSubscripts(program, sizes);
  const plan = planMemory(compiled, sizes, touchedBuffers(program, sizes));
  const lengths = axisLengths(program, sizes);
  const launched = planLaunches(compiled, sizes, lengths, host);
  const slots = slotsThatFit(plan, launched, host, most);
  const all = inSlots(plan, slots);
  checkMemory(all, program, sizes, device.limits, host.free);
  const pipelines = await pipelinesOf(host, launched, plan, lengths);
  const uniforms = new Uniforms(launched, lengths, host.workgroups);
  const buffers = await allocate(device, all, uniforms.bytes);
  const jobs = device.createBuffer({
    label: "jobs",
    size: FLOAT_BYTES * JOB_WORDS * MOST_JOBS,
    usage: USE.uniform | USE.storage | USE.copyDestination,
  });
  const launches = bindAll(device, launched, pipelines, plan, buffers, jobs);
  return new PackedDawnProgram(
    host,
    program,
    plan,
    all,
    { ...buffers, jobs },
    uniforms,
    launches,
    slots,
    sizes,
  );
}

/** How many jobs' buffers the device can bind, and has room for. */
function slotsThatFit(
  plan: MemoryPlan,
  launched: readonly Launched[],
  { device: { limits }, free, workgroups }: DawnHost,
  most: number,
): number {
  const binding = Math.min(limits.maxBufferSize, limits.maxStorageBufferBindingSize);
  const buffers = [...plan.gpuBuffers.values()].map(({ elements }) => byteSize(elements));
  const points = launched.flatMap((each) => [...each.points.values()]);
  const fit = [
    ...[...buffers, byteSize(plan.stagedElements)].map((bytes) => binding / bytes),
    Math.min(free, MOST_BYTES) / plan.bytes,
    // An index over the points of all jobs has 32 bits; see `workgroups`.
    ...points.map((count) => (2 ** 32 - 64 * workgroups) / Math.max(1, count)),
  ];
  return Math.max(1, Math.floor(Math.min(most, MOST_JOBS, ...fit)));
}

/** The memory of so many slots: in every GPU buffer one after the other. */
function inSlots(plan: MemoryPlan, slots: number): MemoryPlan {
  const gpuBuffers = new Map(
    [...plan.gpuBuffers].map(([name, buffer]) => [name, { ...buffer, elements: slots * buffer.elements }]),
  );
  return { ...plan, gpuBuffers, stagedElements: slots * plan.stagedElements, bytes: slots * plan.bytes };
}

class PackedDawnProgram implements PackedProgram {
  private readonly uploads: Uploads;
  /** What is read back, from each GPU buffer; what is fed back, from each; and the state, from the inputs. */
  private readonly reads: readonly Move[];
  private readonly feeds: readonly Move[];
  private readonly state: Move;
  /** What is read back, gathered, and the same where the host can see it. */
  private gathered: GPUBuffer;
  private readonly buffers: ProgramBuffers;
  private disposed = false;

  constructor(
    private readonly host: DawnHost,
    private readonly program: Program,
    /** Of one slot. */
    private readonly plan: MemoryPlan,
    all: MemoryPlan,
    private readonly gpu: GpuBuffers & { readonly jobs: GPUBuffer },
    private readonly uniforms: Uniforms,
    private readonly launches: readonly BoundLaunch[],
    readonly slots: number,
    sizes: Sizes,
  ) {
    const perSlot = (gpuBuffer: string): number => plan.gpuBuffers.get(gpuBuffer)?.elements ?? 0;
    this.gathered = this.gatheringBuffer(gpu.staging.size);
    const bytes = all.bytes + uniforms.bytes + this.gathered.size;
    this.buffers = new ProgramBuffers(host, program.name, plan, gpu, bytes);
    const inputs = this.buffers.storage(INPUTS);
    this.uploads = new Uploads(host.device, inputs, gpu.jobs);
    const { outputs, copies, fed, stagedElements } = plan;
    const read = outputs.map((o) => ({ ...o, from: o.start, to: o.stagedAt }));
    this.reads = this.moves(read, { target: this.gathered, toPerPart: stagedElements, bySlot: false });
    this.feeds = this.moves(copies, { target: inputs, toPerPart: perSlot(INPUTS), bySlot: true });
    const kept = fed.map(({ start, length }) => ({ from: start, to: start, length }));
    this.state = new Move(
      host.device,
      {
        source: inputs,
        target: this.gathered,
        jobs: gpu.jobs,
        fromPerSlot: perSlot(INPUTS),
        toPerPart: this.stateElements,
        bySlot: false,
      },
      placesOf(kept),
    );
    for (const { name, rows } of program.buffers)
      if (rows !== undefined)
        for (let slot = 0; slot < this.slots; slot++) this.write(slot, name, rowArrayValues(rows, sizes));
  }

  begin(slot: number): void {
    for (const { name, storage } of this.program.buffers) {
      const slice = this.plan.slices.get(name);
      if (storage === "input" && slice !== undefined)
        this.uploads.set(slot, name, this.startOf(slot, slice.start), new Float32Array(slice.length));
    }
  }

  write(slot: number, name: string, values: ArrayLike<number>): void {
    const { start, floats } = this.buffers.placed(name, values);
    const whole = new Float32Array(this.plan.slices.get(name)?.length ?? floats.length);
    whole.set(floats);
    this.uploads.set(slot, name, this.startOf(slot, start), whole);
  }

  advance(slots: readonly number[]): void {
    this.setJobs(slots.map((slot) => [slot, 0, 0, 0]));
    this.submit(this.feeds.flatMap((feed) => feed.launch(slots.length)));
  }

  run(tasks: readonly PackedTask[]): Promise<readonly (readonly Outputs[])[]> {
    return this.buffers.inTurn(async () => {
      const ordered = tasks.toSorted((a, b) => Number(b.advances) - Number(a.advances));
      const results = new Map(tasks.map((task): [PackedTask, Outputs[]] => [task, []]));
      const longest = Math.max(0, ...tasks.map(({ runs }) => runs.length));
      let steps: Step[] = [];
      let jobs = 0;
      for (let run = 0; run < longest; run++) {
        const active = ordered.filter(({ runs }) => run < runs.length);
        steps.push({ active, run, start: jobs });
        jobs += active.length;
        const isLast = run + 1 === longest;
        if (!isLast && (jobs + active.length) * this.plan.stagedElements <= MOST_READ) continue;
        this.makeRoomFor(jobs * this.plan.stagedElements);
        for (const step of steps) this.step(step);
        await this.read(jobs * this.plan.stagedElements, (staged) => {
          for (const { active: ran, start } of steps)
            ran.forEach((task, job) => {
              const from = (start + job) * this.plan.stagedElements;
              results.get(task)?.push(valuesAt(staged, from, this.plan.outputs));
            });
        });
        [steps, jobs] = [[], 0];
      }
      return tasks.map((task) => results.get(task) ?? []);
    });
  }

  readState(slots: readonly number[]): Promise<readonly Outputs[]> {
    return this.buffers.inTurn(async () => {
      const each = this.stateElements;
      if (each === 0) return slots.map(() => new Map<string, Float64Array>());
      this.makeRoomFor(slots.length * each);
      this.setJobs(slots.map((slot) => [slot, 0, 0, 0]));
      this.submit(this.state.launch(slots.length));
      const places = this.plan.fed.map((fed) => ({ ...fed, stagedAt: fed.start }));
      return this.read(slots.length * each, (staged) =>
        slots.map((_, i) => valuesAt(staged, i * each, places)),
      );
    });
  }

  dispose(): void {
    if (this.disposed) return;
    this.disposed = true;
    this.buffers.release();
    for (const buffer of [this.gpu.jobs, this.gathered]) buffer.destroy();
    for (const each of [...this.reads, ...this.feeds, this.state, this.uploads]) each.dispose();
  }

  /** Elements of the inputs that the feedback feeds, which lie first. */
  private get stateElements(): number {
    return this.plan.fed.reduce((end, { start, length }) => Math.max(end, start + length), 0);
  }

  private startOf(slot: number, start: number): number {
    return slot * (this.plan.gpuBuffers.get(INPUTS)?.elements ?? 0) + start;
  }

  /** Queues one run. */
  private step({ active, run, start }: Step): void {
    const { queue } = this.host.device;
    const [first] = active;
    const settings = first?.runs[run]?.settings;
    if (settings === undefined) throw new Bug("a run of no jobs");
    const words = active.map(({ slot, runs }) => {
      const own = runs[run];
      if (own?.settings.drawsFrom !== settings.drawsFrom) throw new Bug("jobs at a time draw alike");
      for (const [name, values] of own.inputs) this.write(slot, name, values);
      return [slot, own.settings.seed, own.settings.iteration, own.settings.first ?? 0];
    });
    const uploads = this.uploads.launch(new Set(active.map(({ slot }) => slot)));
    this.setJobs(words);
    queue.writeBuffer(this.gpu.uniforms, 0, this.uniforms.with(settings, active.length));
    const launches = this.launches.map((each): Launch => {
      const { groups } = shareWorkgroups(each, this.host.workgroups, active.length);
      return { ...each, groups };
    });
    const advancing = active.filter(({ advances }) => advances).length;
    this.submit([
      ...uploads,
      ...launches,
      ...this.reads.flatMap((read) => read.launch(active.length, start * this.plan.stagedElements)),
      ...this.feeds.flatMap((feed) => feed.launch(advancing)),
    ]);
  }

  private setJobs(words: readonly (readonly number[])[]): void {
    this.host.device.queue.writeBuffer(this.gpu.jobs, 0, Uint32Array.from(words.flat()));
  }

  private submit(launches: readonly Launch[]): void {
    if (launches.length === 0) return;
    const { device } = this.host;
    const encoder = device.createCommandEncoder({ label: this.program.name });
    const pass = encoder.beginComputePass();
    dispatchAll(pass, launches);
    pass.end();
    device.queue.submit([encoder.finish()]);
  }

  /** Reads what was gathered last. */
  private read<T>(elements: number, use: (staged: Float32Array) => T): Promise<T> {
    const { device } = this.host;
    const encoder = device.createCommandEncoder({ label: this.program.name });
    encoder.copyBufferToBuffer(this.gathered, 0, this.buffers.staging, 0, byteSize(elements));
    device.queue.submit([encoder.finish()]);
    return this.buffers.read(elements, use);
  }

  private makeRoomFor(elements: number): void {
    const size = this.buffers.makeRoomFor(elements);
    if (size === null) return;
    this.buffers.count(size - this.gathered.size);
    this.gathered.destroy();
    this.gathered = this.gatheringBuffer(size);
    for (const move of [...this.reads, this.state]) move.setBuffers({ target: this.gathered });
  }

  private gatheringBuffer(size: number): GPUBuffer {
    return this.host.device.createBuffer({ label: "gathered", size, usage: USE.storage | USE.copySource });
  }

  /** A move from each GPU buffer that some of these arrays lie in. */
  private moves(
    arrays: readonly (Span & { readonly gpuBuffer: string })[],
    to: { readonly target: GPUBuffer; readonly toPerPart: number; readonly bySlot: boolean },
  ): Move[] {
    const sources = [...new Set(arrays.flatMap((array) => (array.length > 0 ? [array.gpuBuffer] : [])))];
    return sources.map((source) => {
      const own = arrays.filter(({ gpuBuffer }) => gpuBuffer === source);
      const fromPerSlot = this.plan.gpuBuffers.get(source)?.elements ?? 0;
      const options = { ...to, source: this.buffers.storage(source), jobs: this.gpu.jobs, fromPerSlot };
      return new Move(this.host.device, options, placesOf(own));
    });
  }
}

type Span = { readonly from: number; readonly to: number; readonly length: number };

/** Pairs of places of all elements of some arrays. */
function placesOf(spans: readonly Span[]): Uint32Array<ArrayBuffer> {
  const places = new Uint32Array(2 * spans.reduce((sum, { length }) => sum + length, 0));
  let at = 0;
  for (const { from, to, length } of spans)
    for (let i = 0; i < length; i++) {
      places[at++] = from + i;
      places[at++] = to + i;
    }
  return places;
}

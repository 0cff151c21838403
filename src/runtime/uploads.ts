// Values on their way to the slots of a packed program: as few writes as do it, or one that a dispatch shares out.
import { FLOAT_BYTES } from "./dawn-memory.js";
import { Move } from "./dawn-moves.js";
import type { Launch } from "./loaded-dawn-program.js";
import { USE } from "./program-buffers.js";

type Upload = { readonly start: number; readonly values: Float32Array<ArrayBuffer> };

/** More pieces than this, if they are this short, are shared out by a dispatch. */
const MOST_PIECES = 8;
const LONG_PIECE = 1024;

/** What is to be written into a buffer, slot by slot. */
export class Uploads {
  private readonly waiting = new Map<number, Map<string, Upload>>();
  private shared: GPUBuffer;
  private readonly move: Move;

  constructor(
    private readonly device: GPUDevice,
    private readonly target: GPUBuffer,
    jobs: GPUBuffer,
  ) {
    this.shared = this.sharedBuffer(LONG_PIECE);
    this.move = new Move(device, {
      source: this.shared,
      target,
      jobs,
      fromPerSlot: 0,
      toPerPart: 0,
      bySlot: false,
    });
  }

  /** Values for a place in the buffer, in elements, which take that of earlier ones of the same name. */
  set(slot: number, name: string, start: number, values: Float32Array<ArrayBuffer>): void {
    let own = this.waiting.get(slot);
    if (own === undefined) this.waiting.set(slot, (own = new Map<string, Upload>()));
    own.set(name, { start, values });
  }

  /** Queues what waits for some slots; a dispatch that is to come before all others may be left to do. */
  launch(slots: ReadonlySet<number>): Launch[] {
    const uploads: Upload[] = [];
    for (const slot of slots) {
      uploads.push(...(this.waiting.get(slot)?.values() ?? []));
      this.waiting.delete(slot);
    }
    const pieces = joined(uploads);
    const elements = pieces.reduce((sum, { values }) => sum + values.length, 0);
    if (pieces.length <= MOST_PIECES || elements >= LONG_PIECE * pieces.length) {
      for (const { start, values } of pieces)
        this.device.queue.writeBuffer(this.target, FLOAT_BYTES * start, values);
      return [];
    }
    return this.shareOut(pieces, elements);
  }

  private shareOut(pieces: readonly Upload[], elements: number): Launch[] {
    const values = new Float32Array(elements);
    const places = new Uint32Array(2 * elements);
    let at = 0;
    for (const piece of pieces) {
      values.set(piece.values, at);
      for (let i = 0; i < piece.values.length; i++, at++) {
        places[2 * at] = at;
        places[2 * at + 1] = piece.start + i;
      }
    }
    if (FLOAT_BYTES * elements > this.shared.size) {
      this.shared.destroy();
      this.shared = this.sharedBuffer(2 * elements);
      this.move.setBuffers({ source: this.shared });
    }
    this.device.queue.writeBuffer(this.shared, 0, values);
    this.move.setPlaces(places);
    return this.move.launch(1);
  }

  private sharedBuffer(elements: number): GPUBuffer {
    return this.device.createBuffer({
      size: FLOAT_BYTES * elements,
      usage: USE.storage | USE.copyDestination,
    });
  }

  dispose(): void {
    this.shared.destroy();
    this.move.dispose();
  }
}

/** Pieces that lie one after the other, as one. */
function joined(uploads: readonly Upload[]): Upload[] {
  const inOrder = uploads.filter(({ values }) => values.length > 0).sort((a, b) => a.start - b.start);
  const pieces: Upload[][] = [];
  let end = -1;
  for (const upload of inOrder) {
    if (upload.start === end) pieces.at(-1)?.push(upload);
    else pieces.push([upload]);
    end = upload.start + upload.values.length;
  }
  return pieces.map((parts): Upload => {
    const [first] = parts;
    if (first === undefined || parts.length === 1) return first ?? { start: 0, values: new Float32Array(0) };
    const values = new Float32Array(parts.reduce((sum, part) => sum + part.values.length, 0));
    for (const part of parts) values.set(part.values, part.start - first.start);
    return { start: first.start, values };
  });
}

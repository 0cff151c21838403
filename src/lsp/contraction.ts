// What is found only by looking for an order of summing, such as models whose tables would be too large. A thread looks
// for it, as that may take seconds, while the server goes on answering.
import { Worker } from "node:worker_threads";
import type { Diagnostic } from "../diagnostic.js";
import type { Span } from "../source.js";
import type { Answer } from "./contraction-worker.js";
import type { Costs } from "./costs.js";
import type { OpenDocument } from "./documents.js";

/** A model for which no order is found in so many seconds is left to `mppc check`. */
const PATIENCE = 20;
/** A thread that has looked at a text for so long, in milliseconds, is ended when the text changes. */
const WORTH_ENDING = 500;
/** Of the thread, in MiB. */
const MEMORY = 2048;

/** What becomes of a search. */
export type Outcome = {
  /** What is wrong with a document at the version that was asked about. */
  readonly found: (document: OpenDocument, diagnostics: readonly Diagnostic[]) => void;
  /** What its evidence costs; this comes first. */
  readonly costs: (document: OpenDocument, costs: Costs | null) => void;
  readonly gaveUp: (document: OpenDocument, why: string) => void;
};

/** Looks at documents without an error, one at a time, of each the newest version. */
export class ContractionChecks {
  private worker: Worker | undefined;
  private current:
    { readonly document: OpenDocument; readonly since: number; readonly timer: NodeJS.Timeout } | undefined;
  private readonly waiting = new Map<string, OpenDocument>();

  constructor(private readonly outcome: Outcome) {}

  ask(document: OpenDocument): void {
    this.waiting.set(document.uri, document);
    this.next();
  }

  /** The document has changed: what was asked about it is of no use any more. */
  forget(uri: string): void {
    this.waiting.delete(uri);
    if (this.current?.document.uri === uri && performance.now() - this.current.since > WORTH_ENDING)
      this.end();
  }

  private next(): void {
    const [document] = this.waiting.values();
    if (this.current !== undefined || document === undefined) return;
    this.waiting.delete(document.uri);
    const timer = setTimeout(() => this.giveUp(`it takes more than ${PATIENCE} seconds`), PATIENCE * 1000);
    this.current = { document, since: performance.now(), timer };
    this.worker ??= this.start();
    this.worker.postMessage(document.analysis.source);
  }

  private start(): Worker {
    const worker = new Worker(new URL("./contraction-worker.js", import.meta.url), {
      resourceLimits: { maxOldGenerationSizeMb: MEMORY },
    });
    worker.unref();
    worker.on("message", (answer: Answer) => {
      if (worker === this.worker) this.take(answer);
    });
    worker.on("error", (problem) => {
      if (worker === this.worker) this.giveUp(String(problem));
    });
    return worker;
  }

  private take(answer: Answer): void {
    if ("fault" in answer) return this.giveUp(answer.fault);
    if ("costs" in answer) {
      if (this.current !== undefined) this.outcome.costs(this.current.document, answer.costs);
      return;
    }
    const document = this.done();
    if (document !== undefined)
      this.outcome.found(
        document,
        answer.diagnostics.map((d) => inDocument(d, document)),
      );
    this.next();
  }

  private giveUp(why: string): void {
    const document = this.current?.document;
    if (document !== undefined) this.outcome.gaveUp(document, why);
    this.end();
  }

  /** Ends the thread; the next search starts another. */
  private end(): void {
    void this.worker?.terminate();
    this.worker = undefined;
    this.done();
    this.next();
  }

  private done(): OpenDocument | undefined {
    clearTimeout(this.current?.timer);
    const document = this.current?.document;
    this.current = undefined;
    return document;
  }
}

/** The thread's copy of the text is the document's again. */
function inDocument(diagnostic: Diagnostic, { analysis }: OpenDocument): Diagnostic {
  const own = (span: Span): Span =>
    span.source.path === analysis.source.path ? { ...span, source: analysis.source } : span;
  const { span, related } = diagnostic;
  return {
    ...diagnostic,
    ...(span === undefined ? {} : { span: own(span) }),
    ...(related === undefined ? {} : { related: related.map((r) => ({ ...r, span: own(r.span) })) }),
  };
}

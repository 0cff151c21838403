// Who is at which job: a file for each job that a process has taken, so that no two do the same.
import { readdirSync, readFileSync, rmSync, statSync, utimesSync, writeFileSync } from "node:fs";
import { hostname } from "node:os";
import { join } from "node:path";
import { makeDirectory } from "../directories.js";
import { systemReason, unwritableFile } from "../errors.js";
import { UnwritableError } from "../failures.js";

const FOLDER = ".leases";
/** A process on another machine counts as gone when its lease has not been renewed for so many milliseconds. */
const RENEWED_WITHIN = 120_000;
/** How often a process renews its leases, in milliseconds. */
export const RENEW_EVERY = 10_000;

/** A job that this process has taken. */
export type Lease = { readonly renew: () => void; readonly release: () => void };

type Holder = { readonly host: string; readonly pid: number; readonly start: string };

const readable = (text: string): string => text.replaceAll(/[^A-Za-z0-9-]/g, "_");
const HOST = readable(hostname()) || "host";

/** What tells a process from a later one of the same number: when it began, and since which start of the machine. */
function startOf(pid: number): string | null {
  if (process.platform !== "linux") {
    try {
      process.kill(pid, 0);
      return "alive";
    } catch (problem) {
      return (problem as NodeJS.ErrnoException).code === "EPERM" ? "alive" : null;
    }
  }
  try {
    const boot = readFileSync("/proc/sys/kernel/random/boot_id", "utf8").slice(0, 8);
    const stat = readFileSync(`/proc/${pid}/stat`, "utf8");
    const fields = stat.slice(stat.lastIndexOf(")") + 2).split(" ");
    // A process that has ended and that nobody has waited for yet is as good as gone.
    return fields[0] === "Z" ? null : `${boot}-${fields[19] ?? ""}`;
  } catch {
    return null;
  }
}

/** `<job>.<host>.<pid>.<start>` */
const fileOf = (id: string, { host, pid, start }: Holder): string => `${id}.${host}.${pid}.${start}`;

function parseName(name: string): { readonly id: string; readonly holder: Holder } | null {
  const [id = "", host = "", pid = "", start = "", ...more] = name.split(".");
  if (start === "" || more.length > 0 || !/^\d+$/.test(pid)) return null;
  return { id, holder: { host, pid: Number(pid), start } };
}

/** The leases of a batch's results. */
export class Leases {
  private readonly folder: string;
  private readonly self: Holder = { host: HOST, pid: process.pid, start: startOf(process.pid) ?? "" };

  constructor(results: string) {
    this.folder = join(results, FOLDER);
  }

  /**
   * Takes a job, or returns null where another process is at it. Each first says that it wants the job and then looks who
   * else does: of two at once at least one sees the other and gives way. Throws an UnwritableError.
   */
  claim(id: string): Lease | null {
    const own = join(this.folder, fileOf(id, this.self));
    try {
      makeDirectory(this.folder);
      // All that is decided from is the name; what is in it is for people.
      writeFileSync(own, `${JSON.stringify({ ...this.self, since: new Date().toISOString() })}\n`);
    } catch (problem) {
      throw new UnwritableError(unwritableFile(this.folder, systemReason(problem)));
    }
    const release = (): void => rmSync(own, { force: true });
    for (const { name, isLive } of this.all(id)) {
      if (name === fileOf(id, this.self)) continue;
      if (isLive) {
        release();
        return null;
      }
      rmSync(join(this.folder, name), { force: true });
    }
    const renew = (): void => {
      const now = new Date();
      // It may have been released meanwhile, or taken away by hand.
      if (statSync(own, { throwIfNoEntry: false }) !== undefined) utimesSync(own, now, now);
    };
    return { renew, release };
  }

  /** The jobs that processes are at, and who they are: "host, process 123". */
  held(): ReadonlyMap<string, string> {
    const live = this.all(null).filter(({ isLive }) => isLive);
    return new Map(live.map(({ id, holder }) => [id, `${holder.host}, process ${holder.pid}`]));
  }

  private all(of: string | null) {
    let names: readonly string[];
    try {
      names = readdirSync(this.folder);
    } catch {
      return [];
    }
    return names.flatMap((name) => {
      if (of !== null && !name.startsWith(`${of}.`)) return [];
      const parts = parseName(name);
      return parts === null ? [] : [{ name, ...parts, isLive: this.isLive(name, parts.holder) }];
    });
  }

  private isLive(name: string, { host, pid, start }: Holder): boolean {
    if (host === HOST) return startOf(pid) === start;
    const renewed = statSync(join(this.folder, name), { throwIfNoEntry: false })?.mtimeMs ?? 0;
    return Date.now() - renewed < RENEWED_WITHIN;
  }
}

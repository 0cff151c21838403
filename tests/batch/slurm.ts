// A Slurm cluster of one node, this machine, that lives in a folder of its own: Debian's packages slurm-wlm and munge, as root.
import { execFileSync, spawn, type ChildProcess } from "node:child_process";
import { randomBytes } from "node:crypto";
import { existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { hostname, tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";

const PROGRAMS = ["slurmctld", "slurmd", "munged", "sbatch"];

/** Why there can be no cluster here; null if there can. */
export function noSlurm(): string | null {
  const places = ["/usr/sbin", "/usr/bin"];
  const missing = PROGRAMS.filter((name) => !places.some((place) => existsSync(join(place, name))));
  if (missing.length > 0) return `${missing.join(", ")} not installed (apt-get install slurm-wlm munge)`;
  return process.getuid?.() === 0 ? null : "Slurm's daemons are to be started by root";
}

/** Tasks that the node takes at the same time. */
const SLOTS = 4;

export class SlurmCluster {
  readonly folder = mkdtempSync(join(tmpdir(), "mppc-slurm-"));
  private readonly daemons: ChildProcess[] = [];
  private readonly environment = { ...process.env, SLURM_CONF: join(this.folder, "slurm.conf") };

  /** Starts the daemons and waits until the node takes jobs. */
  async start(): Promise<void> {
    const at = (name: string): string => join(this.folder, name);
    for (const name of ["state", "spool"]) mkdirSync(at(name));
    writeFileSync(at("munge.key"), randomBytes(128), { mode: 0o400 });
    const host = hostname();
    const port = 20_000 + (process.pid % 20_000);
    writeFileSync(
      at("slurm.conf"),
      [
        "ClusterName=mppc",
        `SlurmctldHost=${host}(127.0.0.1)`,
        "SlurmUser=root",
        "SlurmdUser=root",
        `SlurmctldPort=${port}`,
        `SlurmdPort=${port + 1}`,
        "AuthType=auth/munge",
        "CredType=cred/munge",
        // A task that is put back is not started again until its credential has expired.
        `AuthInfo=socket=${at("munge.socket")},cred_expire=5`,
        `StateSaveLocation=${at("state")}`,
        `SlurmdSpoolDir=${at("spool")}`,
        `SlurmctldPidFile=${at("slurmctld.pid")}`,
        `SlurmdPidFile=${at("slurmd.pid")}`,
        `SlurmctldLogFile=${at("slurmctld.log")}`,
        `SlurmdLogFile=${at("slurmd.log")}`,
        "ProctrackType=proctrack/linuxproc",
        "TaskPlugin=task/none",
        "SelectType=select/cons_tres",
        "SelectTypeParameters=CR_CPU",
        "AccountingStorageType=accounting_storage/none",
        "JobAcctGatherType=jobacct_gather/none",
        "MailProg=/bin/true",
        "ReturnToService=2",
        "KillWait=5",
        "SlurmdParameters=config_overrides",
        "SchedulerParameters=sched_interval=2,bf_interval=2",
        `NodeName=${host} NodeAddr=127.0.0.1 CPUs=${SLOTS} State=UNKNOWN`,
        `PartitionName=main Nodes=${host} Default=YES MaxTime=INFINITE State=UP`,
        "",
      ].join("\n"),
    );
    this.daemon(
      "munged",
      "-F",
      "--force",
      `--key-file=${at("munge.key")}`,
      `--socket=${at("munge.socket")}`,
      `--pid-file=${at("munged.pid")}`,
      `--log-file=${at("munged.log")}`,
      `--seed-file=${at("munged.seed")}`,
    );
    await this.until("munged's socket", () => existsSync(at("munge.socket")));
    this.daemon("slurmctld", "-D", "-i");
    this.daemon("slurmd", "-D", "-N", host);
    await this.until("an idle node", () => this.command("sinfo", "-h", "-o", "%T").trim() === "idle");
  }

  private daemon(name: string, ...args: string[]): void {
    const stdio = "ignore";
    this.daemons.push(spawn(join("/usr/sbin", name), args, { env: this.environment, stdio }));
  }

  /** Runs one of Slurm's commands and returns what it says. */
  command(name: string, ...args: string[]): string {
    const stdio: ("ignore" | "pipe")[] = ["ignore", "pipe", "pipe"];
    return execFileSync(name, args, { env: this.environment, encoding: "utf8", cwd: this.folder, stdio });
  }

  /** Waits until something is so, a minute and a half at most. */
  async until(what: string, isSo: () => boolean): Promise<void> {
    const end = Date.now() + 90_000;
    for (let problem: unknown; ; await sleep(100)) {
      try {
        if (isSo()) return;
      } catch (thrown) {
        problem = thrown;
      }
      if (Date.now() > end) throw new Error(`no ${what}: ${String(problem)}\n${this.logs()}`);
    }
  }

  private logs(): string {
    return ["slurmctld.log", "slurmd.log", "munged.log"]
      .map((name) => join(this.folder, name))
      .filter((path) => existsSync(path))
      .map((path) => `${path}:\n${readFileSync(path, "utf8").slice(-3000)}`)
      .join("\n");
  }

  async stop(): Promise<void> {
    try {
      this.command("scancel", "--signal=KILL", "--full", "--user=root");
    } catch {
      // There was no controller any more.
    }
    for (const daemon of this.daemons.reverse()) {
      const ended = new Promise((resolve) => daemon.once("close", resolve));
      daemon.kill("SIGTERM");
      await Promise.race([ended, sleep(5000).then(() => daemon.kill("SIGKILL"))]);
    }
    rmSync(this.folder, { recursive: true, force: true });
  }
}

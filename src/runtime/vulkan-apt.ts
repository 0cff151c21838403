// Asks apt, with package lists and a cache of its own, for packages that are unpacked privately and never installed.
import { execFile } from "node:child_process";
import { mkdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";

export type Command =
  { readonly ok: true; readonly output: string } | { readonly ok: false; readonly reason: string };

/** Runs a program and collects what it prints; `reason` says what it complained of. */
export function execute(file: string, args: readonly string[], cwd: string): Promise<Command> {
  const options = {
    cwd,
    env: { ...process.env, LC_ALL: "C", DEBIAN_FRONTEND: "noninteractive" },
    maxBuffer: 1 << 28,
  };
  return new Promise((resolve) => {
    execFile(file, args, options, (error, stdout, stderr) => {
      if (error === null) return resolve({ ok: true, output: stdout });
      if (error.code === "ENOENT") return resolve({ ok: false, reason: `there is no '${file}' here` });
      // apt's first error is the cause; others are its consequences.
      const lines = stderr.trim().split("\n");
      const said = lines.find((line) => line.startsWith("E: "))?.slice(3) ?? lines.at(-1) ?? "";
      resolve({ ok: false, reason: `'${file} ${args.at(-1) ?? ""}' failed: ${said}` });
    });
  });
}

export type Package = { readonly name: string; readonly version: string };

/** A private view of apt in a folder of its own: the system's packages are known to it, and nothing there changes. */
export type Apt = {
  readonly directory: string;
  /** Arguments that every apt command is given first. */
  readonly options: readonly string[];
};

// Hooks of the system's configuration may write to the system (caches of desktop tools); none of them is ours to run.
const CONFIGURATION = `#clear APT::Update::Pre-Invoke;
#clear APT::Update::Post-Invoke;
#clear APT::Update::Post-Invoke-Success;
APT::Update::Error-Mode "any";
APT::Sandbox::User "root";
APT::Install-Recommends "false";
APT::Get::AllowUnauthenticated "false";
Acquire::Languages "none";
Acquire::Retries "2";
Acquire::http::Timeout "30";
Acquire::https::Timeout "30";
Debug::NoLocking "true";
`;

/** Prepares `directory` for apt with these sources (text of a `.sources` file); the system's proxies and credentials hold. */
export function prepareApt(directory: string, sources: string, prefer: string | undefined): Apt {
  const parts = join(directory, "sources");
  const lists = join(directory, "lists");
  const cache = join(directory, "cache");
  for (const path of [parts, join(lists, "partial"), join(cache, "archives", "partial")])
    mkdirSync(path, { recursive: true });
  writeFileSync(join(parts, "mppc.sources"), sources);
  const configuration = join(directory, "apt.conf");
  writeFileSync(configuration, CONFIGURATION);
  const settings = [
    `Dir::State::Lists=${lists}`,
    `Dir::Cache=${cache}`,
    "Dir::Etc::sourcelist=/dev/null",
    `Dir::Etc::sourceparts=${parts}`,
    ...(prefer === undefined ? [] : [`APT::Default-Release=${prefer}`]),
  ];
  return { directory, options: ["-c", configuration, "-q", ...settings.flatMap((s) => ["-o", s])] };
}

export const apt = (tool: "apt-get" | "apt-cache", { options, directory }: Apt, args: readonly string[]) =>
  execute(tool, [...options, ...args], directory);

/** The packages that `apt-get -s install` would install or upgrade, by name. */
export function parseSimulation(output: string): ReadonlyMap<string, Package> {
  const matches = output.matchAll(/^Inst (\S+) (?:\[[^\]]*\] )?\((\S+) /gm);
  return new Map([...matches].map(([, name = "", version = ""]) => [name, { name, version }]));
}

/** What each package depends on, alternatives and providers included, from `apt-cache depends --recurse`. */
export function parseDependencies(output: string): ReadonlyMap<string, readonly string[]> {
  const dependencies = new Map<string, string[]>();
  let current: string[] = [];
  for (const line of output.split("\n")) {
    const name = line
      .trim()
      .replace(/^\|?(Pre)?Depends: /, "")
      .replace(/^<(.*)>$/, "$1");
    if (name === "") continue;
    if (/^\s/.test(line)) current.push(name);
    else dependencies.set(name, (current = []));
  }
  return dependencies;
}

// The C and C++ run-times are those that Node itself runs on: a second copy in one process would break it.
const RUNTIMES = new Set(["libc6", "libgcc-s1", "libstdc++6"]);

/** Libraries only: a driver package may also depend on interpreters, which nothing here starts. */
const isLibrary = (name: string): boolean => /^(lib|zlib)/.test(name) && !RUNTIMES.has(name);

/**
 * The packages to fetch: `roots`, and of what they depend on, through libraries, those among `missing`.
 */
export function packagesToFetch(
  roots: readonly Package[],
  missing: ReadonlyMap<string, Package>,
  dependencies: ReadonlyMap<string, readonly string[]>,
): Package[] {
  const wanted = new Map(roots.map((root) => [root.name, root]));
  const queue = roots.map((root) => root.name);
  const visited = new Set(queue);
  for (let name = queue.pop(); name !== undefined; name = queue.pop()) {
    for (const dependency of dependencies.get(name) ?? []) {
      if (visited.has(dependency) || !isLibrary(dependency)) continue;
      visited.add(dependency);
      queue.push(dependency);
      const absent = missing.get(dependency);
      if (absent !== undefined) wanted.set(dependency, absent);
    }
  }
  return [...wanted.values()].sort((a, b) => (a.name < b.name ? -1 : 1));
}

/** Bytes to download, from `apt-get --print-uris download`: lines of 'address' file size hash. */
export function parseSizes(output: string): number {
  return [...output.matchAll(/^'[^']*' \S+ (\d+)/gm)].reduce((sum, match) => sum + Number(match[1]), 0);
}

/** The version apt would install, from `apt-cache policy`; null if the package is not to be had. */
export function parseCandidate(output: string): string | null {
  const version = /^\s*Candidate: (\S+)$/m.exec(output)?.[1];
  return version === undefined || version === "(none)" ? null : version;
}

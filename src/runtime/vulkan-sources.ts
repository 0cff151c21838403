// Reads the machine's own apt sources, and says which of them carry a recent Mesa for this distribution.
import { existsSync, readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";

/** One apt source as the fields of a deb822 stanza, names in lower case, values as written. */
export type Source = ReadonlyMap<string, string>;

export type Distribution = {
  /** For a person: "Debian GNU/Linux 12 (bookworm)". */
  readonly name: string;
  readonly family: "debian" | "ubuntu";
  /** The release's name in apt sources: "bookworm", "noble". */
  readonly codename: string;
};

const words = (text: string | undefined): string[] => (text ?? "").split(/\s+/).filter((word) => word !== "");

/** The distribution that `/etc/os-release` describes; null for anything but Debian, Ubuntu and those made of them. */
export function parseDistribution(osRelease: string): Distribution | null {
  const field = (key: string): string | undefined =>
    new RegExp(`^${key}=["']?([^"'\n]*)["']?$`, "m").exec(osRelease)?.[1];
  const ids = [field("ID") ?? "", ...words(field("ID_LIKE"))];
  const ubuntu = field("UBUNTU_CODENAME");
  const name = field("PRETTY_NAME") ?? field("NAME") ?? "this distribution";
  if (ids.includes("ubuntu")) {
    const codename = ubuntu ?? field("VERSION_CODENAME");
    return codename === undefined ? null : { name, family: "ubuntu", codename };
  }
  const debian = field("DEBIAN_CODENAME") ?? field("VERSION_CODENAME");
  return ids.includes("debian") && debian !== undefined ? { name, family: "debian", codename: debian } : null;
}

/** The stanzas of a `.sources` file that are not disabled. */
export function parseStanzas(text: string): Source[] {
  const stanzas = text
    .split("\n")
    .filter((line) => !line.startsWith("#"))
    .join("\n")
    .split(/\n[ \t]*\n/);
  return stanzas
    .map((stanza) => new Map([...stanza.matchAll(/^([\w-]+):(.*(?:\n[ \t].*)*)/gm)].map(fieldOf)))
    .filter((source) => source.has("uris") && source.get("enabled")?.toLowerCase() !== "no");
}

const fieldOf = (match: RegExpMatchArray): [string, string] => [
  (match[1] ?? "").toLowerCase(),
  (match[2] ?? "").trim(),
];

/** The lines of a `sources.list` file, `deb [option=value ...] uri suite component ...`, as stanzas. */
export function parseOneLine(text: string): Source[] {
  return text.split("\n").flatMap((line) => {
    const match = /^\s*(deb|deb-src)\s+(?:\[([^\]]*)\]\s+)?(\S+)\s+(\S+)\s*([^#]*)/.exec(line);
    if (match === null) return [];
    const [, type = "", options, uri = "", suite = "", components] = match;
    const source = new Map([
      ["types", type],
      ["uris", uri],
      ["suites", suite],
      ["components", words(components).join(" ")],
    ]);
    for (const option of words(options)) {
      const [key = "", value = ""] = option.split("=");
      source.set(ONE_LINE_OPTION[key] ?? key, value.replaceAll(",", " "));
    }
    return [source];
  });
}

const ONE_LINE_OPTION: Readonly<Record<string, string>> = { arch: "architectures", lang: "languages" };

/** Every enabled source of the machine. `root` is "/" but in tests. */
export function readSources(root = "/"): Source[] {
  const apt = join(root, "etc", "apt");
  const read = (path: string): string => (existsSync(path) ? readFileSync(path, "utf8") : "");
  const parts = join(apt, "sources.list.d");
  const names = existsSync(parts) ? readdirSync(parts).sort() : [];
  return [
    ...parseOneLine(read(join(apt, "sources.list"))),
    ...names.filter((n) => n.endsWith(".list")).flatMap((n) => parseOneLine(read(join(parts, n)))),
    ...names.filter((n) => n.endsWith(".sources")).flatMap((n) => parseStanzas(read(join(parts, n)))),
  ];
}

// Debian's releases have a second name that moves on with time.
const DEBIAN_ALIASES = ["oldoldstable", "oldstable", "stable", "testing", "unstable", "sid"];

/** Whether the source looks like the distribution's own archive, and not like somebody's who names suites alike. */
function isOfficial(source: Source, distribution: Distribution): boolean {
  const key = source.get("signed-by") ?? "";
  if (key.includes(`${distribution.family}-archive`)) return true;
  const path = new RegExp(`/(${distribution.family}|${distribution.family}-security|ubuntu-ports)/?$`);
  return words(source.get("uris")).some((uri) => path.test(uri)) && !key.includes("/etc/apt/keyrings");
}

export type Selection =
  | {
      readonly ok: true;
      /** Text of a `.sources` file. */
      readonly text: string;
      /** The suite to prefer, for apt's `-t`; undefined where the release's own packages are recent enough. */
      readonly prefer: string | undefined;
    }
  | { readonly ok: false; readonly reason: string };

/**
 * The distribution's own sources among `sources`, with the suite added that carries a recent Mesa: backports on
 * Debian 12, whose own is too old for Dawn; the release itself, with its updates, anywhere else.
 */
export function selectSources(sources: readonly Source[], distribution: Distribution): Selection {
  const { codename, family, name } = distribution;
  const aliases = family === "debian" ? [codename, ...DEBIAN_ALIASES] : [codename];
  const suitesOf = (source: Source): string[] =>
    words(source.get("suites")).filter((suite) =>
      aliases.some((alias) =>
        ["", "-updates", "-security", "/updates"].some((suffix) => suite === alias + suffix),
      ),
    );
  const usable = sources.filter(
    (source) =>
      words(source.get("types")).includes("deb") &&
      !(source.get("uris") ?? "").startsWith("cdrom:") &&
      suitesOf(source).length > 0 &&
      isOfficial(source, distribution),
  );
  const main = usable.find((source) => suitesOf(source).some((suite) => aliases.includes(suite)));
  if (main === undefined)
    return { ok: false, reason: `apt's sources name no package archive of ${name} (suite '${codename}')` };
  const chosen = usable.map((source) => stanza(source, suitesOf(source), family));
  const backports = `${codename}-backports`;
  if (codename !== "bookworm") return { ok: true, text: chosen.join("\n"), prefer: undefined };
  const listed = sources.find(
    (s) => words(s.get("suites")).includes(backports) && words(s.get("types")).includes("deb"),
  );
  return {
    ok: true,
    text: [...chosen, stanza(listed ?? main, [backports], family)].join("\n"),
    prefer: backports,
  };
}

/** A `.sources` stanza: `source` narrowed to binary packages of these suites. */
function stanza(source: Source, suites: readonly string[], family: Distribution["family"]): string {
  const keyring = `/usr/share/keyrings/${family}-archive-keyring.gpg`;
  const signed: [string, string][] =
    source.has("signed-by") || !existsSync(keyring) ? [] : [["signed-by", keyring]];
  const kept = [...source].filter(([key]) => !["types", "suites", "enabled"].includes(key));
  const fields: [string, string][] = [["types", "deb"], ["suites", suites.join(" ")], ...kept, ...signed];
  return fields.map(([key, value]) => `${key}: ${value}\n`).join("");
}

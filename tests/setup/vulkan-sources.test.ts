// Which of a machine's apt sources the software Vulkan driver is taken from.
import { mkdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import {
  parseDistribution,
  parseOneLine,
  parseStanzas,
  readSources,
  selectSources,
  type Distribution,
} from "../../src/runtime/vulkan-sources.js";
import { temporaryDirectory } from "./transpile.js";

const BOOKWORM: Distribution = { name: "Debian 12", family: "debian", codename: "bookworm" };
const TRIXIE: Distribution = { name: "Debian 13", family: "debian", codename: "trixie" };
const NOBLE: Distribution = { name: "Ubuntu 24.04", family: "ubuntu", codename: "noble" };

const DEB822 = `# the archive
Types: deb deb-src
# a comment within
URIs: http://mirror.example/debian
Suites: bookworm bookworm-updates
Components: main
  contrib
Signed-By: /usr/share/keyrings/debian-archive-keyring.gpg

Types: deb
URIs: http://mirror.example/debian-security
Suites: bookworm-security
Components: main
Signed-By: /usr/share/keyrings/debian-archive-keyring.gpg

Enabled: no
Types: deb
URIs: http://mirror.example/other
Suites: bookworm
Components: main
`;

/** The selected text as stanzas of plain objects. */
function selected(
  sources: Parameters<typeof selectSources>[0],
  distribution: Distribution,
): Record<string, string>[] {
  const selection = selectSources(sources, distribution);
  if (!selection.ok) throw new Error(selection.reason);
  return parseStanzas(selection.text).map((source) => Object.fromEntries(source));
}

describe("the distribution", () => {
  it.each([
    [
      'PRETTY_NAME="Debian GNU/Linux 12 (bookworm)"\nID=debian\nVERSION_CODENAME=bookworm\n',
      "debian",
      "bookworm",
    ],
    [
      'NAME="Ubuntu"\nID=ubuntu\nID_LIKE=debian\nVERSION_CODENAME=noble\nUBUNTU_CODENAME=noble',
      "ubuntu",
      "noble",
    ],
    [
      'ID=linuxmint\nID_LIKE="ubuntu debian"\nVERSION_CODENAME=xia\nUBUNTU_CODENAME=noble\n',
      "ubuntu",
      "noble",
    ],
    ["ID=lmde\nID_LIKE=debian\nVERSION_CODENAME=faye\nDEBIAN_CODENAME=bookworm\n", "debian", "bookworm"],
  ])("is read from os-release", (text, family, codename) => {
    expect(parseDistribution(text)).toMatchObject({ family, codename });
  });

  it.each(["", "ID=fedora\nVERSION_CODENAME=x\n", "ID=alpine\n", "ID=debian\n"])(
    "is none where there is none that is known: %j",
    (text) => {
      expect(parseDistribution(text)).toBeNull();
    },
  );
});

describe("apt's sources", () => {
  it("are read from stanzas, with comments, continued lines and disabled ones", () => {
    const sources = parseStanzas(DEB822);
    expect(sources).toHaveLength(2);
    expect(sources[0]?.get("components")?.split(/\s+/)).toEqual(["main", "contrib"]);
    expect(sources[0]?.get("types")).toBe("deb deb-src");
  });

  it("are read from lines, with options", () => {
    const text =
      "# deb http://mirror.example/old bookworm main\n" +
      "deb [arch=amd64,arm64 signed-by=/k.gpg] http://mirror.example/debian bookworm main contrib # why\n" +
      "deb-src http://mirror.example/debian bookworm main\n";
    expect(parseOneLine(text).map((source) => Object.fromEntries(source))).toEqual([
      {
        types: "deb",
        uris: "http://mirror.example/debian",
        suites: "bookworm",
        components: "main contrib",
        architectures: "amd64 arm64",
        "signed-by": "/k.gpg",
      },
      { types: "deb-src", uris: "http://mirror.example/debian", suites: "bookworm", components: "main" },
    ]);
  });

  it("are read from all of apt's files but those with other endings", () => {
    const root = temporaryDirectory();
    const parts = join(root, "etc", "apt", "sources.list.d");
    mkdirSync(parts, { recursive: true });
    writeFileSync(join(root, "etc", "apt", "sources.list"), "deb http://a.example/debian bookworm main\n");
    writeFileSync(join(parts, "b.list"), "deb http://b.example/debian bookworm main\n");
    writeFileSync(join(parts, "c.sources"), DEB822);
    writeFileSync(join(parts, "d.list.disabled"), "deb http://d.example/debian bookworm main\n");
    expect(readSources(root).map((source) => source.get("uris"))).toEqual([
      "http://a.example/debian",
      "http://b.example/debian",
      "http://mirror.example/debian",
      "http://mirror.example/debian-security",
    ]);
    expect(readSources(join(root, "nowhere"))).toEqual([]);
  });
});

describe("the selection", () => {
  it("adds backports, from the same mirror, on Debian 12", () => {
    const sources = parseStanzas(DEB822);
    expect(selectSources(sources, BOOKWORM)).toMatchObject({ ok: true, prefer: "bookworm-backports" });
    const stanzas = selected(sources, BOOKWORM);
    expect(stanzas.map(({ uris, suites }) => [uris, suites])).toEqual([
      ["http://mirror.example/debian", "bookworm bookworm-updates"],
      ["http://mirror.example/debian-security", "bookworm-security"],
      ["http://mirror.example/debian", "bookworm-backports"],
    ]);
    for (const each of stanzas) {
      expect(each["types"]).toBe("deb");
      expect(each["signed-by"]).toBe("/usr/share/keyrings/debian-archive-keyring.gpg");
    }
  });

  it("takes backports from where the machine does", () => {
    const text = "deb http://mirror.example/debian bookworm main\n";
    const backports = "deb http://archive.example/debian bookworm-backports main\n";
    const last = selected(parseOneLine(text + backports), BOOKWORM).at(-1);
    expect(last).toMatchObject({ uris: "http://archive.example/debian", suites: "bookworm-backports" });
  });

  it("takes the release itself where its Mesa is recent", () => {
    const debian = parseOneLine("deb http://mirror.example/debian stable main\n");
    expect(selectSources(debian, TRIXIE)).toMatchObject({ ok: true, prefer: undefined });
    expect(selected(debian, TRIXIE)).toMatchObject([{ suites: "stable" }]);
    const ubuntu = parseStanzas(
      "Types: deb\nURIs: http://mirror.example/ubuntu/\nSuites: noble noble-updates noble-backports\n" +
        "Components: main universe\nSigned-By: /usr/share/keyrings/ubuntu-archive-keyring.gpg\n",
    );
    expect(selected(ubuntu, NOBLE)).toMatchObject([
      { suites: "noble noble-updates", components: "main universe" },
    ]);
  });

  it("leaves other people's archives out, though they name their suites alike", () => {
    const text =
      "deb [signed-by=/usr/share/keyrings/vendor.gpg] http://vendor.example/products bookworm main\n" +
      "deb [signed-by=/etc/apt/keyrings/tools.asc] http://tools.example/linux/debian bookworm stable\n" +
      "deb http://mirror.example/debian bookworm main\n" +
      "deb cdrom:[Debian 12]/debian bookworm main\n";
    const uris = selected(parseOneLine(text), BOOKWORM).map((stanza) => stanza["uris"]);
    expect(uris).toEqual(["http://mirror.example/debian", "http://mirror.example/debian"]);
  });

  it("says so where there is none", () => {
    expect(selectSources(parseStanzas(DEB822), NOBLE)).toEqual({
      ok: false,
      reason: "apt's sources name no package archive of Ubuntu 24.04 (suite 'noble')",
    });
  });
});

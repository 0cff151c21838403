// The converter of the official MovieLens 100K files, on a small made-up folder of the same form.
import { spawnSync } from "node:child_process";
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, expect, it } from "vitest";

const SCRIPT = join(import.meta.dirname, "..", "..", "examples", "movielens", "convert.mjs");

type Part = { readonly rating: readonly number[][]; readonly x: readonly number[][][] };
/** Stars by film id. */
type User = Readonly<Record<number, number>>;

/** Film f has the single genre f (1 to 18): its features say which film it is. "unknown" is set on all of them. */
const FILMS = Array.from({ length: 18 }, (_, i) => i + 1);
const itemLine = (film: number): string => {
  const genres = FILMS.map((genre) => (genre === film ? 1 : 0));
  return [film, `Amélie ${film} (1995)`, "01-Jan-1995", "", "http://example.org/?a|b", 1, ...genres].join(
    "|",
  );
};
const USERS: readonly User[] = [
  { 1: 5, 2: 4, 3: 3, 4: 2, 5: 1 },
  { 6: 4, 7: 4, 8: 4, 9: 5 },
  { 10: 1, 11: 2, 12: 3 }, // too few films for two halves of two
  { 13: 3, 14: 3, 15: 2, 16: 1 },
];

let folder = "";
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), "mppc-movielens-"));
  writeFileSync(join(folder, "u.item"), FILMS.map((film) => `${itemLine(film)}\n`).join(""), "latin1");
  const lines = USERS.flatMap((films, user) =>
    Object.entries(films).map(([film, stars]) => `${user + 1}\t${film}\t${stars}\t881250949\n`),
  );
  writeFileSync(join(folder, "u.data"), lines.join(""));
});
afterEach(() => rmSync(folder, { recursive: true }));

const convert = (...args: string[]): ReturnType<typeof spawnSync> & { stderr: string } => {
  const result = spawnSync(process.execPath, [SCRIPT, folder, "--output", folder, ...args], {
    encoding: "utf8",
  });
  return result;
};
const readPart = (name: string): Part => JSON.parse(readFileSync(join(folder, name), "utf8")) as Part;

it("takes as many films for training as for testing, no film twice, liked from four stars on", () => {
  const { status, stderr } = convert("--users", "3", "--films", "2");
  expect(stderr).toBe("");
  expect(status).toBe(0);
  const [train, test] = [readPart("data.json"), readPart("test.json")];
  const found = train.x.map((films, user) => {
    const x = [...films, ...(test.x[user] ?? [])];
    const rating = [...(train.rating[user] ?? []), ...(test.rating[user] ?? [])];
    expect(x).toHaveLength(4);
    const ids = x.map((features) => {
      expect(features).toHaveLength(18);
      expect(features.reduce((a, b) => a + b)).toBe(1);
      return features.indexOf(1) + 1;
    });
    expect(new Set(ids).size).toBe(4);
    const owner = USERS.find((films) => ids.every((id) => id in films));
    expect(rating).toEqual(ids.map((id) => ((owner?.[id] ?? NaN) >= 4 ? 1 : 0)));
    return owner;
  });
  expect(new Set(found).size).toBe(3);
  expect(found).not.toContain(USERS[2]);
});

it("gives the same files for a seed and others for another", () => {
  const args = ["--users", "2", "--films", "1"];
  const texts = ["1", "1", "2", "3"].map((seed) => {
    expect(convert(...args, "--seed", seed).status).toBe(0);
    return readFileSync(join(folder, "data.json"), "utf8");
  });
  expect(texts[1]).toBe(texts[0]);
  expect(new Set(texts).size).toBeGreaterThan(1);
});

const MISTAKES: readonly (readonly [string, () => ReturnType<typeof convert>, string])[] = [
  [
    "too many users",
    () => convert("--users", "4", "--films", "2"),
    "only 3 users rated 4 films or more, and 4",
  ],
  ["a size that is no number", () => convert("--users", "many"), "--users is 'many'"],
  ["an unknown option", () => convert("--film", "2"), "--film"],
  ["a folder without the files", () => convertFrom(join(folder, "none")), "(ENOENT): is '"],
  ["a line of another form", () => withLine("u.data", "1,2,3\n"), "u.data, line 17: expected a user"],
  ["an unknown film", () => withLine("u.data", "1\t99\t3\t0\n"), "u.data, line 17: film 99 is not in u.item"],
  ["flags that are not flags", () => withLine("u.item", "19|Film|1|2\n"), "u.item, line 19: expected an id"],
];

const convertFrom = (from: string): ReturnType<typeof convert> =>
  spawnSync(process.execPath, [SCRIPT, from, "--output", folder], { encoding: "utf8" });

function withLine(file: string, line: string): ReturnType<typeof convert> {
  const path = join(folder, file);
  writeFileSync(path, readFileSync(path, "latin1") + line, "latin1");
  return convert("--users", "2", "--films", "2");
}

it.each(MISTAKES)("says what is wrong with %s", (_, act, message) => {
  const { status, stderr } = act();
  expect(status).toBe(1);
  expect(stderr).toContain(message);
  expect(stderr).not.toContain("    at ");
});

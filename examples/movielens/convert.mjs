// Makes the movielens example's data from the official MovieLens 100K files, which this project may not pass on:
//   node examples/movielens/convert.mjs PATH/TO/ml-100k [--users 300] [--films 5] [--seed 1] [--output DIR]
// Writes data.json and test.json: for each of some users the ratings of some films, and of as many further films.
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { parseArgs } from "node:util";
import { writeData } from "../json.mjs";
import { shuffled, uniforms } from "../random.mjs";

/** A rating of this many stars or more counts as liked, as in the papers. */
const LIKED = 4;
/** `u.item` ends in 19 flags: "unknown", then the 18 genres that are the features. */
const GENRES = 18;
const FLAGS = 1 + GENRES;

/** Something about the user's files or arguments, said without a stack trace. */
class Mistake extends Error {}

function read(folder, name) {
  try {
    // The files are older than UTF-8: film titles are in ISO 8859-1.
    return readFileSync(join(folder, name), "latin1");
  } catch (problem) {
    throw new Mistake(
      `cannot read '${join(folder, name)}' (${problem.code}): is '${folder}' the unpacked ml-100k folder?`,
    );
  }
}

const lines = (text) => text.split(/\r?\n/).filter((line) => line !== "");

/** `u.item`: film id to its 18 genre flags. Fields are separated by '|': id, title, dates, address, 19 flags. */
function readFilms(folder) {
  return new Map(
    lines(read(folder, "u.item")).map((line, i) => {
      const fields = line.split("|");
      const flags = fields.slice(-FLAGS);
      if (fields.length < FLAGS + 2 || flags.some((flag) => flag !== "0" && flag !== "1"))
        throw new Mistake(
          `u.item, line ${i + 1}: expected an id, a title and ${FLAGS} flags, separated by '|'`,
        );
      return [fields[0], flags.slice(1).map(Number)];
    }),
  );
}

/** `u.data`: user id to the films that the user rated. Fields are separated by tabs: user, film, stars, time. */
function readRatings(folder, films) {
  const users = new Map();
  lines(read(folder, "u.data")).forEach((line, i) => {
    const [user, film, stars] = line.split("\t");
    const x = films.get(film);
    if (!/^[1-5]$/.test(stars ?? ""))
      throw new Mistake(
        `u.data, line ${i + 1}: expected a user, a film, 1 to 5 stars and a time, separated by tabs`,
      );
    if (x === undefined) throw new Mistake(`u.data, line ${i + 1}: film ${film} is not in u.item`);
    const rated = users.get(user) ?? [];
    rated.push({ x, rating: Number(stars) >= LIKED ? 1 : 0 });
    users.set(user, rated);
  });
  return users;
}

/** Random users who rated enough films, and random films of theirs: half for training, half for testing. */
function select(ratings, { users, films, seed }) {
  const uniform = uniforms(seed);
  const candidates = [...ratings.values()].filter((rated) => rated.length >= 2 * films);
  if (candidates.length < users)
    throw new Mistake(
      `only ${candidates.length} users rated ${2 * films} films or more, and ${users} are asked for`,
    );
  const chosen = shuffled(uniform, candidates)
    .slice(0, users)
    .map((rated) => shuffled(uniform, rated).slice(0, 2 * films));
  const part = (from, to) => ({
    rating: chosen.map((rated) => rated.slice(from, to).map((r) => r.rating)),
    x: chosen.map((rated) => rated.slice(from, to).map((r) => r.x)),
  });
  return { data: part(0, films), test: part(films, 2 * films) };
}

function wholeNumber(text, name) {
  if (!/^\d+$/.test(text)) throw new Mistake(`--${name} is '${text}', but it should be a whole number`);
  return Number(text);
}

function readArguments() {
  const { values, positionals } = parseArgs({
    allowPositionals: true,
    options: {
      users: { type: "string", default: "300" },
      films: { type: "string", default: "5" },
      seed: { type: "string", default: "1" },
      output: { type: "string", default: fileURLToPath(new URL(".", import.meta.url)) },
    },
  });
  const [folder, ...rest] = positionals;
  if (folder === undefined || rest.length > 0)
    throw new Mistake(
      "one folder is needed: node convert.mjs PATH/TO/ml-100k (see README.md for where to get it)",
    );
  const { users, films, seed, output } = values;
  const sizes = {
    users: wholeNumber(users, "users"),
    films: wholeNumber(films, "films"),
    seed: wholeNumber(seed, "seed"),
  };
  if (sizes.users === 0 || sizes.films === 0) throw new Mistake("--users and --films must be 1 or more");
  return { folder, output, sizes };
}

try {
  const { folder, output, sizes } = readArguments();
  const films = readFilms(folder);
  const parts = select(readRatings(folder, films), sizes);
  for (const [name, data] of Object.entries(parts)) writeData(join(output, `${name}.json`), data);
  const { rating } = parts.data;
  console.log(
    `${rating.length} users x ${rating[0].length} films -> ${join(output, "data.json")}, ${join(output, "test.json")}`,
  );
} catch (problem) {
  if (!(problem instanceof Mistake || problem.code?.startsWith("ERR_PARSE_ARGS"))) throw problem;
  console.error(`error: ${problem.message}`);
  process.exitCode = 1;
}

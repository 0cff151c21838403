// Binding data: sizes, storage order, and what is said of data that does not fit.
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { positionAt } from "../../src/source.js";
import { readJson } from "../../src/runtime/data-json.js";
import { transpose } from "../../src/runtime/data-layout.js";
import { bindData } from "../../src/runtime/data.js";
import { modelWith } from "./interface.js";

const file = (text: string, path = "data.json") => ({ path, text });
const ratings = modelWith(["rating"], ["users", "films"]);
const features = modelWith(["D", "rating", "x"], ["users", "films"]);
const radon = modelWith(["y"], ["states", "zips"]);

const codes = (model: typeof ratings, text: string, path?: string): string[] =>
  bindData(model, [file(text, path)]).diagnostics.map((d) => d.code);

describe("binding", () => {
  it("takes sizes from arrays and keeps the file's values", () => {
    const { data, diagnostics } = bindData(ratings, [file('{"rating": [[1, 0, 1], [0, 0, 1]]}')]);
    expect(diagnostics).toEqual([]);
    expect(new Map(data?.sizes)).toEqual(new Map([["users", 2], ["films", 3]])); // prettier-ignore
    expect(data?.arrays.get("rating")).toEqual(new Float64Array([1, 0, 1, 0, 0, 1]));
  });

  it("stores an array over the model's order of plates, vectors last", () => {
    const text = '{"D": 2, "rating": [[1, 0, 1]], "x": [[[1, 2]], [[3, 4]], [[5, 6]]]}';
    const { data, diagnostics } = bindData(features, [file(text)]);
    expect(diagnostics).toEqual([]);
    // In the file x[film][user][i]; stored x[user][film][i].
    expect([...(data?.arrays.get("x") ?? [])]).toEqual([1, 2, 3, 4, 5, 6]);
    const two = '{"D": 1, "rating": [[1, 0], [0, 1]], "x": [[[1], [2]], [[3], [4]]]}';
    expect([...(bindData(features, [file(two)]).data?.arrays.get("x") ?? [])]).toEqual([1, 3, 2, 4]);
    expect(data?.sizes.get("i_D")).toBe(2);
  });

  it("takes the part under 'data' of a fixture, and several files together", () => {
    const fixture = '{"K": 3, "data": {"rating": [[1]]}}';
    expect(bindData(ratings, [file(fixture)]).data?.arrays.get("rating")).toEqual(new Float64Array([1]));
    const { data } = bindData(features, [
      file('{"D": 1, "rating": [[1]]}', "a.json"),
      file('{"x": [[[0.5]]]}', "b.json"),
    ]);
    expect(data?.arrays.get("x")).toEqual(new Float64Array([0.5]));
  });

  it("takes a plate's size from its own key, and a table's columns", () => {
    const model = modelWith([], ["users"]);
    expect(bindData(model, [file('{"users": 300}')]).data?.sizes.get("users")).toBe(300);
    expect(codes(model, "{}")).toEqual(["E0526"]);
    const flat = {
      ...radon.interface,
      plates: [{ name: "states", parent: null, by: null, ordered: false, ragged: false }],
    };
    const data = radon.interface.data.map((d) => ({ ...d, plates: ["states"] }));
    const table = { ...radon, interface: { ...flat, data } };
    const bound = bindData(table, [file('name,y\r\n"a, b",1.5\nc,-2e-1\n', "t.csv")]);
    expect(bound.data?.arrays.get("y")).toEqual(new Float64Array([1.5, -0.2]));
    expect(bound.diagnostics.map((d) => d.code)).toEqual(["N0501"]);
  });

  it("reads vectors from numbered columns", () => {
    const data = [{ ...(features.interface.data[2] ?? radon.interface.data[0]), plates: ["users"] }];
    const model = modelWith(["D"], ["users"]);
    const vectors = {
      ...model,
      interface: {
        ...features.interface,
        plates: [{ name: "users", parent: null, by: null, ordered: false, ragged: false }],
        data: [...model.interface.data, ...data],
      },
    } as typeof model;
    const files = [file("x.1,x.2\n1,2\n3,4\n", "x.csv"), file('{"D": 2}')];
    const bound = bindData(vectors, files);
    expect(bound.diagnostics).toEqual([]);
    expect([...(bound.data?.arrays.get("x") ?? [])]).toEqual([1, 2, 3, 4]);
  });
});

describe("mistakes", () => {
  it.each([
    ["an empty file", "", "E0503"],
    ["a file cut short in an array", '{"rating": [[1, 0', "E0503"],
    ["a file cut short in a name", '{"rat', "E0503"],
    ["an array at the top", "[1, 2]", "E0504"],
    ["a trailing comma", '{"rating": [[1, 0,]]}', "E0502"],
    ["a missing comma", '{"rating": [[1 0]]}', "E0502"],
    ["single quotes", "{'rating': [[1]]}", "E0502"],
    ["a comment", '{"rating": [[1, /* x */ 2]]}', "E0502"],
    ["something after the end", '{"rating": [[1]]} x', "E0502"],
    ["a bare word", '{"rating": [[1, NA]]}', "E0506"],
    ["a number with a leading plus", '{"rating": [[+1]]}', "E0506"],
    ["a number without its first digit", '{"rating": [[.5]]}', "E0506"],
    ["a leading zero", '{"rating": [[01]]}', "E0506"],
    ["NaN", '{"rating": [[NaN]]}', "E0519"],
    ["minus infinity", '{"rating": [[-Infinity]]}', "E0519"],
    ["a number beyond float64", '{"rating": [[1e999]]}', "E0519"],
    ["NaN in quotes", '{"rating": [["NaN"]]}', "E0519"],
    ["text", '{"rating": [["yes"]]}', "E0521"],
    ["a boolean", '{"rating": [[true]]}', "E0521"],
    ["null", '{"rating": [[null]]}', "E0520"],
    ["a ragged array", '{"rating": [[1, 2], [1]]}', "E0517"],
    ["numbers and arrays mixed", '{"rating": [[1, 2], 3]}', "E0518"],
    ["an empty row among others", '{"rating": [[], [1]]}', "E0517"],
    ["a single number", '{"rating": 3}', "E0514"],
    ["too few dimensions", '{"rating": [1, 2]}', "E0516"],
    ["an object", '{"rating": {"a": 1}}', "E0513"],
    ["an empty plate", '{"rating": []}', "E0525"],
    ["an empty inner plate", '{"rating": [[], []]}', "E0525"],
    ["a fraction where int is declared", '{"rating": [[1.5]]}', "E0522"],
    ["a size that disagrees", '{"users": 3, "rating": [[1], [2]]}', "E0524"],
    ["a size that is no number", '{"users": [3], "rating": [[1], [2]]}', "E0527"],
    ["a key given twice", '{"rating": [[1]], "rating": [[1]]}', "E0511"],
    ["another name", '{"ratings": [[1]]}', "E0512"],
  ])("%s", (_, text, code) => {
    expect(codes(ratings, text).filter((c) => !c.startsWith("N"))).toEqual([code]);
  });

  it.each([
    ["a vector's length", '{"D": 3, "rating": [[1]], "x": [[[1, 2]]]}', "E0528"],
    ["vectors without elements", '{"D": 1, "rating": [[1]], "x": [[[]]]}', "E0528"],
    ["arrays that disagree over a plate", '{"D": 1, "rating": [[1]], "x": [[[1]], [[2]]]}', "E0524"],
    ["a size of zero", '{"D": 0, "rating": [[1]], "x": [[[1]]]}', "E0529"],
    ["an array for a scalar", '{"D": [1, 1], "rating": [[1]], "x": [[[1]]]}', "E0515"],
  ])("%s", (_, text, code) => {
    expect(codes(features, text)).toEqual([code]);
  });

  it("points at the element, and says at most ten", () => {
    const text = `{"rating": [[${"1.5, ".repeat(30)}1], [${"1, ".repeat(30)}0.25]]}`;
    const { diagnostics } = bindData(ratings, [file(text)]);
    expect(diagnostics).toHaveLength(11);
    expect(diagnostics[1]?.message).toMatch(/^rating\[1,2\] is 1.5, but 'rating' is declared int/);
    const span = diagnostics[1]?.span;
    expect(span && positionAt(span.source, span.start)).toEqual({ line: 1, column: 19 });
    expect(diagnostics.at(-1)?.message).toBe("... and 21 more of this kind");
  });

  it("offers the name that was meant", () => {
    const [first] = bindData(ratings, [file('{"raitng": [[1]]}')]).diagnostics;
    expect(first?.hint).toBe("the data has 'raitng': is that it?");
  });

  it.each([
    ["no rows", "y\n", "E0508"],
    ["a short row", "y,z\n1,2\n3\n", "E0509"],
    ["two columns of one name", "y,y\n1,2\n", "E0510"],
    ["an open quote", 'y\n"1\n', "E0507"],
    ["a variable over several plates", "y\n1\n2\n", "E0530"],
  ])("a table with %s", (_, text, code) => {
    expect(codes(radon, text, "t.csv")).toEqual([code]);
  });
});

describe("JSON", () => {
  const value = fc.letrec((tie) => ({
    value: fc.oneof(
      { depthSize: "small" },
      fc.double({ noNaN: true, noDefaultInfinity: true }),
      fc.string(),
      fc.boolean(),
      fc.constant(null),
      fc.array(tie("value"), { maxLength: 4 }),
      fc.dictionary(fc.string(), tie("value"), { maxKeys: 4 }),
    ),
  })).value;

  it("accepts exactly what JSON.parse accepts", () => {
    const text = fc
      .tuple(
        fc.dictionary(fc.string(), value, { maxKeys: 4 }),
        fc.nat(),
        fc.string({ maxLength: 2 }),
        fc.boolean(),
      )
      .map(([object, at, noise, spoil]) => {
        const whole = JSON.stringify(object);
        const place = at % whole.length;
        return spoil ? whole.slice(0, place) + noise + whole.slice(place + noise.length) : whole;
      });
    fc.assert(
      fc.property(text, (source) => {
        let parsed: unknown;
        try {
          parsed = JSON.parse(source);
        } catch {
          parsed = undefined;
        }
        const isObject = typeof parsed === "object" && parsed !== null && !Array.isArray(parsed);
        const { file: read } = readJson(file(source));
        // NaN and Infinity are read, to be refused with the name of their element.
        if (!/NaN|nan|NAN|[Ii]nf|INF/.test(source)) expect(read !== null).toBe(isObject);
      }),
      { seed: 7, numRuns: 2000 },
    );
  });

  it("reads numbers as JSON.parse does", () => {
    fc.assert(
      fc.property(
        fc.array(fc.double({ noNaN: true, noDefaultInfinity: true }), { minLength: 1 }),
        (numbers) => {
          const { file: read } = readJson(file(JSON.stringify({ a: numbers })));
          const first = read?.entries[0]?.value;
          const values = first?.kind === "numbers" ? [...first.values] : [];
          expect(values).toEqual(numbers.map((x) => (Object.is(x, -0) ? 0 : x)));
        },
      ),
      { seed: 8 },
    );
  });

  it("reads a million numbers in well under a second", () => {
    const text = JSON.stringify({ a: Array.from({ length: 1000 }, (_, i) => Array.from({ length: 1000 }, (_, j) => i * j + 0.25)) }); // prettier-ignore
    const begin = performance.now();
    const { file: read } = readJson(file(text));
    expect(read?.entries[0]?.value.kind).toBe("numbers");
    expect(performance.now() - begin).toBeLessThan(3000);
  });
});

describe("transpose", () => {
  it("moves every element to its place", () => {
    fc.assert(
      fc.property(
        fc.tuple(
          fc.integer({ min: 1, max: 4 }),
          fc.integer({ min: 1, max: 4 }),
          fc.integer({ min: 1, max: 4 }),
        ),
        fc.shuffledSubarray([0, 1, 2], { minLength: 3 }),
        (shape, order) => {
          const values = Float64Array.from({ length: shape[0] * shape[1] * shape[2] }, (_, i) => i);
          const moved = transpose(values, shape, order);
          const length = (axis: number): number => shape[order[axis] ?? 0] ?? 1;
          const found: number[] = [];
          for (let a = 0; a < length(0); a++)
            for (let b = 0; b < length(1); b++)
              for (let c = 0; c < length(2); c++) {
                const index = [0, 0, 0];
                [a, b, c].forEach((x, i) => (index[order[i] ?? 0] = x));
                const [i = 0, j = 0, k = 0] = index;
                found.push((i * shape[1] + j) * shape[2] + k);
              }
          expect([...moved]).toEqual(found);
        },
      ),
      { seed: 9 },
    );
  });
});

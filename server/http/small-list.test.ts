import assert from "node:assert/strict";
import { test } from "node:test";
import { HttpProblem } from "./problem.ts";
import { pageOf, smallListQuery } from "./small-list.ts";

const people = ["Grace", "ada", "Barbara", "Adele"].map((name, age) => ({ name, age }));
const fields = {
  text: (person: { name: string }) => [person.name],
  sort: {
    name: (person: { name: string }) => person.name.toLowerCase(),
    age: (person: { age: number }) => person.age,
  },
};
const names = (query: object) =>
  pageOf(people, smallListQuery.parse(query), fields).items.map((person) => person.name);

test("a short list is sorted by its first field, searched without case, turned by a minus", () => {
  assert.deepEqual(names({}), ["ada", "Adele", "Barbara", "Grace"]);
  assert.deepEqual(names({ q: "AD" }), ["ada", "Adele"]);
  assert.deepEqual(names({ sort: "-age" }), ["Adele", "Barbara", "ada", "Grace"]);
});

test("pages follow one another by their cursor, and the last has none", () => {
  const first = pageOf(people, smallListQuery.parse({ limit: 3 }), fields);
  assert.deepEqual([first.items.length, first.total], [3, 4]);
  const cursor = first.next ?? assert.fail("there is a second page");
  const second = pageOf(people, smallListQuery.parse({ limit: 3, cursor }), fields);
  assert.deepEqual([second.items.length, second.next], [1, null]);
});

test("an unknown field or a cursor that is not ours is a problem that names it", () => {
  for (const query of [{ sort: "shoe" }, { cursor: "x" }, { cursor: "-1" }])
    assert.throws(() => names(query), HttpProblem);
});

/** docs/runbook.md and the checks name each other. */
import assert from "node:assert/strict";
import { CHECKS } from "../../client/doctor/checks.ts";

const root = new URL("../../", import.meta.url);

Deno.test("lesson 53: the runbook has a row for each check, and for nothing else", async () => {
  const page = await Deno.readTextFile(new URL("docs/runbook.md", root));
  const [, section = ""] = page.split("## What `wire doctor` looks for");
  const rows = [...section.matchAll(/^\| `(\w+)` +\|(.+)\|(.+)\|(.+)\|$/gm)];
  assert.deepEqual(rows.map(([, id]) => id), CHECKS.map(({ id }) => id));
  for (const [, id, ...cells] of rows) {
    assert.ok(cells.every((cell) => (cell ?? "").trim().length > 3), `${id} says something`);
  }
});

Deno.test("doctor: each check says what it looks at, and cites lessons that there are", async () => {
  const lessons = await Deno.readTextFile(new URL("docs/lessons.md", root));
  for (const { id, about, lessons: cited } of CHECKS) {
    assert.ok(about.length > 10, id);
    for (const number of cited) assert.match(lessons, new RegExp(`^${number}\\. `, "m"), id);
  }
});

Deno.test("lesson 53: each symptom of the runbook has one row", async () => {
  const page = await Deno.readTextFile(new URL("docs/runbook.md", root));
  const symptoms = [...page.matchAll(/^\| (.+?) +\| /gm)].map(([, symptom]) => symptom)
    .filter((symptom) =>
      symptom !== "You see" && symptom !== "Check" && !/^-+$/.test(symptom ?? "")
    );
  const twice = symptoms.filter((symptom, at) => symptoms.indexOf(symptom) !== at);
  assert.deepEqual(twice, []);
});

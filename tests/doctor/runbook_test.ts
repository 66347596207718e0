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

/** What no home shows to whoever looks at it: each is held by tests of its own. */
const NOT_IN_A_HOME: Readonly<Record<number, string>> = {
  25: "the relay's intake of strangers is the relay's to bound",
  32: "what commands ask for",
  39: "daemons are found by locks alone",
  46: "how the relay reads",
  51: "tools' schemas and handlers are one",
  52: "what is installed is what is tested",
  53: "the pages are executed",
  54: "a watcher says itself that it stops",
  55: "how tests are written",
};

Deno.test("each of the lessons has a check, or a reason why a home cannot show it", async () => {
  const page = await Deno.readTextFile(new URL("docs/lessons.md", root));
  const lessons = [...page.matchAll(/^(\d+)\. /gm)].map(([, number]) => Number(number));
  const checked = new Set(CHECKS.flatMap((check) => check.lessons));
  const open = lessons.filter((number) => !checked.has(number));
  assert.deepEqual(open, Object.keys(NOT_IN_A_HOME).map(Number));
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

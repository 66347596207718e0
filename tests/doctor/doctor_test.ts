/** `wire doctor` on homes that are broken in one way each: it names it, and nothing else is wrong. */
import assert from "node:assert/strict";
import { CHECKS } from "../../client/doctor/checks.ts";
import { FaultFiles } from "../../platform/fault_files.ts";
import { Scene } from "../../client/doctor/scene.ts";
import { examine } from "../../client/doctor/examine.ts";
import { WireError } from "../../protocol/errors.ts";
import { createContext } from "../../client/context.ts";
import { Patient, SECRETS } from "./patient.ts";

Deno.test("doctor: a home that is well is silent", async () => {
  await using patient = await Patient.create();
  const loud = (await patient.reports()).filter(({ status }) => status !== "PASS");
  assert.deepEqual(loud, []);
});

Deno.test("lesson 34: doctor names this home, and by what it was found", async () => {
  await using patient = await Patient.create();
  const { status, detail } = await patient.examine("home_variable");
  assert.deepEqual([status, detail], ["PASS", `${patient.home.paths.configRoot}, from WIRE_HOME`]);
});

Deno.test("doctor: locks that are held for life, by those who live, are as they should be", async () => {
  await using patient = await Patient.create();
  for (const name of ["notify.lock", "reactor.lock"]) {
    await patient.hold(patient.state(name), "wire watcher");
    const owner = `wire watcher (pid ${Deno.pid}) since 2026-01-01T00:00:00Z`;
    await Deno.writeTextFile(patient.state(`${name}.owner`), owner);
  }
  assert.equal((await patient.examine("locks")).status, "PASS");
});

Deno.test("doctor: every check has an ailment that it finds", async () => {
  const here = new URL("./", import.meta.url);
  let tests = "";
  for await (const { name } of Deno.readDir(here)) {
    if (name.endsWith("_test.ts")) tests += await Deno.readTextFile(new URL(name, here));
  }
  assert.deepEqual(
    CHECKS.map(({ id }) => id).filter((id) => !tests.includes(`check: "${id}"`)),
    [],
  );
});

Deno.test("P5: the private key and planted tokens are in nothing that doctor says", async () => {
  await using patient = await Patient.create();
  const seed = await Deno.readFile(patient.config("private.key"));
  await Deno.writeTextFile(patient.config("relay.json"), `{"self":"${SECRETS.token}"}`);
  await Deno.writeTextFile(patient.config("grants.json"), `{"grants":["${SECRETS.grant}"]}`);
  await Deno.writeTextFile(patient.state("daemon.pid"), `${SECRETS.token}`);
  const text = JSON.stringify(await patient.reports());
  for (const secret of [...Object.values(SECRETS), seed.toHex(), seed.toBase64()]) {
    assert.ok(!text.includes(secret), secret.slice(0, 8));
  }
});

Deno.test("P7: doctor works on a home whose every file is garbage, and writes nothing", async () => {
  await using patient = await Patient.create();
  const { configRoot, stateRoot } = patient.home.paths;
  for (const root of [configRoot, stateRoot]) {
    for await (const { name, isFile } of Deno.readDir(root)) {
      if (!isFile || /\.lock/.test(name)) continue;
      await Deno.writeFile(`${root}/${name}`, new Uint8Array([0xff, 0x00, 0x7b]));
    }
  }
  const before = await snapshot(patient.directory);
  const files = new FaultFiles(patient.platform.files);
  const context = createContext({ ...patient.platform, files }, { warn: () => undefined });
  const reports = await examine(CHECKS, new Scene(context, { recentRejections: 5 }));
  assert.equal(reports.length, CHECKS.length);
  assert.ok(reports.filter(({ status }) => status === "FAIL").length >= 3);
  assert.deepEqual(files.steps, []);
  assert.deepEqual(await snapshot(patient.directory), before);
});

Deno.test("doctor: a check that fails or hangs is told, and stops no other", async () => {
  await using patient = await Patient.create();
  const about = "x";
  const reports = await examine([
    { id: "a", about, lessons: [], look: () => Promise.reject(new TypeError("a fault")) },
    {
      id: "b",
      about,
      lessons: [],
      look: () => Promise.reject(new WireError("unreadable", "Cannot read x", { hint: "mend x" })),
    },
    {
      id: "c",
      about,
      lessons: [3],
      look: () => Promise.resolve({ status: "PASS", detail: "\u001b[2J" }),
    },
  ], new Scene(patient.context, { recentRejections: 5 }));
  assert.deepEqual(reports.map(({ status, detail, fix }) => [status, detail, fix]), [
    ["WARN", "could not be judged: a fault", undefined],
    ["WARN", "could not be judged: Cannot read x", "mend x"],
    ["PASS", "\ufffd[2J", undefined],
  ]);
});

/** Every file with its bytes. */
async function snapshot(directory: string): Promise<Record<string, string>> {
  const found: Record<string, string> = {};
  for await (const { name, isDirectory } of Deno.readDir(directory)) {
    const path = `${directory}/${name}`;
    if (isDirectory) Object.assign(found, await snapshot(path));
    else found[path] = (await Deno.readFile(path)).toBase64();
  }
  return found;
}

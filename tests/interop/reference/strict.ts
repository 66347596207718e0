/**
 * Reads every file of a home as strictly as 0.5.19 and its users do, and tells what differs from the
 * form in which it would have written it. See docs/protocol/identity-and-events.md §2, 9, 10, 17.
 */
import { pidFileForm } from "./daemon.ts";
import { readText, type ReferenceHome } from "./home.ts";
import { at, isObject, object, pretty, print, type Ref, text, tryParse } from "./json.ts";
import { cardProblem } from "./keys.ts";
import { readPending } from "./pending.ts";

const CONFIG_FILES = new Set([
  "private.key",
  "agent-card.json",
  "trust.json",
  "relay.json",
  "relay.lock",
  "policy.json",
]);

/** @returns one line for each thing that 0.5.19 would not read, or not have written so */
export async function homeProblems(home: ReferenceHome): Promise<string[]> {
  const problems: string[] = [];
  const tell = (file: string, problem: string): void => void problems.push(`${file}: ${problem}`);
  for (const name of ["agent-card.json", "trust.json", "relay.json"]) {
    const content = await readText(`${home.config}/${name}`);
    if (content === undefined) continue;
    const value = tryParse(content);
    if (value === undefined || !isObject(value)) tell(name, "not an object");
    else if (pretty(value) !== content) tell(name, "not as pretty-printed, sorted JSON");
  }
  const problem = cardProblem(await home.card());
  if (problem !== undefined) tell("agent-card.json", problem);
  for (const line of agentProblems(await home.trust())) tell("trust.json", line);
  for (const line of relayProblems(await home.relayState())) tell("relay.json", line);
  if ((await Deno.stat(`${home.config}/private.key`)).size !== 32) tell("private.key", "length");
  for await (const { name } of Deno.readDir(home.config)) {
    if (/\.tmp$/.test(name)) tell(name, "temporary file left");
  }
  for (const directory of ["inbox", "outbox"]) await mailProblems(home, directory, tell);
  await pendingProblems(home, tell);
  await pidFileForm(home);
  return problems;
}

type Tell = (file: string, problem: string) => void;

function agentProblems(trust: Ref): string[] {
  const problems: string[] = [];
  if (at(trust, "version") !== 1n) problems.push("version is not 1");
  for (const [handle, agent] of object(trust, "agents")) {
    for (const name of ["tier", "did"]) {
      if (typeof at(agent, name) !== "string") problems.push(`${handle} has no ${name}`);
    }
    const keys = at(agent, "public_keys");
    for (const key of Array.isArray(keys) ? keys : [undefined]) {
      for (const name of ["key_id", "key", "added_at"]) {
        if (typeof at(key, name) !== "string") problems.push(`${handle}: a key has no ${name}`);
      }
    }
  }
  return problems;
}

function relayProblems(state: Ref): string[] {
  const problems: string[] = [];
  const self = at(state, "self");
  if (self === undefined) problems.push("no self");
  const entries = [["self", self] as const, ...object(state, "peers")];
  for (const [name, entry] of entries) {
    if (entry === null) continue;
    // The daemon of 0.5.19 knows nothing but the flat members.
    for (const member of ["relay_url", "slot_id", "slot_token"]) {
      if (text(entry, member) === "") problems.push(`${name} has no ${member}`);
    }
  }
  return problems;
}

async function mailProblems(home: ReferenceHome, directory: string, tell: Tell): Promise<void> {
  for await (const { name } of Deno.readDir(`${home.state}/${directory}`)) {
    const file = `${directory}/${name}`;
    if (!name.endsWith(".jsonl")) {
      tell(file, "what 0.5.19 knows nothing of");
      continue;
    }
    const content = await Deno.readTextFile(`${home.state}/${file}`);
    if (content !== "" && !content.endsWith("\n")) tell(file, "no line end at the end");
    for (const line of content.split("\n")) {
      if (line.trim() === "") continue;
      const event = tryParse(line);
      const id = text(event, "event_id");
      if (event === undefined) tell(file, `cannot be read: ${line.slice(0, 60)}`);
      else if (!line.includes(`"event_id":"${id}"`)) tell(file, "its search would miss a line");
      else if (print(event) !== line) tell(file, `not compact and sorted: ${line.slice(0, 60)}`);
    }
  }
}

async function pendingProblems(home: ReferenceHome, tell: Tell): Promise<void> {
  try {
    for await (const { name } of Deno.readDir(`${home.state}/pending-pair`)) {
      const path = `${home.state}/pending-pair/${name}`;
      const record = await readPending(path);
      if (record === undefined) tell(name, "a pairing that would be passed over");
      else if (`${record.code}.json` !== name) tell(name, "a second file of one pairing");
    }
  } catch (error) {
    if (!(error instanceof Deno.errors.NotFound)) throw error;
  }
}

/** Names below config/ that 0.5.19 does not have. */
export async function foreignConfigFiles(home: ReferenceHome): Promise<string[]> {
  const names: string[] = [];
  for await (const { name } of Deno.readDir(home.config)) {
    if (!CONFIG_FILES.has(name)) names.push(name);
  }
  return names.sort();
}

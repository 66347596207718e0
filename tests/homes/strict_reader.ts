/**
 * Reads a whole home as 0.5.19 does, every file that it knows, and says what differs from the form in
 * which it writes it. Built from the specification alone, beside what tests/interop/reference has; nothing
 * of ours is used. See docs/protocol/identity-and-events.md §2, 14.4, 17, 18, 21 and 25.
 */
import { readText, type ReferenceHome } from "../interop/reference/home.ts";
import {
  at,
  isList,
  isObject,
  pretty,
  print,
  type Ref,
  text,
  tryParse,
} from "../interop/reference/json.ts";
import { eventProblem, handleOf } from "../interop/reference/keys.ts";
import { homeProblems } from "../interop/reference/strict.ts";

const INBOUND = [
  "peer_handle",
  "peer_did",
  "peer_card",
  "peer_relay_url",
  "peer_slot_id",
  "peer_slot_token",
  "peer_endpoints",
  "event_id",
  "event_timestamp",
  "received_at",
];
const INVITE = ["nonce", "exp", "uses_remaining", "accepted_by", "created_at"];
const PENDING = [
  "code",
  "code_hash",
  "role",
  "relay_url",
  "status",
  "sas",
  "peer_did",
  "created_at",
  "last_error",
  "pair_id",
  "our_slot_id",
  "our_slot_token",
  "spake2_seed_b64",
];
const PID = ["schema", "pid", "bin_path", "version", "started_at", "did", "relay_url"];

type Tell = (file: string, problem: string) => void;

/** @returns one line a difference, sorted */
export async function differences(home: ReferenceHome): Promise<string[]> {
  const found: string[] = [];
  const tell: Tell = (file, problem) => void found.push(`${file}: ${problem}`);
  try {
    found.push(...await homeProblems(home));
  } catch (error) {
    tell("daemon.pid", error instanceof Error ? error.message.split("\n", 1)[0] ?? "" : "?");
  }
  await Promise.all([
    modes(home, tell),
    records(home, {
      directory: "pending-inbound-pairs",
      order: INBOUND,
      optional: ["peer_endpoints"],
    }, tell),
    records(home, { directory: "pending-invites", order: INVITE, optional: [] }, tell),
    records(home, { directory: "pending-pair", order: PENDING, optional: PENDING.slice(5) }, tell),
    inbound(home, tell),
    invites(home, tell),
    pidFile(home, "daemon.pid", tell),
    pidFile(home, "notify.pid", tell),
    cursors(home, tell),
    logs(home, tell),
    signedByUs(home, tell),
    registry(home, tell),
  ]);
  return found.sort();
}

async function modes({ config }: ReferenceHome, tell: Tell): Promise<void> {
  for (
    const [name, wanted] of [["", 0o700], ["/private.key", 0o600], ["/relay.json", 0o600]] as const
  ) {
    const mode = (await Deno.stat(config + name).catch(() => undefined))?.mode;
    if (mode !== undefined && mode !== null && (mode & 0o777) !== wanted) {
      tell(`config${name}`, `mode ${(mode & 0o777).toString(8)}`);
    }
  }
}

interface Shape {
  readonly directory: string;
  readonly order: readonly string[];
  readonly optional: readonly string[];
}

/** Typed records: pretty, their members in the declared order; what 0.5.19 does not know may follow. */
async function records(
  { state }: ReferenceHome,
  { directory, order, optional }: Shape,
  tell: Tell,
): Promise<void> {
  for (const name of await list(`${state}/${directory}`)) {
    const file = `${directory}/${name}`;
    if (!name.endsWith(".json")) {
      tell(file, "what 0.5.19 knows nothing of");
      continue;
    }
    const content = await readText(`${state}/${file}`) ?? "";
    const names = memberNames(content);
    if (names === undefined) {
      tell(file, "not an object");
      continue;
    }
    const missing = order.filter((it) => !names.includes(it) && !optional.includes(it));
    if (missing.length > 0) tell(file, `no ${missing.join(", ")}`);
    const known = names.filter((it) => order.includes(it));
    const wanted = order.filter((it) => names.includes(it));
    if (known.join() !== wanted.join()) tell(file, `order ${known.join(", ")}`);
    if (content !== JSON.stringify(JSON.parse(content), null, 2)) tell(file, "not pretty");
  }
}

/** In the order of the file. */
function memberNames(content: string): string[] | undefined {
  const value = tryParse(content);
  return isObject(value) ? [...value.keys()] : undefined;
}

async function inbound({ state }: ReferenceHome, tell: Tell): Promise<void> {
  for (const name of await list(`${state}/pending-inbound-pairs`)) {
    const record = tryParse(await readText(`${state}/pending-inbound-pairs/${name}`) ?? "");
    if (!isObject(record)) continue;
    if (`${text(record, "peer_handle")}.json` !== name) tell(name, "the record of another name");
    if (handleOf(text(record, "peer_did")) !== text(record, "peer_handle")) tell(name, "other DID");
    const endpoints = at(record, "peer_endpoints") ?? [];
    for (const endpoint of isList(endpoints) ? endpoints : [null]) {
      const names = isObject(endpoint) ? [...endpoint.keys()].join() : "";
      if (names !== "relay_url,slot_id,slot_token,scope") tell(name, `endpoint ${names}`);
    }
  }
}

async function invites({ state }: ReferenceHome, tell: Tell): Promise<void> {
  for (const name of await list(`${state}/pending-invites`)) {
    const record = tryParse(await readText(`${state}/pending-invites/${name}`) ?? "");
    if (!isObject(record)) continue;
    const nonce = text(record, "nonce");
    if (!/^[0-9a-f]{64}$/.test(nonce) || `${nonce}.json` !== name) tell(name, "nonce");
    if (typeof at(record, "exp") !== "bigint") tell(name, "exp is no integer");
    const uses = at(record, "uses_remaining");
    if (typeof uses !== "bigint" || uses < 1n) tell(name, "uses_remaining");
    if (!isList(at(record, "accepted_by"))) tell(name, "accepted_by");
  }
}

async function pidFile({ state }: ReferenceHome, name: string, tell: Tell): Promise<void> {
  const content = (await readText(`${state}/${name}`) ?? "").trim();
  if (content === "" || /^\d+$/.test(content)) return;
  const names = memberNames(content);
  if (names === undefined) return; // told already
  if (names.join() !== PID.filter((it) => names.includes(it)).join()) tell(name, `order ${names}`);
}

async function cursors({ state }: ReferenceHome, tell: Tell): Promise<void> {
  for (const name of ["notify.cursor", "reactor.cursor"]) {
    const content = await readText(`${state}/${name}`);
    if (content === undefined) continue;
    const value = tryParse(content);
    const isCursor = isObject(value) && [...value.values()].every((it) => typeof it === "bigint");
    if (!isCursor || print(value) !== content) tell(name, "not a compact object of offsets");
  }
}

async function logs({ state }: ReferenceHome, tell: Tell): Promise<void> {
  const shapes: readonly (readonly [string, readonly string[]])[] = [
    ["pair-rejected.jsonl", ["code", "detail", "peer", "ts"]],
    ["diag.jsonl", ["payload", "pid", "ts", "type", "version"]],
  ];
  for (const [name, members] of shapes) {
    for (const line of (await readText(`${state}/${name}`) ?? "").split("\n")) {
      if (line === "") continue;
      if (memberNames(line)?.join() !== members.join()) tell(name, line.slice(0, 60));
    }
  }
  const emitted = (await readText(`${state}/reactor-emitted.log`) ?? "").split("\n");
  if (emitted.length > 501) tell("reactor-emitted.log", "more than 500 ids");
}

/** Whoever gets a line of ours must be able to verify it with our entry of trust.json. */
async function signedByUs(home: ReferenceHome, tell: Tell): Promise<void> {
  const trust = await home.trust();
  for (const name of await list(`${home.state}/outbox`)) {
    for (const line of (await readText(`${home.state}/outbox/${name}`) ?? "").split("\n")) {
      const event: Ref | undefined = line.trim() === "" ? undefined : tryParse(line);
      const problem = event === undefined ? undefined : eventProblem(event, trust);
      if (problem !== undefined) tell(`outbox/${name}`, problem.reason);
    }
  }
}

async function registry({ path }: ReferenceHome, tell: Tell): Promise<void> {
  const content = await readText(`${path}/sessions/registry.json`);
  if (content === undefined) return;
  const value = tryParse(content);
  const names = isObject(at(value, "by_cwd")) ? undefined : "by_cwd";
  if (names !== undefined) tell("registry.json", `no ${names}`);
  if (value !== undefined && pretty(value) !== content) {
    tell("registry.json", "not pretty and sorted");
  }
}

async function list(directory: string): Promise<string[]> {
  const names: string[] = [];
  try {
    for await (const { name } of Deno.readDir(directory)) names.push(name);
  } catch (error) {
    if (!(error instanceof Deno.errors.NotFound)) throw error;
  }
  return names.sort();
}

const KNOWN: Readonly<Record<"config" | "state", RegExp>> = {
  config:
    /^(private\.key|agent-card\.json|trust\.json|relay\.json|relay\.lock|policy\.json|relay-state\.json)$/,
  state:
    /^(inbox|outbox|(daemon|notify)\.pid|(notify|reactor)\.cursor|reactor-emitted\.log|pair-rejected\.jsonl|pending-invites|pending-inbound-pairs|pending-pair|diag\.enabled|diag\.jsonl(\.1)?|daemon\.log)$/,
};

/** Names in the two directories that 0.5.19 does not know, as `config/wire/<name>`; locks left out. */
export async function foreignNames(home: ReferenceHome): Promise<string[]> {
  const found: string[] = [];
  for (const root of ["config", "state"] as const) {
    for (const name of await list(home[root])) {
      const isLock = /\.lock(\.owner)?$/.test(name);
      if (!isLock && !KNOWN[root].test(name)) found.push(`${root}/wire/${name}`);
    }
  }
  return found;
}

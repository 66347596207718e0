/**
 * The command line of 0.5.19, row by row of docs/protocol/cli.md: keys, types and order of `--json`,
 * exit codes, and the texts that scripts look for. Where ours differs known_differences.json says why;
 * an entry that is no longer true fails too.
 */
import assert from "node:assert/strict";
import type { Home } from "../e2e/world.ts";
import { pairHomes } from "../e2e/pairing.ts";
import { World } from "../e2e/world.ts";
import {
  type Failure,
  failureDifferences,
  type Known,
  type Shape,
  shapeDifferences,
} from "./surface.ts";

const KNOWN: Readonly<Record<string, Known>> = JSON.parse(
  await Deno.readTextFile(new URL("known_differences.json", import.meta.url)),
);

const WHOAMI: Shape = [
  "capabilities:array",
  "config_dir:string",
  "did:string",
  "fingerprint:string",
  "handle:string",
  "key_id:string",
  "public_key_b64:string",
];
const PENDING: Shape = [
  "code:string",
  "code_hash:string",
  "role:string",
  "relay_url:string",
  "status:string",
  "sas:string|null",
  "peer_did:string|null",
  "created_at:string",
  "last_error:string|null",
  "pair_id:string|null",
  "our_slot_id:string|null",
  "our_slot_token:string|null",
  "spake2_seed_b64:string|null",
];
const PULL: Shape = [
  "cursor_advanced_to:string|null",
  "cursor_blocked:boolean",
  "rejected:array",
  "total_seen:number",
  "written:array",
];
const PAIRED: Shape = [
  "paired_with:string",
  "peer_handle:string",
  "peer_relay_url:string",
  "peer_slot_id:string",
  "sas:string",
];
const QUEUED: Shape = [
  "code_phrase:string",
  "daemon_spawned:boolean",
  "relay_url:string",
  "role:string",
  "state:string",
];
const EVENT: Shape = [
  "body:string",
  "event_id:string",
  "from:string",
  "kind:number",
  "public_key_id:string",
  "schema_version:string",
  "signature:string",
  "timestamp:string",
  "to:string",
  "type:string",
];
const STATUS: Shape = [
  "capabilities:array",
  "daemon:object",
  "did:string",
  "fingerprint:string",
  "handle:string",
  "inbox:object",
  "initialized:boolean",
  "outbox:object",
  "peer_slots_count:number",
  "peers:array",
  "pending_pairs:object",
  "self_relay:object|null",
];

const CODE = "42-K7QX2M";
/** A port on which nobody listens; one that browsers block, too. */
const NOWHERE = "http://127.0.0.1:1";

/** Where there is no identity. */
const EMPTY: Readonly<Record<string, readonly [readonly string[], Failure]>> = {
  "no command": [[], { code: 2, says: "Usage" }],
  "unknown command": [["frobnicate"], { code: 2, says: "frobnicate" }],
  "unknown option": [["whoami", "--frob"], { code: 2, says: "--frob" }],
  "missing argument": [["send", "bob"], { code: 2, says: "required" }],
  "bad number": [["daemon", "--interval", "x"], { code: 2, says: "x" }],
  "pair-host without --relay": [["pair-host"], { code: 2, says: "--relay" }],
  "pair-join without --relay": [["pair-join", CODE], { code: 2, says: "--relay" }],
  "init, alphabet": [["init", "a b"], { code: 1, says: "must be ASCII alphanumeric" }],
  "whoami, no identity": [["whoami"], { code: 1, says: "not initialized" }],
  "send, no identity": [["send", "bob", "x"], { code: 1, says: "not initialized" }],
  "bind-relay, no identity": [["bind-relay", NOWHERE], { code: 1, says: "not initialized" }],
  "daemon, no identity": [["daemon", "--once"], { code: 1, says: "not initialized" }],
  "pair-host, no identity": [["pair-host", "--relay", NOWHERE], {
    code: 1,
    says: "not initialized",
  }],
  "pair-host --detach, no identity": [
    ["pair-host", "--compat", "--detach", "--relay", NOWHERE],
    { code: 1, says: "not initialized — run `wire init <handle>` first" },
  ],
  "push, no peers": [["push"], { code: 1, says: "no peer slots pinned" }],
  "pull, no slot": [["pull"], { code: 1, says: "self slot not bound" }],
  "relay-server, not loopback": [
    ["relay-server", "--local-only", "--bind", "0.0.0.0:0"],
    {
      code: 1,
      says:
        '--local-only refuses non-loopback bind: "0.0.0.0" resolves to 0.0.0.0 which is not in ' +
        "127.0.0.0/8 or [::1]. Remove --local-only to bind publicly, or use 127.0.0.1 / [::1] / localhost.",
    },
  ],
  "relay-server, no port": [["relay-server", "--bind", "127.0.0.1"], {
    code: 1,
    says: "binding 127.0.0.1: invalid socket address",
  }],
  "verify, no file": [["verify", "/nowhere"], { code: 1, says: "/nowhere" }],
};

/** Where there is an identity, `alice`, without mailbox or peers. */
const ALONE: Readonly<Record<string, readonly [readonly string[], Failure]>> = {
  "init, again": [["init", "alice"], { code: 1, says: "already initialized" }],
  "push, alone": [["push"], { code: 1, says: "no peer slots pinned" }],
  "pull, alone": [["pull"], { code: 1, says: "self slot not bound" }],
  "bind-relay, unreachable": [["bind-relay", NOWHERE], {
    code: 1,
    says: `phyllis: silent line — couldn't reach ${NOWHERE}/healthz: connect error: `,
  }],
  "status --peer, unknown": [["status", "--peer", "bob"], { code: 1, says: "unknown peer" }],
  "send, deadline unit": [["send", "bob", "x", "--deadline", "5x"], {
    code: 1,
    says: "deadline must end in m, h, d, or be RFC3339: ",
  }],
  "send, deadline number": [["send", "bob", "x", "--deadline", "xm"], {
    code: 1,
    says: "deadline must be `30m`, `2h`, `1d`, or RFC3339: ",
  }],
  "send, deadline zero": [["send", "bob", "x", "--deadline", "0m"], {
    code: 1,
    says: "deadline duration must be positive: ",
  }],
  "send, no such file": [["send", "bob", "@/nowhere"], { code: 1, says: "/nowhere" }],
  "send, number that no receiver knows": [["send", "bob", "4242", "x"], { code: 0, says: "" }],
  "pair-join, no dash": [["pair-join", "42", "--relay", NOWHERE], {
    code: 1,
    says: `code phrase missing '-' separator: "42"`,
  }],
  "pair-join, digits": [["pair-join", "4x-K7QX2M", "--relay", NOWHERE], {
    code: 1,
    says: `code phrase digits must be 2 ASCII digits, got "4x"`,
  }],
  "pair-join, length": [["pair-join", "42-K7Q", "--relay", NOWHERE], {
    code: 1,
    says: `code phrase token must be 6 chars, got 3 ("K7Q")`,
  }],
  "pair-join, letters": [["join", "42-k7qx2m", "--relay", NOWHERE], {
    code: 1,
    says: `code phrase token has non-base32 char: "k7qx2m"`,
  }],
  "pair-confirm, count": [["pair-confirm", CODE, "12345"], {
    code: 1,
    says: "expected 6 digits (got 5 after stripping non-digits)",
  }],
  "pair-confirm, none": [["pair-confirm", CODE, "123-456"], {
    code: 1,
    says: `no pending pair found for code ${CODE}`,
  }],
  "pair-cancel, none": [["pair-cancel", CODE], {
    code: 1,
    says: `no pending pair for code ${CODE}`,
  }],
  "pair-watch, bad code": [["pair-watch", "42"], { code: 1, says: "missing '-' separator" }],
  "pair-watch, none": [["pair-watch", CODE], { code: 1, says: "" }],
  "pair-abandon, unreachable": [["pair-abandon", CODE, "--relay", NOWHERE], { code: 1, says: "" }],
  "tail, unknown peer": [["tail", "nobody"], { code: 0, says: "" }],
  "tail --json, no inbox": [["tail", "--json"], { code: 0, says: "" }],
};

class Surface {
  readonly found: Record<string, readonly string[]> = {};

  shape(name: string, value: unknown, shape: Shape): void {
    assert.ok(!Object.hasOwn(this.found, name), name);
    this.found[name] = shapeDifferences(value, shape);
  }

  equal(name: string, seen: unknown, wanted: unknown): void {
    assert.ok(!Object.hasOwn(this.found, name), name);
    const [is, should] = [JSON.stringify(seen), JSON.stringify(wanted)];
    this.found[name] = is === should ? [] : [`${is}, not ${should}`];
  }

  async failures(home: Home, rows: typeof EMPTY): Promise<void> {
    for (const [name, [args, failure]] of Object.entries(rows)) {
      assert.ok(!Object.hasOwn(this.found, name), name);
      this.found[name] = failureDifferences(await home.run(args), failure);
    }
  }
}

Deno.test("ruling 6: cli.md, row by row: what differs from 0.5.19 is known, with its reason", async () => {
  await using world = await World.create();
  const surface = new Surface();
  const empty = world.home("empty");
  const { url } = await world.relay();
  const alice = world.home("alice");
  await Promise.all([
    (async () => {
      await surface.failures(empty, EMPTY);
      surface.equal("status, no identity", await empty.json(["status"]), { initialized: false });
      surface.equal("peers, no identity", await empty.json(["peers"]), []);
    })(),
    (async () => {
      surface.shape("init", await alice.json(["init", "alice"]), [
        "config_dir:string",
        "did:string",
        "fingerprint:string",
        "key_id:string",
      ]);
      await surface.failures(alice, ALONE);
    })(),
  ]);
  const bob = world.home("bob");
  await identities(surface, alice, bob, url);
  await messages(surface, alice, bob);
  await pairings(surface, alice, bob, url);
  compare(surface.found);
});

async function identities(surface: Surface, alice: Home, bob: Home, url: string): Promise<void> {
  surface.shape("bind-relay", await alice.json(["bind-relay", `${url}/`]), [
    "relay_url:string",
    "slot_id:string",
    "slot_token_present:boolean",
  ]);
  surface.shape("init --relay", await bob.json(["init", "bob", "--relay", `${url}/`]), [
    "config_dir:string",
    "did:string",
    "fingerprint:string",
    "key_id:string",
    "relay_url:string",
    "slot_id:string",
  ]);
  surface.shape("whoami", await alice.json(["whoami"]), WHOAMI);
  const [hosted] = await pairHomes(alice, bob, url);
  surface.shape("pair-host, result", hosted, PAIRED);
  const [peer] = await alice.list(["peers"]);
  surface.shape("peers", peer, [
    "capabilities:array",
    "did:string",
    "handle:string",
    "tier:string",
  ]);
  await surface.failures(alice, {
    "bind-relay, peers pinned": [["bind-relay", url], {
      code: 1,
      says: "would silently black-hole 1 pinned peer(s)",
    }],
  });
}

async function messages(surface: Surface, alice: Home, bob: Home): Promise<void> {
  const sent = await alice.record(["send", "bob", "hello"]);
  surface.shape("send", sent, ["event_id:string", "outbox:string", "peer:string", "status:string"]);
  surface.equal("send, status", sent["status"], "queued");
  surface.shape("send, again", await alice.json(["send", "bob@relay.test", "hello"]), [
    "event_id:string",
    "outbox:string",
    "peer:string",
    "status:string",
  ]);
  const line = async (args: readonly string[], stdin?: string): Promise<unknown> => {
    const { outbox } = JSON.parse(await alice.ok(["send", "--json", "bob", ...args], stdin));
    const text = (await Deno.readTextFile(outbox)).trimEnd().split("\n").at(-1) ?? "";
    return JSON.parse(text);
  };
  surface.shape("outbox line", await line(["first"]), EVENT);
  const [note, number, plus] = [
    Object(await line(["note", "x"])),
    Object(await line(["1002", "x"])),
    Object(await line(["+1002", "y"])),
  ];
  surface.equal("send, unknown word", [note.kind, note.type], [1, "note"]);
  surface.equal("send, number", [number.kind, number.type], [1002, "1002"]);
  surface.equal("send, signed number", [plus.kind, plus.type], [1002, "+1002"]);
  const { did } = Object((await alice.list(["peers"]))[0]);
  // identity-and-events.md §32: the pinned DID where one is known; 0.5.19 does not look at it.
  surface.equal("send, recipient", note.to, did);
  const bodies: readonly (readonly [string, readonly string[], string | undefined, unknown])[] = [
    ["stdin, JSON", ["-"], ' {"a": [1]} \n', { a: [1] }],
    ["stdin, text", ["-"], " not json \n", " not json \n"],
    ["literal that looks like JSON", ['{"a":1}'], undefined, '{"a":1}'],
    ["after --", ["--", "-dash"], undefined, "-dash"],
  ];
  for (const [name, args, stdin, wanted] of bodies) {
    surface.equal(`send, ${name}`, Object(await line(args, stdin)).body, wanted);
  }
  const push = Object(await alice.json(["push"]));
  surface.shape("push", push, ["pushed:array", "skipped:array"]);
  const item = ["endpoint:string", "event_id:string", "peer:string", "scope:string"];
  surface.shape("push, pushed", push.pushed[0], item);
  surface.equal(
    "push, second run skips what was sent",
    Object(await alice.json(["push"])).skipped.length,
    9,
  );
  const attention = Object(await alice.json(["status", "--peer", "bob"]));
  surface.shape("status --peer", attention, [
    "attention:object",
    "peer:string",
    "responder:object",
    "transport:object",
  ]);
  surface.equal("status --peer, never pulled", attention.attention.status, "never_pulled");
  surface.shape("status --peer, attention", attention.attention, [
    "age_seconds?:number",
    "event_count:number",
    "last_pull_at_unix:number|null",
    "status:string",
  ]);
  surface.shape("status --peer, responder", attention.responder, [
    "record:object|null",
    "status:string",
  ]);
  surface.shape("status --peer, transport", attention.transport, [
    "latency_ms:number",
    "relay_url:string",
    "status:string",
  ]);
  const pulled = Object(await bob.json(["pull"]));
  surface.shape("pull", pulled, PULL);
  surface.shape("pull, written", pulled.written[0], ["event_id:string", "from:string"]);
  const first: unknown = JSON.parse((await bob.ok(["tail", "--json"])).split("\n")[0] ?? "");
  surface.shape("tail", first, [...EVENT, "verified:boolean"]);
  surface.equal("verify", await bob.json(["verify", "-"], JSON.stringify(first)), {
    verified: true,
  });
  const tampered = JSON.stringify({ ...Object(first), body: "other" });
  const { code, stdout } = await bob.run(["verify", "-", "--json"], { stdin: tampered });
  surface.equal("verify, tampered", [code, JSON.parse(stdout)], [1, {
    reason: "event_id mismatch — body was tampered after signing",
    verified: false,
  }]);
  const plain = await bob.run(["verify", "-"], { stdin: tampered });
  surface.equal("verify, tampered, text", [plain.code, plain.stdout, plain.stderr], [
    1,
    "",
    "FAILED: event_id mismatch — body was tampered after signing\n",
  ]);
  surface.equal(
    "verify, text",
    await bob.ok(["verify", "-"], JSON.stringify(first)),
    "verified ✓\n",
  );
  await watchers(surface, bob);
}

async function watchers(surface: Surface, bob: Home): Promise<void> {
  await using monitor = bob.start(["monitor", "--json", "--replay", "1"]);
  const { input } = await monitor.line("stdout", /^\{.*\}$/);
  surface.shape("monitor", JSON.parse(input), [
    "peer:string",
    "event_id:string",
    "kind:string",
    "body_preview:string",
    "verified:boolean",
    "timestamp:string",
    "raw:object",
  ]);
  await bob.ok(["send", "alice", "hello"]);
  const cycle = Object(await bob.json(["daemon", "--once"]));
  surface.shape("daemon --once", cycle, [
    "pairs:object",
    "pull:object",
    "push:object",
    "ts:string",
  ]);
  surface.shape("daemon, pull", cycle.pull, PULL);
  surface.shape("daemon, pushed", cycle.push.pushed[0], ["event_id:string", "peer:string"]);
  surface.equal("daemon, pairs", cycle.pairs, { transitions: [] });
  const status = Object(await bob.json(["status"]));
  surface.shape("status", status, STATUS);
  surface.shape("status, daemon", status.daemon, [
    "all_running_pids:array",
    "orphans:array",
    "pid:number|null",
    "running:boolean",
  ]);
  surface.shape("status, outbox", status.outbox, ["events:number", "files:number"]);
  surface.shape("status, peers", status.peers[0], ["handle:string", "tier:string"]);
  surface.shape("status, pending_pairs", status.pending_pairs, [
    "by_status:object",
    "inbound_count:number",
    "inbound_handles:array",
    "total:number",
  ]);
  surface.shape("status, self_relay", status.self_relay, [
    "last_pulled_event_id?:string",
    "relay_url:string",
    "slot_id:string",
  ]);
}

async function pairings(surface: Surface, alice: Home, bob: Home, url: string): Promise<void> {
  const quiet = { env: { WIRE_MCP_SKIP_AUTO_UP: "1" } };
  const once = async (home: Home, args: readonly string[]): Promise<unknown> =>
    JSON.parse((await home.run([...args, "--json"], quiet)).stdout);
  const queued = Object(await once(alice, ["pair-host", "--compat", "--detach", "--relay", url]));
  surface.shape("pair-host --detach", queued, QUEUED);
  const code = queued.code_phrase;
  surface.equal("pair-host --detach, state", [queued.role, queued.state], ["host", "queued"]);
  await surface.failures(alice, {
    "pair-confirm, too early": [["pair-confirm", code, "123456"], {
      code: 1,
      says: `pair ${code} not in sas_ready state (current: request_host). ` +
        "Run `wire pair-list` to see what's going on.",
    }],
    "pair-watch, timeout": [["pair-watch", code, "--timeout", "0"], { code: 2, says: "timeout" }],
    "pair-watch --json, timeout": [["pair-watch", CODE, "--status", "x", "--timeout", "0"], {
      code: 1,
      says: "",
    }],
  });
  surface.shape("pair-list", (await alice.list(["pair-list"]))[0], PENDING);
  surface.shape(
    "pair-join --detach",
    await once(bob, ["pair-join", code, "--detach", "--relay", url]),
    QUEUED,
  );
  const transitions: unknown[] = [];
  for (const home of [alice, bob, alice]) {
    transitions.push(...Object(await home.json(["daemon", "--once"])).pairs.transitions);
  }
  surface.shape("daemon, transition", transitions[0], [
    "code:string",
    "from:string",
    "peer_did:string|null",
    "sas:string|null",
    "to:string",
  ]);
  const watched = (await alice.ok(["pair-watch", code, "--json"])).trimEnd();
  surface.shape("pair-watch", JSON.parse(watched), PENDING);
  const [{ sas } = {}] = await alice.list(["pair-list"]);
  const digits = String(sas);
  surface.equal(
    "pair-watch, text",
    await alice.ok(["pair-watch", code]),
    `pair ${code} reached sas_ready (SAS: ${digits.slice(0, 3)}-${digits.slice(3)})\n`,
  );
  const wrong = digits.replace(/^./, (first) => String((Number(first) + 1) % 10));
  surface.equal("pair-confirm", await alice.json(["pair-confirm", code, digits]), {
    code_phrase: code,
    form: "0.5.19", // ours alone: extensions.md §14 ruling 10
    state: "confirmed",
  });
  await bob.json(["daemon", "--once"]);
  const mismatch = await bob.run(["pair-confirm", code, wrong, "--json"]);
  surface.equal("pair-confirm, mismatch", [mismatch.code, JSON.parse(mismatch.stdout)], [1, {
    code_phrase: code,
    error: "digits mismatch",
    form: "0.5.19", // ours alone: extensions.md §14 ruling 10
    state: "aborted",
  }]);
  surface.equal(
    "pair-confirm, mismatch, text",
    mismatch.stderr.split("\n")[0],
    "error: digits mismatch — pair aborted. Re-issue with a fresh `wire pair-host --detach`.",
  );
  const again =
    Object(await once(alice, ["pair-host", "--compat", "--detach", "--relay", url])).code_phrase;
  surface.equal("pair-cancel", await alice.json(["pair-cancel", again]), {
    code_phrase: again,
    form: "0.5.19", // ours alone: extensions.md §14 ruling 10
    state: "cancelled",
  });
  surface.equal(
    "pair-cancel, the record is gone",
    (await alice.list(["pair-list"])).filter((record) => record["code"] === again).length,
    0,
  );
  const none = await alice.run(["pair-watch", CODE, "--json"]);
  surface.equal("pair-watch --json, none", [none.code, JSON.parse(none.stdout)], [1, {
    code: CODE,
    error: "no such pair",
  }]);
  surface.equal("pair-abandon", (await alice.run(["pair-abandon", CODE, "--relay", url])).code, 0);
}

function compare(found: Readonly<Record<string, readonly string[]>>): void {
  const problems: string[] = [];
  for (const [name, differences] of Object.entries(found)) {
    const known = KNOWN[name]?.differences ?? [];
    if (known.join("\n") === differences.join("\n")) continue;
    const what = known.length > 0 && differences.length === 0 ? "no longer differs" : "differs";
    problems.push(
      `${name} ${what}: ${JSON.stringify(differences)}, known ${JSON.stringify(known)}`,
    );
  }
  for (const [name, { differences, reason }] of Object.entries(KNOWN)) {
    if (!Object.hasOwn(found, name)) problems.push(`${name}: known, but there is no such row`);
    if (differences.length === 0 || reason === "") problems.push(`${name}: says nothing`);
  }
  assert.equal(problems.join("\n"), "");
}

/** The directory of a real relay: over sockets, on disk, killed and started again. */
import assert from "node:assert/strict";
import { fileURLToPath } from "node:url";
import { FakeLog } from "../../platform/fake/log.ts";
import { realPlatform } from "../../platform/real.ts";
import { printJson } from "../../protocol/json/print.ts";
import type { Json } from "../../protocol/json/value.ts";
import { startRelay } from "../../relay/serve.ts";
import { type Agent, agent } from "./claims.ts";

const PROGRAM = fileURLToPath(new URL("../fault/relay_process.ts", import.meta.url));
const ALICE = agent("alice");
const INVITE = "wire://pair?v=1&inv=abc";

interface Slot {
  readonly slot_id: string;
  readonly slot_token: string;
}

interface Answer {
  readonly status: number;
  readonly text: string;
}

async function send(
  url: string,
  { method, body, token }: { method?: string; body?: Json; token?: string } = {},
): Promise<Answer> {
  const response = await fetch(url, {
    method: method ?? (body === undefined ? "GET" : "POST"),
    headers: {
      ...(body === undefined ? {} : { "content-type": "application/json" }),
      ...(token === undefined ? {} : { authorization: `Bearer ${token}` }),
    },
    ...(body === undefined ? {} : { body: printJson(body) }),
  });
  return { status: response.status, text: await response.text() };
}

async function allocate(url: string): Promise<Slot> {
  return JSON.parse((await send(`${url}/v1/slot/allocate`, { body: {} })).text);
}

function claim(
  url: string,
  nick: string,
  { who, slot, hidden = false }: { who: Agent; slot: Slot; hidden?: boolean },
): Promise<Answer> {
  const body = {
    nick,
    slot_id: slot.slot_id,
    card: who.card,
    relay_url: url,
    discoverable: !hidden,
  };
  return send(`${url}/v1/handle/claim`, { body, token: slot.slot_token });
}

async function register(url: string, uses: number): Promise<string> {
  const body = { invite_url: INVITE, uses };
  return JSON.parse((await send(`${url}/v1/invite/register`, { body })).text).path;
}

const resolved = async (url: string, nick: string): Promise<Record<string, unknown>> =>
  JSON.parse((await send(`${url}/.well-known/wire/agent?handle=${nick}`)).text);

async function nicks(url: string): Promise<string[]> {
  const { handles } = JSON.parse((await send(`${url}/v1/handles`)).text);
  return handles.map(({ nick }: { nick: string }) => nick);
}

const statusOf = async (url: string, method: string = "GET"): Promise<number> =>
  (await send(url, { method })).status;

interface World extends AsyncDisposable {
  readonly directory: string;
  start(options?: { localOnly?: boolean }): Promise<{ url: string } & AsyncDisposable>;
}

async function world(): Promise<World> {
  const directory = await Deno.makeTempDir({ prefix: "wire-relay-" });
  const real = realPlatform();
  const platform = { ...real, log: new FakeLog() };
  return {
    directory,
    async start({ localOnly = false } = {}) {
      const options = { bind: "127.0.0.1:0", localOnly, dataDirectory: directory };
      const relay = await startRelay(options, platform);
      return { url: relay.url, [Symbol.asyncDispose]: () => relay.close() };
    },
    async [Symbol.asyncDispose]() {
      real[Symbol.dispose]();
      await Deno.remove(directory, { recursive: true });
    },
  };
}

Deno.test("relay server: nicks, what is hidden, and uses of invites survive a restart", async () => {
  await using w = await world();
  let slot: Slot;
  let invite: string;
  {
    await using relay = await w.start();
    slot = await allocate(relay.url);
    assert.equal((await claim(relay.url, "alice", { who: ALICE, slot })).status, 201);
    await claim(relay.url, "ghost", { who: ALICE, slot, hidden: true });
    invite = await register(relay.url, 2);
    assert.equal(await statusOf(relay.url + invite), 200);
    for (let i = 0; i < 3; i++) assert.equal(await statusOf(relay.url + invite, "HEAD"), 200);
  }
  {
    await using relay = await w.start();
    const { did, slot_id } = await resolved(relay.url, "alice");
    assert.deepEqual([did, slot_id], [ALICE.did, slot.slot_id]);
    assert.equal((await resolved(relay.url, "ghost"))["did"], ALICE.did);
    assert.deepEqual(await nicks(relay.url), ["alice"]);
    const foreign = agent("alice", "not alice's key");
    assert.equal((await claim(relay.url, "alice", { who: foreign, slot })).status, 409);
    assert.equal(await statusOf(relay.url + invite), 200);
    assert.equal(await statusOf(relay.url + invite), 410);
    const unclaim = { method: "DELETE", token: slot.slot_token };
    assert.equal((await send(`${relay.url}/v1/handle/claim/alice`, unclaim)).status, 200);
  }
  await using relay = await w.start();
  assert.equal(await statusOf(relay.url + invite), 410);
  assert.equal(await statusOf(`${relay.url}/.well-known/wire/agent?handle=alice`), 404);
});

Deno.test("relay server: --local-only has no phonebook, no resolving, no short invites", async () => {
  await using w = await world();
  await using relay = await w.start({ localOnly: true });
  const slot = await allocate(relay.url);
  assert.equal((await claim(relay.url, "alice", { who: ALICE, slot })).status, 201);
  for (const path of ["/.well-known/wire/agent?handle=alice", "/v1/handles", "/i/abcdef"]) {
    assert.equal(await statusOf(relay.url + path), 404);
  }
  const invite = { body: { invite_url: INVITE } };
  assert.equal((await send(`${relay.url}/v1/invite/register`, invite)).status, 404);
});

interface Killable {
  readonly url: string;
  kill(): Promise<void>;
}

async function process(directory: string): Promise<Killable> {
  const child = new Deno.Command(Deno.execPath(), {
    args: ["run", "-A", "--quiet", "--no-prompt", PROGRAM, directory],
    stdin: "piped",
    stdout: "piped",
    stderr: "null",
  }).spawn();
  const reader = child.stdout.getReader();
  let said = "";
  while (!said.includes("run: ")) said += new TextDecoder().decode((await reader.read()).value);
  return {
    url: said.slice(0, said.indexOf("\n")),
    async kill() {
      child.kill("SIGKILL");
      await child.status;
      await reader.cancel();
      try {
        await child.stdin.close();
      } catch {
        // The other end of the pipe is gone, as intended.
      }
    },
  };
}

Deno.test("P1: what a relay answered about nicks and invites holds after SIGKILL", async () => {
  await using w = await world();
  const first = await process(w.directory);
  const slot = await allocate(first.url);
  const claimed = Array.from({ length: 8 }, (_, i) => `nick${i}`);
  const answers = await Promise.all(
    claimed.map((nick) => claim(first.url, nick, { who: ALICE, slot })),
  );
  assert.deepEqual(answers.map(({ status }) => status), Array(8).fill(201));
  const path = await register(first.url, 1);
  assert.equal(await statusOf(first.url + path), 200);
  await first.kill();
  const second = await process(w.directory);
  assert.deepEqual(await nicks(second.url), claimed);
  assert.equal(await statusOf(second.url + path), 410);
  await second.kill();
});

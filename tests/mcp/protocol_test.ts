import assert from "node:assert/strict";
import fc from "fast-check";
import { readMessage } from "../../mcp/json_rpc.ts";
import { testRuns } from "../runs.ts";
import { livingWorld } from "../../client/fake/world.ts";
import { served } from "./mcp_world.ts";

const alice = async () => ({ ...await livingWorld("alice"), handle: "alice" });

Deno.test("mcp: what is no message gets an answer, and the next one is served", async () => {
  await using world = await served(await alice());
  const { client } = world;
  for (const line of ["nonsense", "[]", '{"id":9}', '{"id":8,"method":"resources/read"}', "  "]) {
    await client.say(line);
  }
  await client.say('{"id":7,"method":"tools/call","params":{"arguments":{}}}');
  assert.deepEqual(await client.request("ping"), {});
  const kinds = client.heard.filter(({ error }) => error !== undefined)
    .map(({ id, error }) => [id, error?.code, error?.message.split(":")[0]]);
  assert.deepEqual(kinds, [
    [null, -32700, "parse error"],
    [null, -32600, "missing method"],
    [9, -32600, "missing method"],
    [8, -32602, "missing 'uri'"],
    [7, -32602, "missing tool name"],
  ]);
});

Deno.test("mcp: what is optional and of another type counts as absent, and no request gets pages of a schema", async () => {
  const lenient = [
    ["initialize", {}],
    ["initialize", undefined],
    ["initialize", { protocolVersion: 5, capabilities: [], clientInfo: { name: 7 } }],
    ["ping", { _meta: 5 }],
    ["tools/list", { cursor: 5, _meta: "x" }],
    ["resources/list", { cursor: {} }],
    ["resources/templates/list", { cursor: 1 }],
    ["resources/read", { uri: "wire://inbox/all", _meta: [] }],
    ["tools/call", { name: "wire_peers", arguments: 5, _meta: { progressToken: {} } }],
  ] as const;
  for (const [method, params] of lenient) {
    await using world = await served(await alice());
    const result = await world.client.request(method, params);
    if (method === "initialize") assert.equal(result["protocolVersion"], "2025-06-18");
  }
});

Deno.test("mcp: what needs no answer gets none: initialized with an id, and bad notifications", async () => {
  await using world = await served(await alice());
  const { client } = world;
  await client.open();
  const before = client.heard.length;
  await client.say('{"jsonrpc":"2.0","id":"x","method":"notifications/initialized"}');
  await client.say('{"jsonrpc":"2.0","method":"tools/call"}');
  await client.say('{"jsonrpc":"2.0","method":"resources/subscribe","params":7}');
  await client.request("ping");
  assert.deepEqual(client.heard.slice(before).map(({ id }) => id), [2]);
});

Deno.test("mcp: a revision that it speaks is echoed, any other becomes that of 0.5.19", async () => {
  const spoken = ["2024-11-05", "2025-03-26", "2025-06-18", "2025-11-25"];
  // The last revision has no initialize.
  const asked = [...spoken, "2026-07-28", "2099-01-01", "1999-01-01", "nonsense", ""];
  const got: unknown[] = [];
  for (const version of asked) {
    await using world = await served(await alice());
    got.push((await world.client.open(version))["protocolVersion"]);
  }
  assert.deepEqual(got, asked.map((one) => spoken.includes(one) ? one : "2025-06-18"));
});

Deno.test("M20 lesson 31: the instructions name the identity and ask for consent, and each call looks anew", async () => {
  const party = await alice();
  await using world = await served(party);
  const { instructions, capabilities } = await world.client.open();
  assert.ok(typeof instructions === "string");
  assert.match(instructions, new RegExp(`You are alice \\(${party.self.did}`));
  assert.match(instructions, /Never accept without the operator's word/);
  assert.match(instructions, /Never take digits from a tool's output/);
  assert.match(instructions, /wire monitor --json/);
  assert.deepEqual(capabilities, {
    tools: { listChanged: false },
    resources: { listChanged: true, subscribe: true },
  });
  const before = await world.client.value("wire_whoami");
  await world.client.value("wire_profile_set", { field: "capabilities", value: ["x/1"] });
  const after = await world.client.value("wire_whoami");
  assert.notDeepEqual(before, after);
});

Deno.test("mcp: unknown methods, tools and arguments, and faults of ours, are different kinds", async () => {
  await using world = await served(await alice());
  const { client } = world;
  await client.open();
  const unknown = await client.answer(await client.ask("prompts/list"));
  assert.deepEqual(unknown.error, { code: -32601, message: "method not found: prompts/list" });
  assert.equal(await client.failure("wire_nothing"), "unknown tool: wire_nothing");
  assert.match(await client.failure("wire_join"), /wire_pair_join/);
  assert.equal(await client.failure("wire_send", { peer: 7, kind: "claim" }), "missing 'peer'");
  assert.equal(await client.failure("wire_send", { peer: "bob", kind: 1 }), "missing 'kind'");
  assert.match(await client.failure("wire_tail", { limit: 0 }), /^limit: /);
  assert.deepEqual(await client.value("wire_tail", { limit: null, unheard_of: 1 }), []);
  const files = world.host.platform.files;
  Object.assign(files, { list: () => Promise.reject(new TypeError("secret detail")) });
  const fault = await client.answer(await client.ask("tools/call", { name: "wire_tail" }));
  assert.deepEqual(fault.error, { code: -32603, message: "internal error: a fault of wire" });
});

Deno.test("M17: a call that waits holds up no other, and can be called off", async () => {
  const party = await alice();
  await using world = await served(party);
  const { client } = world;
  await client.open();
  const waiting = await client.ask("tools/call", { name: "wire_wait", arguments: {} });
  assert.deepEqual(await client.request("ping"), {});
  await client.value("wire_whoami");
  await client.notify("notifications/cancelled", { requestId: waiting });
  await client.request("ping");
  assert.ok(!client.heard.some(({ id }) => id === waiting));
  const { log } = party.platform;
  assert.ok(!log.entries.some(({ level }) => level === "error"), "called off is no fault");
});

Deno.test("mcp: at the end of input what was asked is answered, what waits is called off, and it ends", async () => {
  const party = await alice();
  const { clock } = party.platform;
  const world = await served(party);
  const { client } = world;
  await client.open();
  const waiting = await client.ask("tools/call", { name: "wire_wait", arguments: {} });
  const asked = await client.ask("tools/call", { name: "wire_whoami" });
  const ended = world.end();
  assert.ok((await client.answer(asked)).result);
  await clock.settle();
  await clock.advance(750);
  await ended;
  assert.ok(!client.heard.some(({ id }) => id === waiting));
});

Deno.test("mcp: a call that finishes within the second after the end of input is answered", async () => {
  const party = await alice();
  const { clock } = party.platform;
  const world = await served(party);
  const { client } = world;
  await client.open();
  await clock.settle();
  const [start, asleep] = [clock.monotonic(), clock.sleeping];
  const call = { name: "wire_wait", arguments: { timeout_secs: 1 } };
  const waiting = await client.ask("tools/call", call);
  await clock.untilSleeping(asleep + 1);
  await clock.advance(300);
  const ended = world.end();
  await clock.advance(699);
  assert.ok(!client.heard.some(({ id }) => id === waiting));
  await clock.advance(1);
  assert.ok((await client.answer(waiting)).result);
  await ended;
  assert.equal(clock.monotonic(), start + 1_000, "nothing was waited for after it");
});

Deno.test("lesson 43: a relay that cannot be told of a pairing's end does not keep the process", async () => {
  const party = await alice();
  const { clock } = party.platform;
  const world = await served(party);
  await world.client.open();
  const saysGoodbye = Promise.withResolvers<void>();
  await world.host.pairings.open("http://relay.test", async function* (_, signal) {
    await clock.sleep(3_600_000, signal).catch(() => undefined);
    saysGoodbye.resolve();
    await clock.sleep(3_000);
    yield* [];
  });
  const before = clock.monotonic();
  const ended = world.end();
  await saysGoodbye.promise;
  await clock.advance(850);
  await ended;
  assert.equal(clock.monotonic(), before + 850);
});

Deno.test("mcp: notifications without an id are never answered", async () => {
  await using world = await served(await alice());
  const { client } = world;
  await client.open();
  await client.notify("tools/list");
  await client.notify("notifications/unheard_of");
  const before = client.heard.length;
  await client.request("ping");
  assert.equal(client.heard.length, before + 1);
});

Deno.test("mcp: whatever a line holds, it is a message, an answer or nothing, and the next one is served", async () => {
  const words = [
    "id",
    "method",
    "params",
    "jsonrpc",
    "result",
    "error",
    "tools/call",
    "ping",
    "name",
  ];
  const json = fc.jsonValue().map((value) => JSON.stringify(value));
  const object = fc.dictionary(fc.constantFrom(...words), fc.jsonValue()).map((value) =>
    JSON.stringify(value)
  );
  const line = fc.oneof(fc.string(), json, object).map((text) => text.replaceAll("\n", " "));
  fc.assert(
    fc.property(line, (text) => {
      const read = readMessage(text);
      assert.ok(["message", "refused", "nothing"].includes(read.tag));
      if (read.tag === "refused") {
        assert.ok([-32700, -32600, -32602].includes(read.reply.error.code));
      }
    }),
    { numRuns: testRuns(300) },
  );
  await using world = await served(await alice());
  for (const text of fc.sample(line, 50)) await world.client.say(text);
  assert.deepEqual(
    await world.client.answer(await world.client.ask("ping")).then(({ result }) => result),
    {},
  );
});

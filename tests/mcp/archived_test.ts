/** P9: what `wire archive` took out of the inbox is there for an agent as for a person. */
import assert from "node:assert/strict";
import { z } from "zod";
import { CATALOGUE } from "../../mcp/catalogue.ts";
import { ROOT, THREAD, twoPeers } from "../fault/archived_mail.ts";
import { served } from "./mcp_world.ts";

// Loaded before anything is asked, so that no clock waits for a module.
await Promise.all(CATALOGUE.map(({ load }) => load()));

const Bodies = z.array(z.object({ body: z.string() }));
const bodies = (value: unknown): string => Bodies.parse(value).map(({ body }) => body).join(" ");

Deno.test("each tool that reads finds archived messages: tail, one message, a thread, what came after, verify", async () => {
  const mail = await twoPeers();
  assert.equal(await mail.archived(), 4);
  const process = await served({ platform: mail.bob.platform, handle: "bob" });
  const { client } = process;
  await client.open();
  const tail = async (args: Record<string, unknown>) =>
    bodies(await client.value("wire_tail", args));
  assert.equal(await tail({}), "a1 c1 a2 a3 a4 c2 c3 a5");
  assert.equal(await tail({ since: mail.id("a2"), limit: 2 }), "a3 a4");
  assert.equal(await tail({ event_id: mail.id("a1") }), "a1");
  const verdict = await client.value("wire_verify", { event: mail.id("a1") });
  assert.deepEqual(verdict, { verified: true });
  const thread = (args: Record<string, unknown>) =>
    client.value("wire_thread", { thread: THREAD, ...args });
  assert.equal(bodies(await thread({})), "a1 c1 a3 a4");
  assert.equal(bodies(await thread({ limit: 2 })), "a3 a4");
  assert.equal(bodies(await thread({ peer: "carol" })), "c1");
  const waited = await client.value("wire_wait", {
    since: mail.id("a2"),
    thread: THREAD,
    timeout_secs: 0,
  });
  assert.equal(bodies(Object(waited).events), "a3 a4");
  const read = await client.request("resources/read", { uri: "wire://inbox/carol" });
  const text = String(Object(read).contents[0].text);
  assert.equal(bodies(text.trimEnd().split("\n").map((line) => JSON.parse(line))), "c1 c2 c3");
  await process.end();
});

Deno.test("a message that is nowhere, and an archive that was moved away, are said as what they are", async () => {
  const mail = await twoPeers();
  await mail.archived();
  for (const file of Object.keys(mail.bob.disk.texts())) {
    if (file.startsWith(`${ROOT}/archive/`)) await mail.bob.disk.remove(file, { point: "test" });
  }
  const process = await served({ platform: mail.bob.platform, handle: "bob" });
  const { client } = process;
  await client.open();
  const event_id = mail.id("a1");
  assert.match(
    await client.failure("wire_tail", { event_id }),
    new RegExp(`^no received message has the id ${event_id}`),
  );
  assert.equal(bodies(await client.value("wire_tail", { limit: 9 })), "a4 c2 c3 a5");
  await process.end();
});

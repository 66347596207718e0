/** How the published tool server ends when its host closes standard input. */
import assert from "node:assert/strict";
import { World } from "../e2e/world.ts";
import { outstanding } from "./outstanding.ts";
import { toolServer } from "./tool_server.ts";

/** Shorter than the shortest of what waits, so that nobody has waited for it. */
const GUARD_MS = 25_000;

async function within<T>(work: Promise<T>): Promise<T> {
  const guard = Promise.withResolvers<never>();
  const timer = setTimeout(() => guard.reject(new Error("it goes on")), GUARD_MS);
  try {
    return await Promise.race([work, guard.promise]);
  } finally {
    clearTimeout(timer);
  }
}

Deno.test("mcp: a host that closes standard input ends the process, with nothing asked too", async () => {
  await using world = await World.create();
  const { process } = await toolServer(world.home("ann"));
  await process.closeStdin();
  const { code, stderr } = await within(process.finished());
  assert.deepEqual([code, stderr], [0, ""]);
});

for (
  const [how, signal] of [["a relay that answers", "SIGCONT"], [
    "one that does not",
    "SIGSTOP",
  ]] as const
) {
  Deno.test(`mcp: a long poll and two pairings that wait, at ${how}, do not keep the process`, async () => {
    await using world = await World.create();
    const relay = await world.relay();
    const ann = await world.agent("ann", relay.url);
    const bob = await world.agent("bob", relay.url);
    const { client, process } = await toolServer(ann);
    const waiting = await outstanding(client, bob, relay.url);
    relay.process.kill(signal);
    await process.closeStdin();
    const { code, stderr } = await within(process.finished());
    assert.deepEqual([code, stderr], [0, ""]);
    const answered = client.heard.filter(({ id }) => waiting.some((one) => one === id));
    assert.deepEqual(answered, [], "called off");
  });
}

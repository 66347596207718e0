/**
 * P1 under the hardest end: the relay is killed with SIGKILL at random moments while eight clients
 * post, and started again on the same directory. Then every event that was answered 201 is there
 * exactly once, each client's in the order in which it sent them.
 */
import assert from "node:assert/strict";
import { createHash } from "node:crypto";
import { fileURLToPath } from "node:url";
import { crashRounds } from "../runs.ts";

const PROGRAM = fileURLToPath(new URL("../../main.ts", import.meta.url));
const ROUNDS = crashRounds(20);
const CLIENTS = 8;
/** Bytes of filling: single chunks, merges and events that span chunks. */
const SIZES = [10, 300, 2_000, 70_000];

interface Relay {
  readonly url: string;
  kill(): Promise<void>;
}

async function startRelay(directory: string): Promise<Relay> {
  const command = ["relay-server", "--bind", "127.0.0.1:0", "--data", directory];
  const child = new Deno.Command(Deno.execPath(), {
    args: ["run", "-A", "--quiet", "--no-prompt", PROGRAM, ...command, "--exit-with-parent"],
    stdin: "piped",
    stdout: "null",
    stderr: "piped",
  }).spawn();
  const reader = child.stderr.getReader();
  const said = new TextDecoder().decode((await reader.read()).value);
  const [, address] = said.match(/listening on (\S+)/) ?? [];
  assert.ok(address, `the relay listens again on what the kill left: ${said}`);
  return {
    url: `http://${address}`,
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

interface Slot {
  readonly slot_id: string;
  readonly slot_token: string;
}

async function allocate(relay: Relay): Promise<Slot> {
  const response = await fetch(`${relay.url}/v1/slot/allocate`, {
    method: "POST",
    headers: { "content-type": "application/json" },
    body: "{}",
  });
  return await response.json();
}

/** What one client knows: the ids that were answered, in order. */
interface Sender {
  readonly slot: Slot;
  readonly name: string;
  readonly acknowledged: string[];
  sent: number;
  /** Sent without an answer: it may be there or not, and is sent again. */
  unanswered: string | undefined;
}

function event(sender: Sender): { readonly id: string; readonly text: string } {
  const filling = "x".repeat(SIZES[sender.sent % SIZES.length] ?? 0);
  const members = `"from":"${sender.name}","n":${sender.sent},"z":"${filling}"`;
  const id = createHash("sha256").update(`{${members}}`).digest("hex");
  return { id, text: `{"event_id":"${id}",${members}}` };
}

/** Posts until the relay dies. @param onAnswer told of each event that was acknowledged */
async function post(relay: Relay, sender: Sender, onAnswer: () => void): Promise<void> {
  for (;;) {
    const { id, text } = event(sender);
    let status: number;
    let answer: string;
    try {
      const response = await fetch(`${relay.url}/v1/events/${sender.slot.slot_id}`, {
        method: "POST",
        headers: {
          "content-type": "application/json",
          authorization: `Bearer ${sender.slot.slot_token}`,
        },
        body: `{"event":${text}}`,
      });
      status = response.status;
      answer = await response.text();
    } catch {
      sender.unanswered = id; // killed meanwhile
      return;
    }
    if (status === 200) assert.equal(sender.unanswered, id, "only the unanswered one may be there");
    else assert.equal(status, 201, answer);
    sender.acknowledged.push(id);
    sender.unanswered = undefined;
    sender.sent++;
    onAnswer();
  }
}

async function stored(relay: Relay, slot: Slot): Promise<{ event_id: string; from: string }[]> {
  const events: { event_id: string; from: string }[] = [];
  for (;;) {
    const last = events.at(-1);
    const query = last === undefined ? "" : `&since=${last.event_id}`;
    const response = await fetch(`${relay.url}/v1/events/${slot.slot_id}?limit=1000${query}`, {
      headers: { authorization: `Bearer ${slot.slot_token}` },
    });
    assert.equal(response.status, 200);
    const page = await response.json();
    if (page.length === 0) return events;
    events.push(...page);
  }
}

/**
 * Ends at a moment that no schedule of ours decides; the test is right whatever it is. A machine that
 * answers nobody within it is waited for: there is to be load.
 */
const randomMoment = (): Promise<void> =>
  new Promise((resolve) => setTimeout(resolve, 5 + Math.random() * 250));

Deno.test(`P1: kill -9 under load, ${ROUNDS} rounds, loses nothing that was answered`, async () => {
  const directory = await Deno.makeTempDir({ prefix: "wire-kill-" });
  let relay = await startRelay(directory);
  try {
    const slots = [await allocate(relay), await allocate(relay)];
    const senders: Sender[] = Array.from({ length: CLIENTS }, (_, i) => ({
      slot: slots[i % slots.length] ?? { slot_id: "", slot_token: "" },
      name: `client ${i}`,
      acknowledged: [],
      sent: 0,
      unanswered: undefined,
    }));
    for (let round = 0; round < ROUNDS; round++) {
      const loaded = Promise.withResolvers<void>();
      const look = (): void => {
        if (senders.every(({ acknowledged }) => acknowledged.length > round + 1)) loaded.resolve();
      };
      look();
      const posting = senders.map((sender) => post(relay, sender, look));
      const moment = Promise.all([randomMoment(), loaded.promise]);
      await Promise.race([moment, Promise.all(posting)]);
      await relay.kill();
      await Promise.all(posting);
      relay = await startRelay(directory);
    }
    assert.ok(senders.every(({ acknowledged }) => acknowledged.length > ROUNDS), "there was load");
    for (const slot of slots) {
      const events = await stored(relay, slot);
      assert.equal(new Set(events.map(({ event_id }) => event_id)).size, events.length, "doubled");
      for (const sender of senders) {
        if (sender.slot !== slot) continue;
        const own = events.filter(({ from }) => from === sender.name).map((e) => e.event_id);
        if (own.at(-1) === sender.unanswered) own.pop();
        assert.deepEqual(own, sender.acknowledged);
      }
    }
  } finally {
    await relay.kill();
    await Deno.remove(directory, { recursive: true });
  }
});

/**
 * P1 for publishes: the relay is killed with SIGKILL while four clients have batches on their way.
 * Then every event that was answered is there exactly once, each client's in its order, and what was
 * not answered can be sent again.
 */
import assert from "node:assert/strict";
import { createHash } from "node:crypto";
import { fileURLToPath } from "node:url";
import { crashRounds } from "../runs.ts";
import type { Slot } from "../relay/relay_world.ts";
import { NpmClient } from "./npm_client.ts";

const PROGRAM = fileURLToPath(new URL("../fault/relay_process.ts", import.meta.url));
const CLIENTS = 4;
/** Frames without an answer, of one client. */
const PIPELINED = 8;
/** Then new ones: each round reads all that is there, and no mailbox may become full. */
const ROUNDS_A_MAILBOX = 10;

interface Killable {
  readonly url: string;
  kill(): Promise<void>;
}

async function startRelay(directory: string): Promise<Killable> {
  const child = new Deno.Command(Deno.execPath(), {
    args: ["run", "-A", "--quiet", "--no-check", "--no-prompt", PROGRAM, directory],
    stdin: "piped",
    stdout: "piped",
    stderr: "null",
  }).spawn();
  const reader = child.stdout.getReader();
  const said = new TextDecoder().decode((await reader.read()).value);
  const [url = ""] = said.split("\n");
  assert.match(url, /^http:/, "the relay listens again on what the kill left");
  return {
    url,
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

function event(sender: number, n: number): { readonly event_id: string } {
  const z = "x".repeat([10, 700, 9_000][n % 3] ?? 0);
  const hashed = `{"n":${n},"sender":${sender},"z":"${z}"}`;
  const event_id = createHash("sha256").update(hashed).digest("hex");
  return Object.assign({ event_id }, { n, sender, z });
}

class Sender {
  /** Of the first event that is not known to be stored. */
  next = 0;

  constructor(readonly number: number, readonly slot: Slot) {}

  /** Publishes until the relay dies. @param onAnswer told of each answer */
  async publish(url: string, onAnswer: () => void): Promise<void> {
    await using client = await NpmClient.connect(url);
    let sent = this.next;
    const frame = async (): Promise<boolean> => {
      const first = sent;
      const batch = Array.from({ length: 7 }, (_, i) => event(this.number, first + i));
      sent += batch.length;
      const answer = await Promise.race([client.publish(this.slot, batch), client.closed]);
      if (typeof answer === "number") return false;
      assert.ok(Array.isArray(answer["results"]), JSON.stringify(answer));
      for (const [i, { status, event_id }] of answer["results"].entries()) {
        assert.match(String(status), /^(stored|duplicate)$/);
        assert.equal(event_id, batch[i]?.event_id);
      }
      // Answers come in the order of the frames: what is before is known too.
      this.next = Math.max(this.next, first + batch.length);
      onAnswer();
      return true;
    };
    await Promise.all(Array.from({ length: PIPELINED }, async () => {
      while (await frame());
    }));
  }
}

/** Each with a mailbox of its own. */
const sendersAt = (url: string): Promise<Sender[]> =>
  Promise.all(Array.from({ length: CLIENTS }, async (_, n) => {
    const response = await fetch(`${url}/v1/slot/allocate`, {
      method: "POST",
      headers: { "content-type": "application/json" },
      body: "{}",
    });
    const { slot_id: id, slot_token: token } = await response.json();
    return new Sender(n, { id, token });
  }));

async function idsIn(url: string, { id, token }: Slot): Promise<string[]> {
  await using client = await NpmClient.connect(url);
  const opened = await client.open({ id, token });
  const ids: string[] = [];
  for (let acked = 0; ids.length < Number(opened["count"]);) {
    await client.until(() => client.seqs.length > ids.length);
    const events = client.frames.flatMap(({ events }) => Array.isArray(events) ? events : []);
    ids.push(...events.slice(ids.length).map(({ event }) => String(event.event_id)));
    acked = client.seqs.at(-1) ?? acked;
    client.ack({ id, token }, acked);
  }
  return ids;
}

Deno.test("P1: ws: what a publish answered survives kill -9, once and in order", async () => {
  const directory = await Deno.makeTempDir({ prefix: "wire-ws-kill-" });
  try {
    let relay = await startRelay(directory);
    let senders: readonly Sender[] = [];
    for (let round = 0; round < crashRounds(3); round++) {
      const { url, kill } = relay;
      if (round % ROUNDS_A_MAILBOX === 0) senders = await sendersAt(url);
      let answers = 0;
      const enough = 20 + Math.floor(Math.random() * 60);
      let killed: Promise<void> | undefined;
      await Promise.all(senders.map((sender) =>
        sender.publish(url, () => {
          answers += 1;
          if (answers >= enough) killed ??= kill();
        })
      ));
      await killed;
      relay = await startRelay(directory);
      for (const sender of senders) {
        const ids = await idsIn(relay.url, sender.slot);
        const expected = ids.map((_, n) => event(sender.number, n).event_id);
        assert.deepEqual(ids, expected, "each once, in the order in which they were sent");
        assert.ok(ids.length >= sender.next, `${sender.next} answered, ${ids.length} there`);
      }
    }
    await relay.kill();
  } finally {
    await Deno.remove(directory, { recursive: true });
  }
});

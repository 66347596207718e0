/** A home with mail of several months, and what `wire archive` makes of it. */
import assert from "node:assert/strict";
import { archive } from "../../client/operations/archive.ts";
import { notify } from "../../client/operations/notify.ts";
import { pull } from "../../client/operations/pull.ts";
import { tail } from "../../client/operations/tail.ts";
import { buildEvent, signEvent } from "../../protocol/event/event.ts";
import { kindOf } from "../../protocol/event/kinds.ts";
import { withMembers } from "../../protocol/json/value.ts";
import { InboxWriter } from "../../store/mail/inbox.ts";
import { MailWorld, NEVER, type Party, restarted } from "./mail_world.ts";

const DAY = 86_400_000;
export const ROOT = "/bob/state/wire";
export const THREAD = "a1".repeat(16);

interface Said {
  readonly body: string;
  readonly daysAgo: number;
  readonly thread?: string;
  readonly type?: string;
}

/** Bob's inbox, and then his archive of what is older than `days`. */
export class ArchivedMail {
  readonly ids = new Map<string, string>();

  private constructor(readonly bob: Party, readonly alice: Party, readonly carol: Party) {}

  static async create(): Promise<ArchivedMail> {
    const world = new MailWorld();
    const { alice, bob } = await world.paired();
    await pull.run(bob.context); // whoever has begun to tell has a place in the inbox
    return new ArchivedMail(bob, alice, await world.party("carol"));
  }

  async says(who: Party, ...messages: readonly Said[]): Promise<void> {
    const { disk: files, platform: { databases } } = this.bob;
    const events = messages.map(({ daysAgo, thread, type = "claim", body }) => {
      const at = Temporal.Instant.fromEpochMilliseconds(this.bob.clock.now() - daysAgo * DAY);
      const event = signEvent(
        withMembers(
          buildEvent({
            from: who.identity.did,
            to: this.bob.identity.did,
            type,
            kind: kindOf(type),
            body,
            timestamp: at.toString(),
          }),
          thread === undefined ? {} : { thread },
        ),
        who.identity,
      );
      this.ids.set(body, event.id);
      return event;
    });
    const inbox = new InboxWriter({ files, databases, stateRoot: ROOT });
    await inbox.store(who.handle, events);
  }

  async archived(days = 30, peer?: string): Promise<number> {
    const context = restarted(this.bob);
    await pull.run(context); // tells who is to be told
    const first = notify.input.parse({ print: true, once: true });
    await Array.fromAsync(notify.stream(context, first, NEVER));
    const input = archive.input.parse({ olderThan: `${days}d`, peer });
    const { archived } = await archive.run(context, input);
    return archived.reduce((sum, { messages }) => sum + messages, 0);
  }

  async tail(input: Record<string, unknown> = {}): Promise<string> {
    const asked = tail.input.parse(input);
    const events = await Array.fromAsync(tail.stream(restarted(this.bob), asked, NEVER));
    return events.map(({ body }) => body).join(" ");
  }

  id(body: string): string {
    return this.ids.get(body) ?? assert.fail(body);
  }
}

export async function twoPeers(): Promise<ArchivedMail> {
  const mail = await ArchivedMail.create();
  await mail.says(
    mail.alice,
    { body: "a1", daysAgo: 90, thread: THREAD },
    { body: "a2", daysAgo: 60 },
    { body: "a3", daysAgo: 59, thread: THREAD },
    { body: "a4", daysAgo: 10, thread: THREAD },
    { body: "a5", daysAgo: 1 },
  );
  await mail.says(
    mail.carol,
    { body: "c1", daysAgo: 70, thread: THREAD },
    { body: "c2", daysAgo: 5 },
    { body: "c3", daysAgo: 4 },
  );
  return mail;
}

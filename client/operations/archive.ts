/**
 * Takes old messages out of the inbox files and delivered ones out of the outbox files, into
 * `state/wire/archive/`. By hand only, and with nobody at work on the home. See docs/mail.md, "Room", and docs/protocol/extensions.md §14 ruling 1.
 */
import path from "node:path";
import { z } from "zod";
import type { FileLock } from "../../platform/files.ts";
import { WireError } from "../../protocol/errors.ts";
import { quote } from "../../protocol/json/quote.ts";
import type { Handle } from "../../protocol/ids.ts";
import { type ArchiveFiles, monthFile } from "../../store/mail/archived_months.ts";
import { Outbox } from "../../store/mail/outbox.ts";
import { readConfig } from "../../store/home/config.ts";
import { Inbox } from "../../store/mail/inbox.ts";
import { begunMove, dropMove, moveOut } from "../../store/mail/inbox_move.ts";
import { archiveSent } from "../archive/archive_sent.ts";
import { earliestPlace, placesAfter, READERS } from "../archive/places.ts";
import { messagesUpTo, plan, type PlannedPart } from "../archive/plan.ts";
import type { ClientContext } from "../context.ts";
import type { Operation } from "../operation.ts";
import { peerKey } from "../peer_view.ts";
import { withRoundLock } from "../sync/round_lock.ts";
import { retryWindowMs } from "../send_policy.ts";
import { sinceTime } from "../time_span.ts";

const ArchiveInput = z.object({
  peer: z.string().optional(),
  /** `30d`, `12w`, `2026-11-01`, or RFC 3339. */
  olderThan: z.string().default("30d"),
});

const ArchiveOutput = z.object({
  archived: z.array(z.object({
    peer: z.string(),
    box: z.enum(["inbox", "outbox"]),
    messages: z.int(),
    /** By which the box's file is shorter, read from it. */
    bytes: z.int(),
    files: z.array(z.string()),
  })),
  /** Old messages that stay, because somebody has not come to them yet. */
  held: z.array(z.object({
    peer: z.string(),
    /** Of the inbox; of the outbox. */
    by: z.enum(["receipts", "notify", "reactor", "delivery", "signing"]),
  })),
});
type ArchiveOutput = z.output<typeof ArchiveOutput>;

/**
 * Killed at any moment, it loses and doubles nothing; the next one goes on with it.
 * @throws {WireError} locked, naming who works on this home; usage; not_found; unreadable; write_failed
 */
export const archive = {
  input: ArchiveInput,
  output: ArchiveOutput,
  async run(context, { peer, olderThan }) {
    const { home, platform: { files, clock } } = context;
    const { stateRoot } = home.paths;
    const beforeMs = sinceTime(olderThan, clock.now());
    const only = peer === undefined ? undefined : peerKey(peer);
    const wanted = (one: Handle) => only === undefined || one === only;
    const senders = (await new Inbox({ files, stateRoot }).senders()).filter(wanted);
    const recipients = (await new Outbox({ files, stateRoot }).peers()).filter(wanted);
    if (peer !== undefined && senders.length + recipients.length === 0) {
      throw new WireError(
        "not_found",
        `Cannot archive mail of ${quote(peer)}: neither inbox nor outbox file`,
        { hint: "wire peers" },
      );
    }
    const windowMs = retryWindowMs((await readConfig(home)).config);
    return await withRoundLock(context, "wire archive", async () => {
      await using _readers = await readersAway(context);
      const output: ArchiveOutput = { archived: [], held: [] };
      for (const one of senders) await archiveOne(context, one, { beforeMs, output });
      // What a repeated send is compared with stays.
      const sentBeforeMs = Math.min(beforeMs, clock.now() - windowMs);
      for (const one of recipients) {
        const { held, messages, bytes, files } = await archiveSent(context, one, sentBeforeMs);
        if (held !== undefined) output.held.push({ peer: one, by: held });
        if (messages === 0) continue;
        output.archived.push({ peer: one, box: "outbox", messages, bytes, files: [...files] });
      }
      return output;
    }, "stop it first, and what watches inbox or outbox; then start it again");
  },
} satisfies Operation<typeof ArchiveInput, typeof ArchiveOutput>;

/** Less is moved before anybody wonders. */
const WORTH_A_WORD_BYTES = 8 * 1024 * 1024;

/** `notify` and `reactor` would write their old place over the new one. */
async function readersAway({ home, platform: { files } }: ClientContext): Promise<AsyncDisposable> {
  const { stateRoot } = home.paths;
  await using stack = new AsyncDisposableStack();
  for (const reader of READERS) {
    const file = path.join(stateRoot, `${reader}.lock`);
    const lock: FileLock = await files.lock(file, { owner: "wire archive", deadlineMs: 0 });
    stack.use(lock);
  }
  return stack.move();
}

async function archiveOne(
  context: ClientContext,
  peer: Handle,
  { beforeMs, output }: { readonly beforeMs: number; readonly output: ArchiveOutput },
): Promise<void> {
  const { home: { paths: { stateRoot } }, platform: { files, clock } } = context;
  const deps = { files, stateRoot };
  const live = new Inbox(deps).path(peer);
  const size = async () => (await files.stat(live))?.size ?? 0;
  const before = await size();
  const held = await earliestPlace(deps, peer);
  const upTo = held?.upTo ?? Infinity;
  const begun = await begunMove(deps, peer);
  // One that was killed has copied some of this: the same again, whatever the age is now.
  const isSame = begun !== undefined && (begun.at(-1)?.to ?? 0) <= Math.min(before, upTo);
  const nowMs = clock.now();
  const found = await plan(files, live, { nowMs, beforeMs, upTo });
  if (found.isHeld && held !== undefined) output.held.push({ peer, by: held.by });
  const parts = isSame ? begun : await placed(deps, peer, found.parts);
  const cut = parts.at(-1)?.to ?? 0;
  if (cut === 0) return await dropMove(deps, peer);
  if (cut >= WORTH_A_WORD_BYTES) {
    context.warn(`archiving ${Math.ceil(cut / 1_048_576)} MiB of ${peer}'s messages`);
  }
  const messages = await messagesUpTo(files, live, cut);
  await moveOut(deps, peer, parts, () => placesAfter(deps, peer, { cut, now: nowMs }));
  output.archived.push({
    peer,
    box: "inbox",
    messages,
    bytes: before - await size(),
    files: parts.map(({ month }) => monthFile(stateRoot, peer, month)),
  });
}

async function placed(
  { files, stateRoot }: ArchiveFiles,
  peer: Handle,
  parts: readonly PlannedPart[],
) {
  return await Promise.all(parts.map(async ({ month, from, to }) => {
    const at = (await files.stat(monthFile(stateRoot, peer, month)))?.size ?? 0;
    return { month, from, to, at };
  }));
}

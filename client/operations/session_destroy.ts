/**
 * Removes a session of ours with its keys and its mail, for good; closes its mailboxes and gives its nicks back
 * at relays that can, and says what others still hold of it. See docs/protocol/cli.md §7.1.
 */
import { z } from "zod";
import { WireError } from "../../protocol/errors.ts";
import { refuseStrangers, removeSession } from "../../store/sessions/remove_session.ts";
import { Sessions } from "../../store/sessions/sessions.ts";
import type { Operation } from "../operation.ts";
import { leaveRelays, stayOnRelays } from "../sessions/leave_relays.ts";
import { Closed, closedBy, LeftBehind, leftBy, peersOf } from "../sessions/left_behind.ts";
import { sessionNameOf } from "../sessions/session_context.ts";
import { stopSessionDaemon } from "../sessions/session_daemon.ts";

const SessionDestroyInput = z.object({
  name: z.string(),
  /** The name alone removes nothing. */
  force: z.boolean().optional(),
  /** No relay is asked: a copy of the session elsewhere goes on with its mailboxes. */
  keepMailboxes: z.boolean().optional(),
});

const SessionDestroyOutput = z.discriminatedUnion("destroyed", [
  z.object({ destroyed: z.literal([false]), name: z.string(), reason: z.string() }),
  z.object({
    destroyed: z.literal([true]),
    name: z.string(),
    closed: Closed,
    left_behind: LeftBehind,
  }),
]);

/**
 * Whoever is interrupted finds it whole, or gone, and does it again.
 * @throws {WireError} conflict, without `force`; refused, where its directory holds anything else; locked,
 * naming who works in it; usage, unreadable, write_failed
 */
export const sessionDestroy = {
  input: SessionDestroyInput,
  output: SessionDestroyOutput,
  async run(context, { name: text, force, keepMailboxes }) {
    const { platform, platform: { files } } = context;
    const name = sessionNameOf(text);
    const sessions = await Sessions.open(platform);
    if (await sessions.find(name) !== undefined && force !== true) {
      throw new WireError(
        "conflict",
        `Cannot destroy session ${name} without --force: its keys and its mail would be gone`,
        { hint: `if that is what you want: wire session destroy ${name} --force` },
      );
    }
    if (await sessions.find(name) === undefined) {
      await sessions.release(name);
      return { destroyed: false, name, reason: "no such session" };
    }
    await using _lock = await sessions.lockToDestroy(name);
    const session = await sessions.at(name);
    await refuseStrangers(files, session);
    await using _daemon = await stopSessionDaemon(context, session);
    const peers = await peersOf(session.home);
    // Before the keys are gone: afterwards nobody can. Whoever is interrupted here does it again.
    const leaving = keepMailboxes === true
      ? await stayOnRelays(session, "--keep-mailboxes")
      : await leaveRelays(context, session);
    await removeSession(files, sessions, session);
    if (await sessions.find(name) !== undefined) {
      throw new WireError("conflict", `another command has made session ${name} again meanwhile`);
    }
    return {
      destroyed: true,
      name,
      closed: closedBy(leaving),
      left_behind: leftBy(leaving, peers),
    };
  },
} satisfies Operation<typeof SessionDestroyInput, typeof SessionDestroyOutput>;

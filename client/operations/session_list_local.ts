/**
 * Which sessions meet on which relay of this machine, from relay.json, where mail is routed by. No tokens.
 * See docs/protocol/cli.md §7.1.
 */
import { z } from "zod";
import type { RelayState } from "../../protocol/schemas/relay_state.ts";
import { type Session, Sessions } from "../../store/sessions/sessions.ts";
import type { Operation } from "../operation.ts";
import { type SessionRow, sessionRow } from "../sessions/session_row.ts";
import { isLocal, ownRoutes } from "../sync/routes.ts";

const Slot = z.object({ relay_url: z.string(), slot_id: z.string() });

const LocalSession = z.object({
  name: z.string(),
  handle: z.string().nullable(),
  did: z.string().nullable(),
  cwd: z.string().nullable(),
  home_dir: z.string(),
  daemon_running: z.boolean(),
  local_endpoints: z.array(Slot),
});

const SessionListLocalInput = z.object({});
const SessionListLocalOutput = z.object({
  /** By the relay's address. */
  local: z.record(z.string(), z.array(LocalSession)),
  federation_only: z.array(z.object({
    name: z.string(),
    handle: z.string().nullable(),
    cwd: z.string().nullable(),
  })),
});

/** @throws {WireError} usage, unreadable */
export const sessionListLocal = {
  input: SessionListLocalInput,
  output: SessionListLocalOutput,
  async run({ platform, warn }) {
    const sessions = await (await Sessions.open(platform)).list();
    const seen = await Promise.all(sessions.map(async (session) => ({
      row: await sessionRow(session),
      slots: await localSlots(session, warn),
    })));
    const relays = new Set(seen.flatMap(({ slots }) => slots.map((slot) => slot.relay_url)));
    return {
      local: Object.fromEntries(
        [...relays].sort().map((relay) => [
          relay,
          seen.filter(({ slots }) => slots.some(({ relay_url }) => relay_url === relay)).map(local),
        ]),
      ),
      federation_only: seen.filter(({ slots }) => slots.length === 0)
        .map(({ row: { name, handle, cwd } }) => ({ name, handle, cwd })),
    };
  },
} satisfies Operation<typeof SessionListLocalInput, typeof SessionListLocalOutput>;

type LocalSlot = z.output<typeof Slot>;

async function localSlots(
  { home, name }: Session,
  warn: (line: string) => void,
): Promise<LocalSlot[]> {
  let state: RelayState;
  try {
    state = await home.readRelayState();
  } catch (error) {
    const why = error instanceof Error ? error.message : String(error);
    warn(`warn: session ${name}: ${why}`);
    return [];
  }
  return ownRoutes(state).filter(isLocal)
    .map(({ shownUrl, slotId }) => ({ relay_url: shownUrl, slot_id: slotId }));
}

function local(
  { row: { name, handle, did, cwd, home_dir, daemon_running }, slots }: {
    readonly row: SessionRow;
    readonly slots: LocalSlot[];
  },
): z.output<typeof LocalSession> {
  return { name, handle, did, cwd, home_dir, daemon_running, local_endpoints: slots };
}

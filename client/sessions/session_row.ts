/** What lists say of a session, read from its files. Never a secret. */
import { z } from "zod";
import { daemonSnapshot } from "../../store/home/daemon_state.ts";
import type { Session } from "../../store/sessions/sessions.ts";

export const SessionRow = z.object({
  /** The directory in which it is found; of several the first. */
  cwd: z.string().nullable(),
  daemon_running: z.boolean(),
  did: z.string().nullable(),
  handle: z.string().nullable(),
  home_dir: z.string(),
  name: z.string(),
  /** Why it cannot be read, where it cannot. */
  problem: z.string().optional(),
});
export type SessionRow = z.output<typeof SessionRow>;

/** One that is broken is told in its row, and keeps none of the others from being shown. */
export async function sessionRow({ name, directory, home, cwds }: Session): Promise<SessionRow> {
  const { running } = await daemonSnapshot(home);
  const row = {
    cwd: cwds[0] ?? null,
    daemon_running: running,
    did: null,
    handle: null,
    home_dir: directory,
    name,
  };
  if (!await home.isInitialized()) return row;
  try {
    const { did, handle } = await home.readIdentity();
    return { ...row, did, handle };
  } catch (error) {
    return { ...row, problem: error instanceof Error ? error.message : String(error) };
  }
}

/**
 * Being the daemon of a home: the lock for life, and the record that says so to people and to
 * 0.5.19. A record that an earlier daemon left, whatever it says, stops nobody unless it names a
 * live daemon of another program. See docs/protocol/identity-and-events.md §17.
 */
import { type DaemonCall, daemonLabel } from "../store/home/daemon_call.ts";
import { DAEMON_OWNER } from "../store/home/daemon_state.ts";
import type { Home } from "../store/home/home.ts";
import { removeDaemonPid, writeDaemonPid } from "../store/home/pid_record.ts";
import type { Identity } from "../store/home/identity.ts";
import { WireError } from "../protocol/errors.ts";
import { refuseForeignDaemon } from "../client/sync/round_lock.ts";

export interface Tenure {
  /**
   * Whoever removes the home, or its lock, makes room for another daemon, and two writers lose mail.
   * @throws {WireError} locked, when this process does not hold the home any more
   */
  confirm(): Promise<void>;
  /** Frees the home; safe to call again. */
  end(): Promise<void>;
}

export interface TenureOptions {
  /** For one cycle: no record is written. */
  readonly once: boolean;
  /** How it was called: what its lock says. */
  readonly call: DaemonCall;
  /** Ends the waiting for another command's round. */
  readonly signal: AbortSignal;
}

/** For another command's round to end; shorter than the time in which a signal must end us. */
const ROUND_DEADLINE_MS = 4_000;
const ONE_CYCLE = "one cycle of wire daemon --once";

/** @throws {WireError} locked, naming the holder, when another daemon serves the home */
export async function beginTenure(
  home: Home,
  identity: Identity,
  { once, call, signal }: TenureOptions,
): Promise<Tenure> {
  const holder = await home.platform.files.lockHolder(home.file.daemonLock);
  if (holder?.startsWith(DAEMON_OWNER)) {
    throw new WireError("locked", `Cannot start the daemon: ${holder} serves this home`, {
      hint: "one daemon per home is enough; stop that one first, or use another WIRE_HOME",
    });
  }
  const lock = await home.lockDaemon(once ? ONE_CYCLE : daemonLabel(call), {
    deadlineMs: ROUND_DEADLINE_MS,
    signal,
  });
  try {
    await refuseForeignDaemon(home, "wire daemon");
    if (!once) {
      const { self } = await home.readRelayState();
      const relayUrl = self?.relay_url ?? null;
      await writeDaemonPid(home, { did: identity.did, relayUrl });
    }
  } catch (error) {
    await lock.release();
    throw error;
  }
  return {
    async confirm() {
      const { files, processes } = home.platform;
      const now = await files.lockHolder(home.file.daemonLock);
      if (now?.includes(`(pid ${processes.pid})`) === true) return;
      throw new WireError(
        "locked",
        `Cannot go on serving this home: its daemon.lock is ${now ?? "gone"}`,
        { hint: "somebody removed the lock or the home while the daemon ran; start it again" },
      );
    },
    async end() {
      try {
        if (!once) await removeDaemonPid(home);
      } finally {
        await lock.release();
      }
    },
  };
}

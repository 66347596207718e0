/**
 * How a daemon was called, in the words with which it holds daemon.lock, so that whoever restarts it calls it so
 * again, on every system. Pure. See docs/lessons.md, 41.
 */
import { hex, sha256 } from "../../protocol/identity/keys.ts";
import { DAEMON_OWNER } from "./daemon_state.ts";
import type { Home } from "./home.ts";

/** What a daemon is told that serves every session, too. */
export const ALL_SESSIONS = "--all-sessions";
const MARK_DIGITS = 8;

export interface DaemonCall {
  readonly intervalSeconds: number;
  /** Of one that serves all sessions: the mark of the home in whose name it was called. */
  readonly calledIn: string | undefined;
}

/** Names a home in few letters; a path may be longer than a lock's label. */
export const markOf = ({ paths }: Pick<Home, "paths">): string =>
  hex(sha256(new TextEncoder().encode(paths.configRoot))).slice(0, MARK_DIGITS);

/** The label, as `wire daemon --interval 5 --all-sessions of 0123abcd`. */
export function daemonLabel(call: DaemonCall): string {
  const all = call.calledIn === undefined ? "" : ` of ${call.calledIn}`;
  return [DAEMON_OWNER, ...argumentsOf(call).slice(1)].join(" ") + all;
}

/** From `daemon` on. */
export const argumentsOf = ({ intervalSeconds, calledIn }: DaemonCall): readonly string[] => [
  "daemon",
  "--interval",
  String(intervalSeconds),
  ...(calledIn === undefined ? [] : [ALL_SESSIONS]),
];

const LABEL = /^wire daemon --interval (\d{1,9})(?: --all-sessions of ([0-9a-f]{8}))? \(pid /;

/** @param holder of a home's daemon.lock @returns undefined for one that does not say */
export function daemonCall(holder: string): DaemonCall | undefined {
  const [label, seconds, calledIn] = holder.match(LABEL) ?? [];
  return label === undefined ? undefined : { intervalSeconds: Number(seconds), calledIn };
}

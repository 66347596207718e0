/** The relay as a server: store, lock, socket, shutdown. See docs/protocol/relay.md §2. */
import { WireError } from "../protocol/errors.ts";
import type { Platform } from "../platform/platform.ts";
import type { RelayOptions } from "./options.ts";

export interface RunningRelay {
  /** `http://<host>:<port>`, with the port that was really bound. */
  readonly url: string;
  readonly host: string;
  readonly port: number;
  /** What is printed once it listens, without line feed. */
  readonly banner: string;
  /** Stops accepting, ends streams, answers what is open, puts everything on disk; within 5 s. */
  close(): Promise<void>;
}

/**
 * @throws {WireError} usage (a bad or refused bind), locked (another relay holds the directory),
 * unreadable (a damaged store), write_failed, internal (the address cannot be bound)
 */
export function startRelay(_options: RelayOptions, _platform: Platform): Promise<RunningRelay> {
  return Promise.reject(new WireError("internal", "Cannot start a relay: not there yet"));
}

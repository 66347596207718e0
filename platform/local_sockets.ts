/** Streams of bytes between processes of one machine: Unix sockets, or TCP on 127.0.0.1. */

export type LocalAddress =
  /** A path that the system takes as it is: absolute. */
  | { readonly tag: "unix"; readonly path: string }
  /** To listen: 0 is any that is free. */
  | { readonly tag: "loopback"; readonly port: number };

export interface LocalConnection {
  /** What came, in order; undefined once the other side ends, or this one is closed. */
  read(): Promise<Uint8Array | undefined>;
  /** @returns true when the system has taken all of it; false when the connection is over */
  write(bytes: Uint8Array): Promise<boolean>;
  /** At once, whatever waits; safe to call again. */
  close(): void;
}

export interface LocalListener {
  readonly address: LocalAddress;
  /** @returns undefined once it is closed. @throws when the system can give no connection now */
  accept(): Promise<LocalConnection | undefined>;
  /** A socket's file goes with it. Safe to call again. */
  close(): void;
}

/** What stands at a path, links not followed. */
export interface LocalPlace {
  readonly kind: "socket" | "directory" | "other";
  /** Who it belongs to; undefined where the system does not tell. */
  readonly owner: "us" | "root" | "other" | undefined;
  /** Permission bits, or undefined where the system has none. */
  readonly mode: number | undefined;
}

export interface LocalSockets {
  /** Whether the system has sockets with a path and a mode. */
  readonly hasPaths: boolean;
  /**
   * A socket's file is closed to everybody but the user from its first moment on.
   * @throws when it cannot be had
   */
  listen(address: LocalAddress): LocalListener;
  /** @returns undefined when nobody answers there */
  connect(address: LocalAddress, signal: AbortSignal): Promise<LocalConnection | undefined>;
  /** @returns undefined when there is nothing. @throws when that cannot be told */
  look(path: string): Promise<LocalPlace | undefined>;
  /** Removes what is there; nothing when there is nothing. */
  remove(path: string): Promise<void>;
}

/**
 * A relay on a Unix socket: for one user of one machine. See docs/protocol/relay.md §13.1 and
 * docs/protocol/extensions.md §9.
 */
// deno-lint-ignore layers/world -- what stands at an address, as a connection to it would tell
import { lstat, unlink } from "node:fs/promises";
import { connect } from "node:net";
import path from "node:path";
import { WireError } from "../protocol/errors.ts";

/** Bytes of `sun_path`, with its end. */
const MAX_PATH_BYTES = 108;
/** Nobody but the user who runs the relay. */
const SOCKET_MASK = 0o177;

export interface UnixPlace {
  /** Absolute. */
  readonly path: string;
}

/** @throws {WireError} usage */
export function parseUnixPath(text: string, currentDirectory: string): UnixPlace {
  const absolute = path.resolve(currentDirectory, text);
  if (new TextEncoder().encode(absolute).length >= MAX_PATH_BYTES) {
    throw new WireError("usage", `binding ${absolute}: a socket's path has at most 107 bytes`);
  }
  return { path: absolute };
}

/**
 * Removes the socket that a relay left behind when it was killed.
 * @throws {WireError} locked if somebody answers there, usage if it is no socket
 */
export async function makeWay({ path: place }: UnixPlace): Promise<void> {
  const found = await kindOf(place);
  if (found === "nothing") return;
  if (found === "other") {
    throw new WireError("usage", `binding ${place}: there is something that is not a socket`);
  }
  if (await isAnswered(place)) {
    throw new WireError("locked", `binding ${place}: another server answers there`);
  }
  await unlink(place);
}

async function kindOf(place: string): Promise<"nothing" | "socket" | "other"> {
  try {
    return (await lstat(place)).isSocket() ? "socket" : "other";
  } catch (error) {
    if (error instanceof Error && "code" in error && error.code === "ENOENT") return "nothing";
    throw new WireError("usage", `binding ${place}: ${String(error)}`, { cause: error });
  }
}

function isAnswered(place: string): Promise<boolean> {
  const { promise, resolve } = Promise.withResolvers<"answered" | "silent">();
  const socket = connect({ path: place });
  socket.on("connect", () => resolve("answered"));
  socket.on("error", () => resolve("silent"));
  return promise.then((found) => found === "answered").finally(() => socket.destroy());
}

/** Runs what binds the socket so that its file is closed to others from its first moment on. */
export async function privately<T>(bind: () => Promise<T>): Promise<T> {
  // deno-lint-ignore layers/world -- the mode of a socket has no other way than the process's mask
  const before = Deno.umask(SOCKET_MASK);
  try {
    return await bind();
  } finally {
    // deno-lint-ignore layers/world -- as above
    Deno.umask(before);
  }
}

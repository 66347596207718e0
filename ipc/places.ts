/** Where the socket of a home may stand, best first. See docs/protocol/guard.md §24. */
import { createHash } from "node:crypto";
import path from "node:path";
import type { Env } from "../platform/env.ts";

/** The shortest `sun_path` has 104 bytes; a little is left for the system. */
const MOST_PATH_BYTES = 100;
const HASH_DIGITS = 8;

export interface SocketPlace {
  readonly path: string;
  /** Must be there already; what is between it and the socket may be made. */
  readonly below: string;
  /** Named by the operator: no other place will do. */
  readonly isGiven: boolean;
}

/** The variable with which an operator names the socket. Empty counts as unset. */
export const SOCKET_VARIABLE = "WIRE_GUARD_SOCKET";

/** @returns what the environment names, if it can be the path of a socket; else why not */
export function givenPath(env: Env): { readonly path?: string; readonly problem?: string } {
  const given = env.get(SOCKET_VARIABLE);
  if (given === undefined || given === "") return {};
  if (!path.posix.isAbsolute(given)) return { problem: `"${given}" is not an absolute path` };
  if (given.includes("\0")) return { problem: "it has a NUL in it" };
  if (!fits(given)) return { problem: `it has more than ${MOST_PATH_BYTES} bytes` };
  return { path: given };
}

/** @param stateRoot the home's own state directory, absolute */
export function socketPlaces(env: Env, stateRoot: string): readonly SocketPlace[] {
  const { join } = path.posix;
  const hash = createHash("sha256").update(stateRoot).digest("hex").slice(0, HASH_DIGITS);
  const name = `g-${hash}.sock`;
  const runtime = absolute(env, "XDG_RUNTIME_DIR");
  const xdgCache = env.os === "darwin" ? undefined : absolute(env, "XDG_CACHE_HOME");
  const user = env.homeDirectory;
  const cache = xdgCache ?? (user && join(user, env.os === "darwin" ? "Library/Caches" : ".cache"));
  const below = xdgCache ?? user;
  return [
    ...(runtime === undefined || env.os === "darwin"
      ? []
      : [{ path: join(runtime, "wire", name), below: runtime, isGiven: false }]),
    { path: join(stateRoot, "guard.sock"), below: stateRoot, isGiven: false },
    ...(cache === undefined || below === undefined
      ? []
      : [{ path: join(cache, "wire", name), below, isGiven: false }]),
  ].filter((place) => fits(place.path));
}

const fits = (place: string): boolean => new TextEncoder().encode(place).length <= MOST_PATH_BYTES;

function absolute(env: Env, name: string): string | undefined {
  const value = env.get(name);
  return value !== undefined && path.posix.isAbsolute(value) ? value : undefined;
}

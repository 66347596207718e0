/**
 * How a home's local server is found: a file with its address, and one with its token where it needs
 * one. Both lie in the home's state directory, which is closed to everybody else; the token is new
 * each time, so that one that a dead server's successor is shown opens nothing.
 */
import { timingSafeEqual } from "node:crypto";
import path from "node:path";
import type { Env } from "../platform/env.ts";
import type { Files } from "../platform/files.ts";
import type { LocalAddress, LocalSockets } from "../platform/local_sockets.ts";
import type { Random } from "../platform/random.ts";
import { parseAddress, printAddress } from "./address.ts";
import { givenPath } from "./places.ts";

const TOKEN_BYTES = 32;
const TOKEN = /^[0-9a-f]{64}$/;

const addressFile = (stateRoot: string): string => path.join(stateRoot, "guard.addr");
const tokenFile = (stateRoot: string): string => path.join(stateRoot, "guard.token");

export interface Publication {
  readonly address: LocalAddress;
  /** Left out: whoever reaches the address may ask. */
  readonly token: string | undefined;
}

export const newToken = (random: Random): string => random.bytes(TOKEN_BYTES).toHex();

/** In constant time for texts of the right length. */
export function isToken(given: string | undefined, token: string): boolean {
  if (given === undefined || !TOKEN.test(given)) return false;
  const encoder = new TextEncoder();
  return timingSafeEqual(encoder.encode(given), encoder.encode(token));
}

/** @throws {WireError} write_failed */
export async function publish(
  files: Files,
  stateRoot: string,
  { address, token }: Publication,
): Promise<void> {
  // Whoever finds the address must find its token.
  if (token !== undefined) {
    await files.writeAtomic(tokenFile(stateRoot), `${token}\n`, { point: "ipc.token" });
  }
  const line = `${printAddress(address)}\n`;
  await files.writeAtomic(addressFile(stateRoot), line, { point: "ipc.address" });
}

/** @throws {WireError} write_failed */
export async function withdraw(files: Files, stateRoot: string): Promise<void> {
  await files.remove(addressFile(stateRoot), { point: "ipc.address_removed" });
  await files.remove(tokenFile(stateRoot), { point: "ipc.token_removed" });
}

export interface FindDependencies {
  readonly files: Files;
  readonly env: Env;
  readonly localSockets: LocalSockets;
}

/** @returns undefined when there is nothing, or what is there is not to be trusted */
export async function findServer(
  { files, env, localSockets }: FindDependencies,
  stateRoot: string,
): Promise<Publication | undefined> {
  const given = givenPath(env);
  if (given.problem !== undefined) return undefined; // the daemon tells that, and does not listen
  const address: LocalAddress | undefined = given.path === undefined
    ? parseAddress(await files.readText(addressFile(stateRoot)) ?? "")
    : { tag: "unix", path: given.path };
  if (address?.tag === "loopback") {
    const token = (await files.readText(tokenFile(stateRoot)))?.trimEnd() ?? "";
    return TOKEN.test(token) ? { address, token } : undefined;
  }
  if (address === undefined) return undefined;
  const place = await localSockets.look(address.path);
  if (place?.kind !== "socket" || place.owner === "other") return undefined;
  return { address, token: undefined };
}

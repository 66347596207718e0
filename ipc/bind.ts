/**
 * Takes the place of a home's local server: a socket that only this user can reach, or, where there
 * are none, a port of this machine that answers only to who can read a file of the home.
 * The caller holds the home's daemon.lock, so that nobody else is about to do the same.
 * See docs/protocol/guard.md §3.3, §3.4 and §24.
 */
import path from "node:path";
import type { Env } from "../platform/env.ts";
import type { Files } from "../platform/files.ts";
import type { LocalListener, LocalSockets } from "../platform/local_sockets.ts";
import { WireError } from "../protocol/errors.ts";
import { givenPath, SOCKET_VARIABLE, type SocketPlace, socketPlaces } from "./places.ts";

export interface BindDependencies {
  readonly localSockets: LocalSockets;
  readonly files: Files;
  readonly env: Env;
}

export interface BoundListener {
  readonly listener: LocalListener;
  /** Whether everybody on the machine can reach it, so that requests need a token. */
  readonly isOpen: boolean;
  /** Why better places were passed over. */
  readonly passedOver: readonly string[];
}

const OWNER_ONLY = 0o700;
const WRITABLE_BY_OTHERS = 0o022;
const ANYTHING_FOR_OTHERS = 0o077;

export interface BindOptions {
  readonly stateRoot: string;
  /** Whether what the environment says about the socket is about this home. */
  readonly isNamed: boolean;
}

/** @throws {WireError} refused: the operator's place cannot be had, or there is none at all */
export async function bindLocal(
  dependencies: BindDependencies,
  { stateRoot, isNamed }: BindOptions,
): Promise<BoundListener> {
  const { env, localSockets } = dependencies;
  const passedOver: string[] = [];
  const places = isNamed ? placesOf(env, stateRoot) : socketPlaces(env, stateRoot);
  for (const place of localSockets.hasPaths ? places : []) {
    const result = await take(dependencies, place);
    if (typeof result !== "string") return { listener: result, isOpen: false, passedOver };
    if (place.isGiven) throw refusal(`${place.path}: ${result}`);
    passedOver.push(`${place.path}: ${result}`);
  }
  try {
    const listener = localSockets.listen({ tag: "loopback", port: 0 });
    return { listener, isOpen: true, passedOver };
  } catch (error) {
    const why = [...passedOver, `127.0.0.1: ${errorText(error)}`].join("; ");
    throw new WireError("refused", `Cannot listen anywhere: ${why}`, { cause: error });
  }
}

/** @throws {WireError} refused */
function placesOf(env: Env, stateRoot: string): readonly SocketPlace[] {
  const given = givenPath(env);
  if (given.problem !== undefined) throw refusal(given.problem);
  if (given.path === undefined) return socketPlaces(env, stateRoot);
  return [{ path: given.path, below: "/", isGiven: true }];
}

const refusal = (problem: string): WireError =>
  new WireError("refused", `Cannot listen where ${SOCKET_VARIABLE} says: ${problem}`, {
    hint: `unset ${SOCKET_VARIABLE}, or name a path in a directory that only you can write to`,
  });

/** @returns why not */
async function take(
  { localSockets, files }: BindDependencies,
  { path: socket, below, isGiven }: SocketPlace,
): Promise<LocalListener | string> {
  const directory = path.posix.dirname(socket);
  let listener: LocalListener | undefined;
  try {
    // Links lead where the one who made them wants, at the time when he wants.
    if (!isGiven && (await localSockets.look(below))?.owner === "other") {
      return `${below} belongs to somebody else`;
    }
    if (await localSockets.look(below) === undefined) return `there is no ${below}`;
    if (await localSockets.look(directory) === undefined) {
      await files.ensureDirectory(directory, OWNER_ONLY);
    }
    const problem = await directoryProblem(localSockets, directory) ??
      await makeWay(localSockets, socket);
    if (problem !== undefined) return problem;
    listener = localSockets.listen({ tag: "unix", path: socket });
    const made = await localSockets.look(socket);
    if (isPrivate(made?.mode)) return listener;
    listener.close();
    return "the file system gives it to others, too";
  } catch (error) {
    listener?.close();
    return errorText(error);
  }
}

const errorText = (error: unknown): string =>
  error instanceof Error ? error.message : String(error);

const isPrivate = (mode: number | undefined): boolean =>
  mode === undefined || (mode & ANYTHING_FOR_OTHERS) === 0;

async function directoryProblem(
  localSockets: LocalSockets,
  directory: string,
): Promise<string | undefined> {
  const found = await localSockets.look(directory);
  if (found?.kind !== "directory") return `${directory} is no directory`;
  if (found.owner === "other") return `${directory} belongs to somebody else`;
  if (found.mode === undefined || (found.mode & WRITABLE_BY_OTHERS) === 0) return undefined;
  return `others can write to ${directory}`;
}

/** Removes what a daemon left that was killed, if it is ours and nobody answers. */
async function makeWay(localSockets: LocalSockets, socket: string): Promise<string | undefined> {
  const found = await localSockets.look(socket);
  if (found === undefined) return undefined;
  if (found.kind !== "socket") return "there is something that is not a socket";
  if (found.owner !== undefined && found.owner !== "us") {
    return "the socket there belongs to somebody else";
  }
  const never = new AbortController();
  const answer = await localSockets.connect({ tag: "unix", path: socket }, never.signal);
  answer?.close();
  if (answer !== undefined) return "another program answers there";
  await localSockets.remove(socket);
  return undefined;
}

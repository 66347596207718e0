/** Asks a local server, once and briefly. Who does not answer in time does not answer. */
import type { Clock } from "../platform/clock.ts";
import type { LocalConnection, LocalSockets } from "../platform/local_sockets.ts";
import { WireError } from "../protocol/errors.ts";
import { type JsonObject, stringMember, withMembers } from "../protocol/json/value.ts";
import { parseFrame, printFrame } from "./frame.ts";
import { inTime } from "./in_time.ts";
import { IPC_LIMITS } from "./limits.ts";
import { LineReader } from "./line_reader.ts";
import type { Publication } from "./published.ts";

export interface ClientDependencies {
  readonly localSockets: LocalSockets;
  readonly clock: Clock;
}

export interface AskOptions {
  /** For everything: connection, request, answer. */
  readonly deadlineMs: number;
}

export type Reply =
  | { readonly tag: "reply"; readonly reply: JsonObject }
  | { readonly tag: "refused"; readonly code: string; readonly message: string }
  /** Nobody there, no answer in time, or none that can be read. */
  | { readonly tag: "silent" };

const SILENT: Reply = { tag: "silent" };

export async function ask(
  { localSockets, clock }: ClientDependencies,
  { server, request }: { readonly server: Publication; readonly request: JsonObject },
  { deadlineMs }: AskOptions,
): Promise<Reply> {
  const over = new AbortController();
  let connection: LocalConnection | undefined;
  const exchange = async (): Promise<Reply> => {
    connection = await localSockets.connect(server.address, over.signal);
    if (connection === undefined) return SILENT;
    if (over.signal.aborted) connection.close();
    await connection.write(printFrame(withToken(request, server)));
    return replyIn(await linesOf(connection).next());
  };
  try {
    return await inTime(clock, deadlineMs, { work: exchange() }) ?? SILENT;
  } finally {
    over.abort();
    connection?.close();
  }
}

export interface SubscribeOptions {
  /** For the first message. */
  readonly deadlineMs: number;
  readonly signal: AbortSignal;
}

/** Every message of a stream; ends with the connection, with what cannot be read, or the signal. */
export async function* subscribe(
  { localSockets, clock }: ClientDependencies,
  { server, request }: { readonly server: Publication; readonly request: JsonObject },
  { deadlineMs, signal }: SubscribeOptions,
): AsyncGenerator<JsonObject, void, undefined> {
  const connection = await localSockets.connect(server.address, signal);
  if (connection === undefined) return;
  const close = (): void => connection.close();
  signal.addEventListener("abort", close, { once: true });
  try {
    if (signal.aborted) return;
    const lines = linesOf(connection);
    await connection.write(printFrame(withToken(request, server)));
    let reply = replyIn(
      await inTime(clock, deadlineMs, { work: lines.next(), signal }) ?? { tag: "end" },
    );
    while (reply.tag === "reply") {
      yield reply.reply;
      reply = replyIn(await lines.next());
    }
  } finally {
    signal.removeEventListener("abort", close);
    close();
  }
}

const linesOf = (connection: LocalConnection): LineReader =>
  new LineReader(connection, { maxBytes: IPC_LIMITS.replyBytes });

const withToken = (request: JsonObject, { token }: Publication): JsonObject =>
  token === undefined ? request : withMembers(request, { token });

function replyIn(line: Awaited<ReturnType<LineReader["next"]>>): Reply {
  if (line.tag !== "line") return SILENT;
  try {
    const reply = parseFrame(line.text);
    if (stringMember(reply, "kind") !== "error") return { tag: "reply", reply };
    const code = stringMember(reply, "code") ?? "";
    return { tag: "refused", code, message: stringMember(reply, "message") ?? "" };
  } catch (error) {
    if (error instanceof WireError) return SILENT; // another program's answer
    throw error;
  }
}

/** Asks the daemon of a home over its local socket. */
import type { DaemonLink } from "../client/daemon_link.ts";
import { ask, subscribe } from "../ipc/client.ts";
import { findServer, type Publication } from "../ipc/published.ts";
import { type JsonObject, plain } from "../protocol/json/value.ts";
import { LiveEvent, LiveNudged, LiveStatus } from "../protocol/schemas/live.ts";
import type { Home } from "../store/home/home.ts";
import type { z } from "zod";

/** A sender waits for this; a daemon that is well answers within a millisecond or two. */
const NUDGE_MS = 250;
/** Whoever asks for the status can wait a little for a machine that is busy. */
const STATUS_MS = 1_000;
const WATCH_MS = 2_000;

export function daemonLink(home: Home): DaemonLink {
  const { platform, paths: { stateRoot } } = home;
  const find = async (): Promise<Publication | undefined> => {
    try {
      return await findServer(platform, stateRoot);
    } catch (error) {
      platform.log.info("the daemon cannot be found", { error });
      return undefined;
    }
  };
  const answer = async <T extends z.ZodType>(
    kind: string,
    { schema, deadlineMs }: { readonly schema: T; readonly deadlineMs: number },
  ): Promise<z.output<T> | undefined> => {
    const server = await find();
    if (server === undefined) return undefined;
    const reply = await ask(platform, { server, request: { kind } }, { deadlineMs });
    if (reply.tag !== "reply") return undefined;
    return schema.safeParse(plain(reply.reply)).data;
  };
  return {
    nudge: () => answer("nudge", { schema: LiveNudged, deadlineMs: NUDGE_MS }),
    status: () => answer("status", { schema: LiveStatus, deadlineMs: STATUS_MS }),
    async *watch(signal) {
      const server = await find();
      if (server === undefined || signal.aborted) return;
      const request: JsonObject = { kind: "watch" };
      const options = { deadlineMs: WATCH_MS, signal };
      for await (const frame of subscribe(platform, { server, request }, options)) {
        // A later daemon may tell what we do not know.
        const event = LiveEvent.safeParse(plain(frame)).data;
        if (event !== undefined) yield event;
      }
    },
  };
}

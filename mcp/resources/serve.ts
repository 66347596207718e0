/** The resources of a host for one client, and what it is told of their changes. */
import { ProtocolError, ProtocolErrorCode, type Server } from "@modelcontextprotocol/server";
import { WireError } from "../../protocol/errors.ts";
import type { Change } from "../changes.ts";
import type { McpHost } from "../host.ts";
import { cleanText } from "../peer_text.ts";
import { toolErrorText } from "../tool_error.ts";
import { INBOX_DESCRIPTION, listResources, readAddress } from "./read.ts";
import { addressOf, INBOX_ALL, INBOX_TEMPLATE, inboxUri, PENDING_PAIRS } from "./uris.ts";

/** A client that subscribes to more than these does not mean it. */
const MAX_SUBSCRIPTIONS = 1_024;

export class Subscriptions {
  readonly #server: Server;
  /** The stateless revision: whoever holds the connection chooses what goes out. */
  readonly #toAll: boolean;
  readonly #uris = new Set<string>();

  constructor(server: Server, { toAll }: { readonly toAll: boolean }) {
    this.#server = server;
    this.#toAll = toAll;
  }

  add(uri: string): boolean {
    if (this.#uris.size >= MAX_SUBSCRIPTIONS) return false;
    this.#uris.add(uri);
    return true;
  }

  remove(uri: string): void {
    this.#uris.delete(uri);
  }

  /** @throws what the transport throws when the client is gone */
  async tell(change: Change): Promise<void> {
    if (change.tag === "peers") return await this.#server.sendResourceListChanged();
    const uris = urisOf(change).filter((uri) => this.#toAll || this.#uris.has(uri));
    await Promise.all(uris.map((uri) => this.#server.sendResourceUpdated({ uri })));
  }
}

/** Each once. */
export function urisOf(change: Change): readonly string[] {
  if (change.tag === "pairings") return [PENDING_PAIRS];
  if (change.tag === "peers") return [];
  return [...new Set([INBOX_ALL, ...change.items.map(({ peer }) => inboxUri(peer))])];
}

/** Until the server is closed. */
export function serveResources(
  server: Server,
  host: McpHost,
  { toAll, hears }: { readonly toAll: boolean; readonly hears: boolean },
): Subscriptions {
  const subscriptions = new Subscriptions(server, { toAll });
  server.setRequestHandler(
    "resources/list",
    async () => ({ resources: await told(async () => await listResources(await host.context())) }),
  );
  server.setRequestHandler("resources/templates/list", () => ({
    resourceTemplates: [{
      uriTemplate: INBOX_TEMPLATE,
      name: "inbox of a peer",
      description: INBOX_DESCRIPTION,
      mimeType: "application/x-ndjson",
    }],
  }));
  server.setRequestHandler(
    "resources/read",
    async ({ params: { uri } }, { mcpReq: { signal } }) => {
      const address = addressOf(uri);
      if (address === undefined) throw unknownResource(uri, { stateless: toAll });
      const contents = await told(async () =>
        await readAddress(await host.context(), address, signal)
      );
      return { contents: [{ uri, ...contents }] };
    },
  );
  server.setRequestHandler("resources/subscribe", ({ params: { uri } }) => {
    if (addressOf(uri) === undefined) throw invalid(`subscribe URI must be ${SUBSCRIBABLE}`);
    if (!subscriptions.add(uri)) throw invalid(`at most ${MAX_SUBSCRIPTIONS} subscriptions`);
    return {};
  });
  server.setRequestHandler("resources/unsubscribe", ({ params: { uri } }) => {
    subscriptions.remove(uri);
    return {};
  });
  if (hears) hear(server, host, subscriptions);
  return subscriptions;
}

const SUBSCRIBABLE = `${INBOX_ALL}, ${INBOX_TEMPLATE} or ${PENDING_PAIRS}`;

function hear(server: Server, host: McpHost, subscriptions: Subscriptions): void {
  const stop = host.changes.listen(async (change) => {
    try {
      await subscriptions.tell(change);
    } catch (error) {
      // A client that is just going away is told nothing more.
      host.platform.log.debug("mcp: nobody to tell", { error: String(error) });
    }
  });
  server.onclose = stop;
}

const invalid = (message: string): ProtocolError =>
  new ProtocolError(ProtocolErrorCode.InvalidParams, message);

/** The stateless revision has a code for it; before, as 0.5.19 answers. */
const unknownResource = (
  uri: string,
  { stateless }: { readonly stateless: boolean },
): ProtocolError =>
  new ProtocolError(
    stateless ? ProtocolErrorCode.InvalidParams : ProtocolErrorCode.InternalError,
    `unknown resource URI ${cleanText(uri).slice(0, 200)}`,
  );

/** Files that cannot be read, in the words of the error and in no others. */
async function told<T>(work: () => Promise<T>): Promise<T> {
  try {
    return await work();
  } catch (error) {
    if (!(error instanceof WireError)) throw error;
    throw new ProtocolError(ProtocolErrorCode.InternalError, toolErrorText(error));
  }
}

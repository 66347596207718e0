/** Clients of the dated revisions of 2025, each with a session of its own. */
import { WebStandardStreamableHTTPServerTransport } from "@modelcontextprotocol/server";
import type { McpHost } from "../host.ts";
import { type ReadMessage, readMessage, type Refusal } from "../json_rpc.ts";
import { serverFor } from "../server.ts";
import { text } from "./gate.ts";

/** More hosts than one person has; the one that was silent for longest gives way. */
const MAX_SESSIONS = 64;
const ID_BYTES = 16;

interface Session {
  readonly transport: WebStandardStreamableHTTPServerTransport;
  usedAt: number;
}

/** Several at once are a thing of 2025-03-26, which the SDK reads itself; nothing it refuses. */
const readBody = (body: string): ReadMessage | undefined =>
  /^\s*(\[|$)/.test(body) ? undefined : readMessage(body);

/** A request that can be answered is; the rest is no request. */
const refusal = (reply: Refusal): Response =>
  Response.json(reply, { status: reply.id === null ? 400 : 200 });

export class HttpSessions {
  readonly #host: McpHost;
  readonly #sessions = new Map<string, Session>();

  constructor(host: McpHost) {
    this.#host = host;
  }

  /** @param body of a POST */
  async answer(request: Request, body: string | undefined): Promise<Response> {
    const id = request.headers.get("mcp-session-id");
    const session = id === null ? undefined : this.#sessions.get(id);
    if (id !== null && session === undefined) {
      return text(404, "Not found: no such session; initialize anew");
    }
    const read = body === undefined ? undefined : readBody(body);
    if (read?.tag === "refused") return refusal(read.reply);
    if (read?.tag === "nothing") return new Response(null, { status: 202 });
    const options = read === undefined ? {} : { parsedBody: read.message };
    if (session === undefined) return await this.#opened(request, options);
    session.usedAt = this.#now();
    return await session.transport.handleRequest(request, options);
  }

  async close(): Promise<void> {
    await Promise.all([...this.#sessions.values()].map(({ transport }) => transport.close()));
  }

  /** What does not initialize it is refused by it, and forgotten with it. */
  async #opened(request: Request, options: { parsedBody?: unknown }): Promise<Response> {
    const transport = await this.#open();
    const response = await transport.handleRequest(request, options);
    if (transport.sessionId === undefined) await transport.close();
    return response;
  }

  async #open(): Promise<WebStandardStreamableHTTPServerTransport> {
    const { random } = this.#host.platform;
    const transport = new WebStandardStreamableHTTPServerTransport({
      sessionIdGenerator: () => random.bytes(ID_BYTES).toHex(),
      onsessioninitialized: async (id) => {
        await this.#makeRoom();
        this.#sessions.set(id, { transport, usedAt: this.#now() });
      },
    });
    const server = await serverFor(this.#host, { era: "legacy", hears: true });
    await server.connect(transport);
    const stop = server.onclose;
    server.onclose = () => {
      stop?.();
      if (transport.sessionId !== undefined) this.#sessions.delete(transport.sessionId);
    };
    return transport;
  }

  async #makeRoom(): Promise<void> {
    if (this.#sessions.size < MAX_SESSIONS) return;
    const [oldest] = [...this.#sessions.values()].sort((a, b) => a.usedAt - b.usedAt);
    await oldest?.transport.close();
  }

  #now(): number {
    return this.#host.platform.clock.monotonic();
  }
}

/** One client's server: the protocol's methods on the tools and resources of a host. */
import {
  CLIENT_CAPABILITIES_META_KEY,
  inputResponse,
  type McpRequestContext,
  ProtocolError,
  ProtocolErrorCode,
  Server,
  type ServerContext,
} from "@modelcontextprotocol/server";
import { z } from "zod";
import { VERSION } from "../protocol/version.ts";
import { callTool, questionId } from "./call_tool.ts";
import { listedTools } from "./catalogue.ts";
import type { McpHost } from "./host.ts";
import { instructions } from "./instructions.ts";
import { cleanText } from "./peer_text.ts";
import { serveResources } from "./resources/serve.ts";
import type { OperatorAnswer, Question } from "./tool_call.ts";

/** The first is what a client gets that asks for none of these: that of 0.5.19. */
const REVISIONS = ["2025-06-18", "2025-11-25", "2025-03-26", "2024-11-05", "2026-07-28"];

const CAPABILITIES = {
  tools: { listChanged: false },
  resources: { listChanged: true, subscribe: true },
};

export interface ServerOptions extends Pick<McpRequestContext, "era"> {
  /** Whether it can tell the client of changes by itself. */
  readonly hears: boolean;
}

/** Made anew for each connection, or for each request where there are none. */
export async function serverFor(
  host: McpHost,
  { era, hears }: ServerOptions,
): Promise<Server> {
  const server = new Server({ name: "wire", version: VERSION }, {
    capabilities: CAPABILITIES,
    instructions: await instructions(host),
    supportedProtocolVersions: REVISIONS,
  });
  server.onerror = ({ message }) => host.platform.log.debug("mcp", { problem: message });
  server.fallbackRequestHandler = ({ method }) => {
    throw new ProtocolError(
      ProtocolErrorCode.MethodNotFound,
      `method not found: ${cleanText(method).slice(0, 64)}`,
    );
  };
  const toAll = era === "modern";
  const subscriptions = serveResources(server, host, { toAll, hears });
  server.setRequestHandler(
    "tools/list",
    async () => ({ tools: [...await listedTools(host.profile)] }),
  );
  server.setRequestHandler("tools/call", async ({ params }, request) => {
    const { progressToken } = request.mcpReq._meta ?? {};
    let told = 0;
    return await callTool(host, {
      name: params.name,
      args: params.arguments ?? {},
      signal: request.mcpReq.signal,
      answer: (question) => answerOf(request, canElicit(server, request), question),
      subscribe: (uri) => hears && subscriptions.add(uri),
      async progress(message) {
        if (progressToken === undefined) return;
        const params = { progressToken, progress: ++told, message };
        await request.mcpReq.notify({ method: "notifications/progress", params });
      },
    });
  });
  return server;
}

const Elicitation = z.object({ form: z.unknown(), url: z.unknown() }).partial();
const Declared = z.object({ elicitation: Elicitation }).partial();
const Envelope = z.object({ [CLIENT_CAPABILITIES_META_KEY]: Declared }).partial();

/** Said once per connection, or in each request of the stateless revision. */
function canElicit(server: Server, { mcpReq: { envelope } }: ServerContext): boolean {
  const { data } = Envelope.safeParse(envelope ?? {});
  const declared = data?.[CLIENT_CAPABILITIES_META_KEY] ?? server.getClientCapabilities();
  const elicitation = declared?.elicitation;
  // An empty one is that of the first revision that had it: forms.
  return elicitation !== undefined &&
    (elicitation.form !== undefined || elicitation.url === undefined);
}

/** @returns undefined when the operator can be asked and has not been yet */
function answerOf(
  { mcpReq: { inputResponses } }: ServerContext,
  isAble: boolean,
  question: Question,
): OperatorAnswer | undefined {
  const view = inputResponse(inputResponses, questionId(question));
  if (view.kind === "missing") return isAble ? undefined : { tag: "cannot_ask" };
  if (view.kind !== "elicit" || view.action !== "accept") return { tag: "declined" };
  const { wants } = question;
  const { digits, yes } = view.content ?? {};
  if (wants === "digits" && typeof digits === "string") return { tag: "digits", digits };
  return wants === "yes" && yes === true ? { tag: "yes" } : { tag: "declined" };
}

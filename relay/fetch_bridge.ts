/** The relay behind the web's Request and Response, for tests and for servers that speak them. */
import {
  type Body,
  type ByteBudget,
  isStream,
  type RelayReply,
  type RelayRequest,
} from "./exchange.ts";

interface Handler {
  handle(request: RelayRequest): Promise<RelayReply>;
}

export async function answerFetch(
  relay: Handler,
  request: Request,
  remoteAddress: string,
): Promise<Response> {
  return responseOf(await relay.handle(requestOf(request, remoteAddress)));
}

export function requestOf(request: Request, remoteAddress: string): RelayRequest {
  const { pathname, search, host } = new URL(request.url);
  return {
    method: request.method,
    target: pathname + search,
    remoteAddress,
    header: (name) => request.headers.get(name) ?? (name === "host" ? host : undefined),
    readBody: (maxBytes, budget) => readBody(request, maxBytes, budget),
  };
}

export function responseOf({ status, headers, body }: RelayReply): Response {
  const init = { status, headers: { ...headers } };
  if (isStream(body)) return new Response(ReadableStream.from(body), init);
  return new Response(body.length === 0 ? null : Uint8Array.from(bytesOf(body)), init);
}

const encoder = new TextEncoder();

const bytesOf = (body: string | Uint8Array): Uint8Array =>
  typeof body === "string" ? encoder.encode(body) : body;

async function readBody(request: Request, maxBytes: number, budget: ByteBudget): Promise<Body> {
  const chunks: Uint8Array[] = [];
  let length = 0;
  const refused = (reason: "too_large" | "busy" | "gone"): Body => {
    budget.give(length);
    return { ok: false, reason };
  };
  try {
    for await (const chunk of request.body ?? []) {
      if (length + chunk.length > maxBytes) return refused("too_large");
      if (!budget.take(chunk.length)) return refused("busy");
      length += chunk.length;
      chunks.push(chunk);
    }
  } catch {
    return refused("gone"); // the client broke off: nobody reads an answer
  }
  const bytes = new Uint8Array(length);
  let at = 0;
  for (const chunk of chunks) {
    bytes.set(chunk, at);
    at += chunk.length;
  }
  return { ok: true, bytes };
}

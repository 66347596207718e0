/** One request and one answer, apart from any server: node:http, fetch and tests all map to these. */

export type Body =
  | { readonly ok: true; readonly bytes: Uint8Array }
  /** `gone`: the client went away. */
  | { readonly ok: false; readonly reason: "too_large" | "busy" | "gone" };

export interface RelayRequest {
  readonly method: string;
  /** Path and query as sent. */
  readonly target: string;
  /** The peer of the connection. */
  readonly remoteAddress: string;
  /** @param name in lower case */
  header(name: string): string | undefined;
  /** To be called once. Bytes taken from the budget are the caller's to give back. */
  readBody(maxBytes: number, budget: ByteBudget): Promise<Body>;
}

export interface RelayReply {
  readonly status: number;
  readonly headers: Readonly<Record<string, string>>;
  readonly body: string | Uint8Array | AsyncIterable<Uint8Array>;
}

/** Bytes of request bodies in memory, of all requests together. */
export class ByteBudget {
  #used = 0;

  constructor(readonly max: number) {}

  take(bytes: number): boolean {
    if (this.#used + bytes > this.max) return false;
    this.#used += bytes;
    return true;
  }

  give(bytes: number): void {
    this.#used -= bytes;
  }
}

/** Compact; the caller writes members in the order of their bytes (docs/protocol/relay.md §3.1). */
export const json = (
  status: number,
  value: unknown,
  headers: Readonly<Record<string, string>> = {},
): RelayReply => ({
  status,
  headers: { "content-type": "application/json", ...headers },
  body: JSON.stringify(value),
});

export const plainText = (
  status: number,
  body: string,
  headers: Readonly<Record<string, string>> = {},
): RelayReply => ({
  status,
  headers: { "content-type": "text/plain; charset=utf-8", ...headers },
  body,
});

export const empty = (
  status: number,
  headers: Readonly<Record<string, string>> = {},
): RelayReply => ({ status, headers, body: "" });

export const isStream = (body: RelayReply["body"]): body is AsyncIterable<Uint8Array> =>
  typeof body !== "string" && !(body instanceof Uint8Array);

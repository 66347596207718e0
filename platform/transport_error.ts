/**
 * What went wrong before a response came: the class first, then the whole chain of causes, then
 * (as the hint) a command to run. See docs/protocol/relay.md §10.3.
 */
import { WireError } from "../protocol/errors.ts";
import type { TransportFailure } from "./net.ts";

/** In the order of the table: the first class of which a cause shows a mark is the one. */
const MARKS: readonly (readonly [TransportFailure, RegExp])[] = [
  [
    "tls",
    /invalid peer certificate|certificate verification|unknownissuer|certificate is not valid|tls handshake|self-signed certificate|unable to (?:get|verify) .*(?:issuer|certificate)|certificate has expired|certificate.s altnames/,
  ],
  [
    "dns",
    /dns error|nodename nor servname|failed to lookup address|getaddrinfo|enotfound|eai_again/,
  ],
  ["timeout", /timed out|deadline has elapsed|etimedout/],
  ["connect", /connection refused|connection reset|econnrefused|econnreset/],
];

const PREFIX: Readonly<Record<TransportFailure, string>> = {
  tls: "TLS error: ",
  dns: "DNS error: ",
  timeout: "timeout: ",
  connect: "connect error: ",
  other: "",
};

/** A chain longer than this says nothing more to a person. */
const MAX_CHAIN_LENGTH = 1_000;
const MAX_CAUSES = 10;

export class TransportError extends WireError {
  override readonly name = "TransportError";

  constructor(
    readonly failure: TransportFailure,
    chain: string,
    options: { readonly hint?: string; readonly cause?: unknown } = {},
  ) {
    super("unreachable", PREFIX[failure] + chain, options);
  }
}

export interface RequestLine {
  readonly method: string;
  readonly url: string;
}

/** @param cause what fetch, or the reading of a body, threw */
export function transportError(request: RequestLine, cause: unknown): TransportError {
  const chain = chainOf(cause).map((message) => withoutAddress(message, request.url));
  const failure = classify(chain);
  const text = [`${request.method} ${request.url}`, ...chain].join(": ");
  return new TransportError(failure, oneLine(text), { hint: hintFor(failure, request.url), cause });
}

/** Messages from the outermost to the innermost cause; fetch's own "fetch failed" says nothing. */
function chainOf(error: unknown): readonly string[] {
  const chain: string[] = [];
  let cause = error;
  for (let depth = 0; cause !== undefined && depth < MAX_CAUSES; depth++) {
    const message = cause instanceof Error ? cause.message : String(cause);
    const repeated = chain.some((outer) => outer.includes(message));
    if (message !== "fetch failed" && !repeated) chain.push(message);
    cause = cause instanceof Error ? cause.cause : undefined;
  }
  return chain;
}

/** Deno's fetch names the address, which stands in front already. */
const withoutAddress = (message: string, url: string): string =>
  message.replace(`error sending request for url (${url}): `, "");

function classify(chain: readonly string[]): TransportFailure {
  const lower = chain.map((message) => message.toLowerCase());
  for (const [failure, mark] of MARKS) {
    if (lower.some((message) => mark.test(message))) return failure;
  }
  return "other";
}

const oneLine = (text: string): string =>
  text.replace(/[\p{Cc}\p{Cf}\s]+/gu, " ").trim().slice(0, MAX_CHAIN_LENGTH);

function hintFor(failure: TransportFailure, address: string): string {
  const { origin, host, hostname } = new URL(address);
  switch (failure) {
    case "tls":
      return "the certificate must verify against the system's or the bundled roots; " +
        `look at it with: openssl s_client -connect ${host.includes(":") ? host : `${host}:443`}`;
    case "dns":
      return `check the spelling, then this machine's resolver: nslookup ${hostname}`;
    case "timeout":
      return `a proxy or firewall may swallow it: curl -m 10 ${origin}/healthz`;
    case "connect":
    case "other":
      return `is a relay running at that address? curl ${origin}/healthz`;
  }
}

/**
 * What to throw for a request whose signal aborted: a deadline is a TransportError like any other
 * failure, while an interruption stays what it was.
 */
export function abortError(request: RequestLine & { readonly signal: AbortSignal }): unknown {
  const { reason } = request.signal;
  const late = (reason instanceof WireError && reason.code === "timed_out") ||
    (reason instanceof DOMException && reason.name === "TimeoutError");
  return late ? transportError(request, reason) : reason;
}

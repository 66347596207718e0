/**
 * One exchange with a relay: a request with a deadline, a status that is checked, a reply that is
 * bounded and fits its schema. See docs/protocol/relay.md §10.1.
 */
import type { z } from "zod";
import type { Clock } from "../../platform/clock.ts";
import type { Net } from "../../platform/net.ts";
import { WireError } from "../../protocol/errors.ts";
import type { RelayUrl, SideToken, SlotToken } from "../../protocol/ids.ts";
import { decodeUtf8, JsonError, parseJson } from "../../protocol/json/parse.ts";
import { type Json, plain } from "../../protocol/json/value.ts";
import { visible } from "../../protocol/text/visible.ts";
import { schemaProblem } from "../../protocol/schemas/problem.ts";
import { type Exchange, readBody } from "./body.ts";
import { redirected } from "./redirection.ts";
import { type RelayOperation, RelayStatusError } from "./status_error.ts";

/** From the first byte sent to the last byte read. */
export const REQUEST_DEADLINE_MS = 30_000;
const MAX_REPLY_BYTES = 64 * 1024;
const MAX_ERROR_BYTES = 4 * 1024;

export interface Call {
  readonly operation: RelayOperation;
  readonly method: "GET" | "POST" | "PUT" | "PATCH" | "DELETE";
  /** Below the relay's address, with its leading slash; its parts are safe in a URL. */
  readonly path: string;
  readonly token?: SlotToken | SideToken;
  /** JSON text. */
  readonly body?: string;
  /** Further ones, none of them a secret. */
  readonly headers?: Readonly<Record<string, string>>;
  readonly accept?: string;
  readonly signal?: AbortSignal | undefined;
}

export interface Reply {
  readonly text: string;
  readonly headers: Headers;
}

export interface HttpDependencies {
  readonly net: Net;
  readonly clock: Clock;
}

export class RelayHttp {
  readonly url: RelayUrl;
  readonly #net: Net;
  readonly #clock: Clock;

  constructor(url: RelayUrl, { net, clock }: HttpDependencies) {
    this.url = url;
    this.#net = net;
    this.#clock = clock;
  }

  /**
   * @returns a 2xx reply whose body is still to be read
   * @throws {TransportError} unreachable; {RelayStatusError} relay_status
   */
  async open(call: Call, signal: AbortSignal): Promise<Exchange> {
    const request = this.#request(call, signal);
    const response = await this.#net.fetch(request);
    const exchange: Exchange = { request, response, signal };
    if (response.status >= 200 && response.status <= 299) return exchange;
    const { bytes } = await readBody(exchange, MAX_ERROR_BYTES);
    const said = withoutToken(new TextDecoder().decode(bytes), call.token);
    const moved = redirected(request, response);
    throw new RelayStatusError(call.operation, response.status, { said, ...moved });
  }

  /** @throws {WireError} relay_garbage, if the body is too long or not UTF-8; and as `open` */
  async text(call: Call, maxBytes: number = MAX_REPLY_BYTES): Promise<Reply> {
    using deadline = this.#clock.deadline(REQUEST_DEADLINE_MS);
    const signal = call.signal === undefined
      ? deadline.signal
      : AbortSignal.any([deadline.signal, call.signal]);
    const exchange = await this.open(call, signal);
    const { bytes, isWhole } = await readBody(exchange, maxBytes);
    if (!isWhole) throw this.garbage(call.operation, `more than ${maxBytes} bytes`);
    try {
      return { text: decodeUtf8(bytes), headers: exchange.response.headers };
    } catch (error) {
      if (!(error instanceof JsonError)) throw error;
      throw this.garbage(call.operation, "not UTF-8 text", error);
    }
  }

  /** @throws {WireError} relay_garbage, if the body is not JSON; and as `text` */
  async json(call: Call, maxBytes: number = MAX_REPLY_BYTES): Promise<Json> {
    const { text } = await this.text(call, maxBytes);
    try {
      return parseJson(text, { maxBytes });
    } catch (error) {
      if (!(error instanceof JsonError)) throw error;
      throw this.garbage(call.operation, error.message, error);
    }
  }

  /** @throws {WireError} relay_garbage, if the body does not fit the schema; and as `json` */
  async shaped<Shape extends z.ZodType>(
    call: Call,
    shape: Shape,
    maxBytes: number = MAX_REPLY_BYTES,
  ): Promise<z.output<Shape>> {
    const result = shape.safeParse(plain(await this.json(call, maxBytes)));
    if (result.success) return result.data;
    throw this.garbage(call.operation, schemaProblem(result.error));
  }

  /** What a relay says that is not its protocol: a captive portal, another server, an attack. */
  garbage(operation: RelayOperation, problem: string, cause?: unknown): WireError {
    const shown = visible(problem, { maxLength: 300 });
    return new WireError("relay_garbage", `${operation} at ${this.url}: bad reply: ${shown}`, {
      hint: `is that the address of a relay? curl ${this.url}/healthz`,
      cause,
    });
  }

  #request({ method, path, token, body, accept, headers }: Call, signal: AbortSignal): Request {
    return new Request(this.url + path, {
      method,
      signal,
      redirect: "manual",
      headers: {
        accept: accept ?? "*/*",
        ...(token === undefined ? {} : { authorization: `Bearer ${token}` }),
        ...(body === undefined ? {} : { "content-type": "application/json" }),
        ...headers,
      },
      ...(body === undefined ? {} : { body }),
    });
  }
}

/** A relay may repeat what it was sent; messages are shown and logged. */
const withoutToken = (text: string, token: Call["token"]): string =>
  token === undefined ? text : text.replaceAll(token, "[redacted]");

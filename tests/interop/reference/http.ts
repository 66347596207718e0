/**
 * HTTP/1.1 byte for byte as 0.5.19 sends it: lower-case header names, no user-agent, no
 * accept-encoding, no connection header. Written on a socket, because every client library adds
 * headers of its own. See docs/protocol/relay.md §10.1.
 */

export interface Answer {
  readonly status: number;
  readonly reason: string;
  readonly headers: ReadonlyMap<string, string>;
  readonly body: string;
}

export interface Call {
  readonly method: "GET" | "POST";
  readonly url: string;
  readonly token?: string;
  /** JSON text. */
  readonly body?: string;
}

const TIMEOUT_MS = 120_000;

/** One request on a connection of its own. @throws {Error} as the transport fails */
export async function call({ method, url, token, body }: Call): Promise<Answer> {
  const { hostname, port, pathname, search, host } = new URL(url);
  const bytes = new TextEncoder().encode(body ?? "");
  const head = [
    // The path as it was pasted together: URL would fold dots and escape.
    `${method} ${url.slice(url.indexOf(host) + host.length) || pathname + search} HTTP/1.1`,
    ...(body === undefined ? [] : ["content-type: application/json"]),
    ...(token === undefined ? [] : [`authorization: Bearer ${token}`]),
    "accept: */*",
    `host: ${host}`,
    ...(body === undefined ? [] : [`content-length: ${bytes.length}`]),
    "",
    "",
  ].join("\r\n");
  using connection = await Deno.connect({ hostname, port: Number(port) });
  const timer = setTimeout(() => connection.close(), TIMEOUT_MS);
  try {
    await writeAll(connection, new TextEncoder().encode(head));
    await writeAll(connection, bytes);
    return await new Answers(connection).read(method);
  } finally {
    clearTimeout(timer);
  }
}

async function writeAll(connection: Deno.Conn, bytes: Uint8Array): Promise<void> {
  for (let done = 0; done < bytes.length;) done += await connection.write(bytes.subarray(done));
}

class Answers {
  readonly #connection: Deno.Conn;
  #buffer = new Uint8Array();

  constructor(connection: Deno.Conn) {
    this.#connection = connection;
  }

  async read(method: string): Promise<Answer> {
    const [status = "", ...lines] = await this.#head();
    const match = /^HTTP\/1\.1 (\d{3}) ?(.*)$/.exec(status);
    if (match === null) throw new Error(`no HTTP answer: ${status}`);
    const headers = new Map(lines.map((line) => {
      const colon = line.indexOf(":");
      return [line.slice(0, colon).toLowerCase(), line.slice(colon + 1).trim()] as const;
    }));
    const [, code = "", reason = ""] = match;
    const bytes = method === "HEAD" || code === "204"
      ? new Uint8Array()
      : await this.#body(headers);
    return { status: Number(code), reason, headers, body: new TextDecoder().decode(bytes) };
  }

  async #head(): Promise<string[]> {
    for (;;) {
      const text = new TextDecoder("latin1").decode(this.#buffer);
      const end = text.indexOf("\r\n\r\n");
      if (end !== -1) {
        this.#buffer = this.#buffer.slice(end + 4);
        return text.slice(0, end).split("\r\n");
      }
      if (!await this.#more()) throw new Error("connection closed before message completed");
    }
  }

  async #body(headers: ReadonlyMap<string, string>): Promise<Uint8Array> {
    const length = headers.get("content-length");
    if (length !== undefined) return await this.#take(Number(length));
    const parts: Uint8Array[] = [];
    if (headers.get("transfer-encoding") === "chunked") {
      for (;;) {
        const size = parseInt(await this.#line(), 16);
        const part = await this.#take(size);
        await this.#line();
        if (size === 0) break;
        parts.push(part);
      }
    } else {
      while (await this.#more());
      parts.push(this.#buffer);
    }
    return await new Blob(parts.map((part) => new Uint8Array(part))).bytes();
  }

  async #line(): Promise<string> {
    let end = -1;
    while ((end = this.#buffer.indexOf(10)) === -1) {
      if (!await this.#more()) throw new Error("connection closed in a chunk");
    }
    const line = new TextDecoder().decode(this.#buffer.slice(0, end)).trimEnd();
    this.#buffer = this.#buffer.slice(end + 1);
    return line;
  }

  async #take(length: number): Promise<Uint8Array> {
    while (this.#buffer.length < length) {
      if (!await this.#more()) throw new Error("connection closed in a body");
    }
    const taken = this.#buffer.slice(0, length);
    this.#buffer = this.#buffer.slice(length);
    return taken;
  }

  async #more(): Promise<boolean> {
    const chunk = new Uint8Array(64 * 1024);
    const size = await this.#connection.read(chunk);
    if (size === null) return false;
    const joined = new Uint8Array(this.#buffer.length + size);
    joined.set(this.#buffer);
    joined.set(chunk.subarray(0, size), this.#buffer.length);
    this.#buffer = joined;
    return true;
  }
}

/**
 * A bare HTTP/1.1 client over one kept-alive connection: the load generators must cost less than
 * what they measure. Answers need a content-length; nothing is checked but the status.
 */

export interface Answer {
  readonly status: number;
  readonly body: Uint8Array;
}

const encoder = new TextEncoder();
const decoder = new TextDecoder("latin1");

export class HttpConnection implements Disposable {
  readonly #connection: Deno.TcpConn;
  readonly #buffer = new Uint8Array(1 << 20);
  #start = 0;
  #end = 0;

  private constructor(connection: Deno.TcpConn) {
    this.#connection = connection;
    connection.setNoDelay();
  }

  static async open(url: string): Promise<HttpConnection> {
    const { hostname, port } = new URL(url);
    return new HttpConnection(await Deno.connect({ hostname, port: Number(port) }));
  }

  /** @param request whole, as {@linkcode requestBytes} makes it */
  async send(request: Uint8Array): Promise<Answer> {
    for (let sent = 0; sent < request.length;) {
      sent += await this.#connection.write(request.subarray(sent));
    }
    return await this.#answer();
  }

  [Symbol.dispose](): void {
    this.#connection.close();
  }

  async #answer(): Promise<Answer> {
    for (;;) {
      const head = decoder.decode(this.#buffer.subarray(this.#start, this.#end));
      const headEnd = head.indexOf("\r\n\r\n");
      if (headEnd === -1) {
        await this.#fill();
        continue;
      }
      const fields = head.slice(0, headEnd);
      const status = Number(fields.slice(9, 12));
      const bodyStart = this.#start + headEnd + 4;
      if (/transfer-encoding: chunked/i.test(fields)) {
        return { status, body: await this.#chunks(bodyStart) };
      }
      const length = Number(/content-length: (\d+)/i.exec(fields)?.[1] ?? 0);
      const body = await this.#take(bodyStart, length);
      return { status, body };
    }
  }

  async #take(start: number, length: number): Promise<Uint8Array> {
    this.#start = start;
    const body = new Uint8Array(length);
    for (let have = 0; have < length;) {
      if (this.#start === this.#end) await this.#fill();
      const part = this.#buffer.subarray(
        this.#start,
        Math.min(this.#end, this.#start + length - have),
      );
      body.set(part, have);
      have += part.length;
      this.#start += part.length;
    }
    return body;
  }

  async #chunks(start: number): Promise<Uint8Array> {
    this.#start = start;
    const parts: Uint8Array[] = [];
    for (;;) {
      let line = "";
      while (!line.endsWith("\r\n")) line += decoder.decode(await this.#take(this.#start, 1));
      const size = parseInt(line, 16);
      if (size > 0) parts.push(await this.#take(this.#start, size));
      await this.#take(this.#start, 2);
      if (size === 0) {
        return new Uint8Array(await new Blob(parts.map((p) => p.slice())).arrayBuffer());
      }
    }
  }

  async #fill(): Promise<void> {
    if (this.#start === this.#end) this.#start = this.#end = 0;
    else if (this.#start > 0) {
      this.#buffer.copyWithin(0, this.#start, this.#end);
      this.#end -= this.#start;
      this.#start = 0;
    }
    const read = await this.#connection.read(this.#buffer.subarray(this.#end));
    if (read === null) throw new Error("the server closed the connection");
    this.#end += read;
  }
}

export function requestBytes(
  url: string,
  { method, path, token, body }: {
    readonly method: string;
    readonly path: string;
    readonly token?: string;
    readonly body?: string;
  },
): Uint8Array {
  const lines = [`${method} ${path} HTTP/1.1`, `host: ${new URL(url).host}`];
  if (token !== undefined) lines.push(`authorization: Bearer ${token}`);
  if (body !== undefined) {
    lines.push("content-type: application/json", `content-length: ${encoder.encode(body).length}`);
  }
  return encoder.encode(`${lines.join("\r\n")}\r\n\r\n${body ?? ""}`);
}

/** A WebSocket client byte by byte, that may break every rule. */
import assert from "node:assert/strict";
import { joinBytes } from "../../protocol/bytes.ts";

export interface RawFrame {
  readonly opcode: number;
  readonly payload: Uint8Array;
}

export interface FrameOptions {
  /** Whether more of the message follows. */
  readonly hasMore?: boolean;
  readonly isUnmasked?: boolean;
  /** Bits 4 to 6. */
  readonly reserved?: number;
}

export const TEXT = 1;
export const BINARY = 2;
export const CLOSE = 8;
export const PING = 9;
export const PONG = 10;

const encoder = new TextEncoder();
const MASK = [1, 2, 3, 4] as const;

/** A frame as a client sends it. */
export function rawFrame(
  opcode: number,
  content: string | Uint8Array,
  { hasMore = false, isUnmasked = false, reserved = 0 }: FrameOptions = {},
): Uint8Array {
  const payload = typeof content === "string" ? encoder.encode(content) : content;
  const first = (hasMore ? 0 : 0x80) | reserved | opcode;
  const head = [first, ...lengthOf(payload.length, isUnmasked ? 0 : 0x80)];
  if (isUnmasked) return joinBytes([Uint8Array.from(head), payload]);
  const masked = payload.map((byte, i) => byte ^ (MASK[i % 4] ?? 0));
  return joinBytes([Uint8Array.from([...head, ...MASK]), masked]);
}

function lengthOf(length: number, mask: number): number[] {
  if (length < 126) return [mask | length];
  if (length < 65_536) return [mask | 126, length >> 8, length & 255];
  return [
    mask | 127,
    0,
    0,
    0,
    0,
    length >>> 24,
    (length >> 16) & 255,
    (length >> 8) & 255,
    length & 255,
  ];
}

export class RawSocket implements Disposable {
  #bytes = new Uint8Array();

  private constructor(readonly connection: Deno.TcpConn, readonly host: string) {}

  static async connect(port: number): Promise<RawSocket> {
    const connection = await Deno.connect({ hostname: "127.0.0.1", port });
    return new RawSocket(connection, `127.0.0.1:${port}`);
  }

  /** An open WebSocket. */
  static async open(port: number): Promise<RawSocket> {
    const socket = await RawSocket.connect(port);
    assert.match(await socket.upgrade(), /^HTTP\/1\.1 101 /);
    return socket;
  }

  /** @returns the answer's head and, if it is no 101, its body */
  async upgrade(changed: Readonly<Record<string, string>> = {}, path = "/v1/ws"): Promise<string> {
    const headers: Record<string, string> = {
      "host": this.host,
      "connection": "Upgrade",
      "upgrade": "websocket",
      "sec-websocket-version": "13",
      "sec-websocket-key": "dGhlIHNhbXBsZSBub25jZQ==",
      "sec-websocket-protocol": "wire.v1",
      ...changed,
    };
    const lines = Object.entries(headers).filter(([, value]) => value !== "")
      .map(([name, value]) => `${name}: ${value}\r\n`);
    await this.write(encoder.encode(`GET ${path} HTTP/1.1\r\n${lines.join("")}\r\n`));
    return await this.#head();
  }

  async write(bytes: Uint8Array): Promise<void> {
    for (let at = 0; at < bytes.length;) at += await this.connection.write(bytes.subarray(at));
  }

  send(...frame: Parameters<typeof rawFrame>): Promise<void> {
    return this.write(rawFrame(...frame));
  }

  async ask(frame: Readonly<Record<string, unknown>>): Promise<unknown> {
    await this.send(TEXT, JSON.stringify(frame));
    return await this.json();
  }

  /** The next frame, or undefined at the end of the connection. */
  async frame(): Promise<RawFrame | undefined> {
    const head = await this.#take(2);
    if (head === undefined) return undefined;
    const [first = 0, second = 0] = head;
    assert.equal(second & 0x80, 0, "a server masks nothing");
    assert.equal(first & 0x70, 0, "nobody asked for extensions");
    const short = second & 127;
    const long = short < 126 ? undefined : await this.#take(short === 126 ? 2 : 8);
    const length = long === undefined ? short : long.reduce((sum, byte) => sum * 256 + byte, 0);
    const payload = await this.#take(length);
    return payload === undefined ? undefined : { opcode: first & 15, payload };
  }

  /** The next text, pings passed over. */
  async json(): Promise<unknown> {
    for (let frame = await this.frame(); frame !== undefined; frame = await this.frame()) {
      if (frame.opcode === TEXT) return JSON.parse(new TextDecoder().decode(frame.payload));
      assert.notEqual(frame.opcode, CLOSE, new TextDecoder().decode(frame.payload));
    }
    throw new Error("the connection ended");
  }

  /** @returns the code with which the other side closes */
  async closeCode(): Promise<number | undefined> {
    for (let frame = await this.frame(); frame !== undefined; frame = await this.frame()) {
      if (frame.opcode !== CLOSE) continue;
      const [high = 0, low = 0] = frame.payload;
      return high * 256 + low;
    }
    return undefined;
  }

  /** Everything until the connection ends. */
  async rest(): Promise<string> {
    while (await this.#more()) {
      // Until the end.
    }
    return new TextDecoder().decode(this.#bytes);
  }

  [Symbol.dispose](): void {
    try {
      this.connection.close();
    } catch {
      // The test has closed it already.
    }
  }

  async #head(): Promise<string> {
    for (;;) {
      const text = new TextDecoder("latin1").decode(this.#bytes);
      const end = text.indexOf("\r\n\r\n");
      const length = Number(/content-length: (\d+)/i.exec(text)?.[1] ?? 0);
      if (end !== -1 && text.length >= end + 4 + length) {
        this.#bytes = this.#bytes.slice(end + 4 + length);
        return text.slice(0, end + 4 + length);
      }
      if (!await this.#more()) return text;
    }
  }

  async #take(length: number): Promise<Uint8Array | undefined> {
    while (this.#bytes.length < length) if (!await this.#more()) return undefined;
    const taken = this.#bytes.slice(0, length);
    this.#bytes = this.#bytes.slice(length);
    return taken;
  }

  async #more(): Promise<boolean> {
    const chunk = new Uint8Array(65_536);
    const read = await this.connection.read(chunk).catch(() => null);
    if (read === null) return false;
    this.#bytes = joinBytes([this.#bytes, chunk.subarray(0, read)]);
    return true;
  }
}

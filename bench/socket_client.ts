/**
 * A bare WebSocket client over one connection: the load generators must cost less than what they
 * measure, so frames are masked with zeros and taken apart only as far as somebody asks.
 */
import { WS_PATH, WS_SUBPROTOCOL } from "../protocol/schemas/ws_frames.ts";
import type { Slot } from "./relay_process.ts";

const encoder = new TextEncoder();
const decoder = new TextDecoder();
const latin1 = new TextDecoder("latin1");
const TEXT = 1;
const CLOSE = 8;
const PING = 9;

export class SocketClient implements Disposable {
  readonly #connection: Deno.TcpConn;
  #buffer: Uint8Array;
  #start = 0;
  #end = 0;

  private constructor(connection: Deno.TcpConn, bufferBytes: number) {
    this.#connection = connection;
    this.#buffer = new Uint8Array(bufferBytes);
    connection.setNoDelay();
  }

  /** @param bufferBytes small where thousands wait for little */
  static async open(url: string, bufferBytes = 65_536): Promise<SocketClient> {
    const { host, hostname, port } = new URL(url);
    const connection = await Deno.connect({ hostname, port: Number(port) });
    const client = new SocketClient(connection, bufferBytes);
    await client.#write(encoder.encode(
      `GET ${WS_PATH} HTTP/1.1\r\nhost: ${host}\r\nconnection: Upgrade\r\nupgrade: websocket\r\n` +
        "sec-websocket-version: 13\r\nsec-websocket-key: MDEyMzQ1Njc4OWFiY2RlZg==\r\n" +
        `sec-websocket-protocol: ${WS_SUBPROTOCOL}\r\n\r\n`,
    ));
    for (;;) {
      await client.#fill();
      const head = latin1.decode(client.#buffer.subarray(0, client.#end));
      const length = head.indexOf("\r\n\r\n");
      if (length === -1) continue;
      if (!head.startsWith("HTTP/1.1 101 ")) throw new Error(head.slice(0, 200));
      client.#start = length + 4;
      return client;
    }
  }

  /** @param frame as {@linkcode frameBytes} makes it */
  send(frame: Uint8Array): Promise<void> {
    return this.#write(frame);
  }

  /** The next text frame. @throws if the relay has closed */
  async receive(): Promise<string> {
    for (;;) {
      const { opcode, payload } = await this.#frame();
      if (opcode === TEXT) return decoder.decode(payload);
      if (opcode === PING) await this.#write(maskedFrame(0x8a, payload));
      if (opcode === CLOSE) throw new Error(`closed: ${decoder.decode(payload.subarray(2))}`);
    }
  }

  /** Reads until a frame has that operation; an error ends it. */
  async until(op: string): Promise<string> {
    for (;;) {
      const text = await this.receive();
      if (text.startsWith(`{"op":"${op}"`)) return text;
      if (text.startsWith('{"op":"error"')) throw new Error(text);
    }
  }

  /** Opens a slot at its beginning and waits until it is live. */
  async subscribe({ slot_id, slot_token }: Slot): Promise<void> {
    await this.send(frameBytes(
      { op: "open", ref: 1, slot: slot_id, token: slot_token, since: null },
    ));
    await this.until("live");
  }

  [Symbol.dispose](): void {
    this.#connection.close();
  }

  async #frame(): Promise<{ readonly opcode: number; readonly payload: Uint8Array }> {
    await this.#have(2);
    const first = this.#byte(0);
    const short = this.#byte(1) & 0x7f;
    const extra = short === 127 ? 8 : short === 126 ? 2 : 0;
    await this.#have(2 + extra);
    let length = extra === 0 ? short : 0;
    for (let i = 0; i < extra; i++) length = length * 256 + this.#byte(2 + i);
    const head = 2 + extra;
    await this.#have(head + length);
    const payload = this.#buffer.subarray(this.#start + head, this.#start + head + length);
    this.#start += head + length;
    return { opcode: first & 0x0f, payload };
  }

  #byte(at: number): number {
    return this.#buffer[this.#start + at] ?? 0;
  }

  async #have(length: number): Promise<void> {
    while (this.#end - this.#start < length) {
      if (length > this.#buffer.length) {
        const grown = new Uint8Array(2 * length);
        grown.set(this.#buffer.subarray(this.#start, this.#end));
        this.#end -= this.#start;
        this.#start = 0;
        this.#buffer = grown;
      }
      await this.#fill();
    }
  }

  async #fill(): Promise<void> {
    if (this.#start > 0) {
      this.#buffer.copyWithin(0, this.#start, this.#end);
      this.#end -= this.#start;
      this.#start = 0;
    }
    const read = await this.#connection.read(this.#buffer.subarray(this.#end));
    if (read === null) throw new Error("the relay closed the connection");
    this.#end += read;
  }

  async #write(bytes: Uint8Array): Promise<void> {
    for (let sent = 0; sent < bytes.length;) {
      sent += await this.#connection.write(bytes.subarray(sent));
    }
  }
}

export const frameBytes = (value: object): Uint8Array => textFrame(JSON.stringify(value));

/** A `publish` of events in their stored form. */
export const publishBytes = (
  { slot_id, slot_token }: Slot,
  ref: number,
  events: readonly string[],
): Uint8Array =>
  textFrame(
    `{"op":"publish","ref":${ref},"slot":"${slot_id}","token":"${slot_token}",` +
      `"events":[${events.join(",")}]}`,
  );

const textFrame = (text: string): Uint8Array => maskedFrame(0x81, encoder.encode(text));

function maskedFrame(first: number, payload: Uint8Array): Uint8Array {
  const { length } = payload;
  const extra = length < 126 ? 0 : length < 65_536 ? 2 : 8;
  const frame = new Uint8Array(2 + extra + 4 + length);
  const view = new DataView(frame.buffer);
  frame[0] = first;
  frame[1] = 0x80 | (extra === 0 ? length : extra === 2 ? 126 : 127);
  if (extra === 2) view.setUint16(2, length);
  if (extra === 8) view.setBigUint64(2, BigInt(length));
  frame.set(payload, 2 + extra + 4);
  return frame;
}

import assert from "node:assert/strict";
import { FakeClock } from "../platform/fake/clock.ts";
import { type ServedSocket, WebFrameSocket } from "./web_socket.ts";

/** A socket of the web's kind whose other side is the test. */
class FakeSocket extends EventTarget implements ServedSocket {
  readonly readyState = 1;
  bufferedAmount = 0;
  readonly sent: string[] = [];
  closedWith: number | undefined;

  send(text: string): void {
    this.sent.push(text);
  }

  close(code?: number): void {
    this.closedWith ??= code;
  }

  receive(data: unknown): void {
    this.dispatchEvent(new MessageEvent("message", { data }));
  }
}

function world(maxFrameBytes = 10) {
  const clock = new FakeClock();
  const socket = new FakeSocket();
  const heard: string[] = [];
  const web = new WebFrameSocket(socket, { clock, maxFrameBytes });
  web.tell({
    text: (text) => void heard.push(text),
    binary: () => void heard.push("binary"),
    heard: () => void heard.push("heard"),
    partial: () => {},
    closed: (code) => void heard.push(`closed ${code}`),
  });
  return { clock, socket, heard, web };
}

Deno.test("web socket: frames go out as text, bytes too, and what is no text is told as such", () => {
  const { socket, heard, web } = world();
  web.send("a");
  web.send(new TextEncoder().encode("é"));
  assert.deepEqual(socket.sent, ["a", "é"]);
  socket.receive("b");
  socket.receive(new ArrayBuffer(1));
  web.ping();
  assert.deepEqual(heard, ["b", "binary", "heard"]);
});

Deno.test("P8: web socket: a frame over the bound closes 1009, counted in bytes", () => {
  const { socket, heard } = world();
  socket.receive("x".repeat(10));
  socket.receive("é".repeat(6));
  assert.equal(socket.closedWith, 1009);
  assert.deepEqual(heard, ["x".repeat(10)]);
});

Deno.test("P8: web socket: what comes while nothing is wanted waits in order, up to a bound", () => {
  const { socket, heard, web } = world(1024 * 1024);
  web.pause();
  for (const text of ["1", "2", "3"]) socket.receive(text);
  assert.deepEqual(heard, []);
  web.resume();
  assert.deepEqual(heard, ["1", "2", "3"]);
  web.pause();
  for (let i = 0; i < 16; i++) socket.receive("x".repeat(1024 * 1024));
  assert.equal(socket.closedWith, undefined);
  socket.receive("x");
  assert.equal(socket.closedWith, 1008);
});

Deno.test("web socket: whoever waits for room hears when some of it has left", async () => {
  const { clock, socket, web } = world();
  let calls = 0;
  socket.bufferedAmount = 100;
  web.onDrained(() => calls++);
  await clock.advance(50);
  assert.equal(calls, 0);
  socket.bufferedAmount = 40;
  await clock.advance(5);
  assert.equal(calls, 1);
});

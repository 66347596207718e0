/** Over real sockets on loopback, against a server and a proxy made here. */
import assert from "node:assert/strict";
import { createServer, request as httpRequest, type Server } from "node:http";
import { createServer as createTlsServer } from "node:https";
import { connect, type Socket as TcpSocket } from "node:net";
import type { AddressInfo } from "node:net";
// @ts-types="@types/ws"
import { type WebSocket, WebSocketServer } from "ws";
import { FakeEnv } from "../fake/env.ts";
import { timedOut } from "../timed_out.ts";
import type { SocketTarget } from "../sockets.ts";
import { TransportError } from "../transport_error.ts";
import { RealSockets } from "./sockets.ts";

const PROTOCOL = "wire.test";
const NEVER = new AbortController().signal;

const fixture = (name: string): Promise<string> =>
  Deno.readTextFile(new URL(`../../tests/fixtures/tls/${name}`, import.meta.url));

const sockets = (variables: Readonly<Record<string, string>> = {}): RealSockets =>
  new RealSockets(new FakeEnv({ variables }));

const target = (url: string, options: Partial<SocketTarget> = {}): SocketTarget => ({
  url,
  protocol: PROTOCOL,
  maxMessageBytes: 1_000,
  signal: NEVER,
  ...options,
});

type Served = AsyncDisposable & { readonly port: number };

/** A server of WebSockets, with TLS if a certificate is given. */
async function serve(
  onSocket: (socket: WebSocket) => void,
  { isTls = false, protocol = PROTOCOL } = {},
): Promise<Served> {
  const server = isTls
    ? createTlsServer({ cert: await fixture("certificate.pem"), key: await fixture("key.pem") })
    : createServer((_request, response) => response.writeHead(404).end());
  const upgrades = new WebSocketServer({ server, handleProtocols: () => protocol });
  upgrades.on("connection", onSocket);
  const { port } = await listening(server);
  return {
    port,
    async [Symbol.asyncDispose]() {
      for (const socket of upgrades.clients) socket.terminate();
      await new Promise<void>((resolve) => void server.close(() => resolve()));
    },
  };
}

function listening(server: Pick<Server, "listen" | "address">): Promise<AddressInfo> {
  return new Promise((resolve) => {
    server.listen({ host: "127.0.0.1", port: 0 }, () => {
      const address = server.address();
      assert.ok(address !== null && typeof address === "object");
      resolve(address);
    });
  });
}

interface FakeProxy extends AsyncDisposable {
  readonly port: number;
  /** `authority authorization` of each CONNECT. */
  readonly asked: string[];
}

/** Connects everything that it is asked for to `port`, or refuses with a status. */
async function proxyTo(port: number, { refuse }: { refuse?: number } = {}): Promise<FakeProxy> {
  const asked: string[] = [];
  const open = new Set<TcpSocket>();
  const server = createServer();
  server.on("connect", (request, client: TcpSocket) => {
    asked.push(`${request.url} ${request.headers["proxy-authorization"] ?? "-"}`);
    open.add(client);
    if (refuse !== undefined) return void client.end(`HTTP/1.1 ${refuse} no\r\n\r\n`);
    const upstream = connect(port, "127.0.0.1", () => {
      client.write("HTTP/1.1 200 connected\r\n\r\n");
      upstream.pipe(client);
      client.pipe(upstream);
    });
    open.add(upstream);
    for (const socket of [client, upstream]) socket.on("error", () => socket.destroy());
  });
  const address = await listening(server);
  return {
    port: address.port,
    asked,
    async [Symbol.asyncDispose]() {
      for (const socket of open) socket.destroy();
      await new Promise<void>((resolve) => void server.close(() => resolve()));
    },
  };
}

async function refusal(work: Promise<unknown>): Promise<TransportError> {
  try {
    await work;
  } catch (error) {
    assert.ok(error instanceof TransportError, String(error));
    return error;
  }
  assert.fail("it did not fail");
}

const echo = (socket: WebSocket): void =>
  void socket.on("message", (data) => socket.send(`${data}`));

Deno.test("texts go both ways in order, and the code of the end is told", async () => {
  await using server = await serve((socket) => {
    for (let n = 0; n < 200; n++) socket.send(String(n));
    socket.on("message", (data) => {
      socket.send(`heard ${data}`);
      socket.close(1012, "soon");
    });
  });
  const socket = await sockets().connect(target(`http://127.0.0.1:${server.port}/v1`));
  await socket.send("grüße");
  const texts: string[] = [];
  for await (const text of socket.messages) texts.push(text);
  const wanted = Array.from({ length: 200 }, (_, n) => String(n));
  assert.deepEqual(texts, [...wanted, "heard grüße"]);
  assert.deepEqual(await socket.ended, { code: 1012, reason: "soon" });
  await socket.send("nobody"); // resolves all the same
});

Deno.test("P8: a message beyond the bound ends the connection, and so does a binary one", async () => {
  await using server = await serve((socket) => {
    socket.on("message", (data) => socket.send(`${data}` === "long" ? "x".repeat(1_001) : data));
  });
  for (const [ask, code] of [["long", 1009], ["binary", 1003]] as const) {
    const socket = await sockets().connect(target(`http://127.0.0.1:${server.port}/`));
    await socket.send(ask);
    for await (const text of socket.messages) assert.fail(text);
    const seen = (await socket.ended).code;
    assert.ok(seen === code || seen === 1006, `${ask}: ${seen}`);
  }
});

Deno.test("what is no upgrade, or one to another protocol, is an error with its cause", async () => {
  await using plain = await serve(echo);
  await using other = await serve(echo, { protocol: "another" });
  const server = createServer((_request, response) => response.writeHead(426).end());
  server.on("upgrade", (_request, socket) => {
    socket.end("HTTP/1.1 400 Bad Request\r\nconnection: close\r\ncontent-length: 0\r\n\r\n");
  });
  const { port } = await listening(server);
  const refused = await refusal(sockets().connect(target(`http://127.0.0.1:${port}/v1/ws`)));
  assert.match(refused.message, /answered the upgrade with 400/);
  await new Promise<void>((resolve) => void server.close(() => resolve()));
  const gone = await refusal(sockets().connect(target(`http://127.0.0.1:${port}/`)));
  assert.equal(gone.failure, "connect");
  const wrong = await refusal(sockets().connect(target(`http://127.0.0.1:${other.port}/`)));
  assert.match(wrong.message, /protocol/i);
  const late = AbortSignal.abort(timedOut(5));
  const over = target(`http://127.0.0.1:${plain.port}/`, { signal: late });
  assert.equal((await refusal(sockets().connect(over))).failure, "timeout");
});

Deno.test("lesson 48: an unknown certificate is refused, and left unchecked only where asked", async () => {
  await using server = await serve(echo, { isTls: true });
  const address = target(`https://localhost:${server.port}/`);
  assert.equal((await refusal(sockets().connect(address))).failure, "tls");
  const socket = await sockets({ WIRE_INSECURE_SKIP_TLS_VERIFY: "1" }).connect(address);
  await socket.send("hello");
  for await (const text of socket.messages) {
    assert.equal(text, "hello");
    socket.close(1000);
  }
  assert.equal((await socket.ended).code, 1000);
});

Deno.test("a proxy of the environment is asked to connect, and its refusal is told", async () => {
  await using server = await serve(echo);
  await using proxy = await proxyTo(server.port);
  const http_proxy = `http://me:secret@127.0.0.1:${proxy.port}`;
  const socket = await sockets({ http_proxy }).connect(target("http://relay.test/v1/ws"));
  await socket.send("through");
  for await (const text of socket.messages) {
    assert.equal(text, "through");
    socket.cut();
  }
  assert.deepEqual(proxy.asked, [`relay.test:80 Basic ${btoa("me:secret")}`]);
  await using refusing = await proxyTo(server.port, { refuse: 403 });
  const other = sockets({ http_proxy: `http://127.0.0.1:${refusing.port}` });
  const refused = await refusal(other.connect(target("http://relay.test/")));
  assert.match(refused.message, /answered CONNECT with 403/);
  const socks = sockets({ all_proxy: "socks5://127.0.0.1:9" });
  assert.match((await refusal(socks.connect(target("http://relay.test/")))).message, /all_proxy/);
});

Deno.test("through a proxy, too, the certificate is that of the relay and is verified", async () => {
  await using server = await serve(echo, { isTls: true });
  await using proxy = await proxyTo(server.port);
  const through = sockets({ https_proxy: `http://127.0.0.1:${proxy.port}` });
  const refused = await refusal(through.connect(target("https://relay.test/")));
  assert.equal(refused.failure, "tls");
  assert.deepEqual(proxy.asked, ["relay.test:443 -"]);
});

Deno.test("lesson 47: reading stops while nothing is taken, so a fast server fills no memory", async () => {
  let sent = 0;
  await using server = await serve((socket) => {
    const more = (): void => {
      if (sent < 20_000) socket.send("x".repeat(900), () => (sent++, more()));
    };
    more();
  });
  const socket = await sockets().connect(target(`http://127.0.0.1:${server.port}/`));
  let before = -1;
  while (before !== sent) {
    before = sent;
    await probe(server.port);
  }
  assert.ok(sent < 20_000, `${sent} sent`);
  let got = 0;
  for await (const _ of socket.messages) if (++got === 20_000) socket.close(1000);
  assert.equal(got, 20_000);
});

/** Some turns of both event loops: requests that the same server answers meanwhile. */
async function probe(port: number): Promise<void> {
  for (let turn = 0; turn < 20; turn++) {
    await new Promise<void>((resolve, reject) => {
      httpRequest({ port, host: "127.0.0.1", agent: false }, (response) => {
        response.resume().on("end", () => resolve());
      }).on("error", reject).end();
    });
  }
}

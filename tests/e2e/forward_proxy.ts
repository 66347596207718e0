/** An HTTP proxy on loopback: forwards requests, and connects or refuses to. */
import { createServer, request as httpRequest } from "node:http";
import { connect, type Socket } from "node:net";

export interface ForwardProxy extends AsyncDisposable {
  readonly url: string;
  /** May be changed at any time. */
  mayConnect: boolean;
  /** `CONNECT` requests that were granted. */
  connected: number;
}

export async function forwardProxy({ mayConnect }: { mayConnect: boolean }): Promise<ForwardProxy> {
  const open = new Set<Socket>();
  const server = createServer((request, response) => {
    const onward = httpRequest(request.url ?? "", {
      method: request.method ?? "GET",
      headers: request.headers,
    }, (answer) => {
      response.writeHead(answer.statusCode ?? 502, answer.headers);
      response.flushHeaders(); // a stream may say nothing for long
      answer.pipe(response);
    });
    onward.on("error", () => response.destroy());
    response.on("close", () => onward.destroy());
    request.pipe(onward);
  });
  server.on("connection", (socket: Socket) => void open.add(socket));
  server.on("connect", (request, client: Socket) => {
    if (!proxy.mayConnect) return void client.end("HTTP/1.1 403 Forbidden\r\n\r\n");
    proxy.connected++;
    const { hostname, port } = new URL(`http://${request.url}`);
    const upstream = connect(Number(port), hostname, () => {
      client.write("HTTP/1.1 200 Connected\r\n\r\n");
      upstream.pipe(client);
      client.pipe(upstream);
    });
    open.add(upstream);
    for (const [socket, other] of [[client, upstream], [upstream, client]] as const) {
      socket.on("error", () => other.destroy());
      socket.on("close", () => other.destroy());
    }
  });
  const port = await new Promise<number>((resolve) => {
    server.listen({ host: "127.0.0.1", port: 0 }, () => {
      const address = server.address();
      resolve(address !== null && typeof address === "object" ? address.port : 0);
    });
  });
  const proxy: ForwardProxy = {
    url: `http://127.0.0.1:${port}`,
    mayConnect,
    connected: 0,
    async [Symbol.asyncDispose]() {
      for (const socket of open) socket.destroy();
      await new Promise<void>((resolve) => void server.close(() => resolve()));
    },
  };
  return proxy;
}

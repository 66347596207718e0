/** Stands before a relay and knows when a text was handed to a client's socket. */
import { once } from "node:events";
import { connect, createServer, type Socket } from "node:net";

/** A text may lie across two reads. */
const KEPT = 4_096;

export interface StampingProxy extends AsyncDisposable {
  readonly url: string;
  /** The next time that the relay says this to a client. @returns `performance.now()` of then */
  said(text: string): Promise<number>;
}

interface Awaited {
  readonly text: string;
  readonly resolve: (at: number) => void;
}

/** @param address `host:port` of the relay */
export async function stampingProxy(address: string): Promise<StampingProxy> {
  const { hostname, port } = new URL(`http://${address}`);
  const open = new Set<Socket>();
  const awaited = new Set<Awaited>();
  const server = createServer({ noDelay: true }, (client) => {
    const relay = connect({ host: hostname, port: Number(port), noDelay: true });
    let tail = "";
    relay.on("data", (bytes: Uint8Array) => {
      client.write(bytes);
      const at = performance.now();
      tail = (tail + Buffer.from(bytes).toString("latin1")).slice(-KEPT - bytes.length);
      for (const one of [...awaited].filter(({ text }) => tail.includes(text))) {
        awaited.delete(one);
        one.resolve(at);
      }
    });
    client.pipe(relay);
    for (const [socket, other] of [[client, relay], [relay, client]] as const) {
      open.add(socket);
      socket.on("error", () => other.destroy());
      socket.on("close", () => {
        open.delete(socket);
        other.destroy();
      });
    }
  });
  server.listen({ host: "127.0.0.1", port: 0 });
  await once(server, "listening");
  const bound = server.address();
  return {
    url: `http://127.0.0.1:${bound !== null && typeof bound === "object" ? bound.port : 0}`,
    said(text) {
      const { promise, resolve } = Promise.withResolvers<number>();
      awaited.add({ text, resolve });
      return promise;
    },
    async [Symbol.asyncDispose]() {
      for (const socket of open) socket.destroy();
      await new Promise<void>((resolve) => void server.close(() => resolve()));
    },
  };
}

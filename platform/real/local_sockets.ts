/** Local sockets through Deno. There is no way to ask who is at the other end: modes are the barrier. */
import type {
  LocalAddress,
  LocalConnection,
  LocalListener,
  LocalPlace,
  LocalSockets,
} from "../local_sockets.ts";

/** Nobody but the user. */
const SOCKET_MASK = 0o177;
const READ_BYTES = 64 * 1024;
const LOOPBACK = "127.0.0.1";

export class RealLocalSockets implements LocalSockets {
  readonly hasPaths = Deno.build.os !== "windows";

  listen(address: LocalAddress): LocalListener {
    if (address.tag === "loopback") {
      const listener = Deno.listen({ hostname: LOOPBACK, port: address.port });
      return new Listener(listener, { tag: "loopback", port: listener.addr.port });
    }
    // One mask for the whole process, so nothing may happen between these lines.
    const before = Deno.umask(SOCKET_MASK);
    try {
      return new Listener(Deno.listen({ transport: "unix", path: address.path }), address);
    } finally {
      Deno.umask(before);
    }
  }

  async connect(
    address: LocalAddress,
    signal: AbortSignal,
  ): Promise<LocalConnection | undefined> {
    if (signal.aborted) return undefined;
    const opening = open(address);
    const given = Promise.withResolvers<undefined>();
    const giveUp = (): void => given.resolve(undefined);
    signal.addEventListener("abort", giveUp, { once: true });
    try {
      const connection = await Promise.race([opening, given.promise]);
      if (connection === undefined) opening.then((late) => late?.close());
      return connection;
    } finally {
      signal.removeEventListener("abort", giveUp);
    }
  }

  async look(path: string): Promise<LocalPlace | undefined> {
    try {
      const { isSocket, isDirectory, uid, mode } = await Deno.lstat(path);
      return {
        kind: isSocket ? "socket" : isDirectory ? "directory" : "other",
        owner: ownerOf(uid),
        mode: mode === null ? undefined : mode & 0o777,
      };
    } catch (error) {
      if (error instanceof Deno.errors.NotFound) return undefined;
      throw error;
    }
  }

  async remove(path: string): Promise<void> {
    try {
      await Deno.remove(path);
    } catch (error) {
      if (!(error instanceof Deno.errors.NotFound)) throw error;
    }
  }
}

/** @returns undefined when nobody answers */
async function open(address: LocalAddress): Promise<LocalConnection | undefined> {
  try {
    if (address.tag === "unix") {
      return new Connection(await Deno.connect({ transport: "unix", path: address.path }));
    }
    const connection = await Deno.connect({ hostname: LOOPBACK, port: address.port });
    connection.setNoDelay();
    return new Connection(connection);
  } catch {
    return undefined; // no file, nobody behind it, a full queue: all mean that nobody answers
  }
}

function ownerOf(uid: number | null): LocalPlace["owner"] {
  if (uid === null) return undefined;
  if (uid === Deno.uid()) return "us";
  return uid === 0 ? "root" : "other";
}

class Listener implements LocalListener {
  readonly address: LocalAddress;
  readonly #listener: Deno.UnixListener | Deno.TcpListener;
  #isClosed = false;

  constructor(listener: Deno.UnixListener | Deno.TcpListener, address: LocalAddress) {
    this.#listener = listener;
    this.address = address;
  }

  async accept(): Promise<LocalConnection | undefined> {
    try {
      const connection = await this.#listener.accept();
      if ("setNoDelay" in connection) connection.setNoDelay();
      return new Connection(connection);
    } catch (error) {
      if (this.#isClosed) return undefined;
      throw error;
    }
  }

  close(): void {
    if (this.#isClosed) return;
    this.#isClosed = true;
    this.#listener.close();
  }
}

class Connection implements LocalConnection {
  readonly #connection: Deno.Conn;
  #isClosed = false;

  constructor(connection: Deno.Conn) {
    this.#connection = connection;
  }

  async read(): Promise<Uint8Array | undefined> {
    const buffer = new Uint8Array(READ_BYTES);
    try {
      const length = await this.#connection.read(buffer);
      return length === null ? undefined : buffer.subarray(0, length);
    } catch {
      return undefined; // cut off, or closed by us: either way it is over
    }
  }

  async write(bytes: Uint8Array): Promise<boolean> {
    try {
      for (let sent = 0; sent < bytes.length;) {
        sent += await this.#connection.write(bytes.subarray(sent));
      }
      return !this.#isClosed;
    } catch {
      return false; // as for reading
    }
  }

  close(): void {
    if (this.#isClosed) return;
    this.#isClosed = true;
    this.#connection.close();
  }
}

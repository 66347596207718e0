/** Local sockets in memory: everybody who is given the same value is on the same machine. */
import type {
  LocalAddress,
  LocalConnection,
  LocalListener,
  LocalPlace,
  LocalSockets,
} from "../local_sockets.ts";

/** What one end may have sent that the other has not read. */
const BUFFER_BYTES = 256 * 1024;
const FIRST_PORT = 40_000;

export class FakeLocalSockets implements LocalSockets {
  hasPaths = true;
  /** By address, as a test may look at them. */
  readonly listening = new Map<string, FakeListener>();
  /** What stands at a path besides sockets that are listened on. */
  readonly places = new Map<string, LocalPlace>();
  #nextPort = FIRST_PORT;

  listen(address: LocalAddress): LocalListener {
    const chosen: LocalAddress = address.tag === "loopback" && address.port === 0
      ? { tag: "loopback", port: this.#nextPort++ }
      : address;
    const key = keyOf(chosen);
    if (this.listening.has(key) || this.places.has(key)) throw new Error(`in use: ${key}`);
    const listener = new FakeListener(chosen, () => void this.listening.delete(key));
    this.listening.set(key, listener);
    return listener;
  }

  connect(address: LocalAddress): Promise<LocalConnection | undefined> {
    const listener = this.listening.get(keyOf(address));
    if (listener === undefined) return Promise.resolve(undefined);
    const [here, there] = FakeConnection.pair();
    listener.give(there);
    return Promise.resolve(here);
  }

  look(path: string): Promise<LocalPlace | undefined> {
    if (this.listening.has(path)) {
      return Promise.resolve({ kind: "socket", owner: "us", mode: 0o600 });
    }
    const place = this.places.get(path);
    if (place !== undefined) return Promise.resolve(place);
    return Promise.resolve(
      path.endsWith(".sock") ? undefined : { kind: "directory", owner: "us", mode: 0o700 },
    );
  }

  remove(path: string): Promise<void> {
    this.places.delete(path);
    return Promise.resolve();
  }
}

const keyOf = (address: LocalAddress): string =>
  address.tag === "unix" ? address.path : `127.0.0.1:${address.port}`;

class FakeListener implements LocalListener {
  readonly address: LocalAddress;
  readonly #closed: () => void;
  readonly #waiting: LocalConnection[] = [];
  #news = Promise.withResolvers<void>();
  #isClosed = false;

  constructor(address: LocalAddress, closed: () => void) {
    this.address = address;
    this.#closed = closed;
  }

  give(connection: LocalConnection): void {
    this.#waiting.push(connection);
    this.#news.resolve();
  }

  async accept(): Promise<LocalConnection | undefined> {
    for (;;) {
      if (this.#isClosed) return undefined;
      const connection = this.#waiting.shift();
      if (connection !== undefined) return connection;
      await this.#news.promise;
      this.#news = Promise.withResolvers();
    }
  }

  close(): void {
    this.#isClosed = true;
    this.#closed();
    this.#news.resolve();
    for (const connection of this.#waiting) connection.close();
  }
}

/** One end; a writer waits while the other end has a full buffer to read. */
export class FakeConnection implements LocalConnection {
  #other: FakeConnection | undefined;
  readonly #unread: Uint8Array[] = [];
  #unreadBytes = 0;
  #isOver = false;
  #news = Promise.withResolvers<void>();

  static pair(): readonly [FakeConnection, FakeConnection] {
    const [one, other] = [new FakeConnection(), new FakeConnection()];
    one.#other = other;
    other.#other = one;
    return [one, other];
  }

  /** Sent by the other end and not read here. */
  get unreadBytes(): number {
    return this.#unreadBytes;
  }

  async read(): Promise<Uint8Array | undefined> {
    for (;;) {
      const bytes = this.#unread.shift();
      if (bytes !== undefined) {
        this.#unreadBytes -= bytes.length;
        const other = this.#other;
        if (other !== undefined) other.#ring();
        return bytes;
      }
      if (this.#isOver) return undefined;
      await this.#news.promise;
    }
  }

  async write(bytes: Uint8Array): Promise<boolean> {
    const other = this.#other;
    if (other === undefined) return false;
    while (!this.#isOver && other.#unreadBytes >= BUFFER_BYTES) await this.#news.promise;
    if (this.#isOver) return false;
    other.#unread.push(bytes.slice());
    other.#unreadBytes += bytes.length;
    other.#ring();
    return true;
  }

  close(): void {
    this.#finish();
    this.#unread.length = 0;
    this.#unreadBytes = 0;
    const other = this.#other;
    if (other !== undefined) other.#finish();
  }

  #finish(): void {
    this.#isOver = true;
    this.#ring();
  }

  #ring(): void {
    this.#news.resolve();
    this.#news = Promise.withResolvers();
  }
}

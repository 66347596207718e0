import assert from "node:assert/strict";
import { bindLocal, type BoundListener } from "../../ipc/bind.ts";
import { ask } from "../../ipc/client.ts";
import { findServer, newToken, publish, withdraw } from "../../ipc/published.ts";
import { IpcServer } from "../../ipc/server.ts";
import { FakeEnv, type FakeEnvOptions } from "../../platform/fake/env.ts";
import type { LocalAddress } from "../../platform/local_sockets.ts";
import { realPlatform } from "../../platform/real.ts";
import { failure } from "../failure.ts";

const real = realPlatform();

/** A home's state directory, and the surroundings of whoever works on it. */
class Place implements AsyncDisposable {
  readonly root = Deno.makeTempDirSync({ prefix: "wire-ipc-" });
  readonly stateRoot = `${this.root}/state`;
  readonly env: FakeEnv;
  readonly #ends: (() => Promise<void>)[] = [];

  constructor(env: (root: string) => FakeEnvOptions = () => ({})) {
    Deno.mkdirSync(this.stateRoot, { mode: 0o700 });
    this.env = new FakeEnv({ homeDirectory: `${this.root}/user`, ...env(this.root) });
    Deno.mkdirSync(`${this.root}/user`);
  }

  get platform() {
    return { ...real, env: this.env };
  }

  bind(): Promise<BoundListener> {
    return bindLocal(this.platform, { stateRoot: this.stateRoot, isNamed: true });
  }

  /** As the daemon does it. */
  async serve(): Promise<LocalAddress> {
    const { listener, isOpen } = await this.bind();
    const token = isOpen ? newToken(real.random) : undefined;
    const server = new IpcServer(
      listener,
      (request) => Promise.resolve({ tag: "reply", reply: { kind: "echo", of: request } }),
      { ...real, token },
    );
    await publish(real.files, this.stateRoot, { address: listener.address, token });
    this.#ends.push(async () => {
      await server.close();
      await withdraw(real.files, this.stateRoot);
    });
    return listener.address;
  }

  async ask(): Promise<string> {
    const server = await findServer(this.platform, this.stateRoot);
    if (server === undefined) return "not found";
    return (await ask(real, { server, request: { kind: "ping" } }, { deadlineMs: 2_000 })).tag;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    for (const end of this.#ends) await end();
    await Deno.remove(this.root, { recursive: true });
  }
}

const pathIn = (address: LocalAddress): string => address.tag === "unix" ? address.path : "";
const modeOf = (path: string): number => (Deno.lstatSync(path).mode ?? 0) & 0o777;

/** What another program leaves that is killed: a socket with nobody behind it. */
async function staleSocket(path: string): Promise<void> {
  const code = `Deno.listen({transport:"unix",path:Deno.args[0]});Deno.kill(Deno.pid,"SIGKILL")`;
  await new Deno.Command(Deno.execPath(), { args: ["eval", code, path], env: { NO_COLOR: "1" } })
    .output();
  assert.ok(Deno.lstatSync(path).isSocket);
}

Deno.test("the socket is the user's alone from the first moment, in a directory of its own", async () => {
  await using place = new Place((root) => ({ variables: { XDG_RUNTIME_DIR: `${root}/run` } }));
  Deno.mkdirSync(`${place.root}/run`, { mode: 0o755 });
  const before = Deno.umask(0);
  try {
    const path = pathIn(await place.serve());
    assert.match(path, /\/run\/wire\/g-[0-9a-f]{8}\.sock$/);
    assert.equal(modeOf(path), 0o600);
    assert.equal(modeOf(`${place.root}/run/wire`), 0o700);
    assert.equal(modeOf(`${place.root}/run`), 0o755, "what we did not make stays as it is");
    assert.equal(Deno.umask(), 0, "the mask is as it was");
    assert.equal(await place.ask(), "reply");
    assert.equal(modeOf(`${place.stateRoot}/guard.addr`), 0o600);
  } finally {
    Deno.umask(before);
  }
});

Deno.test("a hundred callers at once are all answered", async () => {
  await using place = new Place();
  assert.equal(pathIn(await place.serve()), `${place.stateRoot}/guard.sock`);
  const tags = await Promise.all(Array.from({ length: 100 }, () => place.ask()));
  assert.deepEqual(new Set(tags), new Set(["reply"]));
});

Deno.test("what a killed daemon left is cleared; what is not ours to clear is not", async () => {
  await using place = new Place();
  const socket = `${place.stateRoot}/guard.sock`;
  await staleSocket(socket);
  assert.equal(pathIn(await place.serve()), socket);
  assert.equal(await place.ask(), "reply");

  const second = await place.bind(); // another program answers there
  try {
    assert.match(second.passedOver.join(), /another program answers there/);
    assert.ok(pathIn(second.listener.address).startsWith(`${place.root}/user/.cache/`));
    assert.equal(await place.ask(), "reply");
  } finally {
    second.listener.close();
  }

  await using other = new Place();
  await Deno.writeTextFile(`${other.stateRoot}/guard.sock`, "a file of somebody's");
  const { listener, passedOver } = await other.bind();
  listener.close();
  assert.match(passedOver.join(), /not a socket/);
  assert.equal(await Deno.readTextFile(`${other.stateRoot}/guard.sock`), "a file of somebody's");
});

Deno.test({
  name: "a socket of another user is neither cleared nor asked",
  ignore: Deno.uid() !== 0,
  async fn() {
    await using place = new Place();
    const socket = `${place.stateRoot}/guard.sock`;
    await staleSocket(socket);
    await Deno.chown(socket, 12_345, 12_345);
    const { listener, passedOver } = await place.bind();
    assert.match(passedOver.join(), /belongs to somebody else/);
    assert.ok(Deno.lstatSync(socket).isSocket);
    listener.close();

    const path = pathIn(await place.serve());
    assert.equal(await place.ask(), "reply");
    await Deno.chown(path, 12_345, 12_345);
    assert.equal(await place.ask(), "not found");
  },
});

Deno.test("WIRE_GUARD_SOCKET: that place or none, and never a directory that others write to", async () => {
  const given = (name: string) => (root: string) => ({
    variables: { WIRE_GUARD_SOCKET: `${root}/${name}` },
  });
  await using place = new Place(given("mine/w.sock"));
  assert.equal(pathIn(await place.serve()), `${place.root}/mine/w.sock`);
  assert.equal(modeOf(`${place.root}/mine`), 0o700);
  assert.equal(await place.ask(), "reply");

  await using shared = new Place(given("shared/w.sock"));
  Deno.mkdirSync(`${shared.root}/shared`);
  Deno.chmodSync(`${shared.root}/shared`, 0o777);
  const { code, message } = await failure(shared.bind());
  assert.equal(code, "refused");
  assert.match(message, /others can write to/);
  assert.equal(modeOf(`${shared.root}/shared`), 0o777, "no directory of somebody's is changed");

  await using busy = new Place(given("state/w.sock"));
  await busy.serve();
  assert.match((await failure(busy.bind())).message, /another program answers there/);
});

const TOO_LONG = "d".repeat(90);

Deno.test("where no path is short enough, a port of the machine and a token in a 0600 file", async () => {
  await using place = new Place((root) => ({ homeDirectory: `${root}/${TOO_LONG}` }));
  const stateRoot = `${place.stateRoot}/${TOO_LONG}`;
  Deno.mkdirSync(stateRoot, { recursive: true, mode: 0o700 });
  Object.assign(place, { stateRoot });
  assert.equal((await place.serve()).tag, "loopback");
  assert.equal(await place.ask(), "reply");
  const file = `${stateRoot}/guard.token`;
  assert.equal(modeOf(file), 0o600);
  const token = await Deno.readTextFile(file);
  await Deno.writeTextFile(file, `${"0".repeat(64)}\n`);
  assert.equal(await place.ask(), "refused");
  await Deno.writeTextFile(file, "");
  assert.equal(await place.ask(), "not found");
  await Deno.writeTextFile(file, token);
  assert.equal(await place.ask(), "reply");
});

Deno.test("a system without socket paths, as Windows, is served on a port", async () => {
  await using place = new Place(() => ({ os: "windows" }));
  const localSockets = Object.create(real.localSockets, { hasPaths: { value: false } });
  const { stateRoot, platform } = place;
  const { listener, isOpen } = await bindLocal({ ...platform, localSockets }, {
    stateRoot,
    isNamed: true,
  });
  assert.equal(listener.address.tag, "loopback");
  assert.ok(isOpen);
  listener.close();
});

Deno.test("P7: an address that says something else is nobody's", async () => {
  await using place = new Place();
  assert.equal(await place.ask(), "not found");
  for (
    const text of ["", "unix:relative", "unix:/nowhere/x.sock", `unix:${place.root}`, "\0\xff"]
  ) {
    await Deno.writeTextFile(`${place.stateRoot}/guard.addr`, text);
    assert.equal(await place.ask(), "not found", text);
  }
  await staleSocket(`${place.stateRoot}/s.sock`);
  await Deno.writeTextFile(`${place.stateRoot}/guard.addr`, `unix:${place.stateRoot}/s.sock\n`);
  assert.equal(await place.ask(), "silent");
});

import assert from "node:assert/strict";
import { FakeEnv } from "../fake/env.ts";
import { RealMachine } from "./machine.ts";

const UNIX = Deno.build.os !== "windows";

Deno.test({
  name: "machine: entries are told apart, and belong to whoever made them",
  ignore: !UNIX,
  async fn() {
    const machine = new RealMachine(new FakeEnv());
    const directory = await Deno.makeTempDir();
    try {
      await Deno.writeTextFile(`${directory}/file`, "");
      await Deno.symlink("file", `${directory}/link`);
      const listener = Deno.listen({ transport: "unix", path: `${directory}/socket` });
      for (const kind of ["file", "link", "socket"] as const) {
        const entry = await machine.entry(`${directory}/${kind}`);
        assert.deepEqual(entry, { kind, owner: machine.userId });
      }
      listener.close();
      assert.equal((await machine.entry(directory))?.kind, "directory");
      assert.equal(await machine.entry(`${directory}/none`), undefined);
      assert.equal(await machine.writeProblem(directory), undefined);
      assert.equal(await machine.watchProblem(directory), undefined);
      assert.notEqual(await machine.watchProblem(`${directory}/none`), undefined);
      assert.ok(((await machine.space(directory))?.freeBytes ?? 0) > 0);
      assert.equal(await machine.space(`${directory}/none`), undefined);
    } finally {
      await Deno.remove(directory, { recursive: true });
    }
  },
});

Deno.test("lesson 48: roots are counted by where they come from, and a proxy is shown without its password", async () => {
  const env = new FakeEnv({ variables: { https_proxy: "http://user:secret@proxy.test:3128" } });
  const machine = new RealMachine(env);
  const { bundled } = await machine.trustRoots();
  assert.ok(bundled > 0);
  assert.deepEqual(await machine.proxyFor("https://relay.test"), {
    tag: "proxy",
    host: "proxy.test",
    port: 3128,
  });
  env.variables.set("https_proxy", "socks5://proxy.test");
  assert.equal((await machine.proxyFor("https://relay.test")).tag, "unusable");
});

Deno.test({
  name:
    "machine: a process' open files and its limits are those that the system tells, and of none nothing",
  ignore: Deno.build.os !== "linux",
  async fn() {
    const machine = new RealMachine(new FakeEnv());
    const files = await machine.openFiles(Deno.pid);
    assert.ok(files !== undefined && files.open > 0 && files.open < files.soft);
    assert.ok(files.soft <= files.hard);
    for (const pid of [0, -1, 1.5, 2 ** 30]) assert.equal(await machine.openFiles(pid), undefined);
  },
});

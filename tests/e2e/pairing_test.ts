/** The gate of six digits, as scripts, terminals and daemons pass it. */
import assert from "node:assert/strict";
import type { WireProcess } from "../../scripts/wire_process.ts";
import { pairHomes } from "./pairing.ts";
import { startOnTerminal, uncoloured } from "./terminal.ts";
import { type Home, World } from "./world.ts";

const CODE = /(\d{4,5}(?:-[a-z]+){3})/;
const DIGITS = /(?<!\d)(\d{3}-\d{3})(?!\d)/;

interface TerminalPair {
  readonly host: WireProcess;
  readonly guest: WireProcess;
  readonly digits: readonly [string, string];
}

/** Host and guest, each on a terminal that asks for the digits now. */
async function onTerminals(
  alice: Home,
  bob: Home,
  url: string,
  processes: AsyncDisposableStack,
): Promise<TerminalPair> {
  const relay = ["--relay", url, "--timeout", "300"];
  const host = processes.use(
    startOnTerminal(["pair-host", ...relay], { home: alice.path, columns: 80 }),
  );
  const [, code = ""] = await host.prompt("stdout", CODE);
  const guest = processes.use(
    startOnTerminal(["pair-join", code, ...relay], { home: bob.path, columns: 80 }),
  );
  const [[, left = ""], [, right = ""]] = await Promise.all([
    host.prompt("stdout", DIGITS),
    guest.prompt("stdout", DIGITS),
  ]);
  return { host, guest, digits: [left, right] };
}

async function twoAgents(world: World): Promise<{ alice: Home; bob: Home; url: string }> {
  const { url } = await world.relay();
  return { alice: await world.agent("alice", url), bob: await world.agent("bob", url), url };
}

Deno.test("a code that is not in argv is asked for, and Tab completes its words", async () => {
  await using world = await World.create();
  const { alice, bob, url } = await twoAgents(world);
  // Without a daemon that answers for alice: the guest would come as far as asking for digits.
  const queued = await alice.run(["pair-host", "--detach", "--relay", url, "--json"], {
    env: { WIRE_MCP_SKIP_AUTO_UP: "1" },
  });
  assert.equal(queued.code, 0, queued.stderr);
  const [number = "", first = "", ...others] = String(JSON.parse(queued.stdout).code_phrase)
    .split("-");
  await using guest = startOnTerminal(["pair-join", "--relay", url, "--timeout", "1"], {
    home: bob.path,
    columns: 80,
  });
  await guest.prompt("stdout", /code from the other side/);
  await guest.write(`${number}-${first.slice(0, 4)}\t`);
  await guest.prompt("stdout", new RegExp(`${number}-${first}-`));
  await guest.write(`${others.join(" ").toUpperCase()}\r`);
  await guest.prompt("stdout", /joined http/);
  const { stdout } = await guest.finished();
  assert.match(stdout, /timeout after 1s/);
  assert.ok(!stdout.includes("process lists"), stdout);
  const [listed] = await bob.list(["pair-list"]);
  assert.deepEqual([listed?.["form"], listed?.["status"]], ["pair/2", "aborted"]);
});

Deno.test("P4: on a terminal the digits of the other screen are typed", async () => {
  await using world = await World.create();
  await using processes = new AsyncDisposableStack();
  const { alice, bob, url } = await twoAgents(world);
  const { host, guest, digits: [left, right] } = await onTerminals(alice, bob, url, processes);
  assert.equal(left, right);
  await host.write(`${right}\n`);
  await guest.write(`${left.replace("-", "")}\n`);
  const [hosted, joined] = await Promise.all([host.finished(), guest.finished()]);
  assert.equal(hosted.code, 0, hosted.stdout);
  assert.equal(joined.code, 0, joined.stdout);
  assert.deepEqual(await handles(alice), ["bob"]);
  assert.deepEqual(await handles(bob), ["alice"]);
});

Deno.test("P4: on a terminal `y` is refused, and a wrong digit ends the pairing on both sides", async () => {
  await using world = await World.create();
  await using processes = new AsyncDisposableStack();
  const { alice, bob, url } = await twoAgents(world);
  const { host, guest, digits: [left] } = await onTerminals(alice, bob, url, processes);
  await guest.write(`${left}\n`);
  const wrong = (Number(left[0]) + 1) % 10 + left.slice(1);
  await host.write(`${wrong}\n`);
  const [hosted, joined] = await Promise.all([host.finished(), guest.finished()]);
  assert.equal(hosted.code, 1);
  assert.equal(joined.code, 1);
  assert.match(uncoloured(hosted.stdout), /error: .*(digits|SAS)/);
  assert.deepEqual(await handles(alice), []);
  assert.deepEqual(await handles(bob), []);
});

Deno.test("P4: on a terminal `y` does not confirm", async () => {
  await using world = await World.create();
  await using processes = new AsyncDisposableStack();
  const { alice, bob, url } = await twoAgents(world);
  const { host } = await onTerminals(alice, bob, url, processes);
  await host.write("y\n");
  await host.prompt("stdout", /digits/);
  host.kill("SIGTERM");
  await host.finished();
  assert.deepEqual(await handles(alice), []);
});

Deno.test("where stdin is no terminal anything but y declines, and nothing is pinned", async () => {
  await using world = await World.create();
  const { alice, bob, url } = await twoAgents(world);
  await using host = alice.start(["pair-host", "--relay", url, "--timeout", "300"]);
  const [, code = ""] = await host.line("stderr", CODE);
  await using guest = bob.start(["pair-join", code, "--relay", url, "--timeout", "300"]);
  await Promise.all([host.line("stderr", DIGITS), guest.line("stderr", DIGITS)]);
  await host.write("n\n");
  const declined = await host.finished();
  assert.equal(declined.code, 1);
  assert.match(declined.stderr, /SAS confirmation declined/);
  assert.equal(declined.stdout, "");
  await guest.write("y\n");
  assert.equal((await guest.finished()).code, 1);
  assert.deepEqual(await handles(alice), []);
  assert.deepEqual(await handles(bob), []);
});

for (const form of ["pair/2", "0.5.19"] as const) {
  Deno.test(`detached, ${form}: daemons do the waiting, pair-watch tells, pair-confirm confirms`, async () => {
    await using world = await World.create();
    const { alice, bob, url } = await twoAgents(world);
    await Promise.all([alice.daemon(), bob.daemon()]);
    const { code_phrase, state } = await alice.record([
      "pair-host",
      ...(form === "0.5.19" ? ["--compat"] : []),
      "--detach",
      "--relay",
      url,
    ]);
    assert.equal(state, "queued");
    const code = String(code_phrase);
    await bob.record(["pair-join", code, "--detach", "--relay", url]);
    const digits = await Promise.all([alice, bob].map(async (home) => {
      await home.ok(["pair-watch", code, "--timeout", "300"]);
      const [record] = await home.list(["pair-list"]);
      assert.equal(record?.["status"], "sas_ready");
      return String(record?.["sas"]);
    }));
    assert.equal(digits[0], digits[1]);
    const watchers = [alice, bob].map((home) =>
      home.start([
        "pair-watch",
        code,
        "--status",
        "confirmed and gone",
        "--timeout",
        "300",
        "--json",
      ])
    );
    await Promise.all(watchers.map((watcher) => watcher.line("stdout", /sas_ready/)));
    for (const home of [alice, bob]) {
      assert.deepEqual(await home.json(["pair-confirm", code, digits[0] ?? ""]), {
        code_phrase: code,
        state: "confirmed",
        form,
      });
    }
    for (const watcher of watchers) {
      const { code: exit, stdout } = await watcher.finished();
      assert.equal(exit, 0);
      assert.match(stdout, /"state":"finalized"/);
    }
    assert.deepEqual(await handles(alice), ["bob"]);
    assert.deepEqual(await handles(bob), ["alice"]);
  });
}

Deno.test("detached: a wrong digit aborts, exits 1 with JSON on stdout, and ends the other side", async () => {
  await using world = await World.create();
  const { alice, bob, url } = await twoAgents(world);
  await Promise.all([alice.daemon(), bob.daemon()]);
  const code = String(
    (await alice.record(["pair-host", "--compat", "--detach", "--relay", url]))["code_phrase"],
  );
  await bob.record(["pair-join", code, "--detach", "--relay", url]);
  await Promise.all([alice, bob].map((home) => home.ok(["pair-watch", code, "--timeout", "300"])));
  const [record] = await alice.list(["pair-list"]);
  const sas = String(record?.["sas"]);
  const wrong = String((Number(sas) + 1) % 1_000_000).padStart(6, "0");
  const { code: exit, stdout, stderr } = await alice.run(["pair-confirm", code, wrong, "--json"]);
  assert.equal(exit, 1);
  assert.deepEqual(JSON.parse(stdout), {
    code_phrase: code,
    error: "digits mismatch",
    state: "aborted",
    form: "0.5.19",
  });
  assert.match(stderr, /^error: .*digits mismatch/);
  assert.ok(!stderr.includes(sas) && !stdout.includes(sas), "the right digits are not told");
  const ended = await bob.run(["pair-watch", code, "--status", "confirmed", "--timeout", "300"]);
  assert.equal(ended.code, 1, ended.stdout + ended.stderr);
  assert.deepEqual(await handles(alice), []);
  assert.deepEqual(await handles(bob), []);
});

Deno.test("P5: no listing of a pairing shows its secrets", async () => {
  await using world = await World.create();
  const { alice, url } = await twoAgents(world);
  await alice.daemon();
  const code = String(
    (await alice.record(["pair-host", "--compat", "--detach", "--relay", url]))["code_phrase"],
  );
  await alice.ok(["pair-watch", code, "--status", "polling", "--timeout", "300"]);
  for (const args of [["pair-list", "--json"], ["pair-list"], ["status", "--json"]]) {
    const stdout = await alice.ok(args);
    assert.doesNotMatch(stdout, /spake2_seed_b64":"|our_slot_token":"|slot_token":"/);
  }
});

Deno.test("pair-watch and pair-cancel: 1 for what never was, 2 for too late", async () => {
  await using world = await World.create();
  const { alice, url } = await twoAgents(world);
  const unknown = await alice.run(["pair-watch", "42-K7QX2M", "--json"]);
  assert.equal(unknown.code, 1);
  assert.deepEqual(JSON.parse(unknown.stdout), { code: "42-K7QX2M", error: "no such pair" });
  await alice.daemon();
  const code = String(
    (await alice.record(["pair-host", "--compat", "--detach", "--relay", url]))["code_phrase"],
  );
  const late = await alice.run(["pair-watch", code, "--timeout", "1"]);
  assert.equal(late.code, 2);
  assert.deepEqual(await alice.json(["pair-cancel", code]), {
    code_phrase: code,
    state: "cancelled",
    form: "0.5.19",
  });
  assert.equal((await alice.run(["pair-watch", code])).code, 1);
});

Deno.test("pairing twice with the same peer is one peer", async () => {
  await using world = await World.create();
  const { alice, bob, url } = await twoAgents(world);
  await pairHomes(alice, bob, url);
  await pairHomes(bob, alice, url);
  assert.deepEqual(await handles(alice), ["bob"]);
  assert.deepEqual(await handles(bob), ["alice"]);
});

async function handles(home: Home): Promise<unknown[]> {
  return (await home.list(["peers"])).map(({ handle }) => handle);
}

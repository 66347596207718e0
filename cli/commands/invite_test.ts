import assert from "node:assert/strict";
import { FakeEnv } from "../../platform/fake/env.ts";
import { FakeNet } from "../../platform/fake/net.ts";
import { type FakePlatform, fakePlatform } from "../../platform/fake/platform.ts";
import { FakeRandom } from "../../platform/fake/random.ts";
import { runProgram } from "../program.ts";

const RELAY = "http://relay.test";

function machine(name: string, net: FakeNet): FakePlatform {
  const env = new FakeEnv({ variables: { WIRE_HOME: `/${name}` }, hostname: name });
  return fakePlatform({ env, net, random: new FakeRandom(name) });
}

/** A relay on which every mailbox and every short link can be made. */
function relay(): FakeNet {
  let made = 0;
  const links = new Map<string, string>();
  return new FakeNet().serve(RELAY, async (request) => {
    const { pathname } = new URL(request.url);
    const json = (value: unknown): Response => Response.json(value, { status: 201 });
    if (pathname === "/healthz") return new Response("ok");
    if (pathname === "/v1/slot/allocate") {
      made += 1;
      const digit = made.toString(16);
      return json({ slot_id: digit.repeat(32), slot_token: digit.repeat(64) });
    }
    if (pathname === "/v1/invite/register") {
      links.set("/i/abcdef", (await request.json()).invite_url);
      return json({ token: "abcdef", expires_unix: 5 });
    }
    if (pathname.startsWith("/v1/events/")) return json({ status: "stored" });
    return new Response(links.get(pathname) ?? "not found\n", {
      status: links.has(pathname) ? 200 : 404,
    });
  });
}

async function run(platform: FakePlatform, args: readonly string[]) {
  platform.terminal.stdout.text = "";
  platform.terminal.stderr.text = "";
  const code = await runProgram(args, platform);
  const { stdout, stderr } = platform.terminal;
  return { code, stdout: stdout.text, stderr: stderr.text };
}

Deno.test("wire invite prints the URL alone on stdout, and what it is on stderr", async () => {
  const ida = machine("ida", relay());
  await run(ida, ["init", "ida", "--relay", RELAY]);
  const { code, stdout, stderr } = await run(ida, ["invite", "--ttl", "3600", "--uses", "3"]);
  assert.equal(code, 0);
  assert.match(stdout, /^wire:\/\/pair\?v=1&inv=[A-Za-z0-9_-]+\.[A-Za-z0-9_-]{86}\n$/);
  assert.match(stderr, /^# it holds the token of [^\n]*\n# for 3 peers, within 1 h; .*\n$/);
});

Deno.test("wire invite --json has the members of 0.5.19 and no others", async () => {
  const ida = machine("ida", relay());
  await run(ida, ["init", "ida", "--relay", RELAY]);
  const plain = await run(ida, ["invite", "--json"]);
  assert.match(
    plain.stdout,
    /^\{"invite_url":"wire:[^"]+","relay":"http:\/\/relay\.test","ttl_secs":86400,"uses":1\}\n$/,
  );
  assert.match(plain.stderr, /^# it holds the token of [^\n]*\n$/);
  const { stdout } = await run(ida, ["invite", "--share", "--relay", RELAY, "--json"]);
  const share = '{"curl":"curl -fsSL http://relay.test/i/abcdef | sh","expires_unix":5,' +
    '"share_url":"http://relay.test/i/abcdef","token":"abcdef"}';
  assert.ok(stdout.includes(`"share":${share},"ttl_secs":86400,"uses":1}`), stdout);
});

Deno.test("wire invite --share prints only the line to run, and draws the link", async () => {
  const ida = machine("ida", relay());
  await run(ida, ["init", "ida", "--relay", RELAY]);
  ida.terminal.stderr.isTerminal = true;
  ida.terminal.stderr.columns = 80;
  const { stdout, stderr } = await run(ida, ["invite", "--share"]);
  assert.equal(stdout, "curl -fsSL http://relay.test/i/abcdef | sh\n");
  assert.match(stderr, /█{20}/);
  const { stderr: narrow } = await run(ida, ["invite"]);
  assert.match(
    narrow,
    /# a QR code of this needs \d{3} columns, and here are 80; --share makes a small one\n/,
  );
  ida.terminal.stderr.isTerminal = false;
  ida.terminal.stderr.columns = undefined;
  assert.doesNotMatch((await run(ida, ["invite", "--share"])).stderr, /█/);
  assert.match((await run(ida, ["invite", "--share", "--qr"])).stderr, /█{20}/);
});

Deno.test("wire accept takes an invite, or the link that was shared", async () => {
  const net = relay();
  const [ida, bob] = [machine("ida", net), machine("bob", net)];
  await run(ida, ["init", "ida", "--relay", RELAY]);
  const { stdout: url } = await run(ida, ["invite"]);
  const accepted = await run(bob, ["accept", url]);
  assert.equal(accepted.code, 0, accepted.stderr);
  assert.match(accepted.stdout, /^paired with did:wire:ida-[0-9a-f]{8}\n/);
  assert.match(accepted.stderr, /# this home is now did:wire:bob-/);
  await run(ida, ["invite", "--share"]);
  const { stdout } = await run(bob, ["accept", `${RELAY}/i/abcdef`, "--json"]);
  assert.match(
    stdout,
    /^\{"event_id":"[0-9a-f]{64}","paired_with":"did:wire:ida-[0-9a-f]{8}","peer_handle":"ida","status":"drop_sent"\}\n$/,
  );
});

Deno.test("wire accept fails with the texts of 0.5.19 and exit code 1, with an empty stdout", async () => {
  const net = relay();
  const ida = machine("ida", net);
  await run(ida, ["init", "ida", "--relay", RELAY]);
  const { stdout: own } = await run(ida, ["invite"]);
  for (
    const [url, says] of [
      [own, "refusing to accept own invite"],
      [`${RELAY}/i/000000`, "could not resolve short URL"],
      [`${RELAY}/healthz`, "did not resolve to a wire:// invite"],
      ["https", "must start with wire://pair?"],
      ["wire://pair?v=1", "missing `inv=`"],
      [own.trim().slice(0, -4) + "AAAA", "invite URL signature did not verify"],
    ]
  ) {
    const { code, stdout, stderr } = await run(ida, ["accept", url ?? ""]);
    assert.equal(code, 1, String(says));
    assert.equal(stdout, "");
    assert.ok(stderr.startsWith("error: ") && stderr.includes(says ?? ""), stderr);
  }
});

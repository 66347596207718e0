/** Short links to invites: docs/protocol/relay.md §5.14, row by row, and the script run by a shell. */
import assert from "node:assert/strict";
import path from "node:path";
import { RelayWorld, shown } from "./relay_world.ts";

const URL = "wire://pair?v=1&inv=abc.def";
const START = 1_795_237_200; // 2026-11-21T05:00:00Z

interface Registered {
  readonly token: string;
  readonly path: string;
  readonly expires_unix: number;
  readonly uses_remaining: number | null;
}

async function register(world: RelayWorld, members: object = {}): Promise<Registered> {
  const answer = await world.call("/v1/invite/register", {
    body: { invite_url: URL, ...members },
  });
  assert.equal(answer.status, 201, answer.text);
  return JSON.parse(answer.text);
}

Deno.test("invite register: 201 with token, path, expiry and uses", async () => {
  await using world = new RelayWorld();
  const answer = await world.call("/v1/invite/register", {
    body: { invite_url: URL, ttl_seconds: 86_400, uses: 1 },
  });
  const { token } = JSON.parse(answer.text);
  assert.match(token, /^[0-9a-f]{16}$/);
  assert.equal(
    shown(answer),
    `201 {"expires_unix":${START + 86_400},"path":"/i/${token}","token":"${token}",` +
      `"uses_remaining":1}`,
  );
  const open = await register(world);
  assert.equal(open.uses_remaining, null);
  assert.equal(open.expires_unix, START + 86_400);
  assert.notEqual(open.token, token);
});

Deno.test("invite register: ttl is clamped, uses is a number of 32 bits", async () => {
  await using world = new RelayWorld();
  const ttls = [[0, 60], [59, 60], [61, 61], [604_800, 604_800], [604_801, 604_800], [
    1e19,
    604_800,
  ]];
  for (const [asked = 0, given = 0] of ttls) {
    const { expires_unix } = await register(world, { ttl_seconds: asked });
    assert.equal(expires_unix, START + given);
  }
  const nulls = await register(world, { ttl_seconds: null, uses: null });
  assert.equal(nulls.expires_unix, START + 86_400);
  assert.equal((await register(world, { uses: 4_294_967_295 })).uses_remaining, 4_294_967_295);
  const wrong = [{ uses: 4_294_967_296 }, { uses: -1 }, { uses: 1.5 }, { ttl_seconds: -1 }];
  for (
    const members of [...wrong, { ttl_seconds: "60" }, { invite_url: undefined }, { invite_url: 5 }]
  ) {
    const body = { invite_url: URL, ...members };
    assert.equal((await world.call("/v1/invite/register", { body })).status, 422);
  }
});

Deno.test("invite register: only invites of at most 8 KiB find a place", async () => {
  await using world = new RelayWorld();
  const post = async (invite_url: string): Promise<string> =>
    shown(await world.call("/v1/invite/register", { body: { invite_url } }));
  assert.equal(await post(""), '400 {"error":"invite_url required"}');
  const exactly = URL.padEnd(8_192, "x");
  assert.match(await post(exactly), /^201 /);
  assert.equal(await post(`${exactly}x`), '413 {"error":"invite_url > 8 KiB"}');
  assert.equal(await post("é".repeat(4_097)), '413 {"error":"invite_url > 8 KiB"}');
  const others = ["https://evil.example", "wire://pair", "WIRE://pair?x", " wire://pair?x"];
  for (
    const url of [
      ...others,
      "wire://pair?\n",
      "wire://pair?\u001b[2J",
      "wire://pair?é",
      "wire://pair? x",
    ]
  ) {
    assert.equal(await post(url), '400 {"error":"invite_url must be a wire://pair? URL"}');
  }
});

Deno.test("lesson 49: invites have a ceiling, and the expired make room", async () => {
  await using world = new RelayWorld({ maxInvites: 1 });
  await register(world, { ttl_seconds: 60 });
  const again = await world.call("/v1/invite/register", { body: { invite_url: URL } });
  assert.equal(shown(again), '503 {"error":"relay invite capacity reached"}');
  await world.clock.advance(60_000);
  await register(world);
});

Deno.test("short invite: format=url gives the URL alone and is no use", async () => {
  await using world = new RelayWorld();
  const { path } = await register(world, { uses: 1 });
  for (let i = 0; i < 3; i++) {
    const answer = await world.call(`${path}?format=url`);
    assert.equal(shown(answer), `200 ${URL}`);
    assert.equal(answer.headers.get("content-type"), "text/plain; charset=utf-8");
    assert.equal(answer.headers.get("cache-control"), "private, no-store, max-age=0");
  }
  assert.equal((await world.call(`${path}?format=URL`)).status, 200, "anything else is the script");
  assert.equal((await world.call(path)).status, 410);
});

Deno.test("short invite: the script is a use, HEAD is none", async () => {
  await using world = new RelayWorld();
  const { path } = await register(world, { uses: 2 });
  for (let i = 0; i < 5; i++) {
    const head = await world.response(path, { method: "HEAD" });
    assert.equal(head.status, 200);
    assert.equal(await head.text(), "");
    assert.equal(head.headers.get("content-type"), "text/x-shellscript; charset=utf-8");
  }
  for (let i = 0; i < 2; i++) {
    const answer = await world.call(path);
    assert.equal(answer.status, 200);
    assert.match(answer.text, /^#!\/bin\/sh\n/);
    assert.equal(answer.headers.get("cache-control"), "private, no-store, max-age=0");
  }
  for (const query of ["", "?format=url"]) {
    const answer = await world.call(path + query);
    assert.equal(shown(answer), "410 this invite has been used up\n");
    assert.equal(answer.headers.get("content-type"), "text/plain; charset=utf-8");
  }
  const none = await register(world, { uses: 0 });
  assert.equal(shown(await world.call(none.path)), "410 this invite has been used up\n");
});

Deno.test("short invite: of eight readers of one use at once, one gets it", async () => {
  await using world = new RelayWorld();
  const { path } = await register(world, { uses: 1 });
  const answers = await Promise.all(Array.from({ length: 8 }, () => world.call(path)));
  assert.deepEqual(answers.map(({ status }) => status).sort(), [200, ...Array(7).fill(410)]);
});

Deno.test("short invite: it ends in the expiry second, and a day later nobody knows it", async () => {
  await using world = new RelayWorld();
  const { path } = await register(world, { ttl_seconds: 60 });
  await world.clock.advance(59_999);
  assert.equal((await world.call(path)).status, 200);
  await world.clock.advance(1);
  assert.equal(shown(await world.call(path)), "410 this invite has expired\n");
  await world.clock.advance(86_399_000);
  assert.equal((await world.call(path)).status, 410);
  await world.clock.advance(61_000);
  assert.equal(shown(await world.call(path)), "404 not found\n");
});

Deno.test("short invite: 6 and 16 digits are tokens, everything else is not found", async () => {
  await using world = new RelayWorld();
  const expiresUnix = START + 60;
  const invite = { url: URL, expiresUnix, uses: null };
  for (const token of ["c05625", "0123456789abcdef"]) {
    await world.directory.registerInvite({ ...invite, token }, START);
    assert.equal((await world.call(`/i/${token}`)).status, 200);
  }
  const odd = ["C05625", "c0562", "c056255", "0123456789ABCDEF", "f".repeat(15), "f".repeat(17)];
  for (const token of [...odd, "zzzzzz", "c05626", "..%2f..%2fx", "%00", "x".repeat(5_000)]) {
    assert.equal(shown(await world.call(`/i/${token}`)), "404 not found\n", token);
  }
  const bytes = await world.call("/i/%ff");
  assert.equal(shown(bytes), "400 Invalid URL: Invalid UTF-8 in `token`");
  for (const path of ["/i", "/i/"]) assert.equal(shown(await world.call(path)), "404 ");
});

Deno.test("short invite: guessing is bounded per source, and stops nobody else", async () => {
  await using world = new RelayWorld({ burst: 20, perSecond: 10 });
  const { path } = await register(world);
  const guesses = Array.from({ length: 1_000 }, (_, i) => i.toString(16).padStart(16, "0"));
  let answered = 0;
  for (const token of guesses) {
    const { status, headers } = await world.call(`/i/${token}?format=url`, {
      from: "198.51.100.7",
    });
    if (status === 404) answered += 1;
    else {
      assert.equal(status, 429);
      assert.equal(headers.get("retry-after"), "1");
    }
  }
  assert.equal(answered, 20);
  assert.equal((await world.call(path, { from: "198.51.100.8" })).status, 200);
});

Deno.test("invite register: a source that makes too many is slowed down", async () => {
  await using world = new RelayWorld({ burst: 1, perSecond: 1 });
  await register(world);
  const again = await world.call("/v1/invite/register", { body: { invite_url: URL } });
  assert.equal(shown(again), "429 Too Many Requests! Wait for 1s");
});

Deno.test("short invite: the script names the origin that it was fetched from", async () => {
  await using world = new RelayWorld();
  const { path } = await register(world);
  const origin = async (headers: Readonly<Record<string, string>>): Promise<string | undefined> =>
    /^ {2}origin=(.*)$/m.exec((await world.call(path, { headers })).text)?.[1];
  assert.equal(await origin({}), "'http://relay.test'");
  assert.equal(await origin({ "x-forwarded-proto": "https" }), "'https://relay.test'");
  assert.equal(await origin({ host: "[::1]:8770" }), "'http://[::1]:8770'");
  for (const host of ["a';touch x;'", "a b", "$(touch x)", "a@b", "a/b", ""]) {
    assert.equal(await origin({ host }), undefined);
  }
});

/** Runs the script with a PATH that has only what is given. */
async function run(
  script: string,
  commands: Readonly<Record<string, string>>,
): Promise<{ code: number; stdout: string; stderr: string; files: string[] }> {
  const directory = await Deno.makeTempDir({ prefix: "wire-script-" });
  try {
    const bin = path.join(directory, "bin");
    await Deno.mkdir(bin);
    for (const [name, text] of Object.entries(commands)) {
      await Deno.writeTextFile(path.join(bin, name), `#!/bin/sh\n${text}\n`, { mode: 0o755 });
    }
    const child = new Deno.Command("/bin/sh", {
      args: ["-s"],
      cwd: directory,
      clearEnv: true,
      env: { PATH: bin, HOME: directory },
      stdin: "piped",
      stdout: "piped",
      stderr: "piped",
    }).spawn();
    const writer = child.stdin.getWriter();
    await writer.write(new TextEncoder().encode(script));
    await writer.close();
    const { code, stdout, stderr } = await child.output();
    const text = (bytes: Uint8Array): string => new TextDecoder().decode(bytes);
    const files = (await Array.fromAsync(Deno.readDir(directory))).map(({ name }) => name);
    return { code, stdout: text(stdout), stderr: text(stderr), files: files.sort() };
  } finally {
    await Deno.remove(directory, { recursive: true });
  }
}

const NASTY = "wire://pair?v=1&inv=a'b\"c$(echo>pwned)`echo>pwned`\\';echo>pwned;'";
const WIRE = 'for word; do printf "<%s>" "$word"; done';

Deno.test({
  name: "short invite: a shell passes the URL to wire accept as it is, whatever it holds",
  ignore: Deno.build.os === "windows",
  async fn() {
    await using world = new RelayWorld();
    const { text } = await world.call((await register(world, { invite_url: NASTY })).path);
    const { code, stdout, files } = await run(text, { wire: WIRE });
    assert.deepEqual({ code, stdout, files }, {
      code: 0,
      stdout: `<accept><${NASTY}>`,
      files: ["bin"],
    });
  },
});

Deno.test({
  name: "short invite: without wire it runs this relay's installer, or says what to run later",
  ignore: Deno.build.os === "windows",
  async fn() {
    await using world = new RelayWorld();
    const { text } = await world.call((await register(world, { invite_url: NASTY })).path);
    const none = await run(text, {});
    assert.equal(none.code, 0);
    const [, byHand = ""] = none.stdout.split("\n");
    const typed = await run(byHand, { wire: WIRE });
    assert.equal(typed.stdout, `<accept><${NASTY}>`, "the line can be pasted");
    const install = `printf '%s\\n' "/bin/mkdir -p \\"\\$HOME/.local/bin\\"" ` +
      `"/bin/ln -s /bin/echo \\"\\$HOME/.local/bin/wire\\"" "echo installed from $2"`;
    const installed = await run(text, { curl: install, sh: 'exec /bin/sh "$@"' });
    assert.equal(
      installed.stdout,
      `installed from http://relay.test/install\naccept ${NASTY}\n`,
    );
    assert.ok(!none.files.includes("pwned") && !installed.files.includes("pwned"));
  },
});

Deno.test({
  name: "short invite: a relay without an installer leaves the line for later, and nothing else",
  ignore: Deno.build.os === "windows",
  async fn() {
    await using world = new RelayWorld();
    const { text } = await world.call((await register(world)).path);
    const sh = 'exec /bin/sh "$@"';
    for (const command of ["curl", "wget"]) {
      const { code, stdout, stderr } = await run(text, { [command]: "echo 404 >&2; exit 22", sh });
      assert.equal(code, 0);
      assert.match(stdout, /^wire is not installed\. Once it is, run:\n {2}wire accept '.+'\n$/);
      assert.equal(stderr, "");
    }
  },
});

Deno.test({
  name: "short invite: a script that was cut on the way does nothing",
  ignore: Deno.build.os === "windows",
  async fn() {
    await using world = new RelayWorld();
    const { text } = await world.call((await register(world)).path);
    for (const at of [40, text.indexOf("exec"), text.length - "main\n".length]) {
      const { stdout } = await run(text.slice(0, at), { wire: WIRE });
      assert.equal(stdout, "");
    }
  },
});

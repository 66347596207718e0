import assert from "node:assert/strict";
import { fakeWorld } from "../fake/world.ts";
import { isShortLink, resolveShortLink } from "./short_link.ts";

const INVITE = "wire://pair?v=1&inv=a.b";

function serving(answer: (request: Request) => Response | Promise<Response>) {
  const world = fakeWorld();
  world.platform.net.serve("https://r.test", answer);
  return world;
}

Deno.test("a short link is asked for its invite, without using it up", async () => {
  const world = serving(() => new Response(`  ${INVITE}\n`));
  assert.equal(await resolveShortLink(world.context, "https://r.test/i/abc"), INVITE);
  assert.equal(await resolveShortLink(world.context, "https://r.test/i/abc?x=1#top"), INVITE);
  assert.deepEqual(world.platform.net.requests.map(({ url }) => url), [
    "https://r.test/i/abc?format=url",
    "https://r.test/i/abc?x=1&format=url",
  ]);
  for (const { headers } of world.platform.net.requests) {
    assert.equal(headers.get("authorization"), null);
  }
});

Deno.test("what is behind a short link and is no invite is shown safely", async () => {
  const hostile = "<html>\u001b]0;owned\u0007" + "x".repeat(500);
  const world = serving(() => new Response(hostile));
  await assert.rejects(resolveShortLink(world.context, "https://r.test/i/a"), {
    code: "relay_garbage",
    message: "short URL https://r.test/i/a did not resolve to a wire:// invite. " +
      `(got: <html>\ufffd]0;owned\ufffd${"x".repeat(80 - 16)}…)`,
  });
});

Deno.test("used up, unknown and redirecting links are named with their status", async () => {
  for (const status of [404, 410, 500, 302]) {
    const world = serving(() =>
      new Response(INVITE, {
        status,
        headers: status === 302 ? { location: "https://else.test/?t=x" } : {},
      })
    );
    await assert.rejects(resolveShortLink(world.context, "https://r.test/i/a"), {
      code: "relay_status",
      message: status === 302
        ? "could not resolve short URL https://r.test/i/a (HTTP 302, not followed to https://else.test)"
        : `could not resolve short URL https://r.test/i/a (HTTP ${status})`,
    });
    for (const { redirect } of world.platform.net.requests) assert.equal(redirect, "manual");
  }
});

Deno.test("P8: an endless reply and a silent server both end", async () => {
  const endless = serving(() =>
    new Response(
      new ReadableStream({
        pull: (controller) => controller.enqueue(new Uint8Array(8_192).fill(0x20)),
      }),
    )
  );
  await assert.rejects(resolveShortLink(endless.context, "https://r.test/i/a"), {
    code: "relay_garbage",
  });
  const silent = serving(() => new Promise<Response>(() => {}));
  const waiting = resolveShortLink(silent.context, "https://r.test/i/a");
  const failed = assert.rejects(waiting, { code: "unreachable" });
  await silent.platform.clock.advance(30_000);
  await failed;
});

Deno.test("links with credentials, or that are no addresses, are not asked", async () => {
  const world = serving(() => new Response(INVITE));
  for (const link of ["https://user:pass@r.test/i/a", "https://", "http://[::1/i/a"]) {
    assert.ok(isShortLink(link));
    await assert.rejects(resolveShortLink(world.context, link), { code: "bad_input" });
  }
  assert.ok(!isShortLink("wire://pair?inv=x") && !isShortLink("file:///etc/passwd"));
  assert.equal(world.platform.net.requests.length, 0);
});

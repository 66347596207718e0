/** Over real sockets on loopback. */
import assert from "node:assert/strict";
import { WireError } from "../../protocol/errors.ts";
import { FakeEnv } from "../fake/env.ts";
import { TransportError } from "../transport_error.ts";
import { RealClock } from "./clock.ts";
import { RealNet } from "./net.ts";

const fixture = (name: string): Promise<string> =>
  Deno.readTextFile(new URL(`../../tests/fixtures/tls/${name}`, import.meta.url));

function net(variables: Readonly<Record<string, string>> = {}): RealNet & { warnings: string[] } {
  const warnings: string[] = [];
  const warn = (text: string) => Promise.resolve(void warnings.push(text));
  return Object.assign(new RealNet({ env: new FakeEnv({ variables }), warn }), { warnings });
}

type Served = AsyncDisposable & {
  readonly port: number;
  readonly authorizations: readonly (string | null)[];
};

function serve(
  handler: (request: Request) => Response | Promise<Response>,
  tls: { cert?: string; key?: string; port?: number } = {},
): Served {
  const authorizations: (string | null)[] = [];
  const server = Deno.serve({
    hostname: "127.0.0.1",
    port: tls.port ?? 0,
    onListen() {},
    ...(tls.cert !== undefined && tls.key !== undefined ? { cert: tls.cert, key: tls.key } : {}),
  }, (request) => {
    authorizations.push(request.headers.get("authorization"));
    return handler(request);
  });
  return {
    port: server.addr.port,
    authorizations,
    [Symbol.asyncDispose]: () => server.shutdown(),
  };
}

const serveTls = async (handler: (request: Request) => Response | Promise<Response>) =>
  serve(handler, { cert: await fixture("certificate.pem"), key: await fixture("key.pem") });

function fails(failure: string, message: RegExp): (error: unknown) => true {
  return (error) => {
    assert.ok(error instanceof TransportError, String(error));
    assert.equal(error.failure, failure);
    assert.match(error.message, message);
    return true;
  };
}

/** A port that refuses connections: it was ours a moment ago. */
function refusedPort(): number {
  using listener = Deno.listen({ hostname: "127.0.0.1", port: 0 });
  return listener.addr.port;
}

Deno.test("net: a request and its response go through whole", async () => {
  await using server = serve(async (request) =>
    new Response(`${request.method} ${await request.text()}`, {
      status: 201,
      headers: { "x-kind": "test" },
    })
  );
  using network = net();
  const request = new Request(`http://127.0.0.1:${server.port}/v1?since=1`, {
    method: "POST",
    body: "grüße",
    headers: { authorization: "Bearer t" },
  });
  const response = await network.fetch(request);
  assert.deepEqual([response.status, response.headers.get("x-kind")], [201, "test"]);
  assert.equal(await response.text(), "POST grüße");
  assert.deepEqual(server.authorizations, ["Bearer t"]);
  assert.deepEqual(network.warnings, []);
});

Deno.test("P5: no request follows a redirect, whether its token is in a header, the body or the path", async () => {
  const asked: string[] = [];
  await using target = serve((request) => {
    asked.push(request.url);
    return new Response("arrived");
  });
  const location = `http://127.0.0.1:${target.port}/`;
  for (const status of [301, 302, 303, 307, 308]) {
    await using server = serve(() => new Response(null, { status, headers: { location } }));
    using network = net();
    const url = `http://127.0.0.1:${server.port}/`;
    for (
      const request of [
        new Request(url, { headers: { authorization: "Bearer t" } }),
        new Request(url, { method: "POST", body: '{"token":"t"}' }),
        new Request(`${url}i/t`),
      ]
    ) {
      const response = await network.fetch(request);
      assert.equal(response.status, status);
      assert.equal(response.headers.get("location"), location);
      await response.body?.cancel();
    }
  }
  assert.deepEqual(asked, []);
});

Deno.test("lesson 50: a refused port is a connect error with its chain", async () => {
  using network = net();
  const url = `http://127.0.0.1:${refusedPort()}/healthz`;
  await assert.rejects(
    network.fetch(new Request(url)),
    fails("connect", /^connect error: GET http:\S+: client error .*Connection refused/),
  );
});

Deno.test("lesson 50: a name that does not resolve is a DNS error", async () => {
  using network = net();
  for (const scheme of ["http", "https"]) {
    await assert.rejects(
      network.fetch(new Request(`${scheme}://nonexistent.invalid/healthz`)),
      fails("dns", /^DNS error: GET https?:\/\/nonexistent\.invalid\/healthz: /),
    );
  }
});

Deno.test("lesson 50: a server that never answers is a timeout at the deadline", async () => {
  using listener = Deno.listen({ hostname: "127.0.0.1", port: 0 });
  using network = net();
  const signal = new RealClock().timeout(30);
  const request = new Request(`http://127.0.0.1:${listener.addr.port}/`, { signal });
  await assert.rejects(
    network.fetch(request),
    fails("timeout", /operation timed out after 30 ms$/),
  );
});

Deno.test("net: an interrupted request throws the interruption", async () => {
  using listener = Deno.listen({ hostname: "127.0.0.1", port: 0 });
  using network = net();
  const controller = new AbortController();
  const url = `http://127.0.0.1:${listener.addr.port}/`;
  const pending = network.fetch(new Request(url, { signal: controller.signal }));
  const interruption = new WireError("interrupted", "stopped");
  const rejected = assert.rejects(pending, (error) => error === interruption);
  controller.abort(interruption);
  await rejected;
  const late = network.fetch(new Request(url, { signal: controller.signal }));
  await assert.rejects(late, (error) => error === interruption);
});

Deno.test("net: a connection that breaks before the answer has no class, as in 0.5.19", async () => {
  using listener = Deno.listen({ hostname: "127.0.0.1", port: 0 });
  const hangUp = (async () => {
    using connection = await listener.accept();
    await connection.read(new Uint8Array(1_000));
  })();
  using network = net();
  const url = `http://127.0.0.1:${listener.addr.port}/`;
  await assert.rejects(network.fetch(new Request(url)), fails("other", /^GET http:/));
  await hangUp;
});

Deno.test("lesson 50: a certificate that nobody vouches for is a TLS error", async () => {
  await using server = await serveTls(() => new Response("never"));
  using network = net();
  await assert.rejects(
    network.fetch(new Request(`https://localhost:${server.port}/`)),
    fails("tls", /^TLS error: GET https:\S+: .*invalid peer certificate: UnknownIssuer/),
  );
  assert.deepEqual(server.authorizations, []);
});

Deno.test("net: TLS spoken to a plain port has no class, as in 0.5.19", async () => {
  await using server = serve(() => new Response("plain"));
  using network = net();
  await assert.rejects(
    network.fetch(new Request(`https://127.0.0.1:${server.port}/`)),
    fails("other", /^GET https:.*InvalidContentType/),
  );
});

Deno.test("net: verification is skipped only by the four words, with one bold red warning", async () => {
  await using server = await serveTls(async (request) =>
    new Response(`${request.method} ${request.headers.get("x-a")} ${await request.text()}`, {
      headers: [["set-cookie", "a=1"], ["set-cookie", "b=2"]],
    })
  );
  const url = `https://127.0.0.1:${server.port}/path?q=1`;
  for (const word of ["1", "true", "YES", "On"]) {
    using network = net({ WIRE_INSECURE_SKIP_TLS_VERIFY: word });
    for (let round = 0; round < 2; round++) {
      const request = new Request(url, { method: "POST", body: "hi", headers: { "x-a": "e" } });
      const response = await network.fetch(request);
      assert.equal(await response.text(), "POST e hi");
      assert.deepEqual(response.headers.getSetCookie(), ["a=1", "b=2"]);
    }
    assert.equal(network.warnings.length, 1);
    const [warning = ""] = network.warnings;
    assert.ok(warning.startsWith("\x1b[1;31mwire: WARNING WIRE_INSECURE_SKIP_TLS_VERIFY"), warning);
    assert.match(warning, /man-in-the-middle attacks become undetectable/);
  }
  for (const word of ["", "0", "no", "2", " 1"]) {
    using network = net({ WIRE_INSECURE_SKIP_TLS_VERIFY: word });
    await assert.rejects(network.fetch(new Request(url)), fails("tls", /^TLS error: /));
    assert.deepEqual(network.warnings, []);
  }
});

Deno.test("net: the warning honours NO_COLOR and says when a proxy is passed by", async () => {
  await using server = await serveTls(() => new Response(null, { status: 204 }));
  using network = net({
    WIRE_INSECURE_SKIP_TLS_VERIFY: "1",
    NO_COLOR: "1",
    https_proxy: "http://127.0.0.1:9",
  });
  const response = await network.fetch(new Request(`https://127.0.0.1:${server.port}/`));
  assert.equal(response.status, 204);
  assert.match(network.warnings[0] ?? "", /^wire: WARNING .* Proxies are not used .*\n$/);
});

Deno.test("net: without verification errors have their classes too, and streams end when cancelled", async () => {
  const cancelled = Promise.withResolvers<void>();
  await using server = await serveTls(() =>
    new Response(
      new ReadableStream({
        start: (controller) => controller.enqueue(new TextEncoder().encode("data: 1\n\n")),
        cancel: () => cancelled.resolve(),
      }),
    )
  );
  using network = net({ WIRE_INSECURE_SKIP_TLS_VERIFY: "1" });
  const response = await network.fetch(new Request(`https://127.0.0.1:${server.port}/`));
  const reader = response.body?.getReader();
  assert.equal(new TextDecoder().decode((await reader?.read())?.value), "data: 1\n\n");
  await reader?.cancel();
  await cancelled.promise;
  const refused = new Request(`https://127.0.0.1:${refusedPort()}/`);
  await assert.rejects(network.fetch(refused), fails("connect", /^connect error: /));
  using listener = Deno.listen({ hostname: "127.0.0.1", port: 0 });
  const silent = new Request(`https://127.0.0.1:${listener.addr.port}/`, {
    signal: new RealClock().timeout(30),
  });
  await assert.rejects(network.fetch(silent), fails("timeout", /operation timed out/));
});

/** One of the ports that fetch blocks, if it is free here. */
function blockedPort(): number {
  for (const port of [10080, 6697, 6679, 6666, 6566, 5061, 4190, 3659, 1720]) {
    try {
      Deno.listen({ hostname: "127.0.0.1", port }).close();
      return port;
    } catch (error) {
      if (!(error instanceof Deno.errors.AddrInUse)) throw error;
    }
  }
  throw new Error("every one of them is in use");
}

Deno.test("a relay on a port that browsers block is reached, with body, token and stream", async () => {
  const port = blockedPort();
  await using served = serve(
    async (request) =>
      request.method === "POST"
        ? new Response(await request.text(), { status: 201 })
        : new Response(),
    { port },
  );
  const real = net();
  const address = `http://127.0.0.1:${port}/v1/events/x`;
  const headers = { authorization: "Bearer t", "content-type": "application/json" };
  const posted = await real.fetch(
    new Request(address, { method: "POST", headers, body: '{"é":1}' }),
  );
  assert.equal(posted.status, 201);
  assert.equal(await posted.text(), '{"é":1}');
  assert.equal(await (await real.fetch(new Request(address))).text(), "");
  assert.deepEqual(served.authorizations, ["Bearer t", null]);
});

Deno.test("nobody on a port that browsers block is a refused connection like any other", async () => {
  const real = net();
  for (const address of ["http://127.0.0.1:1/healthz", "https://127.0.0.1:1/healthz"]) {
    await assert.rejects(
      real.fetch(new Request(address)),
      fails("connect", /^connect error: GET /),
    );
  }
});

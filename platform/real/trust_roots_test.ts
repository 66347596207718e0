import assert from "node:assert/strict";
import { fileURLToPath } from "node:url";
import { trustRoots } from "./trust_roots.ts";

const fixtures = new URL("../../tests/fixtures/tls/", import.meta.url);

/** Runs a fetch through RealNet in a process with its own system store and proxies. */
async function fetchElsewhere(url: string, env: Readonly<Record<string, string>>): Promise<string> {
  const module = (path: string): string => JSON.stringify(import.meta.resolve(path));
  const source = `import { RealNet } from ${module("./net.ts")};
import { RealEnv } from ${module("./env.ts")};
import { trustRoots } from ${module("./trust_roots.ts")};
using net = new RealNet({ env: new RealEnv(), warn: () => Promise.resolve() });
const text = await net.fetch(new Request(Deno.args[0])).then((r) => r.text(), (e) => e.message);
console.log(trustRoots().bundled > 100, text);
`;
  const directory = await Deno.makeTempDir({ prefix: "wire-roots-" });
  try {
    await Deno.writeTextFile(`${directory}/fetch.ts`, source);
    const { stdout } = await new Deno.Command(Deno.execPath(), {
      args: ["run", "-A", "--quiet", `${directory}/fetch.ts`, url],
      env: { ...env },
    }).output();
    return new TextDecoder().decode(stdout).trim();
  } finally {
    await Deno.remove(directory, { recursive: true });
  }
}

Deno.test("lesson 48: bundled and system roots are loaded together and counted", () => {
  const roots = trustRoots();
  assert.ok(roots.bundled > 100);
  assert.ok(roots.certificates.length >= Math.max(roots.bundled, roots.system));
  assert.ok(roots.certificates.length <= roots.bundled + roots.system);
  assert.equal(new Set(roots.certificates).size, roots.certificates.length);
});

Deno.test("lesson 48: a company root in the system's store is trusted, beside the bundled ones", async () => {
  const [cert, key] = await Promise.all(
    ["certificate.pem", "key.pem"].map((name) => Deno.readTextFile(new URL(name, fixtures))),
  );
  await using server = Deno.serve(
    { hostname: "127.0.0.1", port: 0, cert: cert ?? "", key: key ?? "", onListen() {} },
    () => new Response("verified"),
  );
  const url = `https://localhost:${server.addr.port}/`;
  const store = fileURLToPath(new URL("authority.pem", fixtures));
  assert.equal(await fetchElsewhere(url, { SSL_CERT_FILE: store }), "true verified");
  assert.match(await fetchElsewhere(url, {}), /^true TLS error: .*UnknownIssuer/);
});

Deno.test("net: proxies from the environment are used, for loopback too, but not for NO_PROXY", async () => {
  const asked: string[] = [];
  await using proxy = Deno.serve(
    { hostname: "127.0.0.1", port: 0, onListen() {} },
    (request) => {
      asked.push(request.url);
      return new Response("by proxy");
    },
  );
  const proxied = { http_proxy: `http://127.0.0.1:${proxy.addr.port}` };
  const url = "http://127.0.0.1:9999/healthz";
  assert.equal(await fetchElsewhere(url, proxied), "true by proxy");
  assert.deepEqual(asked, [url]);
  const direct = await fetchElsewhere("http://127.0.0.1:9/", { ...proxied, NO_PROXY: "127.0.0.1" });
  assert.match(direct, /^true (connect error: |GET )/);
  assert.equal(asked.length, 1);
});

/** The API's document: it names every route, and what it says of them holds. */
import assert from "node:assert/strict";
import { z } from "zod";
import { DESCRIPTIONS, openApiDocument } from "../../relay/api/document.ts";
import { LOCAL_ROUTES, ROUTES } from "../../relay/routes.ts";
import { RelayWorld } from "../relay/relay_world.ts";

interface Media {
  readonly schema: Record<string, unknown>;
  readonly example?: unknown;
}

interface Operation {
  readonly operationId: string;
  readonly summary: string;
  readonly parameters: readonly { name: string; in: string; schema: Record<string, unknown> }[];
  readonly requestBody?: { readonly content: Record<string, Media> };
  readonly responses: Record<string, {
    readonly content?: Record<string, Media>;
    readonly links?: Record<string, { operationId: string; parameters: Record<string, string> }>;
  }>;
}

interface Document {
  readonly openapi: string;
  readonly paths: Record<string, Record<string, Operation>>;
}

async function documentOf(world: RelayWorld): Promise<Document> {
  const { status, text, headers } = await world.call("/openapi.json");
  assert.equal(status, 200);
  assert.equal(headers.get("content-type"), "application/json");
  return JSON.parse(text);
}

const operationsOf = ({ paths }: Document): [string, Operation][] =>
  Object.entries(paths).flatMap(([path, methods]) =>
    Object.entries(methods).map(([method, operation]): [string, Operation] => [
      `${method.toUpperCase()} ${path.replace(/\{([a-z_]+)\}/g, ":$1")}`,
      operation,
    ])
  );

Deno.test("openapi: every route is in the document, and nothing else is", async () => {
  for (const isLocalOnly of [false, true]) {
    await using world = new RelayWorld({}, { isLocalOnly });
    const routes = isLocalOnly ? LOCAL_ROUTES : ROUTES;
    const operations = operationsOf(await documentOf(world));
    assert.deepEqual(
      operations.map(([key]) => key).toSorted(),
      routes.map(({ method, path }) => `${method} ${path}`).toSorted(),
    );
    const ids = operations.map(([, { operationId }]) => operationId);
    assert.equal(new Set(ids).size, ids.length);
  }
});

Deno.test("openapi: nothing is described that has no route, and no route goes undescribed", () => {
  const keys = ROUTES.map(({ method, path }) => `${method} ${path}`);
  assert.deepEqual(Object.keys(DESCRIPTIONS).toSorted(), keys.toSorted());
  const [first] = ROUTES;
  assert.ok(first !== undefined);
  assert.throws(() => openApiDocument([{ ...first, path: "/nowhere" }]), /\/nowhere/);
});

Deno.test("openapi: every example is what its schema says, and every body has one", async () => {
  await using world = new RelayWorld();
  let examples = 0;
  const check = (place: string, media: Record<string, Media> = {}): void => {
    for (const { schema, example } of Object.values(media)) {
      if (example === undefined) continue;
      examples++;
      const result = z.fromJSONSchema(schema).safeParse(example);
      const other = z.fromJSONSchema(schema).safeParse(Symbol("no JSON"));
      assert.ok(!other.success, `${place}: its schema takes anything`);
      assert.ok(result.success, `${place}: ${result.error?.message}`);
    }
  };
  for (const [key, { requestBody, responses }] of operationsOf(await documentOf(world))) {
    if (requestBody !== undefined) {
      const [media] = Object.values(requestBody.content);
      assert.ok(media?.example !== undefined, `${key} has a body without example`);
      check(key, requestBody.content);
    }
    for (const [status, { content }] of Object.entries(responses)) {
      check(`${key} ${status}`, content);
    }
  }
  assert.ok(examples > 40, `only ${examples} examples`);
});

Deno.test("openapi: links lead to operations that have those parameters", async () => {
  await using world = new RelayWorld();
  const operations = operationsOf(await documentOf(world));
  const byId = new Map(operations.map(([, operation]) => [operation.operationId, operation]));
  let found = 0;
  for (const [key, { responses }] of operations) {
    for (const { links = {} } of Object.values(responses)) {
      for (const { operationId, parameters } of Object.values(links)) {
        found++;
        const names = byId.get(operationId)?.parameters.map(({ name }) => name) ?? [];
        for (const name of Object.keys(parameters)) {
          assert.ok(names.includes(name), `${key} → ${operationId}: ${name}`);
        }
      }
    }
  }
  assert.ok(found >= 10, `only ${found} links`);
});

Deno.test("openapi: path parameters are named, and public ones carry no example of a secret", async () => {
  await using world = new RelayWorld();
  for (const [key, { parameters }] of operationsOf(await documentOf(world))) {
    const named = parameters.filter((one) => one.in === "path").map(({ name }) => `:${name}`);
    assert.deepEqual(named, key.match(/:[a-z_]+/g) ?? []);
  }
});

/** The OpenAPI document of a relay, made from its route list. */
import { z } from "zod";
import { VERSION } from "../../protocol/version.ts";
import type { Route } from "../route.ts";
import type { Description, Descriptions, Reply } from "./description.ts";
import { DIRECTORY } from "./directory.ts";
import { GRANTS } from "./grants.ts";
import { MAIL } from "./mail.ts";
import { PAIRING } from "./pairing.ts";
import { SERVICE } from "./service.ts";

const TAGS = {
  service: SERVICE,
  mail: MAIL,
  grants: GRANTS,
  pairing: PAIRING,
  directory: DIRECTORY,
};

export const DESCRIPTIONS: Descriptions = Object.assign({}, ...Object.values(TAGS));

type JsonSchema = Readonly<Record<string, unknown>>;

/** @returns JSON of OpenAPI 3.1 */
export function openApiDocument(routes: readonly Route[]): Readonly<Record<string, unknown>> {
  const paths: Record<string, Record<string, unknown>> = {};
  for (const route of routes) {
    const path = route.path.replace(/:([a-z_]+)/g, "{$1}");
    (paths[path] ??= {})[route.method.toLowerCase()] = operation(route);
  }
  return {
    openapi: "3.1.0",
    jsonSchemaDialect: "https://json-schema.org/draft/2020-12/schema",
    info: {
      title: "wire relay",
      version: VERSION,
      description: "Mailboxes for agents: store and forward. HEAD is answered as GET.",
      license: { name: "MIT", identifier: "MIT" },
    },
    servers: [{ url: "/" }],
    tags: Object.keys(TAGS).map((name) => ({ name })),
    paths,
    components: {
      securitySchemes: {
        owner: bearer("The mailbox's own token, as allocate told it"),
        grant: bearer("A peer's token, which may only post"),
        side: bearer("The side_token of a seat at a pairing"),
      },
      responses: { Refused: REFUSED, TooMany: TOO_MANY },
    },
  };
}

const bearer = (description: string): JsonSchema => ({
  type: "http",
  scheme: "bearer",
  description,
});

/** In the words of 0.5.19, whose 429 has no type. */
const TOO_MANY = {
  description: "Too many at once: retry-after says in how many seconds to come again",
};

const REFUSED = {
  description: "JSON where the route refuses, text where the request is wrong before it gets there",
  content: {
    "application/json": {
      schema: { type: "object", required: ["error"], properties: { error: { type: "string" } } },
      example: { error: "unknown slot" },
    },
    "text/plain; charset=utf-8": { schema: { type: "string" } },
    "text/html; charset=utf-8": { schema: { type: "string" } },
  },
};

function operation(route: Route): JsonSchema {
  const key = `${route.method} ${route.path}`;
  const description = DESCRIPTIONS[key];
  if (description === undefined) {
    throw new TypeError(`Cannot describe ${key}: nothing is said of it`);
  }
  const { operationId, summary, replies } = description;
  const tag = Object.entries(TAGS).find(([, group]) => Object.hasOwn(group, key))?.[0] ?? "service";
  const links = linksOf(description);
  return {
    operationId,
    summary,
    tags: [tag],
    ...security(route, description),
    parameters: [
      ...pathParameters(route.path, description),
      ...queryParameters(description),
      ...headerParameters(description),
    ],
    ...requestBody(route, description),
    responses: {
      ...Object.fromEntries(
        Object.entries(replies).map(([status, reply], i) => [
          status,
          { ...response(reply), ...(i === firstMade(replies) ? links : {}) },
        ]),
      ),
      ...Object.fromEntries(
        [...refusals(route, description)].map((status) => [
          String(status),
          { $ref: `#/components/responses/${status === 429 ? "TooMany" : "Refused"}` },
        ]),
      ),
    },
  };
}

/** Where links lead on from: the answer that says something was made, if there is one. */
function firstMade(replies: Description["replies"]): number {
  return Math.max(0, Object.keys(replies).indexOf("201"));
}

const linksOf = ({ links = [] }: Description): { links?: JsonSchema } =>
  links.length === 0 ? {} : {
    links: Object.fromEntries(
      links.map(({ operation: operationId, parameters }) => [
        operationId,
        { operationId, parameters },
      ]),
    ),
  };

function security(route: Route, { auth }: Description): JsonSchema {
  if (auth === "side") return { security: [{ side: [] }] };
  if (auth === "slot") return { security: [{ owner: [] }] };
  if (route.auth === "none") return { security: [] };
  return { security: route.auth === "poster" ? [{ owner: [] }, { grant: [] }] : [{ owner: [] }] };
}

const PARAMETERS: Readonly<Record<string, readonly [string, string]>> = {
  slot_id: ["^[0-9a-f]{32}$", "A mailbox"],
  grant_id: ["^[0-9a-f]{16}$", "A grant of it"],
  pair_id: ["^[0-9a-f]{32}$", "A pair slot"],
  place: ["^(?:[0-9]{4,5}|[0-9a-f]{32})$", "A nameplate or a pair_id"],
  step: ["^(?:commit|pake|confirm|card|done|reopen)$", "A phase, or reopen"],
  nick: ["^[a-z0-9_-]{2,32}$", "A name in the directory"],
  token: ["^(?:[0-9a-f]{6}|[0-9a-f]{16})$", "A short link's secret"],
};

function pathParameters(path: string, { path: narrower = {} }: Description): JsonSchema[] {
  return [...path.matchAll(/:([a-z_]+)/g)].map(([, name = ""]) => {
    const [general, about] = PARAMETERS[name] ?? ["^.+$", name];
    const pattern = narrower[name] ?? general;
    return {
      name,
      in: "path",
      required: true,
      description: about,
      schema: { type: "string", pattern },
    };
  });
}

const queryParameters = ({ query = {} }: Description): JsonSchema[] =>
  Object.entries(query).map(([name, { about, schema, isRequired }]) => ({
    name,
    in: "query",
    required: isRequired === true,
    description: about,
    schema: schemaOf(schema),
  }));

const headerParameters = ({ headers = {} }: Description): JsonSchema[] =>
  Object.entries(headers).map(([name, { about, schema }]) => ({
    name,
    in: "header",
    required: false,
    description: about,
    schema: schemaOf(schema),
  }));

function requestBody(route: Route, { body }: Description): JsonSchema {
  const schema = body?.schema ?? route.bodySchema;
  if (schema === undefined) return {};
  return {
    requestBody: {
      required: true,
      content: {
        "application/json": {
          schema: schemaOf(schema),
          ...(body === undefined ? {} : { example: body.example }),
        },
      },
    },
  };
}

function response({ about, type = "application/json", schema, example }: Reply): JsonSchema {
  if (schema === undefined && type === "application/json") return { description: about };
  return {
    description: about,
    content: {
      [type]: {
        schema: schema === undefined ? { type: "string" } : schemaOf(schema),
        ...(example === undefined ? {} : { example }),
      },
    },
  };
}

/** What can go wrong follows from what a route is; the rest it says itself. */
function refusals(
  route: Route,
  { auth, refusals: own = [], query, replies }: Description,
): Set<number> {
  const statuses = new Set([403, 421, 500, 503, ...own]);
  if (route.path.includes(":") || query !== undefined) statuses.add(400);
  if (route.bodySchema !== undefined) { for (const one of [400, 413, 415, 422]) statuses.add(one); }
  if (route.auth !== "none" || auth !== undefined) {
    for (const one of [401, 404, 410]) statuses.add(one);
  }
  if (route.isCreating) statuses.add(429);
  for (const status of Object.keys(replies)) statuses.delete(Number(status));
  return statuses;
}

function schemaOf(schema: z.ZodType): JsonSchema {
  const { $schema: _, ...rest } = z.toJSONSchema(schema, { io: "input", unrepresentable: "any" });
  return rest;
}

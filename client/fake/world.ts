/** A client in a world of fakes, and a relay that answers as the test says. */
import { FakeEnv } from "../../platform/fake/env.ts";
import { type FakePlatform, fakePlatform } from "../../platform/fake/platform.ts";
import { FakeRandom } from "../../platform/fake/random.ts";
import { isHandle } from "../../protocol/ids.ts";
import type { Home } from "../../store/home/home.ts";
import type { Identity } from "../../store/home/identity.ts";
import type { z } from "zod";
import { type ClientContext, createContext } from "../context.ts";
import type { Operation } from "../operation.ts";

export const RELAY = "http://relay.test";

export interface World {
  readonly platform: FakePlatform;
  readonly context: ClientContext;
  readonly home: Home;
  /** What was said beside results. */
  readonly warnings: string[];
}

/** @param seed of the keys it will make; homes of one seed have one key */
export function fakeWorld(seed = "alice"): World {
  const platform = fakePlatform({
    env: new FakeEnv({ variables: { WIRE_HOME: `/${seed}` } }),
    random: new FakeRandom(seed),
  });
  const warnings: string[] = [];
  const context = createContext(platform, { warn: (line) => void warnings.push(line) });
  return { platform, context, home: context.home, warnings };
}

/** With an identity whose handle is the seed. */
export async function livingWorld(seed = "alice"): Promise<World & { readonly self: Identity }> {
  const world = fakeWorld(seed);
  if (!isHandle(seed)) throw new TypeError(`no handle: ${seed}`);
  return { ...world, self: await world.home.createIdentity({ handle: seed }) };
}

/** As every face runs it: the input through its schema, and the output must fit its own. */
export async function run<Input extends z.ZodType, Output extends z.ZodType>(
  operation: Operation<Input, Output>,
  { context }: World,
  input: z.input<Input>,
): Promise<z.output<Output>> {
  const output = await operation.run(context, operation.input.parse(input));
  operation.output.parse(output);
  return output;
}

export type Answer = Response | (() => Response | Promise<Response>);

export const json = (value: unknown, status = 200): Response =>
  new Response(JSON.stringify(value), { status, headers: { "content-type": "application/json" } });

/**
 * A relay at `RELAY`.
 * @param answers by `METHOD /path`, without the query; whatever is not there is 404
 */
export function serveRelay({ platform }: World, answers: Readonly<Record<string, Answer>>): void {
  platform.net.serve(RELAY, async (request) => {
    const answer = answers[`${request.method} ${new URL(request.url).pathname}`];
    if (answer === undefined) return new Response("", { status: 404 });
    return typeof answer === "function" ? await answer() : answer.clone();
  });
}

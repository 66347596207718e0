/** From nothing to paired and talking, by each way to pair: played by a test, shown in the docs. */
import { lineOf, type Person, RELAY, type Stage } from "./stage.ts";

export interface Scene {
  /** Names its place in the page. */
  readonly name: string;
  play(stage: Stage): Promise<void>;
}

const DIGITS = /(?<!\d)(\d{3}-\d{3})(?!\d)/;

export const SCENES: readonly Scene[] = [
  {
    name: "digits",
    async play(stage) {
      await begins(stage);
      await pair(stage, { code: /(\d{4,5}(?:-[a-z]+){3})/, options: [] });
      await talk(stage);
    },
  },
  {
    name: "invite",
    async play(stage) {
      await begins(stage);
      const shown = await stage.runs("alice", ["invite"]);
      const [url = ""] = /wire:\/\/\S+/.exec(shown) ?? [];
      await stage.runs("bob", ["accept", url]);
      await stage.runs("alice", ["pull"], ["peers"]);
      await talk(stage);
    },
  },
  {
    name: "name",
    async play(stage) {
      await begins(stage);
      await stage.runs("alice", ["claim", "alice"]);
      await stage.runs("bob", ["add", `alice@${new URL(RELAY).host}`, "--relay", stage.relayUrl]);
      await stage.runs("alice", ["pull"], ["pair-list-inbound"], ["pair-accept", "bob"]);
      await stage.runs("bob", ["pull"]);
      await talk(stage);
    },
  },
  {
    name: "compat",
    async play(stage) {
      await begins(stage);
      await pair(stage, { code: /(\d\d-[A-Z2-9]{6})/, options: ["--compat"] });
    },
  },
];

const begins = async (stage: Stage): Promise<void> => {
  for (const person of ["alice", "bob"] as const) {
    await stage.runs(person, ["init", person, "--relay", stage.relayUrl]);
  }
};

interface Pairing {
  /** How the code looks. */
  readonly code: RegExp;
  readonly options: readonly string[];
}

/** Two terminals at once; each types what the other one shows. */
async function pair(stage: Stage, { code, options }: Pairing): Promise<void> {
  const relay = ["--relay", stage.relayUrl];
  const commands: Readonly<Record<Person, readonly string[]>> = {
    alice: ["pair-host", ...options, ...relay],
    bob: ["pair-join", ...relay],
  };
  const alice = await stage.starts("alice", commands.alice);
  const phrase = await alice.sees(code);
  const bob = await stage.starts("bob", commands.bob);
  await bob.sees(/code/);
  await bob.types(phrase, { echo: "program" });
  const [hers, his] = await Promise.all([alice.sees(DIGITS), bob.sees(DIGITS)]);
  await Promise.all([alice.sees(/OTHER screen:/), bob.sees(/OTHER screen:/)]);
  await alice.types(his);
  await bob.types(hers);
  const [left, right] = await Promise.all([alice.ends(), bob.ends()]);
  stage.tell(lineOf("alice", commands.alice) + left);
  stage.tell(lineOf("bob", commands.bob) + right);
}

async function talk(stage: Stage): Promise<void> {
  await stage.runs("alice", ["send", "bob", "hello, Bob"], ["push"]);
  await stage.runs("bob", ["pull"], ["tail", "alice", "--limit", "1"]);
}

/** A user with every host on one machine, in memory. */
import { FakeEnv } from "../../platform/fake/env.ts";
import { type FakePlatform, fakePlatform } from "../../platform/fake/platform.ts";
import type { Files } from "../../platform/files.ts";
import { createContext } from "../../client/context.ts";
import { setup, type SetupRow } from "../../client/operations/setup.ts";
import type { Host } from "../../client/setup/host.ts";
import { HOSTS } from "../../client/setup/hosts.ts";
import { placesOf } from "../../client/setup/places.ts";
import path from "node:path";
import type { z } from "zod";

export const GOLDEN = new URL("../golden/setup/", import.meta.url);

export class SetupWorld {
  readonly platform: FakePlatform;

  constructor(variables: Readonly<Record<string, string>> = {}) {
    this.platform = fakePlatform({
      env: new FakeEnv({ variables, currentDirectory: "/home/tester/project" }),
    });
  }

  static async create(variables?: Readonly<Record<string, string>>): Promise<SetupWorld> {
    const world = new SetupWorld(variables);
    const { files } = world.platform;
    await files.ensureDirectory("/opt/wire");
    await files.ensureDirectory("/home/tester/project");
    await files.writeAtomic("/opt/wire/wire", "#!", { point: "test", mode: 0o755 });
    return world;
  }

  /** Where the host's file is in this world. */
  fileOf(host: Host): string {
    return host.places(placesOf(this.platform.env)).at(-1)?.file ?? "";
  }

  async write(file: string, text: string, mode: number = 0o644): Promise<void> {
    await this.platform.files.ensureDirectory(path.dirname(file));
    await this.platform.files.writeAtomic(file, text, { point: "test", mode });
  }

  text(file: string): string | undefined {
    return this.platform.files.texts()[file];
  }

  run(
    input: z.input<typeof setup.input>,
    files: Files = this.platform.files,
  ): ReturnType<typeof setup.run> {
    const context = createContext({ ...this.platform, files }, { warn: () => {} });
    return setup.run(context, setup.input.parse(input));
  }

  /** @returns the row of that host */
  async row(id: string, input: z.input<typeof setup.input>): Promise<SetupRow> {
    const { hosts } = await this.run({ ...input, hosts: [id] });
    const [row] = hosts;
    if (row === undefined) throw new Error(`no row for ${id}`);
    return row;
  }
}

/** @returns that host's file before and after, as they are checked in */
export async function goldenOf(
  id: string,
): Promise<{ readonly before: string; readonly after: string | undefined }> {
  const read = (name: string): Promise<string> =>
    Deno.readTextFile(new URL(`${id}.${name}.txt`, GOLDEN));
  return { before: await read("before"), after: await read("after").catch(() => undefined) };
}

export const hostOf = (id: string): Host => {
  const host = HOSTS.find((known) => known.id === id);
  if (host === undefined) throw new Error(`no host ${id}`);
  return host;
};

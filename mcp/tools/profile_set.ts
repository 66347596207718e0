import { z } from "zod";
import { profileSet } from "../../client/operations/profile_set.ts";
import { startDaemon } from "../../client/pairing/detached.ts";
import { defineTool, ENDS } from "../tool.ts";

export const tool = defineTool({
  name: "wire_profile_set",
  title: "Set our profile",
  description: "Set a field of our own card, which peers see; null removes it.",
  input: z.object({ field: z.string(), value: z.unknown().describe("Any JSON") }),
  output: profileSet.output,
  effects: ENDS,
  async run({ context }, { field, value }) {
    const text = typeof value === "string" ? value : JSON.stringify(value);
    const output = await profileSet.run(context, { field, value: text });
    await startDaemon(context);
    return output;
  },
});

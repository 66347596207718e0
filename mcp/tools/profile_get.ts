import { z } from "zod";
import { profileGet } from "../../client/operations/profile_get.ts";
import { defineTool, READS } from "../tool.ts";

export const tool = defineTool({
  name: "wire_profile_get",
  title: "Show our profile",
  description: "What our own card says of us.",
  input: z.object({}),
  output: profileGet.output,
  effects: READS,
  run: ({ context }) => profileGet.run(context),
});

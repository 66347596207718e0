/**
 * Which home this is, and by what: lessons 28 to 34 are homes that were not the ones meant. A variable
 * that nobody has expanded stops every command, this one too (platform/paths.ts).
 */
import path from "node:path";
import type { Check } from "../check.ts";
import { pass, warn } from "../finding.ts";

export const homeVariable: Check = {
  id: "home_variable",
  about: "what names this home, and whether that was meant",
  lessons: [28, 29, 30, 34],
  look({ home }) {
    const { env } = home.platform;
    const value = env.get("WIRE_HOME");
    const where = home.paths.configRoot;
    if (value === undefined) return Promise.resolve(pass(`${where}, the system's own place`));
    if (value === "") {
      return Promise.resolve(warn(
        `WIRE_HOME is empty: ${where} is used, where 0.5.19 would use the current directory`,
        "unset WIRE_HOME",
      ));
    }
    if (!path.isAbsolute(value)) {
      return Promise.resolve(warn(
        `WIRE_HOME is ${JSON.stringify(value)}: another home in each directory`,
        `export WIRE_HOME=${JSON.stringify(path.resolve(env.currentDirectory, value))}`,
      ));
    }
    return Promise.resolve(pass(`${where}, from WIRE_HOME`));
  },
};

/** Findings in few words, and many of them as one. Pure. */
import type { Evidence, Finding } from "./check.ts";

/** More than these say nothing more to a person. */
const MOST_EVIDENCE = 20;

export const pass = (detail: string): Finding => ({ status: "PASS", detail });

export const warn = (detail: string, fix?: string): Finding => ({
  status: "WARN",
  detail,
  ...(fix === undefined ? {} : { fix }),
});

export const fail = (detail: string, fix?: string): Finding => ({
  ...warn(detail, fix),
  status: "FAIL",
});

/**
 * The worst of several things is what is shown; with more than one, all are in the evidence.
 * @param clean what to say when there is none
 */
export function gathered(found: readonly Finding[], clean: string): Finding {
  const bad = [
    ...found.filter(({ status }) => status === "FAIL"),
    ...found.filter(({ status }) => status === "WARN"),
  ];
  const [worst, ...others] = bad;
  if (worst === undefined) return pass(clean);
  if (others.length === 0) return worst;
  const more = `${others.length} more`;
  return {
    ...worst,
    detail: `${worst.detail} (and ${more})`,
    evidence: bad.slice(0, MOST_EVIDENCE).map(({ detail, fix }): Evidence =>
      fix === undefined ? { detail } : { detail, fix }
    ),
  };
}

/** `3 events`, `1 event`. */
export const counted = (count: number, what: string): string =>
  `${count} ${what}${count === 1 ? "" : "s"}`;

const UNITS = [["day", 86_400_000], ["hour", 3_600_000], ["minute", 60_000]] as const;

/** `2 days`, `5 minutes`; less than a minute is `less than a minute`. */
export function duration(ms: number): string {
  for (const [unit, length] of UNITS) {
    if (ms >= length) return counted(Math.floor(ms / length), unit);
  }
  return "less than a minute";
}

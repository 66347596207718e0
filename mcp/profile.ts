/** How much of the catalogue a host is shown: each tool in a listing costs the model's attention. */
import { z } from "zod";

export const PROFILES = ["minimal", "standard", "full"] as const;
export const Profile = z.enum(PROFILES);
export type Profile = z.output<typeof Profile>;

/** Whether a tool that belongs to `own` is listed with `asked`. */
export const isListed = (own: Profile, asked: Profile): boolean =>
  PROFILES.indexOf(own) <= PROFILES.indexOf(asked);

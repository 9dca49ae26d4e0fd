/** The business's profile as the API gives it. */
import type { Answer } from "../../../api/client.ts";
import type { HoursLine } from "../hours.ts";
import type { Source } from "../useSection.ts";

export type Profile = Omit<Answer<"GET /settings/profile">, "hours"> & { hours: HoursLine[] };

export interface Given {
  source: Source<Profile>;
}

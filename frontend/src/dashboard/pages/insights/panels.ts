/** The panels of the insights page: where each asks, and where its file is. */
import type { Range } from "./range.ts";

export type Dimension = "service" | "source" | "campaign" | "weekday" | "hour";
export type PanelName = "funnel" | "timeline" | "breakdown" | "time-to-click";

/** The path of a panel's answer below the API, or of the same as a file. */
export function panelPath(panel: PanelName, range: Pick<Range, "from" | "to">, by?: Dimension, asFile = false): string {
  const query = new URLSearchParams({ ...(by && { by }), from: range.from, to: range.to });
  return `/insights/${panel}${asFile ? ".csv" : ""}?${query}`;
}

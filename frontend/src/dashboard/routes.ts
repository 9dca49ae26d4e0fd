/**
 * The pages. Each is a folder below `pages/` with an `index.tsx` whose default export draws it; a page whose folder is
 * not there is not offered. Each is a chunk of its own, loaded when it is wanted.
 */
import type { ComponentType } from "preact";
import type { IconName } from "./ui/Icon.tsx";

export interface PageProps {
  /** What stands in the address in place of `:name`. */
  params: Record<string, string>;
}

export type Page = ComponentType<PageProps>;

export interface Route {
  pattern: RegExp;
  page: string;
  load(): Promise<{ default: Page }>;
  link?: { href: string; label: string; icon: IconName };
  isForOwners: boolean;
  /** It is about the login of whoever is here; support has none. */
  isForMembers: boolean;
}

const modules = import.meta.glob<{ default: Page }>("./pages/*/index.tsx");

interface Offer {
  label: string;
  icon: IconName;
  isForOwners?: boolean;
  isForMembers?: boolean;
}

function route(path: string, page: string, offer?: Offer): Route[] {
  const load = modules[`./pages/${page}/index.tsx`];
  if (!load) return [];
  const pattern = new RegExp(`^${path.replace(/:(\w+)/g, "(?<$1>[^/]+)")}/?$`);
  const { isForOwners = false, isForMembers = false } = offer ?? {};
  return [{ pattern, page, load, isForOwners, isForMembers, ...(offer && { link: { href: path, ...offer } }) }];
}

export const routes: readonly Route[] = [
  ...route("/dashboard", "handoffs", { label: "Handoffs", icon: "inbox" }),
  ...route("/dashboard/handoffs/:id", "handoff"),
  ...route("/dashboard/insights", "insights", { label: "Insights", icon: "chart" }),
  ...route("/dashboard/settings", "settings", { label: "Settings", icon: "sliders" }),
  ...route("/dashboard/team", "team", { label: "Team", icon: "people", isForOwners: true }),
  ...route("/dashboard/account", "account", { label: "Account", icon: "person", isForMembers: true }),
];

export function match(path: string): { route: Route; params: Record<string, string> } | undefined {
  for (const each of routes) {
    const found = each.pattern.exec(path);
    if (found) return { route: each, params: { ...found.groups } };
  }
  return undefined;
}

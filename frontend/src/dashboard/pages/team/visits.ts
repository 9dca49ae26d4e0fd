/** Who ended a support session, in words. */
export function endedBy(who: string | null): string {
  if (who === "time") return "by itself";
  if (who === "support") return "by support";
  if (who === "platform") return "by the platform";
  return `by ${who ?? "somebody"}`;
}
